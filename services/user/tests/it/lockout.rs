//! How failed logins slow down whoever types an address.

use crate::harness::{By as _, OTHER_PASSWORD, PASSWORD, Shop, shop};
use api::user::{UserAccountStatusChanged, UserStatus};
use base::error::Problem;
use serde_json::json;
use std::time::Duration;

async fn fail(shop: &Shop, email: &str, times: usize) {
    for _ in 0..times {
        shop.try_login(email, "wrong password").await.problem(401, "invalid-credentials");
    }
}

/// Seconds until the address opens again.
async fn wait(shop: &Shop, email: &str) -> u64 {
    let answer = shop.try_login(email, PASSWORD).await;
    let seconds = answer.header("retry-after").unwrap().parse().unwrap();
    let _problem: Problem = answer.problem(423, "account-locked");
    seconds
}

#[tokio::test]
async fn the_fifth_failure_closes_the_address_and_each_further_one_for_twice_as_long() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 5).await;
    for seconds in [30, 60, 120, 240, 480, 900, 900] {
        assert_eq!(wait(&shop, "ADA@example.org").await, seconds, "also with the right password");
        shop.clock.advance(Duration::from_secs(seconds));
        fail(&shop, "ada@example.org", 1).await;
    }
}

#[tokio::test]
async fn four_failures_and_a_login_start_anew() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    for _ in 0..3 {
        fail(&shop, "ada@example.org", 4).await;
        shop.login("ada@example.org").await;
    }
}

#[tokio::test]
async fn an_address_nobody_has_is_closed_too() {
    let shop = shop().await;
    fail(&shop, "nobody@example.org", 5).await;
    assert_eq!(wait(&shop, "nobody@example.org").await, 30);
    assert!(shop.published::<UserAccountStatusChanged>().await.is_empty());
}

#[tokio::test]
async fn a_lock_is_told_of_once_and_ends_by_itself() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 5).await;
    shop.clock.advance(Duration::from_secs(30));
    fail(&shop, "ada@example.org", 1).await;
    let changes = shop.published::<UserAccountStatusChanged>().await;
    let locked: Vec<_> = changes.iter().filter(|change| change.new_status == UserStatus::Locked).collect();
    assert_eq!(locked.len(), 1, "a longer lock is no new lock");
    assert_eq!(locked[0].user_id, ada.id);
    shop.settle().await;
    shop.after(Duration::from_secs(59)).await;
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(me["status"], "LOCKED", "sessions go on: an attacker cannot sign others out");
    shop.after(Duration::from_secs(1)).await;
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(me["status"], "ACTIVE");
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn a_lock_that_is_over_ends_at_the_next_login() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 5).await;
    shop.clock.advance(Duration::from_secs(30));
    let ada = shop.login("ada@example.org").await;
    let me = shop.get("/api/auth/me").by(&ada).await.expect(200).value();
    assert_eq!(me["status"], "ACTIVE");
    shop.settle().await;
    let changes = shop.published::<UserAccountStatusChanged>().await;
    assert_eq!(changes.iter().filter(|change| change.previous_status == UserStatus::Locked).count(), 1);
}

#[tokio::test]
async fn a_reset_link_opens_a_locked_account_at_once() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 5).await;
    let token = shop.reset_token("ada@example.org").await;
    let body = json!({ "token": token, "newPassword": OTHER_PASSWORD });
    shop.post("/api/auth/password-reset/confirm").json(&body).await.expect(204);
    shop.try_login("ada@example.org", OTHER_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn staff_open_a_locked_account() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 5).await;
    let path = format!("/api/users/{}/status", ada.id);
    let body = json!({ "status": "ACTIVE", "reason": "called us" });
    shop.put(&path).by(&admin).json(&body).await.expect(200);
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn the_hundredth_failure_closes_the_address_for_twelve_hours() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    fail(&shop, "ada@example.org", 4).await;
    for _ in 5..=100 {
        fail(&shop, "ada@example.org", 1).await;
        shop.clock.advance(Duration::from_secs(900));
    }
    assert_eq!(wait(&shop, "ada@example.org").await, 12 * 3600 - 900);
    shop.clock.advance(Duration::from_secs(12 * 3600));
    fail(&shop, "ada@example.org", 4).await;
    shop.login("ada@example.org").await;
}

#[tokio::test]
async fn guessing_the_present_password_of_a_stolen_session_counts_as_well() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let guess = json!({ "currentPassword": "wrong password", "newPassword": OTHER_PASSWORD });
    for _ in 0..5 {
        let answer = shop.post("/api/auth/password/change").by(&ada).json(&guess).await;
        answer.problem(422, "wrong-password");
    }
    let right = json!({ "currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD });
    shop.post("/api/auth/password/change").by(&ada).json(&right).await.problem(423, "account-locked");
    let body = json!({ "password": PASSWORD });
    let path = format!("/api/users/{}/deactivate", ada.id);
    shop.post(&path).by(&ada).json(&body).await.problem(423, "account-locked");
}
