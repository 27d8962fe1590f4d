//! `POST /api/auth/login`, `GET /api/auth/me`

use crate::harness::{By as _, PASSWORD, Person, shop, shop_with};
use api::user::{LoginFailure, User, UserLoggedIn, UserLoginFailed};
use base64::Engine as _;
use serde_json::{Value, json};
use std::time::Duration;

fn claims(person: &Person) -> Value {
    let payload = person.access.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_customer_signs_in_and_reads_their_account() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let me: User = shop.get("/api/auth/me").by(&ada).await.expect(200).json();
    assert_eq!((me.id, me.email_verified), (ada.id, true));
    assert_eq!(me.last_login_at, Some(shop.clock.now()));
    assert!(me.profile.is_some());
    shop.get("/api/auth/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_token_says_who_and_what_and_no_more() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let claims = claims(&ada);
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "amr",
        "aud",
        "auth_time",
        "email_verified",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "pv",
        "roles",
        "sid",
        "status",
        "sub",
    ];
    assert_eq!(names, expected);
    assert_eq!(claims["sub"], ada.id.to_string());
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!("ecommerce-api"), &json!("http://shop.test")));
    assert_eq!((&claims["status"], &claims["roles"]), (&json!("ACTIVE"), &json!(["customer"])));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!(claims["auth_time"], shop.clock.now().seconds());
}

#[tokio::test]
async fn the_address_is_read_without_regard_to_case() {
    let shop = shop().await;
    shop.register("Ada.Lovelace@Example.ORG").await;
    shop.try_login(" ada.lovelace@example.org ", PASSWORD).await.expect(200);
    shop.try_login("ada.lovelace@example.org", &PASSWORD.to_uppercase())
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_new_device_is_news_once() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let login = async |agent: &str| {
        let body = json!({ "email": "ada@example.org", "password": PASSWORD });
        shop.post("/api/auth/login").header("user-agent", agent).json(&body).await.expect(200);
        shop.published::<UserLoggedIn>().await.last().unwrap().new_device
    };
    assert!(login("Firefox").await);
    assert!(!login("Firefox").await);
    assert!(login("Chrome").await);
}

#[tokio::test]
async fn refused_logins_are_told_of_without_what_was_typed_by_mistake() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.try_login("ada@example.org", "wrong password").await.problem(401, "invalid-credentials");
    shop.try_login("nobody@example.org", "wrong password").await.problem(401, "invalid-credentials");
    shop.try_login("my secret password", "ada@example.org").await.problem(401, "invalid-credentials");
    let failed: Vec<UserLoginFailed> = shop.published().await;
    assert_eq!(failed[0].attempted_user_id, Some(ada.id));
    assert_eq!(failed[0].reason, LoginFailure::InvalidCredentials);
    assert_eq!(failed[1].reason, LoginFailure::UserNotFound);
    assert_eq!(failed[1].attempted_email.as_deref(), Some("nobody@example.org"));
    assert_eq!(failed[2].attempted_email, None, "a password typed into the wrong field is not published");
}

#[tokio::test]
async fn hostile_input_is_answered_like_a_wrong_password() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let huge = "a".repeat(100_000);
    for (email, password) in [
        ("", ""),
        ("' OR 1=1 --", "x"),
        ("ada@example.org' --", PASSWORD),
        ("%", "%"),
        ("ada@example.org", &huge),
        (&huge, PASSWORD),
        ("ada@example.org", "\u{202e}\u{0301}"),
    ] {
        let answer = shop.try_login(email, password).await;
        answer.problem(401, "invalid-credentials");
    }
    shop.try_login("ada@example.org", "nul\0byte").await.problem(422, "validation");
}

