//! `/internal/…`, `POST /api/auth/check-permissions`, `GET …/email-preferences`

use crate::harness::{By as _, shop};
use api::ids::UserId;
use api::user::{Contact, Contacts, EmailPreferences};
use auth::PolicyBundle;
use serde_json::json;

#[tokio::test]
async fn the_policy_bundle_is_the_table_of_the_contract() {
    let shop = shop().await;
    let answer = shop.get("/internal/auth/policy-bundle").as_service("order").await.expect(200);
    assert_eq!(answer.json::<PolicyBundle>(), PolicyBundle::default());
    let etag = answer.header("etag").unwrap().to_owned();
    let again =
        shop.get("/internal/auth/policy-bundle").as_service("order").header("if-none-match", &etag).await;
    assert!(again.expect(304).body.is_empty());
    shop.get("/internal/auth/policy-bundle").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn senders_learn_how_to_reach_users() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.patch("/api/users/me").by(&ada).json(&json!({ "phoneNumber": "+4930123456" })).await.expect(200);
    let path = format!("/internal/users/{}/contact", ada.id);
    let contact: Contact = shop.get(&path).as_service("notification").await.expect(200).json();
    assert_eq!((contact.email.as_str(), contact.email_verified), ("ada@example.org", true));
    assert_eq!(contact.phone_number.as_deref(), Some("+4930123456"));
    let unknown = format!("/internal/users/{}/contact", UserId::new());
    shop.get(&unknown).as_service("notification").await.problem(404, "not-found");
    shop.get(&path).as_service("order").await.problem(403, "forbidden");
    shop.get(&path).by(&ada).await.problem(403, "forbidden");
}

#[tokio::test]
async fn several_contacts_at_once_leave_out_the_unknown() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let bob = shop.customer("bob@example.org").await;
    let ask = async |ids: Vec<UserId>| {
        shop.post("/internal/users/batch").as_service("notification").json(&json!({ "ids": ids })).await
    };
    let found: Contacts = ask(vec![bob.id, UserId::new(), ada.id, ada.id]).await.expect(200).json();
    assert_eq!(found.items.len(), 2);
    ask(Vec::new()).await.problem(422, "validation");
    ask((0..101).map(|_| UserId::new()).collect()).await.problem(422, "validation");
}

#[tokio::test]
async fn mail_preferences_follow_consent_and_state() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let path = format!("/api/users/{}/email-preferences", ada.id);
    let read =
        async || shop.get(&path).as_service("notification").await.expect(200).json::<EmailPreferences>();
    let before = read().await;
    assert!(before.deliverable && !before.marketing_consent.granted && before.marketing_consent.at.is_none());
    shop.patch("/api/users/me").by(&ada).json(&json!({ "marketingConsent": true })).await.expect(200);
    let after = read().await;
    assert_eq!(after.marketing_consent.source.as_deref(), Some("PROFILE"));
    assert_eq!((after.marketing_consent.at, after.categories["MARKETING"]), (Some(shop.clock.now()), true));
    let close = format!("/api/users/{}/deactivate", ada.id);
    shop.post(&close).by(&admin).json(&json!({ "reason": "INACTIVITY" })).await.expect(200);
    assert!(!read().await.deliverable);
}

#[tokio::test]
async fn rights_are_checked_against_the_store() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let sue = shop.staff(&admin, "sue@example.org", "support_agent").await;
    let ask = async |permissions: &[&str]| {
        let body = json!({ "userId": sue.id, "requiredPermissions": permissions });
        shop.post("/api/auth/check-permissions").as_client(&["authz:query"]).json(&body).await
    };
    let answer = ask(&["order:read", "payment:refund", "no:such"]).await.expect(200).value();
    assert_eq!(answer["granted"], false);
    let expected = json!({ "order:read": true, "payment:refund": false, "no:such": false });
    assert_eq!(answer["checkedPermissions"], expected);
    assert_eq!(ask(&["order:read", "user:read"]).await.expect(200).value()["granted"], true);
    ask(&[]).await.problem(422, "validation");
    let body = json!({ "status": "SUSPENDED", "reason": "test" });
    shop.put(&format!("/api/users/{}/status", sue.id)).by(&admin).json(&body).await.expect(200);
    assert_eq!(
        ask(&["order:read"]).await.expect(200).value()["granted"],
        false,
        "suspended staff may do nothing"
    );
    let body = json!({ "userId": UserId::new(), "requiredPermissions": ["order:read"] });
    shop.post("/api/auth/check-permissions").by(&admin).json(&body).await.problem(404, "not-found");
    shop.post("/api/auth/check-permissions").json(&body).await.problem(401, "unauthenticated");
    shop.post("/api/auth/check-permissions").as_service("cart").json(&body).await.problem(403, "forbidden");
}
