//! Where gateways report.

use crate::{App, ops};
use api::payment::WebhookReceived;
use axum::extract::State;
use bytes::Bytes;
use http::HeaderMap;
use service::http::{Json, Path, Result};

/// Stores an event of a gateway. The signature is over the raw body, so nothing parses it before.
#[utoipa::path(post, path = "/api/payments/webhooks/{gateway}", tag = "webhooks", params(("gateway" = String, Path)),
    request_body(content = String, content_type = "application/json"), responses((status = 200, body = WebhookReceived)))]
pub(super) async fn receive_webhook(
    State(app): State<App>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<WebhookReceived>> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    ops::receive_webhook(&app, &gateway, signature, &body).await?;
    Ok(Json(WebhookReceived { received: true }))
}
