//! `POST /api/auth/refresh`: rotation, reuse, lifetimes.

use crate::harness::{By as _, Person, shop};
use api::user::{RevocationReason, UserAuditRecorded, UserSessionsRevoked};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn each_token_is_good_once_and_leads_to_the_next() {
    let shop = shop().await;
    let mut token = shop.register("ada@example.org").await.refresh;
    for _ in 0..5 {
        shop.clock.advance(MINUTE);
        let next = shop.refresh(&token).await;
        assert_ne!(next.refresh_token, token);
        let ada = Person { access: next.access_token, ..shop.login("ada@example.org").await };
        assert!(shop.accepts(&ada).await);
        token = next.refresh_token;
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_within_ten_seconds() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let first = shop.refresh(&ada.refresh).await;
    shop.clock.advance(Duration::from_secs(10));
    let again = shop.refresh(&ada.refresh).await;
    assert_eq!(again.refresh_token, first.refresh_token);
    shop.refresh(&first.refresh_token).await;
    assert!(shop.published::<UserSessionsRevoked>().await.is_empty());
}

#[tokio::test]
async fn a_token_used_again_later_ends_the_session_of_thief_and_owner() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let other = shop.login("ada@example.org").await;
    let next = shop.refresh(&ada.refresh).await;
    let owner = Person { access: next.access_token.clone(), ..ada.clone() };
    assert!(shop.accepts(&owner).await);
    shop.clock.advance(Duration::from_secs(11));
    for _ in 0..3 {
        shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    }
    shop.try_refresh(&next.refresh_token).await.problem(401, "refresh-invalid");
    assert!(!shop.accepts(&owner).await, "its access tokens end with the family");
    assert!(shop.accepts(&other).await, "another session is another family");
    let revoked: Vec<UserSessionsRevoked> = shop.published().await;
    assert_eq!(revoked.len(), 1, "told once, however often the old token comes");
    assert_eq!((revoked[0].reason, revoked[0].session_ids.len()), (RevocationReason::TokenReuse, 1));
    let audits: Vec<UserAuditRecorded> = shop.published().await;
    assert!(audits.iter().any(|audit| audit.0.action == "authn.token-reuse"));
}

#[tokio::test]
async fn a_grandparent_is_reuse_even_at_once() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let second = shop.refresh(&ada.refresh).await;
    let third = shop.refresh(&second.refresh_token).await;
    shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    shop.try_refresh(&third.refresh_token).await.problem(401, "refresh-invalid");
}

#[tokio::test]
async fn an_idle_session_ends_after_fourteen_days_and_any_after_thirty() {
    let shop = shop().await;
    let idle = shop.register("idle@example.org").await;
    let mut busy = shop.register("busy@example.org").await.refresh;
    shop.clock.advance(Duration::from_secs(14 * 24 * 3600 - 60));
    busy = shop.refresh(&busy).await.refresh_token;
    shop.clock.advance(MINUTE);
    shop.try_refresh(&idle.refresh).await.problem(401, "refresh-invalid");
    shop.clock.advance(10 * DAY);
    busy = shop.refresh(&busy).await.refresh_token;
    shop.clock.advance(Duration::from_secs(6 * 24 * 3600 - 60));
    busy = shop.refresh(&busy).await.refresh_token;
    shop.clock.advance(MINUTE);
    shop.try_refresh(&busy).await.problem(401, "refresh-invalid");
}

#[tokio::test]
async fn staff_are_signed_out_after_half_an_hour_idle_and_after_twelve_hours() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    shop.clock.advance(30 * MINUTE);
    shop.try_refresh(&admin.refresh).await.problem(401, "refresh-invalid");
    let mut token = shop.login("root@example.org").await.refresh;
    for _ in 0..24 {
        shop.clock.advance(29 * MINUTE);
        token = shop.refresh(&token).await.refresh_token;
    }
    shop.clock.advance(25 * MINUTE);
    shop.try_refresh(&token).await.problem(401, "refresh-invalid");
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused_and_harm_nobody() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let second = shop.refresh(&ada.refresh).await;
    shop.clock.advance(MINUTE);
    let genuine = URL_SAFE_NO_PAD.decode(&second.refresh_token).unwrap();
    let mut forged = vec![String::new(), "x".into(), "A".repeat(75), "☃".into(), "A".repeat(100_000)];
    for index in 0..genuine.len() {
        let mut changed = genuine.clone();
        changed[index] ^= 1;
        forged.push(URL_SAFE_NO_PAD.encode(changed));
    }
    for token in &forged {
        shop.try_refresh(token).await.problem(401, "refresh-invalid");
    }
    shop.try_refresh(&second.access_token).await.problem(401, "refresh-invalid");
    shop.refresh(&second.refresh_token).await;
    assert!(shop.published::<UserSessionsRevoked>().await.is_empty());
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_and_is_not_in_the_store() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let confused = Person { access: ada.refresh.clone(), ..ada.clone() };
    shop.get("/api/auth/me").by(&confused).await.problem(401, "unauthenticated");
    let mut c = shop.db().conn().await.unwrap();
    let (hash, nonce): (Vec<u8>, Vec<u8>) =
        db::sql("SELECT token_hash, nonce FROM session").one(&mut c).await.unwrap();
    assert_eq!(hash, base::keys::sha256(ada.refresh.as_bytes()));
    let bytes = URL_SAFE_NO_PAD.decode(&ada.refresh).unwrap();
    assert_ne!(&bytes[24..], nonce, "what is stored is not the secret");
}
