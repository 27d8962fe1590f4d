//! `POST /api/auth/logout`, `GET/DELETE /api/auth/sessions`

use crate::harness::{By as _, OTHER_PASSWORD, Person, Shop, shop};
use api::ids::SessionId;
use api::user::{RevocationReason, Session, UserLoggedOut, UserSessionsRevoked};
use serde_json::{Value, json};
use std::time::Duration;

async fn sessions(shop: &Shop, person: &Person) -> Vec<Session> {
    let list = shop.get("/api/auth/sessions").by(person).await.expect(200).value();
    serde_json::from_value(list["items"].clone()).unwrap()
}

async fn logout(shop: &Shop, person: &Person, body: Value) {
    shop.post("/api/auth/logout").by(person).json(&body).await.expect(204);
}

#[tokio::test]
async fn a_logout_ends_this_session_at_once_and_no_other() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let other = shop.login("ada@example.org").await;
    logout(&shop, &ada, json!({})).await;
    assert!(!shop.accepts(&ada).await && shop.accepts(&other).await);
    shop.try_refresh(&ada.refresh).await.problem(401, "refresh-invalid");
    shop.refresh(&other.refresh).await;
    let out = &shop.published::<UserLoggedOut>().await[0];
    assert!(out.session_id.is_some() && out.revoked_token_jtis.as_ref().is_some_and(|jtis| jtis.len() == 1));
    let revoked = &shop.published::<UserSessionsRevoked>().await[0];
    assert_eq!((revoked.reason, revoked.session_ids.len()), (RevocationReason::Logout, 1));
    shop.post("/api/auth/logout").json(&json!({})).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_logout_everywhere_ends_all() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let other = shop.login("ada@example.org").await;
    let stranger = shop.customer("eve@example.org").await;
    logout(&shop, &ada, json!({ "everywhere": true })).await;
    assert!(!shop.accepts(&ada).await && !shop.accepts(&other).await && shop.accepts(&stranger).await);
    shop.try_refresh(&other.refresh).await.problem(401, "refresh-invalid");
}

#[tokio::test]
async fn a_refresh_token_given_along_ends_its_session_only_if_it_is_ones_own() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let other = shop.login("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    logout(&shop, &eve, json!({ "refreshToken": ada.refresh })).await;
    assert!(shop.accepts(&ada).await, "a stolen token does not let others sign its owner out");
    logout(&shop, &ada, json!({ "refreshToken": other.refresh })).await;
    assert!(!shop.accepts(&other).await);
    let last = shop.login("ada@example.org").await;
    logout(&shop, &last, json!({ "refreshToken": "rubbish" })).await;
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let body =
        json!({ "email": "ada@example.org", "password": crate::harness::PASSWORD, "deviceName": "Kitchen" });
    let login = shop.post("/api/auth/login").from("203.0.113.5").header("user-agent", "Firefox").json(&body);
    let kitchen = crate::harness::person(&login.await.expect(200));
    shop.clock.advance(Duration::from_secs(60));
    let here = shop.login("ada@example.org").await;
    let list = sessions(&shop, &here).await;
    assert_eq!(list.len(), 4);
    assert!(
        list[0].current && list[1..].iter().all(|session| !session.current),
        "the latest used comes first"
    );
    let found = list.iter().find(|session| session.device_name.as_deref() == Some("Kitchen")).unwrap();
    assert_eq!(found.ip_address.as_deref(), Some("203.0.113.5"));
    assert_eq!(found.user_agent.as_deref(), Some("Firefox"));
    let path = format!("/api/auth/sessions/{}", found.id);
    shop.delete(&path).by(&here).await.expect(204);
    assert!(!shop.accepts(&kitchen).await && shop.accepts(&here).await);
    shop.delete(&path).by(&here).await.problem(404, "not-found");
    assert_eq!(sessions(&shop, &here).await.len(), 3);
}

#[tokio::test]
async fn other_peoples_sessions_are_not_found() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let target = sessions(&shop, &ada).await[0].id;
    shop.delete(&format!("/api/auth/sessions/{target}")).by(&eve).await.problem(404, "not-found");
    shop.delete(&format!("/api/auth/sessions/{}", SessionId::new())).by(&eve).await.problem(404, "not-found");
    shop.delete("/api/auth/sessions/..%2f").by(&eve).await.problem(404, "not-found");
    assert!(shop.accepts(&ada).await);
    assert_eq!(sessions(&shop, &eve).await.len(), 2);
}

#[tokio::test]
async fn ended_sessions_are_removed_after_a_week() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    shop.try_login("nobody@example.org", OTHER_PASSWORD).await.problem(401, "invalid-credentials");
    let count = async |table: &str| {
        let mut c = shop.db().conn().await.unwrap();
        db::sql(format!("SELECT COUNT(*) FROM {table}")).scalar::<i64>(&mut c).await.unwrap()
    };
    shop.settle().await;
    assert_eq!((count("session").await, count("login_throttle").await), (2, 1));
    shop.after(Duration::from_secs(13 * 3600)).await;
    assert_eq!(count("login_throttle").await, 0);
    assert_eq!(count("secret_claim").await, 1);
    shop.after(Duration::from_secs(21 * 24 * 3600)).await;
    assert_eq!((count("session").await, count("secret_claim").await), (0, 0));
}
