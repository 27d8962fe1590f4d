//! Tokens that somebody made, changed, or took from elsewhere.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

fn encode(part: &str) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

impl Shop {
    fn header(&self) -> Header {
        Header {
            typ: Some("at+jwt".into()),
            kid: Some(self.key.kid().into()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    /// The claims of a good token.
    fn good_claims(&self) -> Value {
        part(&self.user_token(&claims(&[Role::Admin])), 1)
    }

    /// A token with a good signature over whatever it says.
    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, self.key.encoding()).unwrap()
    }

    /// The same over texts that no serialiser would write.
    fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), self.key.encoding(), Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }
}

#[tokio::test]
async fn the_forgers_own_tools_make_good_tokens() {
    let shop = Shop::new();
    let (header, claims) = (shop.header(), shop.good_claims());
    shop.user(&shop.sign(&header, &claims)).await;
    let header = serde_json::to_string(&header).unwrap();
    shop.user(&shop.sign_text(&header, &claims.to_string())).await;
}

#[tokio::test]
async fn a_token_with_any_character_changed_is_refused() {
    let shop = Shop::new();
    let token = shop.user_token(&claims(&[Role::Customer]));
    shop.user(&token).await;
    for index in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(shop.verifier.verify(&changed).await.is_err(), "position {index}");
    }
    for cut in [1, 2, 40, token.len() - 1, token.len()] {
        assert_eq!(shop.refusal(&token[..token.len() - cut]).await, "unauthenticated");
    }
    for extended in [format!("{token}A"), format!("{token}=="), format!("{token}."), format!(" {token}")] {
        assert_eq!(shop.refusal(&extended).await, "unauthenticated");
    }
}

#[tokio::test]
async fn claims_of_one_token_under_the_signature_of_another_are_refused() {
    let shop = Shop::new();
    let (customer, admin) = (shop.user_token(&claims(&[])), shop.user_token(&claims(&[Role::Admin])));
    let (_, signature) = customer.rsplit_once('.').unwrap();
    let (message, _) = admin.rsplit_once('.').unwrap();
    assert_eq!(shop.refusal(&format!("{message}.{signature}")).await, "unauthenticated");
}

#[tokio::test]
async fn no_other_algorithm_is_accepted() {
    let shop = Shop::new();
    let claims = shop.good_claims();
    let public_key = URL_SAFE_NO_PAD.decode(&shop.key.jwk().x).unwrap();
    for secret in [public_key.as_slice(), shop.key.jwk().x.as_bytes(), b""] {
        let header = Header { alg: Algorithm::HS256, ..shop.header() };
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(shop.refusal(&token).await, "unauthenticated");
    }
    for alg in ["none", "None", "NONE", "HS256", "RS256", "ES256", "eddsa", "Ed25519", ""] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": shop.key.kid()}).to_string();
        let signed = shop.sign_text(&header, &claims.to_string());
        assert_eq!(shop.refusal(&signed).await, "unauthenticated", "{alg}");
        let unsigned = format!("{}.{}.", encode(&header), encode(&claims.to_string()));
        assert_eq!(shop.refusal(&unsigned).await, "unauthenticated", "{alg}");
    }
}

#[tokio::test]
async fn other_jwts_of_the_same_issuer_are_not_access_tokens() {
    let shop = Shop::new();
    let claims = shop.good_claims();
    for typ in [None, Some("JWT"), Some("at+JWT"), Some("application/at+jwt"), Some("id+jwt"), Some("")] {
        let header = Header { typ: typ.map(Into::into), ..shop.header() };
        assert_eq!(shop.refusal(&shop.sign(&header, &claims)).await, "unauthenticated", "{typ:?}");
    }
}

#[tokio::test]
async fn a_header_cannot_bring_its_own_key_or_rules() {
    let shop = Shop::new();
    let claims = shop.good_claims();
    let thief = SigningKey::generate();
    let x = &thief.jwk().x;
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": x});
    for extra in [json!({"jwk": jwk}), json!({"jku": "https://thief.example/jwks.json"})] {
        let mut header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": shop.key.kid()});
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let message = format!("{}.{}", encode(&header.to_string()), encode(&claims.to_string()));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), thief.encoding(), Algorithm::EdDSA).unwrap();
        assert_eq!(shop.refusal(&format!("{message}.{signature}")).await, "unauthenticated", "{header}");
    }
    let header = Header { crit: Some(vec!["b64".into()]), ..shop.header() };
    assert_eq!(shop.refusal(&shop.sign(&header, &claims)).await, "unauthenticated");
    for kid in [None, Some(String::new()), Some("../key".into()), Some("k".repeat(2000))] {
        let header = Header { kid, ..shop.header() };
        assert_eq!(shop.refusal(&shop.sign(&header, &claims)).await, "unauthenticated");
    }
}

