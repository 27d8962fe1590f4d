//! Stub services that tell what reached them.

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::any;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use testkit::TestService;

/// Answers every request with what arrived.
pub(crate) fn echo(name: &'static str) -> Router {
    Router::new().route("/health/ready", any(|| async { "ready" })).fallback(
        move |request: Request| async move {
            let headers: Map<String, Value> = request
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.to_string(), Value::from(String::from_utf8_lossy(value.as_bytes()).into_owned()))
                })
                .collect();
            let here = base::context::current();
            let seen = json!({
                "service": name, "method": request.method().as_str(), "uri": request.uri().to_string(),
                "headers": headers, "requestId": here.request_id, "correlationId": here.correlation_id,
            });
            ([(CONTENT_TYPE, "application/json")], seen.to_string()).into_response()
        },
    )
}

/// The gateway with every service stubbed.
pub(crate) async fn gateway() -> TestService {
    gateway_with(&[]).await
}

/// The gateway with settings of its own.
pub(crate) async fn gateway_with(settings: &[(&str, i64)]) -> TestService {
    let mut gateway = TestService::of(gateway::definition());
    for name in ["user", "product", "inventory", "cart", "order", "payment", "notification"] {
        gateway = gateway.peer(name, echo(name));
    }
    for (key, value) in settings {
        gateway = gateway.setting("gateway", key, *value);
    }
    gateway.start().await
}
