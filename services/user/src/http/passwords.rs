//! Passwords and proofs of mail addresses (contracts §4.2).

use super::authentication::Accepted;
use super::origin;
use crate::App;
use crate::ops::{change_password, email_verification, password_reset};
use api::user::{ChangePassword, ConfirmEmail, ConfirmPasswordReset, RequestPasswordReset};
use auth::SignedIn;
use axum::extract::State;
use service::http::{ClientInfo, Json, NoContent, Result};

const TAG: &str = "authentication";

/// Asks for a link to set a new password; answered alike for every address.
#[utoipa::path(post, path = "/api/auth/password-reset/request", tag = TAG, request_body = RequestPasswordReset,
    responses((status = 202)))]
pub(super) async fn request_password_reset(
    State(app): State<App>,
    client: ClientInfo,
    Json(body): Json<RequestPasswordReset>,
) -> Result<Accepted> {
    password_reset::request(&app, &origin(client), body).await?;
    Ok(Accepted)
}

/// Sets a new password with the secret of a link.
#[utoipa::path(post, path = "/api/auth/password-reset/confirm", tag = TAG, request_body = ConfirmPasswordReset,
    responses((status = 204), (status = 422, description = "`token-invalid` or `weak-password`")))]
pub(super) async fn confirm_password_reset(
    State(app): State<App>,
    Json(body): Json<ConfirmPasswordReset>,
) -> Result<NoContent> {
    password_reset::confirm(&app, body).await?;
    Ok(NoContent)
}

/// Sets a new password with the present one; other sessions end.
#[utoipa::path(post, path = "/api/auth/password/change", tag = TAG, request_body = ChangePassword,
    responses((status = 204), (status = 422, description = "`wrong-password` or `weak-password`")))]
pub(super) async fn change_password(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    client: ClientInfo,
    Json(body): Json<ChangePassword>,
) -> Result<NoContent> {
    change_password::change_password(&app, &origin(client), &user, body).await?;
    Ok(NoContent)
}

/// Asks for a new link to prove one's mail address.
#[utoipa::path(post, path = "/api/auth/email-verification/request", tag = TAG,
    responses((status = 202), (status = 409, description = "`already-verified`")))]
pub(super) async fn request_email_verification(
    State(app): State<App>,
    SignedIn(user): SignedIn,
) -> Result<Accepted> {
    email_verification::request(&app, user.id).await?;
    Ok(Accepted)
}

/// Proves a mail address with the secret of a link.
#[utoipa::path(post, path = "/api/auth/email-verification/confirm", tag = TAG, request_body = ConfirmEmail,
    responses((status = 204), (status = 422, description = "`token-invalid`")))]
pub(super) async fn confirm_email(
    State(app): State<App>,
    Json(body): Json<ConfirmEmail>,
) -> Result<NoContent> {
    email_verification::confirm(&app, body).await?;
    Ok(NoContent)
}