#[tokio::test]
async fn a_token_without_any_one_of_its_claims_is_refused() {
    let shop = Shop::new();
    let claims = shop.good_claims();
    for name in claims.as_object().unwrap().keys() {
        let mut less = claims.clone();
        less.as_object_mut().unwrap().remove(name);
        assert_eq!(shop.refusal(&shop.sign(&shop.header(), &less)).await, "unauthenticated", "{name}");
        less[name] = Value::Null;
        assert_eq!(shop.refusal(&shop.sign(&shop.header(), &less)).await, "unauthenticated", "{name}");
    }
}

#[tokio::test]
async fn a_claim_of_the_wrong_value_or_type_is_refused() {
    let shop = Shop::new();
    let now = shop.clock.now().seconds();
    for (name, value) in [
        ("iss", json!("https://shop.example/")),
        ("iss", json!(["https://shop.example"])),
        ("iss", json!("")),
        ("aud", json!("ecommerce-internal")),
        ("aud", json!("order-service")),
        ("aud", json!("another-api")),
        ("aud", json!(["ecommerce-api"])),
        ("aud", json!([])),
        ("sub", json!("")),
        ("sub", json!("service:order-service")),
        ("sub", json!(17)),
        ("exp", json!(now + 901)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!((now + 300).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("nbf", json!(now + 6)),
        ("nbf", json!(i64::MAX)),
        ("iat", json!(now + 6)),
        ("iat", json!(now - 700)),
        ("iat", json!(i64::MIN)),
        ("pv", json!("7")),
        ("roles", json!("admin")),
        ("status", json!("EMPEROR")),
        ("sid", json!("not-an-id")),
        ("email_verified", json!("true")),
    ] {
        let mut claims = shop.good_claims();
        claims[name] = value.clone();
        assert_eq!(
            shop.refusal(&shop.sign(&shop.header(), &claims)).await,
            "unauthenticated",
            "{name}: {value}"
        );
    }
    for exp in [0, now - 5] {
        let mut claims = shop.good_claims();
        claims["exp"] = json!(exp);
        assert_eq!(shop.refusal(&shop.sign(&shop.header(), &claims)).await, "token-expired", "{exp}");
    }
}

#[tokio::test]
async fn a_claim_given_twice_is_refused() {
    let shop = Shop::new();
    let header = serde_json::to_string(&shop.header()).unwrap();
    let claims = shop.good_claims();
    for twice in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid", "roles", "pv", "auth_time"] {
        let value = &claims[twice];
        let text = format!(r#"{{"{twice}":{value},{}"#, &claims.to_string()[1..]);
        assert_eq!(shop.refusal(&shop.sign_text(&header, &text)).await, "unauthenticated", "{twice}");
    }
}

#[tokio::test]
async fn a_service_token_must_name_the_service_it_is_for() {
    let shop = Shop::new();
    let claims = ServiceClaims { name: "cart-service".into(), scopes: vec![], audience: None };
    let claims = part(&shop.signer.sign_service(&claims).unwrap().token, 1);
    assert!(shop.verifier.verify(&shop.sign(&shop.header(), &claims)).await.is_ok());
    for sub in ["cart-service", "service:order-service", "service:", "SERVICE:cart-service"] {
        let mut claims = claims.clone();
        claims["sub"] = json!(sub);
        assert_eq!(shop.refusal(&shop.sign(&shop.header(), &claims)).await, "unauthenticated", "{sub}");
    }
}

#[tokio::test]
async fn a_huge_token_is_not_looked_at() {
    let shop = Shop::new();
    let mut claims = shop.good_claims();
    claims["padding"] = json!("x".repeat(4096));
    assert_eq!(shop.refusal(&shop.sign(&shop.header(), &claims)).await, "unauthenticated");
    assert_eq!(shop.refusal(&"a.b.c".repeat(1_000_000)).await, "unauthenticated");
    assert_eq!(shop.source.fetches(), 0);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let shop = Shop::new();
    for token in ["", ".", "..", "...", "a.b.c", "☃.☃.☃", "null", "\0", "e30.e30.e30", "Bearer x.y.z"] {
        assert_eq!(shop.refusal(token).await, "unauthenticated", "{token:?}");
    }
}
