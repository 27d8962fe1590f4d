//! Routing, token check, rate limits.

use crate::stub::{gateway, gateway_with};
use auth::UserId;
use axum::Router;
use std::future::IntoFuture as _;
use std::time::Duration;
use testkit::TestService;

#[tokio::test]
async fn requests_reach_the_service_of_the_table_with_path_and_query_unchanged() {
    let gateway = gateway().await;
    let cases = [
        ("/api/products?q=caf%C3%A9&limit=2", "product"),
        ("/api/auth/me", "user"),
        ("/api/cart", "cart"),
        ("/api/orders/ORD-1", "order"),
        ("/api/payments/1", "payment"),
        ("/api/notifications/settings", "notification"),
        ("/api/inventory/availability", "inventory"),
        ("/.well-known/jwks.json", "user"),
    ];
    for (path, service) in cases {
        let seen = gateway.get(path).await.expect(200).value();
        assert_eq!(seen["service"], service, "{path}");
        assert_eq!(seen["uri"], path);
    }
    let seen = gateway.get("/api/v1/products?x=1").await.expect(200).value();
    assert_eq!(seen["uri"], "/api/products?x=1");
}

#[tokio::test]
async fn a_bad_token_goes_no_further_and_a_good_one_is_passed_on() {
    let gateway = gateway().await;
    let answer = gateway.get("/api/orders").header("authorization", "Bearer nonsense").await;
    assert_eq!(answer.header("www-authenticate").map(|value| value.starts_with("Bearer")), Some(true));
    answer.problem(401, "unauthenticated");
    let seen = gateway.get("/api/orders").as_user(UserId::new()).await.expect(200).value();
    assert!(seen["headers"]["authorization"].as_str().unwrap().starts_with("Bearer "));
}

#[tokio::test]
async fn an_expired_token_is_refused_with_its_own_code() {
    let gateway = gateway().await;
    let token = gateway.auth.token(UserId::new(), &[auth::Role::Customer]);
    gateway.clock.advance(Duration::from_secs(400));
    gateway
        .get("/api/orders")
        .header("authorization", &format!("Bearer {token}"))
        .await
        .problem(401, "token-expired");
}

#[tokio::test]
async fn anonymous_requests_are_limited_and_told_so() {
    let gateway = gateway_with(&[("anonymous_per_minute", 3)]).await;
    for left in ["2", "1", "0"] {
        let answer = gateway.get("/api/products").await.expect(200);
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left));
        assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=3;w=60"));
    }
    let refused = gateway.get("/api/products").await;
    assert_eq!(refused.header("retry-after"), Some("20"));
    refused.problem(429, "rate-limited");
    gateway.get("/api/products").as_user(UserId::new()).await.expect(200);
    gateway.clock.advance(Duration::from_secs(20));
    gateway.get("/api/products").await.expect(200);
}

#[tokio::test]
async fn sign_ins_have_a_bucket_of_their_own() {
    let gateway = gateway_with(&[("login_per_minute", 2)]).await;
    for _ in 0..2 {
        gateway.post("/api/auth/login").raw("application/json", "{}").await.expect(200);
    }
    gateway.post("/api/auth/login").raw("application/json", "{}").await.problem(429, "rate-limited");
    gateway.get("/api/products").await.expect(200);
    gateway.post("/api/auth/refresh").raw("application/json", "{}").await.expect(200);
}

#[tokio::test]
async fn a_browser_of_another_origin_may_not_read_answers() {
    let gateway = gateway().await;
    let answer = gateway.get("/api/products").header("origin", "https://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn version_one_of_a_path_takes_from_the_same_bucket() {
    let gateway = gateway_with(&[("login_per_minute", 3)]).await;
    for path in ["/api/auth/login", "/api/v1/auth/login", "/api/auth/login"] {
        gateway.post(path).await.expect(200);
    }
    gateway.post("/api/v1/auth/login").await.problem(429, "rate-limited");
    gateway.post("/api/auth/login").await.problem(429, "rate-limited");
}

#[tokio::test]
async fn many_slow_reads_at_once_are_no_uploads() {
    let slow = Router::new().fallback(|| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        "done"
    });
    let gateway = TestService::of(gateway::definition()).peer("product", slow).start().await;
    let many = (0..50).map(|_| gateway.get("/api/products").into_future());
    for answer in futures::future::join_all(many).await {
        answer.expect(200);
    }
}
