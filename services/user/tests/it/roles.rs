//! `/api/admin/roles`, `/api/admin/users/{id}/roles`, `…/effective-permissions`

use crate::harness::{By as _, Person, Shop, shop};
use api::ids::UserId;
use api::user::{UserAuditRecorded, UserRoleAssigned, UserRoleRemoved};
use serde_json::json;
use std::time::Duration;
use testkit::Answer;

async fn give(shop: &Shop, by: &Person, to: &Person, roles: &[&str], admin: &Person) -> Answer {
    let mut ids = Vec::new();
    for role in roles {
        ids.push(shop.role_id(admin, role).await);
    }
    shop.put(&format!("/api/admin/users/{}/roles", to.id)).by(by).json(&json!({ "roleIds": ids })).await
}

#[tokio::test]
async fn a_role_is_given_and_taken_and_old_tokens_end() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let answer = give(&shop, &admin, &ada, &["finance", "support_agent"], &admin).await.expect(200).value();
    let names: Vec<_> = answer["items"].as_array().unwrap().iter().map(|role| role["name"].clone()).collect();
    assert_eq!(names, ["customer", "finance", "support_agent"]);
    shop.get("/api/auth/me").by(&ada).await.problem(401, "token-stale");
    let fresh = Person { access: shop.refresh(&ada.refresh).await.access_token, ..ada.clone() };
    shop.get("/api/users").by(&fresh).await.expect(200);
    let assigned: Vec<UserRoleAssigned> = shop.published().await;
    let for_ada: Vec<_> = assigned.iter().filter(|event| event.user_id == ada.id).collect();
    assert_eq!(for_ada.len(), 2);
    assert!(
        for_ada
            .iter()
            .all(|event| event.aggregate_version == 3 && event.assigned_by.id == Some(admin.id.to_string()))
    );

    let ada = shop.login("ada@example.org").await;
    shop.get("/api/users").by(&ada).await.expect(200);
    give(&shop, &admin, &ada, &["finance"], &admin).await.expect(200);
    let ada = shop.login("ada@example.org").await;
    shop.get("/api/users").by(&ada).await.problem(403, "forbidden");
    assert_eq!(shop.published::<UserRoleRemoved>().await[0].role_name, "support_agent");
    give(&shop, &admin, &ada, &[], &admin).await.expect(200);
    let path = format!("/api/admin/users/{}/roles", ada.id);
    let rest = shop.get(&path).by(&admin).await.expect(200).value();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "everybody stays a customer");
}

#[tokio::test]
async fn new_tokens_work_within_the_second_of_the_change_also_where_it_is_heard_of() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    shop.clock.advance(Duration::from_millis(300));
    give(&shop, &admin, &ada, &["finance", "support_agent"], &admin).await.expect(200);
    shop.settle().await;
    shop.get("/api/auth/me").by(&ada).await.problem(401, "token-stale");
    let refreshed = Person { access: shop.refresh(&ada.refresh).await.access_token, ..ada.clone() };
    shop.get("/api/users").by(&refreshed).await.expect(200);
    let signed_in = shop.login("ada@example.org").await;
    shop.get("/api/users").by(&signed_in).await.expect(200);
    assert!(shop.accepts(&admin).await, "nobody else is troubled");

    give(&shop, &admin, &ada, &["finance"], &admin).await.expect(200);
    shop.settle().await;
    shop.get("/api/users").by(&refreshed).await.problem(401, "token-stale");
    let fresh = shop.login("ada@example.org").await;
    shop.get("/api/users").by(&fresh).await.problem(403, "forbidden");
}

#[tokio::test]
async fn nothing_happens_when_nothing_changes() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let sue = shop.staff(&admin, "sue@example.org", "support_agent").await;
    let before = shop.published::<UserRoleAssigned>().await.len();
    give(&shop, &admin, &sue, &["support_agent"], &admin).await.expect(200);
    assert!(shop.accepts(&sue).await);
    assert_eq!(shop.published::<UserRoleAssigned>().await.len(), before);
}

#[tokio::test]
async fn nobody_changes_their_own_roles() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    give(&shop, &admin, &admin, &["customer"], &admin).await.problem(403, "own-roles");
    give(&shop, &admin, &admin, &["admin", "super_admin", "finance"], &admin).await.problem(403, "own-roles");
}

#[tokio::test]
async fn only_who_manages_roles_may_and_only_shortly_after_signing_in() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let plain = shop.staff(&admin, "plain@example.org", "admin").await;
    let path = format!("/api/admin/users/{}/roles", ada.id);
    let body = json!({ "roleIds": [] });
    shop.put(&path).json(&body).await.problem(401, "unauthenticated");
    shop.put(&path).by(&ada).json(&body).await.problem(403, "forbidden");
    shop.put(&path).by(&plain).json(&body).await.problem(403, "forbidden");
    shop.get("/api/admin/roles").by(&plain).await.problem(403, "forbidden");
    shop.clock.advance(Duration::from_secs(4 * 60 + 50));
    let fresh = shop.refresh(&admin.refresh).await;
    shop.clock.advance(Duration::from_secs(11));
    let request = shop.put(&path).header("authorization", &format!("Bearer {}", fresh.access_token));
    request.json(&body).await.problem(403, "reauthentication-required");
}

#[tokio::test]
async fn the_last_super_administrator_stays() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let second = shop.staff(&admin, "second@example.org", "super_admin").await;
    give(&shop, &second, &admin, &["admin"], &second).await.expect(200);
    let admin = shop.login("root@example.org").await;
    // The other one is gone, so the last cannot close their own account or be suspended.
    let close = json!({ "password": crate::harness::PASSWORD });
    let answer = shop.post("/api/users/me/deactivate").by(&second).json(&close).await;
    answer.problem(409, "last-super-admin");
    let path = format!("/api/users/{}/status", second.id);
    let body = json!({ "status": "SUSPENDED", "reason": "coup" });
    shop.put(&path).by(&admin).json(&body).await.problem(409, "last-super-admin");
    let close = format!("/api/users/{}/deactivate", second.id);
    shop.post(&close).by(&admin).json(&json!({})).await.problem(409, "last-super-admin");
}

#[tokio::test]
async fn unknown_users_and_roles_are_told_apart() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let path = format!("/api/admin/users/{}/roles", ada.id);
    let unknown = json!({ "roleIds": [UserId::new()] });
    let problem = shop.put(&path).by(&admin).json(&unknown).await.problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/roleIds");
    let nobody = format!("/api/admin/users/{}/roles", UserId::new());
    shop.put(&nobody).by(&admin).json(&json!({ "roleIds": [] })).await.problem(404, "not-found");
    shop.get(&nobody).by(&admin).await.problem(404, "not-found");
    let stale = shop.put(&path).by(&admin).header("if-match", "\"1\"").json(&json!({ "roleIds": [] })).await;
    stale.problem(412, "version-conflict");
}

#[tokio::test]
async fn rights_of_a_user_can_be_read_and_that_is_recorded() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let sue = shop.staff(&admin, "sue@example.org", "support_agent").await;
    let path = format!("/api/admin/users/{}/effective-permissions", sue.id);
    let rights: Vec<String> = shop.get(&path).by(&admin).await.expect(200).json();
    assert!(rights.contains(&"order:cancel".to_owned()) && !rights.contains(&"payment:refund".to_owned()));
    let last = shop.published::<UserAuditRecorded>().await.pop().unwrap().0;
    assert_eq!((last.action.as_str(), last.resource_id), ("user.roles.read", Some(sue.id.to_string())));
    assert_eq!(last.actor.id, Some(admin.id.to_string()));
}
