//! `GET /.well-known/jwks.json`, `/.well-known/openid-configuration`, and a year of rotation.

use crate::harness::{By as _, Person, shop};
use auth::JwkSet;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeSet;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn kid(person: &Person) -> String {
    let header = URL_SAFE_NO_PAD.decode(person.access.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&"EdDSA".into(), &"at+jwt".into()));
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn verifiers_read_public_keys_only() {
    let shop = shop().await;
    let answer = shop.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let keys = answer.value();
    let key = &keys["keys"][0];
    let members: BTreeSet<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x"]));
    assert_eq!(kid(&shop.register("ada@example.org").await), key["kid"].as_str().unwrap());
}

#[tokio::test]
async fn the_configuration_names_the_issuer_and_the_keys() {
    let shop = shop().await;
    let document = shop.get("/.well-known/openid-configuration").await.expect(200).value();
    assert_eq!(document["issuer"], "http://shop.test");
    assert_eq!(document["jwks_uri"], "http://shop.test/.well-known/jwks.json");
}

#[tokio::test]
async fn keys_rotate_every_thirty_days_and_no_token_is_ever_refused_for_it() {
    let shop = shop().await;
    shop.register("ada@example.org").await;
    let mut signed_with = BTreeSet::new();
    let mut last: Option<Person> = None;
    for _ in 0..(35 * 2) {
        shop.after(12 * HOUR).await;
        let ada = shop.login("ada@example.org").await;
        assert!(shop.accepts(&ada).await);
        let keys: JwkSet = shop.get("/.well-known/jwks.json").await.expect(200).json();
        let published: BTreeSet<_> = keys.keys.iter().map(|key| key.kid.clone()).collect();
        assert!(published.contains(&kid(&ada)) && published.len() <= 2, "{}", published.len());
        signed_with.insert(kid(&ada));
        last = Some(ada);
    }
    assert_eq!(signed_with.len(), 2, "one rotation in 35 days");
    assert!(last.is_some());
}

#[tokio::test]
async fn another_instance_signs_with_the_same_key_and_learns_of_rotations() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let other = shop.another_process().await;
    let keys: JwkSet = other.peers().of("user").get("/.well-known/jwks.json").send().await.unwrap();
    assert!(keys.keys.iter().any(|key| key.kid == kid(&ada)));
    assert_eq!(keys.keys.len(), 1);
    for _ in 0..31 {
        shop.after(DAY).await;
    }
    let rotated = shop.login("ada@example.org").await;
    assert_ne!(kid(&rotated), kid(&ada));
    let body = serde_json::json!({ "email": "ada@example.org", "password": crate::harness::PASSWORD });
    let there: api::user::LoggedIn =
        other.peers().of("user").post("/api/auth/login").json(&body).send().await.unwrap();
    let there = Person { access: there.access_token, ..rotated.clone() };
    assert_eq!(kid(&there), kid(&rotated));
    assert!(shop.accepts(&there).await);
}

#[tokio::test]
async fn private_keys_are_not_readable_in_the_store() {
    let shop = shop().await;
    let keys: JwkSet = shop.get("/.well-known/jwks.json").await.expect(200).json();
    let mut c = shop.db().conn().await.unwrap();
    let sealed: Vec<u8> = db::sql("SELECT sealed FROM signing_key").scalar(&mut c).await.unwrap();
    assert!(auth::SigningKey::from_pkcs8(&sealed).is_err());
    let public = URL_SAFE_NO_PAD.decode(&keys.keys[0].x).unwrap();
    assert!(!sealed.windows(32).any(|window| window == public), "a PKCS#8 document holds the public key too");
}

#[tokio::test]
async fn tokens_of_another_issuer_or_key_are_refused() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let forged = Person { access: shop.auth.token(ada.id, &[auth::Role::SuperAdmin]), ..ada.clone() };
    shop.get("/api/auth/me").by(&forged).await.problem(401, "unauthenticated");
    let mut parts: Vec<&str> = ada.access.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    parts[0] = &none;
    parts[2] = "";
    let unsigned = Person { access: parts.join("."), ..ada.clone() };
    shop.get("/api/auth/me").by(&unsigned).await.problem(401, "unauthenticated");
    shop.clock.advance(Duration::from_secs(306));
    shop.get("/api/auth/me").by(&ada).await.problem(401, "token-expired");
}
