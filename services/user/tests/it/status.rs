//! `POST /api/users/{id}/deactivate`, `/reactivate`, `PUT /api/users/{id}/status`

use crate::harness::{By as _, PASSWORD, Person, Shop, shop, token_of};
use api::user::{
    ClaimPurpose, DeactivationReason, RevocationReason, SecretClaim, UserAccountStatusChanged,
    UserDeactivated, UserPasswordResetRequested, UserReactivated, UserSessionsRevoked,
};
use serde_json::json;
use testkit::Answer;

async fn set(shop: &Shop, by: &Person, target: &Person, status: &str) -> Answer {
    let path = format!("/api/users/{}/status", target.id);
    shop.put(&path).by(by).json(&json!({ "status": status, "reason": "because" })).await
}

#[tokio::test]
async fn an_owner_closes_their_account_with_the_password() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let close = async |body| shop.post("/api/users/me/deactivate").by(&ada).json(&body).await;
    close(json!({})).await.problem(422, "wrong-password");
    close(json!({ "password": "wrong password" })).await.problem(422, "wrong-password");
    let body = json!({ "password": PASSWORD, "reason": "FRAUD", "additionalNotes": "bye" });
    assert_eq!(close(body).await.expect(200).value()["status"], "DEACTIVATED");
    let event = &shop.published::<UserDeactivated>().await[0];
    assert_eq!(event.reason, DeactivationReason::UserRequested, "an owner's reason is their own wish");
    assert_eq!(shop.published::<UserSessionsRevoked>().await[0].reason, RevocationReason::Deactivated);
    assert!(!shop.accepts(&ada).await);
    shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    let problem = shop.try_login("ada@example.org", PASSWORD).await.problem(403, "account-inactive");
    assert_eq!(problem.extra["accountStatus"], "DEACTIVATED");
    shop.post("/api/auth/register")
        .json(&json!({ "email": "ada@example.org", "password": PASSWORD }))
        .await
        .problem(409, "email-taken");
}

#[tokio::test]
async fn an_owner_comes_back_by_the_link_of_a_mail() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.post("/api/users/me/deactivate").by(&ada).json(&json!({ "password": PASSWORD })).await.expect(200);
    shop.post("/api/auth/password-reset/request")
        .json(&json!({ "email": "ada@example.org" }))
        .await
        .expect(202);
    shop.settle().await;
    let mail = shop.published::<UserPasswordResetRequested>().await.pop().unwrap();
    let claim: SecretClaim = shop.claim(mail.reset_token_identifier).await.expect(200).json();
    assert_eq!(claim.purpose, ClaimPurpose::Reactivation);
    let token = token_of(&claim.url.unwrap());
    let reset = json!({ "token": token, "newPassword": PASSWORD });
    shop.post("/api/auth/password-reset/confirm").json(&reset).await.problem(422, "token-invalid");
    let eve = shop.customer("eve@example.org").await;
    let body = json!({ "token": token });
    let foreign = format!("/api/users/{}/reactivate", eve.id);
    shop.post(&foreign).json(&body).await.problem(422, "token-invalid");
    let path = format!("/api/users/{}/reactivate", ada.id);
    assert_eq!(shop.post(&path).json(&body).await.expect(200).value()["status"], "ACTIVE");
    shop.post(&path).json(&body).await.problem(422, "token-invalid");
    shop.login("ada@example.org").await;
    assert_eq!(shop.published::<UserReactivated>().await[0].user_id, ada.id);
}

#[tokio::test]
async fn staff_close_and_open_accounts_and_owners_cannot_undo_that() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let close = format!("/api/users/{}/deactivate", ada.id);
    let open = format!("/api/users/{}/reactivate", ada.id);
    shop.post(&close).by(&eve).json(&json!({ "password": PASSWORD })).await.problem(404, "not-found");
    shop.post(&close).json(&json!({})).await.problem(401, "unauthenticated");
    let body = json!({ "reason": "FRAUD", "additionalNotes": "chargebacks" });
    shop.post(&close).by(&admin).json(&body).await.expect(200);
    shop.post(&close).by(&admin).json(&body).await.problem(409, "invalid-state");
    assert_eq!(shop.published::<UserDeactivated>().await[0].reason, DeactivationReason::Fraud);
    shop.post("/api/auth/password-reset/request")
        .json(&json!({ "email": "ada@example.org" }))
        .await
        .expect(202);
    shop.settle().await;
    assert!(shop.published::<UserPasswordResetRequested>().await.is_empty());
    shop.post(&open).json(&json!({})).await.problem(401, "unauthenticated");
    shop.post(&open).by(&eve).json(&json!({})).await.problem(403, "forbidden");
    shop.post(&open).by(&admin).json(&json!({})).await.expect(200);
    shop.post(&open).by(&admin).json(&json!({})).await.problem(409, "invalid-state");
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn a_suspended_customer_is_out_at_once_and_back_when_it_is_lifted() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let officer = shop.staff(&admin, "sec@example.org", "security_officer").await;
    let ada = shop.customer("ada@example.org").await;
    set(&shop, &officer, &ada, "SUSPENDED").await.expect(200);
    assert!(!shop.accepts(&ada).await);
    shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    shop.try_login("ada@example.org", PASSWORD).await.problem(403, "account-inactive");
    let change = shop.published::<UserAccountStatusChanged>().await.pop().unwrap();
    assert_eq!(
        (change.reason.as_deref(), change.changed_by.id),
        (Some("because"), Some(officer.id.to_string()))
    );
    set(&shop, &officer, &ada, "SUSPENDED").await.problem(409, "invalid-transition");
    set(&shop, &officer, &ada, "ACTIVE").await.expect(200);
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn whoever_is_let_in_again_within_the_second_signs_in_and_their_old_tokens_stay_out() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    shop.clock.advance(std::time::Duration::from_millis(300));
    set(&shop, &admin, &ada, "SUSPENDED").await.expect(200);
    set(&shop, &admin, &ada, "ACTIVE").await.expect(200);
    let back = shop.login("ada@example.org").await;
    shop.settle().await;
    assert!(shop.accepts(&back).await, "also where the suspension is heard of only now");
    assert!(!shop.accepts(&ada).await);
    assert!(shop.accepts(&shop.login("ada@example.org").await).await);
}

#[tokio::test]
async fn only_listed_steps_are_possible_and_never_on_oneself() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    for status in ["ACTIVE", "LOCKED", "DELETED", "DEACTIVATED", "PENDING_VERIFICATION"] {
        set(&shop, &admin, &ada, status).await.problem(409, "invalid-transition");
    }
    set(&shop, &admin, &ada, "GONE").await.problem(422, "validation");
    set(&shop, &admin, &admin, "SUSPENDED").await.problem(403, "own-roles");
    set(&shop, &ada, &admin, "SUSPENDED").await.problem(403, "forbidden");
    let path = format!("/api/users/{}/status", ada.id);
    let body = json!({ "status": "SUSPENDED", "reason": " " });
    shop.put(&path).by(&admin).json(&body).await.problem(422, "validation");
    let body = json!({ "status": "SUSPENDED", "reason": "x" });
    shop.put(&path).by(&admin).header("if-match", "\"1\"").json(&body).await.problem(412, "version-conflict");
    let nobody = format!("/api/users/{}/status", api::ids::UserId::new());
    shop.put(&nobody).by(&admin).json(&body).await.problem(404, "not-found");
}
