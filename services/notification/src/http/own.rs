//! What customers see and choose for themselves.

use crate::App;
use crate::ops;
use api::ids::NotificationId;
use api::notification::{InAppNotification, NotificationSettings};
use auth::SignedIn;
use axum::extract::State;
use base::page::{Page, PageQuery};
use service::http::{IfMatch, Json, NoContent, Path, Query, Result, Versioned};

/// Reads what the customer wants to be told.
#[utoipa::path(get, path = "/api/notifications/settings", tag = "notifications",
    responses((status = 200, body = NotificationSettings)))]
pub(super) async fn get_settings(
    State(app): State<App>,
    SignedIn(user): SignedIn,
) -> Result<Versioned<NotificationSettings>> {
    Ok(versioned(ops::get_settings(&app, user.id).await?))
}

/// Replaces what the customer wants to be told.
#[utoipa::path(put, path = "/api/notifications/settings", tag = "notifications",
    request_body = NotificationSettings,
    params(IfMatch), responses((status = 200, body = NotificationSettings)))]
pub(super) async fn save_settings(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    IfMatch(seen): IfMatch,
    Json(wanted): Json<NotificationSettings>,
) -> Result<Versioned<NotificationSettings>> {
    Ok(versioned(ops::save_settings(&app, user.id, wanted, seen).await?))
}

/// The settings with the ETag of their version.
pub(super) fn versioned(settings: NotificationSettings) -> Versioned<NotificationSettings> {
    Versioned(settings.version.unwrap_or_default(), settings)
}

/// Lists what the customer was told, the newest first.
#[utoipa::path(get, path = "/api/notifications", tag = "notifications", params(PageQuery),
    responses((status = 200, body = Page<InAppNotification>)))]
pub(super) async fn list_own(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InAppNotification>>> {
    Ok(Json(ops::list_own(&app, user.id, &query).await?))
}

/// Marks one as read.
#[utoipa::path(post, path = "/api/notifications/{id}/read", tag = "notifications",
    params(("id" = NotificationId, Path)), responses((status = 204)))]
pub(super) async fn mark_read(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<NotificationId>,
) -> Result<NoContent> {
    ops::mark_read(&app, user.id, id).await?;
    Ok(NoContent)
}
