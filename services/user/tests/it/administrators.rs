//! The first administrator's link, and administrators made by the operator.

use crate::harness::{By as _, PASSWORD, person, shop, token_of};
use api::user::{AdminCreated, FirstAdminLink, UserCreated};
use serde_json::json;
use std::time::Duration;

const LINK: &str = "/internal/users/first-admin-link";

#[tokio::test]
async fn on_an_empty_store_a_link_makes_the_first_administrator() {
    let shop = shop().await;
    let first: FirstAdminLink = shop.post(LINK).as_client(&["user:command"]).await.expect(200).json();
    let again: FirstAdminLink = shop.post(LINK).as_client(&["user:command"]).await.expect(200).json();
    assert_eq!(first, again, "a restart prints the same link");
    let body = json!({ "token": token_of(&first.url), "email": "root@example.org", "password": PASSWORD });
    let answer = shop.post("/api/auth/first-admin").json(&body).await.expect(201);
    let root = person(&answer);
    assert_eq!(answer.value()["user"]["roles"], json!(["admin", "customer", "super_admin"]));
    assert_eq!(answer.value()["user"]["status"], "ACTIVE");
    shop.get("/api/admin/roles").by(&root).await.expect(200);
    shop.post("/api/auth/first-admin").json(&body).await.problem(422, "token-invalid");
    shop.post(LINK).as_client(&["user:command"]).await.problem(409, "admin-exists");
    assert_eq!(shop.published::<UserCreated>().await.len(), 1);
}

#[tokio::test]
async fn the_link_demands_a_password_for_staff_and_survives_a_bad_one() {
    let shop = shop().await;
    let token = shop.first_admin_token().await;
    let attempt = async |email: &str, password: &str| {
        let body = json!({ "token": token, "email": email, "password": password });
        shop.post("/api/auth/first-admin").json(&body).await
    };
    attempt("root@example.org", "only 12 long").await.problem(422, "weak-password");
    attempt("root", PASSWORD).await.problem(422, "validation");
    attempt("root@example.org", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn an_old_link_dies_with_the_first_administrator_and_after_a_day() {
    let shop = shop().await;
    let old = shop.first_admin_token().await;
    let body = json!({ "email": "op@example.org", "password": PASSWORD });
    shop.post("/internal/users/admin").as_client(&["user:command"]).json(&body).await.expect(201);
    let steal = json!({ "token": old, "email": "late@example.org", "password": PASSWORD });
    shop.post("/api/auth/first-admin").json(&steal).await.problem(409, "admin-exists");

    let shop = crate::harness::shop().await;
    let old = shop.first_admin_token().await;
    shop.clock.advance(Duration::from_secs(24 * 3600));
    let steal = json!({ "token": old, "email": "late@example.org", "password": PASSWORD });
    shop.post("/api/auth/first-admin").json(&steal).await.problem(422, "token-invalid");
    assert_ne!(shop.first_admin_token().await, old);
}

#[tokio::test]
async fn the_operator_makes_administrators_with_a_password_or_a_link() {
    let shop = shop().await;
    let make = async |body: serde_json::Value| {
        shop.post("/internal/users/admin").as_client(&["user:command"]).json(&body).await
    };
    let first = make(json!({ "email": "one@example.org", "password": PASSWORD })).await.expect(201);
    let first: AdminCreated = first.json();
    assert_eq!(
        first.user.roles,
        ["admin", "customer", "super_admin"],
        "somebody must be able to manage roles"
    );
    assert_eq!(first.set_password_url, None);
    let second: AdminCreated = make(json!({ "email": "two@example.org" })).await.expect(201).json();
    assert_eq!(second.user.roles, ["admin", "customer"]);
    shop.try_login("two@example.org", "").await.problem(401, "invalid-credentials");
    let token = token_of(&second.set_password_url.unwrap());
    let set = json!({ "token": token, "newPassword": PASSWORD });
    shop.post("/api/auth/password-reset/confirm").json(&set).await.expect(204);
    shop.login("two@example.org").await;
    make(json!({ "email": "TWO@example.org" })).await.problem(409, "email-taken");
    make(json!({ "email": "three@example.org", "password": "short" })).await.problem(422, "weak-password");
}

#[tokio::test]
async fn nobody_else_makes_administrators() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let body = json!({ "email": "evil@example.org", "password": PASSWORD });
    for path in [LINK, "/internal/users/admin"] {
        shop.post(path).json(&body).await.problem(401, "unauthenticated");
        shop.post(path).by(&admin).json(&body).await.problem(403, "forbidden");
        shop.post(path).as_service("order").json(&body).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn the_secret_of_the_first_link_is_not_told_to_senders_of_mail() {
    let shop = shop().await;
    shop.first_admin_token().await;
    let mut c = shop.db().conn().await.unwrap();
    let id: api::ids::ClaimId = db::sql("SELECT id FROM secret_claim").scalar(&mut c).await.unwrap();
    shop.claim(id).await.problem(404, "not-found");
}