#[tokio::test]
async fn a_network_that_fails_at_fifteen_addresses_is_blocked_for_a_day() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let try_as = async |from: &str, email: String, password: &str| {
        let body = json!({ "email": email, "password": password });
        shop.post("/api/auth/login").from(from).json(&body).await
    };
    for index in 0..14 {
        let answer = try_as("203.0.113.7", format!("list{index}@example.org"), "wrong password").await;
        answer.problem(401, "invalid-credentials");
        shop.clock.advance(Duration::from_secs(7));
    }
    // The same address again is no further address.
    let again = try_as("203.0.113.7", "list0@example.org".into(), "wrong password").await;
    again.problem(401, "invalid-credentials");
    shop.clock.advance(Duration::from_secs(7));
    try_as("203.0.113.7", "ada@example.org".into(), PASSWORD).await.expect(200);
    let last = try_as("203.0.113.7", "list14@example.org".into(), "wrong password").await;
    last.problem(401, "invalid-credentials");
    shop.clock.advance(Duration::from_mins(1));
    let refused = try_as("203.0.113.7", "ada@example.org".into(), PASSWORD).await;
    refused.problem(429, "rate-limited");
    try_as("203.0.113.8", "ada@example.org".into(), PASSWORD).await.expect(200);
    shop.clock.advance(Duration::from_hours(24));
    try_as("203.0.113.7", "ada@example.org".into(), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn ten_a_minute_may_try_from_one_place() {
    let shop = shop().await;
    let try_from = async |address: &str, index: usize| {
        let body = json!({ "email": format!("x{index}@example.org"), "password": "wrong password" });
        shop.post("/api/auth/login").from(address).json(&body).await
    };
    for index in 0..10 {
        try_from("203.0.113.9", index).await.problem(401, "invalid-credentials");
    }
    try_from("203.0.113.9", 10).await.problem(429, "rate-limited");
    for index in 0..30 {
        let body = json!({ "email": format!("y{index}@example.org"), "password": "wrong password" });
        let answer = shop.post("/api/auth/login").from("127.0.0.1").json(&body).await;
        answer.problem(401, "invalid-credentials");
    }
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_at_the_next_login() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let hash = async || {
        let mut c = shop.db().conn().await.unwrap();
        let query = db::sql("SELECT password_hash FROM account WHERE id = $1").bind(ada.id);
        query.scalar::<String>(&mut c).await.unwrap()
    };
    let new = hash().await;
    let outdated =
        auth::HashGate::new(&auth::HashSettings { memory_kib: 32, passes: 1, ..Default::default() });
    let outdated = outdated.unwrap().hash(PASSWORD).await.unwrap();
    let mut tx = shop.db().begin().await.unwrap();
    let update =
        db::sql("UPDATE account SET password_hash = $2 WHERE id = $1").bind(ada.id).bind(outdated.as_str());
    update.run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    shop.try_login("ada@example.org", "wrong password").await.problem(401, "invalid-credentials");
    assert_eq!(hash().await, outdated);
    shop.login("ada@example.org").await;
    let replaced = hash().await;
    assert_ne!(replaced, outdated);
    assert_eq!(replaced.split('$').nth(3), new.split('$').nth(3), "the parameters of today");
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn staff_with_a_customers_password_must_choose_a_longer_one() {
    let shop = shop_with(&[]).await;
    let admin = shop.super_admin().await;
    let body = json!({ "email": "ada@example.org", "password": "xk3!vq7 zeb" });
    let registered = shop.post("/api/auth/register").json(&body).await.expect(201).value();
    let role = shop.role_id(&admin, "finance").await;
    let path = format!("/api/admin/users/{}/roles", registered["user"]["id"].as_str().unwrap());
    shop.put(&path).by(&admin).json(&json!({ "roleIds": [role] })).await.expect(200);
    shop.try_login("ada@example.org", "xk3!vq7 zeb").await.problem(403, "password-change-required");
    let token = shop.reset_token("ada@example.org").await;
    let confirm = async |password: &str| {
        let body = json!({ "token": token, "newPassword": password });
        shop.post("/api/auth/password-reset/confirm").json(&body).await
    };
    confirm("only twelve!").await.problem(422, "weak-password");
    confirm(PASSWORD).await.expect(204);
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn an_array_is_no_login() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    for body in [json!(["ada@example.org", PASSWORD, null, null]), json!([]), json!("x"), json!(null)] {
        let problem = shop.post("/api/auth/login").json(&body).await.problem(422, "validation");
        assert_eq!((problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()), ("", "invalid"));
        let told = serde_json::to_string(&problem).unwrap();
        assert!(!told.contains("struct") && !told.contains("Login"), "{told}");
    }
}
