//! `POST /api/auth/email-verification/request`, `/confirm`, and changes of the address.

use crate::harness::{By as _, PASSWORD, Shop, shop};
use api::user::{
    UserAccountStatusChanged, UserEmailChanged, UserEmailVerificationRequested, UserEmailVerified,
    UserStatus, UserUpdated,
};
use serde_json::json;
use std::time::Duration;
use testkit::Answer;

async fn confirm(shop: &Shop, token: &str) -> Answer {
    shop.post("/api/auth/email-verification/confirm").json(&json!({ "token": token })).await
}

#[tokio::test]
async fn the_link_makes_the_account_active_once() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let token = shop.verification_token(ada.id).await;
    confirm(&shop, &token).await.expect(204);
    confirm(&shop, &token).await.problem(422, "token-invalid");
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(
        (&me["status"], &me["emailVerified"], &me["version"]),
        (&json!("ACTIVE"), &json!(true), &json!(2))
    );
    assert_eq!(shop.published::<UserEmailVerified>().await[0].aggregate_version, 2);
    let change = &shop.published::<UserAccountStatusChanged>().await[0];
    assert_eq!(
        (change.previous_status, change.new_status),
        (UserStatus::PendingVerification, UserStatus::Active)
    );
    let answer = shop.post("/api/auth/email-verification/request").by(&ada).await;
    answer.problem(409, "already-verified");
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_can_be_asked_for_again() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let old = shop.verification_token(ada.id).await;
    shop.clock.advance(Duration::from_secs(24 * 3600));
    confirm(&shop, &old).await.problem(422, "token-invalid");
    let ada = shop.login("ada@example.org").await;
    shop.post("/api/auth/email-verification/request").by(&ada).await.expect(202);
    confirm(&shop, &shop.verification_token(ada.id).await).await.expect(204);
    shop.post("/api/auth/email-verification/request").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn three_links_an_hour_are_sent_to_one_address() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    for _ in 0..3 {
        shop.post("/api/auth/email-verification/request").by(&ada).await.expect(202);
    }
    shop.post("/api/auth/email-verification/request").by(&ada).await.problem(429, "rate-limited");
    assert_eq!(shop.published::<UserEmailVerificationRequested>().await.len(), 4);
}

#[tokio::test]
async fn a_new_address_is_used_once_it_is_proven() {
    let shop = shop().await;
    let ada = shop.customer("old@example.org").await;
    let answer =
        shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "New@Example.org" })).await.expect(200);
    assert_eq!(answer.value()["email"], "old@example.org");
    shop.login("old@example.org").await;
    let mail = shop.published::<UserEmailVerificationRequested>().await.pop().unwrap();
    assert_eq!(mail.email, "New@Example.org", "the new address must answer, not the old one");
    confirm(&shop, &shop.verification_token(ada.id).await).await.expect(204);
    shop.try_login("old@example.org", PASSWORD).await.problem(401, "invalid-credentials");
    shop.try_login("new@example.org", PASSWORD).await.expect(200);
    let changed = &shop.published::<UserEmailChanged>().await[0];
    assert_eq!(
        (changed.previous_email.as_str(), changed.email.as_str()),
        ("old@example.org", "New@Example.org")
    );
    let updated = shop.published::<UserUpdated>().await.pop().unwrap();
    assert_eq!(updated.updated_fields, ["email", "emailVerified"]);
    assert_eq!(updated.snapshot.email, "New@Example.org");
    shop.register("old@example.org").await;
}

#[tokio::test]
async fn only_the_latest_wish_for_an_address_counts() {
    let shop = shop().await;
    let ada = shop.customer("old@example.org").await;
    shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "first@example.org" })).await.expect(200);
    let first = shop.verification_token(ada.id).await;
    shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "second@example.org" })).await.expect(200);
    let second = shop.verification_token(ada.id).await;
    confirm(&shop, &first).await.problem(422, "token-invalid");
    confirm(&shop, &second).await.expect(204);
    shop.login("second@example.org").await;
}

#[tokio::test]
async fn a_change_of_address_needs_a_recent_sign_in_and_a_free_address() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.register("taken@example.org").await;
    let wish =
        async |email: &str| shop.patch("/api/users/me").by(&ada).json(&json!({ "email": email })).await;
    wish("TAKEN@example.org").await.problem(409, "email-taken");
    wish("not an address").await.problem(422, "validation");
    shop.patch("/api/users/me").by(&ada).json(&json!({ "email": null })).await.problem(422, "validation");
    shop.clock.advance(Duration::from_secs(4 * 60 + 50));
    let ada = shop.refresh(&ada.refresh).await;
    shop.clock.advance(Duration::from_secs(11));
    let bearer = format!("Bearer {}", ada.access_token);
    let stale = shop.patch("/api/users/me").header("authorization", &bearer);
    stale.json(&json!({ "email": "new@example.org" })).await.problem(403, "reauthentication-required");
}

#[tokio::test]
async fn an_address_taken_in_the_meantime_stays_with_who_took_it() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "nice@example.org" })).await.expect(200);
    let token = shop.verification_token(ada.id).await;
    shop.register("nice@example.org").await;
    confirm(&shop, &token).await.problem(409, "email-taken");
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(me["email"], "ada@example.org");
}

#[tokio::test]
async fn other_capitals_are_no_other_address() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let before = shop.published::<UserEmailVerificationRequested>().await.len();
    let answer =
        shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "Ada@Example.org" })).await.expect(200);
    assert_eq!(
        (&answer.value()["email"], &answer.value()["emailVerified"]),
        (&json!("Ada@Example.org"), &json!(true))
    );
    assert_eq!(shop.published::<UserEmailVerificationRequested>().await.len(), before);
}
