//! Closing, opening and suspending accounts (contracts §4.3, §6.1).

use super::{WhichUser, origin};
use crate::App;
use crate::ops::{deactivate, set_status};
use api::user::{DeactivateUser, ReactivateUser, SetStatus, User};
use auth::Caller;
use axum::extract::State;
use service::http::{ClientInfo, IfMatch, Json, Path, Result, Versioned};

const TAG: &str = "users";

/// Closes an account; its owner gives the password.
#[utoipa::path(post, path = "/api/users/{id}/deactivate", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    request_body = DeactivateUser, responses((status = 200, body = User), (status = 409, description = "`invalid-state`")))]
pub(super) async fn deactivate(
    State(app): State<App>,
    caller: Caller,
    client: ClientInfo,
    Path(which): Path<WhichUser>,
    Json(body): Json<DeactivateUser>,
) -> Result<Versioned<User>> {
    let user = deactivate::deactivate(&app, &caller, &origin(client), which.of(&caller)?, body).await?;
    Ok(Versioned(user.version, user))
}

/// Opens a closed account: staff, or its owner with the secret of a link.
#[utoipa::path(post, path = "/api/users/{id}/reactivate", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    request_body = ReactivateUser, responses((status = 200, body = User), (status = 409, description = "`invalid-state`")))]
pub(super) async fn reactivate(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    Json(body): Json<ReactivateUser>,
) -> Result<Versioned<User>> {
    let user = deactivate::reactivate(&app, &caller, which.of(&caller)?, body).await?;
    Ok(Versioned(user.version, user))
}

/// Suspends an account, or lifts a suspension or lock.
#[utoipa::path(put, path = "/api/users/{id}/status", tag = TAG, params(("id" = String, Path, description = "id or `me`"),
        IfMatch),
    request_body = SetStatus, responses((status = 200, body = User), (status = 409, description = "`invalid-transition`")))]
pub(super) async fn set_status(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    IfMatch(seen): IfMatch,
    Json(body): Json<SetStatus>,
) -> Result<Versioned<User>> {
    let user = set_status::set_status(&app, &caller, which.of(&caller)?, seen, body).await?;
    Ok(Versioned(user.version, user))
}
