//! `POST /api/auth/register`

use crate::harness::{By as _, PASSWORD, shop, shop_with};
use api::user::{
    UserCreated, UserEmailVerificationRequested, UserLoggedIn, UserPasswordResetRequested, UserRegistered,
    UserStatus,
};
use serde_json::{Value, json};

fn ada() -> Value {
    json!({ "email": "Ada@Example.org", "password": PASSWORD, "firstName": "Ada", "lastName": "Lovelace",
        "username": "ada", "locale": "de-DE", "timezone": "Europe/Berlin", "marketingConsent": true })
}

#[tokio::test]
async fn a_new_customer_gets_an_account_tokens_and_a_mail() {
    let shop = shop().await;
    let answer = shop.post("/api/auth/register").json(&ada()).await.expect(201);
    let body = answer.value();
    assert_eq!(body["user"]["email"], "Ada@Example.org");
    assert_eq!(body["user"]["status"], "PENDING_VERIFICATION");
    assert_eq!(body["user"]["roles"], json!(["customer"]));
    assert_eq!(body["expiresIn"], 300);
    assert!(body["user"].get("lockedUntil").is_none() && body["user"].get("passwordHash").is_none());
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("/api/users/{}", body["user"]["id"].as_str().unwrap()));

    let created: Vec<UserCreated> = shop.published().await;
    assert_eq!((created[0].aggregate_version, created[0].locale.as_str()), (1, "de-DE"));
    assert!(created[0].marketing_consent);
    assert_eq!(shop.published::<UserRegistered>().await[0].status, UserStatus::PendingVerification);
    let mail = &shop.published::<UserEmailVerificationRequested>().await[0];
    assert_eq!(mail.email, "Ada@Example.org");
    assert!(
        !shop.published::<UserLoggedIn>().await[0].new_device,
        "nobody is warned of their own first visit"
    );
    let events = serde_json::to_string(mail).unwrap();
    let token = shop.token_of_claim(mail.verification_token_identifier).await;
    assert!(!events.contains(&token), "events carry no secrets");
}

#[tokio::test]
async fn an_address_is_taken_in_any_spelling() {
    let shop = shop().await;
    shop.register("jose\u{301}@example.org").await;
    for same in ["JOSÉ@example.org", " josé@EXAMPLE.org "] {
        let body = json!({ "email": same, "password": PASSWORD });
        shop.post("/api/auth/register").json(&body).await.problem(409, "email-taken");
    }
    shop.post("/api/auth/register").json(&ada()).await.expect(201);
    let again = json!({ "email": "other@example.org", "password": PASSWORD, "username": "ADA" });
    shop.post("/api/auth/register").json(&again).await.problem(409, "username-taken");
    assert_eq!(
        shop.published::<UserCreated>().await.len(),
        2,
        "a refused registration leaves nothing behind"
    );
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let shop = shop().await;
    let body = json!({ "email": "nobody", "password": PASSWORD, "firstName": "<script>", "username": "a b",
        "locale": "klingon!", "timezone": "" });
    let problem = shop.post("/api/auth/register").json(&body).await.problem(422, "validation");
    let mut pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    pointers.dedup();
    assert_eq!(pointers, ["/email", "/username", "/firstName", "/locale", "/timezone"]);
    let unknown = json!({ "email": "a@example.org", "password": PASSWORD, "role": "super_admin" });
    shop.post("/api/auth/register").json(&unknown).await.problem(422, "unknown-field");
    shop.post("/api/auth/register").raw("text/plain", "x").await.problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn bad_passwords_are_refused_with_the_reason() {
    let shop = shop().await;
    for (password, reason) in [
        ("short 7", "too-short"),
        ("Password123!", "common"),
        ("Emporion2026", "like-shop-name"),
        ("grace.hopper1906", "like-email"),
        ("aaaaaaaaaaaa", "repetitive"),
        (&"x y z ".repeat(50), "too-long"),
    ] {
        let body = json!({ "email": "grace.hopper@example.org", "password": password });
        let problem = shop.post("/api/auth/register").json(&body).await.problem(422, "weak-password");
        assert!(problem.errors.iter().all(|error| error.pointer == "/password"));
        assert!(problem.errors.iter().any(|error| error.code == reason), "{password}: {:?}", problem.errors);
        assert!(!problem.detail.contains(password));
    }
}

#[tokio::test]
async fn a_password_may_be_anything_else() {
    let shop = shop().await;
    let passwords =
        ["пароль с пробелами", "🦊🐢🐙🦑🐝🦋🐌🐞", "e\u{301}clair au chocolat noir", "  spaces around  "];
    for (index, password) in passwords.into_iter().enumerate() {
        let email = format!("p{index}@example.org");
        shop.post("/api/auth/register")
            .json(&json!({ "email": email, "password": password }))
            .await
            .expect(201);
        shop.try_login(&email, password).await.expect(200);
    }
    // The same letters from another keyboard.
    shop.try_login("p2@example.org", "\u{e9}clair au chocolat noir").await.expect(200);
}

#[tokio::test]
async fn without_trust_in_unproven_addresses_there_are_no_tokens() {
    let shop = shop_with(&[("login_unverified", false.into())]).await;
    let body = shop.post("/api/auth/register").json(&ada()).await.expect(201).value();
    assert!(body.get("accessToken").is_none() && body.get("refreshToken").is_none());
    let problem = shop.try_login("ada@example.org", PASSWORD).await.problem(403, "account-inactive");
    assert_eq!(problem.extra["accountStatus"], "PENDING_VERIFICATION");
    let id = body["user"]["id"].as_str().unwrap().parse().unwrap();
    let token = shop.verification_token(id).await;
    shop.post("/api/auth/email-verification/confirm").json(&json!({ "token": token })).await.expect(204);
    shop.try_login("ada@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn concealed_registration_answers_known_and_unknown_addresses_alike() {
    let shop = shop_with(&[("conceal_existing", true.into())]).await;
    let first = shop.post("/api/auth/register").json(&ada()).await.expect(202);
    let mut again = ada();
    again["username"] = json!("ada2");
    let second = shop.post("/api/auth/register").json(&again).await.expect(202);
    assert_eq!(first.body, second.body);
    assert_eq!(first.headers.keys().collect::<Vec<_>>(), second.headers.keys().collect::<Vec<_>>());
    shop.settle().await;
    assert_eq!(shop.published::<UserCreated>().await.len(), 1);
    let reminder = shop.published::<UserPasswordResetRequested>().await;
    assert_eq!(reminder.len(), 1, "the owner of the address learns of it by mail");
}

#[tokio::test]
async fn five_an_hour_may_register_from_one_place() {
    let shop = shop().await;
    let try_from = async |address: &str, email: String| {
        let body = json!({ "email": email, "password": PASSWORD });
        shop.post("/api/auth/register").from(address).json(&body).await
    };
    for index in 0..5 {
        try_from("203.0.113.9", format!("a{index}@example.org")).await.expect(201);
    }
    let refused = try_from("203.0.113.9", "a5@example.org".into()).await;
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "rate-limited");
    try_from("203.0.113.10", "a6@example.org".into()).await.expect(201);
    // One household has one IPv6 network, however many addresses are in it.
    for index in 0..5 {
        try_from(&format!("2001:db8:7:7::{index}"), format!("b{index}@example.org")).await.expect(201);
    }
    try_from("2001:db8:7:7:ffff::1", "b5@example.org".into()).await.problem(429, "rate-limited");
}
