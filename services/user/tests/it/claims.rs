//! `POST /internal/auth/secret-claims/{claimId}`

use crate::harness::{By as _, shop};
use api::ids::ClaimId;
use api::user::{ClaimPurpose, SecretClaim, UserEmailVerificationRequested};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_sender_of_the_mail_gets_the_same_link_every_time() {
    let shop = shop().await;
    shop.register("ada@example.org").await;
    let mail = &shop.published::<UserEmailVerificationRequested>().await[0];
    let claim = mail.verification_token_identifier;
    let first: SecretClaim = shop.claim(claim).await.expect(200).json();
    let second: SecretClaim = shop.claim(claim).await.expect(200).json();
    assert_eq!(first, second);
    assert_eq!(first.purpose, ClaimPurpose::EmailVerification);
    assert_eq!(first.expires_at, mail.expires_at);
    assert!(first.url.unwrap().starts_with("http://shop.test/account/verify-email?token="));
}

#[tokio::test]
async fn used_expired_and_unknown_claims_are_told_apart() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let claim = shop.published::<UserEmailVerificationRequested>().await[0].verification_token_identifier;
    let token = shop.verification_token(ada.id).await;
    shop.post("/api/auth/email-verification/confirm").json(&json!({ "token": token })).await.expect(204);
    shop.claim(claim).await.problem(410, "claim-used");
    let bob = shop.register("bob@example.org").await;
    let claim = shop.published::<UserEmailVerificationRequested>().await[1].verification_token_identifier;
    shop.clock.advance(Duration::from_secs(24 * 3600));
    shop.claim(claim).await.problem(410, "claim-expired");
    shop.claim(ClaimId::new()).await.problem(404, "not-found");
    assert_ne!(ada.id, bob.id);
}

#[tokio::test]
async fn only_the_sender_of_mails_may_ask() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    shop.register("ada@example.org").await;
    let claim = shop.published::<UserEmailVerificationRequested>().await[0].verification_token_identifier;
    let path = format!("/internal/auth/secret-claims/{claim}");
    shop.post(&path).await.problem(401, "unauthenticated");
    shop.post(&path).by(&admin).await.problem(403, "forbidden");
    shop.post(&path).as_service("order").await.problem(403, "forbidden");
}
