//! Sending by call, for staff and services.

use crate::App;
use crate::ops;
use api::notification::{NotificationAccepted, SendEmail};
use auth::Caller;
use axum::extract::State;
use http::StatusCode;
use service::http::{Json, Result};

/// Sends a template to a mail address or a user.
#[utoipa::path(post, path = "/api/notifications/email", tag = "notifications", request_body = SendEmail,
    responses((status = 202, body = NotificationAccepted)))]
pub(super) async fn send_email(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<SendEmail>,
) -> Result<(StatusCode, Json<NotificationAccepted>)> {
    Ok((StatusCode::ACCEPTED, Json(ops::send_email(&app, &caller, request).await?)))
}

/// Sends a template, under the path that services use inside the platform.
#[utoipa::path(post, path = "/notifications/email", tag = "internal", request_body = SendEmail,
    responses((status = 202, body = NotificationAccepted)))]
pub(super) async fn send_email_inside(
    state: State<App>,
    caller: Caller,
    request: Json<SendEmail>,
) -> Result<(StatusCode, Json<NotificationAccepted>)> {
    send_email(state, caller, request).await
}
