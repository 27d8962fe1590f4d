//! What a stranger learns about accounts: nothing.

use crate::harness::{By as _, PASSWORD, Shop, shop, shop_with};
use api::user::{UserEmailVerificationRequested, UserPasswordResetRequested};
use serde_json::{Value, json};
use testkit::Answer;

/// What a client can see of an answer, without the ids of the request.
fn visible(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = if answer.body.is_empty() { Value::Null } else { answer.value() };
    if let Some(body) = body.as_object_mut() {
        body.retain(|name, _| !matches!(name.as_str(), "instance" | "requestId" | "correlationId"));
    }
    let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    (answer.status.as_u16(), headers, body)
}

async fn hashes(shop: &Shop) -> u64 {
    let metrics = shop.metrics().await;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("password_hashes ") || line.starts_with("password_hashes{"));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().trim_end_matches(".0").parse().unwrap())
}

/// An account in every state somebody could ask about, and an address without one.
async fn addresses(shop: &Shop) -> Vec<&'static str> {
    let admin = shop.super_admin().await;
    shop.register("pending@example.org").await;
    shop.customer("active@example.org").await;
    let suspended = shop.customer("suspended@example.org").await;
    let body = json!({ "status": "SUSPENDED", "reason": "test" });
    let path = format!("/api/users/{}/status", suspended.id);
    shop.put(&path).by(&admin).json(&body).await.expect(200);
    let closed = shop.customer("closed@example.org").await;
    let path = format!("/api/users/{}/deactivate", closed.id);
    shop.post(&path).by(&closed).json(&json!({ "password": PASSWORD })).await.expect(200);
    let invited = json!({ "email": "invited@example.org", "credentialMode": "NONE" });
    shop.post("/api/users").by(&admin).json(&invited).await.expect(201);
    vec![
        "unknown@example.org",
        "pending@example.org",
        "active@example.org",
        "suspended@example.org",
        "closed@example.org",
        "invited@example.org",
        "root@example.org",
    ]
}

#[tokio::test]
async fn a_wrong_password_looks_and_costs_the_same_for_every_address() {
    let shop = shop().await;
    let addresses = addresses(&shop).await;
    let mut seen = Vec::new();
    for address in addresses {
        let before = hashes(&shop).await;
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(visible(&shop.try_login(address, "wrong password").await));
        }
        seen.push((address, answers, hashes(&shop).await - before));
    }
    let (_, expected, work) = &seen[0];
    assert_eq!(expected.iter().map(|answer| answer.0).collect::<Vec<_>>(), [401, 401, 401, 401, 401, 423]);
    assert!(*work >= 5);
    for (address, answers, cost) in &seen {
        assert_eq!(answers, expected, "{address}");
        assert_eq!(cost, work, "{address}");
    }
}

#[tokio::test]
async fn only_the_right_password_learns_that_an_account_is_closed() {
    let shop = shop().await;
    addresses(&shop).await;
    for address in ["suspended@example.org", "closed@example.org"] {
        shop.try_login(address, "wrong password").await.problem(401, "invalid-credentials");
        shop.try_login(address, PASSWORD).await.problem(403, "account-inactive");
    }
}

#[tokio::test]
async fn a_reset_is_accepted_for_every_address_and_only_owners_get_mail() {
    let shop = shop().await;
    let addresses = addresses(&shop).await;
    let mut seen = Vec::new();
    for address in addresses {
        let body = json!({ "email": address });
        let answer = shop.post("/api/auth/password-reset/request").json(&body).await.expect(202);
        seen.push(visible(&answer));
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]));
    assert!(
        shop.published::<UserPasswordResetRequested>().await.is_empty(),
        "nothing is looked up in the request"
    );
    shop.settle().await;
    let mut mails: Vec<_> =
        shop.published::<UserPasswordResetRequested>().await.into_iter().map(|mail| mail.email).collect();
    mails.sort();
    let expected = [
        "active@example.org",
        "closed@example.org",
        "invited@example.org",
        "pending@example.org",
        "root@example.org",
    ];
    assert_eq!(mails, expected);
}

#[tokio::test]
async fn nobody_is_flooded_with_reset_mails() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    for _ in 0..10 {
        let body = json!({ "email": "Ada@Example.org" });
        shop.post("/api/auth/password-reset/request").json(&body).await.expect(202);
        shop.settle().await;
    }
    assert_eq!(shop.published::<UserPasswordResetRequested>().await.len(), 3);
    shop.after(std::time::Duration::from_secs(3600)).await;
    shop.post("/api/auth/password-reset/request")
        .json(&json!({ "email": "ada@example.org" }))
        .await
        .expect(202);
    shop.settle().await;
    assert_eq!(shop.published::<UserPasswordResetRequested>().await.len(), 4);
    shop.post("/api/auth/password-reset/request")
        .json(&json!({ "email": "nobody" }))
        .await
        .problem(422, "validation");
}

#[tokio::test]
async fn three_an_hour_may_ask_for_resets_from_one_place() {
    let shop = shop().await;
    for index in 0..4 {
        let body = json!({ "email": format!("x{index}@example.org") });
        let answer = shop.post("/api/auth/password-reset/request").from("203.0.113.7").json(&body).await;
        if index < 3 {
            let _ok = answer.expect(202);
        } else {
            answer.problem(429, "rate-limited");
        }
    }
}

#[tokio::test]
async fn where_accounts_are_concealed_a_change_of_address_tells_nothing_either() {
    let shop = shop_with(&[("conceal_existing", true.into())]).await;
    let admin = shop.super_admin().await;
    for address in ["root2@example.org", "taken@example.org"] {
        let body = json!({ "email": address, "password": PASSWORD, "verified": true });
        shop.post("/api/users").by(&admin).json(&body).await.expect(201);
    }
    let me = shop.login("root2@example.org").await;
    for address in ["free@example.org", "taken@example.org"] {
        let patch = json!({ "email": address });
        shop.patch("/api/users/me").by(&me).json(&patch).await.expect(200);
    }
    let token = shop.verification_token(me.id).await;
    let sent = shop.published::<UserEmailVerificationRequested>().await;
    assert_eq!(sent.last().unwrap().email, "taken@example.org");
    let body = json!({ "token": token });
    shop.post("/api/auth/email-verification/confirm").json(&body).await.problem(409, "email-taken");
}
