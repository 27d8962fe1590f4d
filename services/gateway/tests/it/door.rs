//! What is refused before anybody reads it, and what never passes.

use crate::stub::gateway;

#[tokio::test]
async fn headers_that_look_like_the_inside_never_pass() {
    let gateway = gateway().await;
    let answer = gateway
        .get("/api/products")
        .header("x-user-id", "1")
        .header("x-service-name", "order")
        .header("x-internal-on-behalf-of", "x")
        .header("x-forwarded-for", "1.2.3.4")
        .header("x-real-ip", "1.2.3.4")
        .header("x-http-method-override", "DELETE")
        .header("connection", "x-secret, close")
        .header("x-secret", "1")
        .header("x-request-id", "mine")
        .header("accept-language", "de")
        .await
        .expect(200);
    let seen = answer.value();
    let names: Vec<&str> = seen["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["accept-language"], "{seen}");
    assert_ne!(seen["requestId"], "mine");
}

#[tokio::test]
async fn header_names_that_others_read_differently_are_refused() {
    let gateway = gateway().await;
    gateway.get("/api/products").header("x_user_id", "1").await.problem(400, "malformed");
}

#[tokio::test]
async fn tricky_paths_are_refused_with_a_problem_that_names_the_request() {
    let gateway = gateway().await;
    for path in [
        "/api/products/%2e%2e/internal",
        "/api//products",
        "/api/products/%00",
        "/api/products;x",
        "/api/%2e/products",
    ] {
        let answer = gateway.get(path).await;
        let id = answer.header("x-request-id").expect("every answer has a request id").to_owned();
        let problem = answer.problem(400, "malformed");
        assert_eq!(problem.request_id, Some(id));
    }
}

#[tokio::test]
async fn the_inside_does_not_exist_outside() {
    let gateway = gateway().await;
    for path in [
        "/internal/products/availability",
        "/notifications/email",
        "/config/user-service/security-policies",
        "/metrics",
        "/registry/services",
        "/api/unknown",
        "/",
    ] {
        let status = gateway.get(path).await.status;
        assert_eq!(status.as_u16(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_correlation_id_is_the_clients_if_it_is_well_formed() {
    let gateway = gateway().await;
    let answer = gateway.get("/api/products").header("x-correlation-id", "order-7.a").await.expect(200);
    assert_eq!(answer.header("x-correlation-id"), Some("order-7.a"));
    assert_eq!(answer.value()["correlationId"], "order-7.a");
    let answer = gateway.get("/api/products").header("x-correlation-id", "a b").await.expect(200);
    assert_eq!(answer.header("x-correlation-id"), answer.header("x-request-id"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let gateway = gateway().await;
    for path in ["/api/products", "/api/nothing", "/api//x"] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("server"), None);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let gateway = gateway().await;
    let request =
        gateway.post("/api/products").header("content-length", "999999999").raw("application/json", "{}");
    request.await.problem(413, "too-large");
}

#[tokio::test]
async fn unknown_methods_are_refused() {
    let gateway = gateway().await;
    gateway.request(http::Method::TRACE, "/api/products").await.problem(405, "method-not-allowed");
    gateway.request(http::Method::CONNECT, "/api/products").await.problem(405, "method-not-allowed");
}
