//! `POST /api/auth/password/change`, `/password-reset/request`, `/password-reset/confirm`

use crate::harness::{By as _, OTHER_PASSWORD, PASSWORD, Shop, shop};
use api::user::{
    PasswordChangeType, RevocationReason, UserEmailVerified, UserPasswordChanged, UserPasswordResetRequested,
    UserSessionsRevoked,
};
use serde_json::json;
use std::time::Duration;
use testkit::Answer;

async fn confirm(shop: &Shop, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "newPassword": password });
    shop.post("/api/auth/password-reset/confirm").json(&body).await
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let other = shop.login("ada@example.org").await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD });
    shop.post("/api/auth/password/change").by(&ada).json(&body).await.expect(204);
    assert!(shop.accepts(&ada).await && !shop.accepts(&other).await);
    shop.try_refresh(&other.refresh).await.problem(401, "refresh-invalid");
    shop.refresh(&ada.refresh).await;
    shop.try_login("ada@example.org", PASSWORD).await.problem(401, "invalid-credentials");
    shop.try_login("ada@example.org", OTHER_PASSWORD).await.expect(200);
    let changed = &shop.published::<UserPasswordChanged>().await[0];
    assert_eq!((changed.change_type, changed.aggregate_version), (PasswordChangeType::SelfInitiated, 3));
    let revoked = shop.published::<UserSessionsRevoked>().await;
    assert_eq!(revoked[0].reason, RevocationReason::PasswordChanged);
    assert_eq!(revoked[0].session_ids.len(), 2, "the one of the registration and the other login");
}

#[tokio::test]
async fn a_change_needs_the_present_password_and_a_good_new_one() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        shop.post("/api/auth/password/change").by(&ada).json(&body).await
    };
    change("wrong password", OTHER_PASSWORD).await.problem(422, "wrong-password");
    let problem = change(PASSWORD, "12345678").await.problem(422, "weak-password");
    assert_eq!(problem.errors[0].pointer, "/newPassword");
    let body = json!({ "currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD });
    shop.post("/api/auth/password/change").json(&body).await.problem(401, "unauthenticated");
    assert!(shop.published::<UserPasswordChanged>().await.is_empty());
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_every_session() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    confirm(&shop, &token, OTHER_PASSWORD).await.expect(204);
    confirm(&shop, &token, PASSWORD).await.problem(422, "token-invalid");
    assert!(!shop.accepts(&ada).await);
    shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    shop.try_login("ada@example.org", OTHER_PASSWORD).await.expect(200);
    let changed = &shop.published::<UserPasswordChanged>().await[0];
    assert_eq!(changed.change_type, PasswordChangeType::ResetCompleted);
    assert_eq!(shop.published::<UserSessionsRevoked>().await[0].reason, RevocationReason::PasswordReset);
}

#[tokio::test]
async fn a_weak_password_does_not_use_the_link_up() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    confirm(&shop, &token, "password").await.problem(422, "weak-password");
    confirm(&shop, &token, OTHER_PASSWORD).await.expect(204);
}

#[tokio::test]
async fn links_end_after_half_an_hour_and_when_another_one_is_used() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let old = shop.reset_token("ada@example.org").await;
    shop.clock.advance(Duration::from_secs(30 * 60));
    confirm(&shop, &old, OTHER_PASSWORD).await.problem(422, "token-invalid");
    let first = shop.reset_token("ada@example.org").await;
    let second = shop.reset_token("ada@example.org").await;
    assert_ne!(first, second);
    confirm(&shop, &second, OTHER_PASSWORD).await.expect(204);
    confirm(&shop, &first, PASSWORD).await.problem(422, "token-invalid");
}

#[tokio::test]
async fn a_password_changed_otherwise_withdraws_links_in_the_post() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD });
    shop.post("/api/auth/password/change").by(&ada).json(&body).await.expect(204);
    confirm(&shop, &token, PASSWORD).await.problem(422, "token-invalid");
}

#[tokio::test]
async fn a_reset_proves_the_address_too() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    confirm(&shop, &token, OTHER_PASSWORD).await.expect(204);
    let answer = shop.try_login("ada@example.org", OTHER_PASSWORD).await.expect(200).value();
    assert_eq!(
        (&answer["user"]["status"], &answer["user"]["emailVerified"]),
        (&json!("ACTIVE"), &json!(true))
    );
    assert_eq!(shop.published::<UserEmailVerified>().await[0].user_id, ada.id);
}

#[tokio::test]
async fn a_link_to_an_address_that_was_given_up_does_not_work() {
    let shop = shop().await;
    let ada = shop.customer("old@example.org").await;
    let reset = shop.reset_token("old@example.org").await;
    shop.patch("/api/users/me").by(&ada).json(&json!({ "email": "new@example.org" })).await.expect(200);
    let verify = shop.verification_token(ada.id).await;
    shop.post("/api/auth/email-verification/confirm").json(&json!({ "token": verify })).await.expect(204);
    confirm(&shop, &reset, OTHER_PASSWORD).await.problem(422, "token-invalid");
}

#[tokio::test]
async fn a_link_is_good_for_its_purpose_only() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let verify = shop.verification_token(ada.id).await;
    confirm(&shop, &verify, OTHER_PASSWORD).await.problem(422, "token-invalid");
    let reset = shop.reset_token("ada@example.org").await;
    let body = json!({ "token": reset });
    shop.post("/api/auth/email-verification/confirm").json(&body).await.problem(422, "token-invalid");
    let admin = json!({ "token": reset, "email": "evil@example.org", "password": PASSWORD });
    shop.post("/api/auth/first-admin").json(&admin).await.problem(422, "token-invalid");
    for forged in ["", "x", "☃", &"A".repeat(64), &"A".repeat(10_000), &reset[..63], &format!("{reset}A")] {
        confirm(&shop, forged, OTHER_PASSWORD).await.problem(422, "token-invalid");
    }
}

#[tokio::test]
async fn a_closed_account_cannot_be_taken_over_by_a_link_sent_before() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    let body = json!({ "status": "SUSPENDED", "reason": "test" });
    shop.put(&format!("/api/users/{}/status", ada.id)).by(&admin).json(&body).await.expect(200);
    confirm(&shop, &token, OTHER_PASSWORD).await.problem(422, "token-invalid");
}

#[tokio::test]
async fn a_reset_mail_names_the_claim_and_no_secret() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    let mail = &shop.published::<UserPasswordResetRequested>().await[0];
    assert_eq!(mail.first_name.as_deref(), Some("Ada"));
    assert_eq!(mail.expires_at.since(mail.request_timestamp), Duration::from_secs(30 * 60));
    assert!(!serde_json::to_string(mail).unwrap().contains(&token));
    let mut c = shop.db().conn().await.unwrap();
    let rows: Vec<(String,)> = db::sql("SELECT email FROM secret_claim").all(&mut c).await.unwrap();
    assert!(rows.iter().all(|row| !row.0.contains(&token)));
}
