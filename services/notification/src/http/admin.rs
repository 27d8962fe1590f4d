//! The log, the templates and other people's settings, for staff; the self-check.

use super::own::versioned;
use crate::App;
use crate::ops;
use api::ids::{NotificationId, UserId};
use api::notification::{
    ListLog, LogDetail, LogEntry, NotificationAccepted, NotificationSettings, NotificationViolations,
    PreviewTemplate, RenderedMail, Template, TemplateDetail,
};
use api::repair::{RepairInvariants, Repairs};
use auth::Caller;
use axum::extract::State;
use base::page::{CountQuery, Page};
use http::StatusCode;
use service::http::{IfMatch, Json, Path, Query, Result, Versioned};

/// Lists the notifications of everybody, the newest first.
#[utoipa::path(get, path = "/api/admin/notifications/log", tag = "notification-log", params(ListLog),
    responses((status = 200, body = Page<LogEntry>)))]
pub(super) async fn list_log(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListLog>,
) -> Result<Json<Page<LogEntry>>> {
    Ok(Json(ops::list_log(&app, &caller, query).await?))
}

/// Reads one with every attempt to send it.
#[utoipa::path(get, path = "/api/admin/notifications/log/{id}", tag = "notification-log",
    params(("id" = NotificationId, Path)), responses((status = 200, body = LogDetail)))]
pub(super) async fn get_log(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<NotificationId>,
) -> Result<Json<LogDetail>> {
    Ok(Json(ops::get_log(&app, &caller, id).await?))
}

/// Sends one that has ended once more.
#[utoipa::path(post, path = "/api/admin/notifications/log/{id}/resend", tag = "notification-log",
    params(("id" = NotificationId, Path)), responses((status = 202, body = NotificationAccepted)))]
pub(super) async fn resend(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<NotificationId>,
) -> Result<(StatusCode, Json<NotificationAccepted>)> {
    Ok((StatusCode::ACCEPTED, Json(ops::resend(&app, &caller, id).await?)))
}

/// Reads what a customer wants to be told.
#[utoipa::path(get, path = "/api/admin/users/{userId}/notification-settings", tag = "notification-log",
    params(("userId" = UserId, Path)), responses((status = 200, body = NotificationSettings)))]
pub(super) async fn staff_get_settings(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserId>,
) -> Result<Versioned<NotificationSettings>> {
    Ok(versioned(ops::staff_get_settings(&app, &caller, user).await?))
}

/// Replaces what a customer wants to be told.
#[utoipa::path(put, path = "/api/admin/users/{userId}/notification-settings", tag = "notification-log",
    params(("userId" = UserId, Path), IfMatch), request_body = NotificationSettings,
    responses((status = 200, body = NotificationSettings)))]
pub(super) async fn staff_save_settings(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserId>,
    IfMatch(seen): IfMatch,
    Json(wanted): Json<NotificationSettings>,
) -> Result<Versioned<NotificationSettings>> {
    Ok(versioned(ops::staff_save_settings(&app, &caller, user, wanted, seen).await?))
}

/// Lists the templates.
#[utoipa::path(get, path = "/api/admin/templates", tag = "templates",
    params(CountQuery), responses((status = 200, body = Page<Template>)))]
pub(super) async fn list_templates(
    State(app): State<App>,
    Query(count): Query<CountQuery>,
) -> Json<Page<Template>> {
    Json(ops::list_templates(&app, count))
}

/// Reads a template with its texts and a sample of its variables.
#[utoipa::path(get, path = "/api/admin/templates/{id}", tag = "templates", params(("id" = String, Path)),
    responses((status = 200, body = TemplateDetail)))]
pub(super) async fn get_template(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<TemplateDetail>> {
    Ok(Json(ops::get_template(&app, &id)?))
}

/// Fills a template without sending it.
#[utoipa::path(post, path = "/api/admin/templates/{id}/preview", tag = "templates", params(("id" = String, Path)),
    request_body = PreviewTemplate, responses((status = 200, body = RenderedMail)))]
pub(super) async fn preview_template(
    State(app): State<App>,
    Path(id): Path<String>,
    Json(request): Json<PreviewTemplate>,
) -> Result<Json<RenderedMail>> {
    Ok(Json(ops::preview_template(&app, &id, request)?))
}

/// Tells which rules are broken: none, when all is well.
#[utoipa::path(get, path = "/internal/notifications/invariants", tag = "internal",
    responses((status = 200, body = NotificationViolations)))]
pub(super) async fn invariants(State(app): State<App>) -> Result<Json<NotificationViolations>> {
    Ok(Json(ops::invariants(&app).await?))
}

/// Repairs what must not be, or says what would be done.
#[utoipa::path(post, path = "/internal/notifications/invariants/repair", tag = "internal",
    request_body = RepairInvariants, responses((status = 200, body = Repairs)))]
pub(super) async fn repair_invariants(
    State(app): State<App>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Repairs>> {
    Ok(Json(ops::repair(&app, wish).await?))
}
