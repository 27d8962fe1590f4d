//! Keys that come and go, and a key source that fails.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Waits until the fetch in the background has happened.
async fn until_fetched(shop: &Shop, times: usize) {
    while shop.source.fetches() < times {
        tokio::task::yield_now().await;
    }
    // The answer is stored after it was counted.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_rotated_key_is_fetched_once_and_the_old_one_is_still_good() {
    let shop = Shop::new();
    let old_token = shop.user_token(&claims(&[]));
    shop.user(&old_token).await;
    assert_eq!(shop.source.fetches(), 1);
    let next = SigningKey::generate();
    shop.source.publish(&[&shop.key, &next]);
    shop.signer.set_key(next.clone());
    assert_eq!(shop.signer.kid(), next.kid());
    shop.advance(5);
    shop.user(&shop.user_token(&claims(&[]))).await;
    shop.user(&shop.user_token(&claims(&[]))).await;
    shop.user(&old_token).await;
    assert_eq!(shop.source.fetches(), 2);
}

#[tokio::test]
async fn unknown_key_ids_cause_at_most_one_fetch_per_five_seconds() {
    let shop = Shop::new();
    shop.user(&shop.user_token(&claims(&[]))).await;
    let stranger = |shop: &Shop| {
        let signer = Signer::new(ISSUER, shop.clock.clone(), SigningKey::generate());
        signer.sign_user(&claims(&[])).unwrap().token
    };
    for _ in 0..50 {
        assert_eq!(shop.refusal(&stranger(&shop)).await, "unauthenticated");
    }
    assert_eq!(shop.source.fetches(), 1);
    shop.advance(5);
    for _ in 0..50 {
        assert_eq!(shop.refusal(&stranger(&shop)).await, "unauthenticated");
    }
    assert_eq!(shop.source.fetches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_first_requests_fetch_the_keys_once() {
    let shop = Arc::new(Shop::new());
    let token = shop.user_token(&claims(&[]));
    let requests = (0..100).map(|_| {
        let (shop, token) = (shop.clone(), token.clone());
        base::spawn("request", async move { shop.verifier.verify(&token).await.is_ok() })
    });
    let answers = futures::future::join_all(requests.collect::<Vec<_>>()).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap()));
    assert_eq!(shop.source.fetches(), 1);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cut_off_the_fetch() {
    let shop = Shop::new();
    let token = shop.user_token(&claims(&[]));
    let mut request = Box::pin(shop.verifier.verify(&token));
    assert!(futures::poll!(&mut request).is_pending());
    drop(request);
    until_fetched(&shop, 1).await;
    shop.user(&token).await;
    assert_eq!(shop.source.fetches(), 1);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_after_five_minutes_also_for_tokens_seen_before() {
    let shop = Shop::new();
    let signer = shop.signer.clone().with_life(MAX_TOKEN_LIFE);
    let token = signer.sign_user(&claims(&[])).unwrap().token;
    shop.user(&token).await;
    let next = SigningKey::generate();
    shop.source.publish(&[&next]);
    shop.advance(300);
    shop.user(&token).await;
    assert_eq!(shop.source.fetches(), 1, "five minutes are not over");
    shop.advance(1);
    shop.user(&token).await;
    until_fetched(&shop, 2).await;
    assert_eq!(shop.refusal(&token).await, "unauthenticated");
}

#[tokio::test]
async fn known_keys_serve_an_hour_without_the_source_and_then_nobody_gets_in() {
    let shop = Shop::new();
    shop.user(&shop.user_token(&claims(&[]))).await;
    shop.source.set_down(true);
    for _ in 0..60 {
        shop.advance(60);
        shop.user(&shop.user_token(&claims(&[]))).await;
    }
    shop.advance(60);
    let error = shop.verifier.verify(&shop.user_token(&claims(&[]))).await.unwrap_err();
    assert_eq!((error.kind(), error.wait()), (Kind::Unavailable, Some(Duration::from_secs(1))));
    shop.source.set_down(false);
    shop.advance(1);
    shop.user(&shop.user_token(&claims(&[]))).await;
}

#[tokio::test]
async fn without_keys_a_token_is_neither_good_nor_bad() {
    let shop = Shop::new();
    shop.source.set_down(true);
    let token = shop.user_token(&claims(&[]));
    for _ in 0..10 {
        assert_eq!(shop.verifier.verify(&token).await.unwrap_err().kind(), Kind::Unavailable);
    }
    assert_eq!(shop.source.fetches(), 1, "a source that is down is not flooded");
    shop.source.set_down(false);
    shop.advance(1);
    shop.user(&token).await;
}

#[test]
fn keys_of_other_kinds_and_weak_keys_are_not_used() {
    let good = SigningKey::generate().jwk().clone();
    assert!(good.decoding().is_some());
    let with = |change: fn(&mut Jwk)| {
        let mut jwk = good.clone();
        change(&mut jwk);
        jwk
    };
    // The neutral element: under it a signature of zeros fits a great many messages.
    let mut neutral = [0_u8; 32];
    neutral[0] = 1;
    let weak = Jwk { x: URL_SAFE_NO_PAD.encode(neutral), ..good.clone() };
    for jwk in [
        with(|jwk| jwk.kty = "RSA".into()),
        with(|jwk| jwk.crv = "X25519".into()),
        with(|jwk| jwk.alg = "none".into()),
        with(|jwk| jwk.purpose = "enc".into()),
        with(|jwk| jwk.kid.clear()),
        with(|jwk| jwk.x.clear()),
        with(|jwk| jwk.x.truncate(20)),
        with(|jwk| jwk.x.push_str("AAAA")),
        weak,
    ] {
        assert!(jwk.decoding().is_none(), "{jwk:?}");
    }
}

#[test]
fn a_key_set_with_keys_of_others_is_read() {
    let ours = SigningKey::generate();
    let text = format!(
        r#"{{"keys":[{{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}},{}]}}"#,
        serde_json::to_string(ours.jwk()).unwrap()
    );
    let set: JwkSet = serde_json::from_str(&text).unwrap();
    assert_eq!(set.keys.len(), 2);
    assert_eq!(&set.keys[1], ours.jwk());
}

#[test]
fn a_key_survives_its_storage() {
    let key = SigningKey::generate();
    let back = SigningKey::from_pkcs8(key.to_pkcs8().expose()).unwrap();
    assert_eq!(back.jwk(), key.jwk());
    assert_ne!(SigningKey::generate().kid(), key.kid());
    assert_eq!(SigningKey::from_pkcs8(b"not a key").unwrap_err().kind(), Kind::Internal);
}

#[test]
fn a_key_id_is_the_thumbprint_of_rfc_8037() {
    let jwk = Jwk {
        kty: "OKP".into(),
        crv: "Ed25519".into(),
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
        ..Jwk::default()
    };
    assert_eq!(jwk.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
