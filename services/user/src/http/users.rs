//! Accounts and profiles (contracts §4.3).

use super::WhichUser;
use super::queries::{HistoryQuery, IncludeQuery, UserQuery};
use crate::App;
use crate::ops::{contacts, create_user, history, update_user, users};
use api::user::{
    CreateUser, EmailPreferences, HistoryEntry, PublicProfile, SaveProfile, UpdateUser, User, UserProfile,
};
use auth::Caller;
use axum::extract::State;
use base::page::Page;
use service::http::{Created, IfMatch, Json, MergePatch, Path, Query, Result, Versioned};

const TAG: &str = "users";

/// Lists accounts.
#[utoipa::path(get, path = "/api/users", tag = TAG, params(UserQuery), responses((status = 200, body = Page<User>)))]
pub(super) async fn list_users(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UserQuery>,
) -> Result<Json<Page<User>>> {
    Ok(Json(users::list_users(&app, &caller, query.into()).await?))
}

/// Makes an account for somebody else.
#[utoipa::path(post, path = "/api/users", tag = TAG, request_body = CreateUser, responses((status = 201, body = User)))]
pub(super) async fn create_user(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateUser>,
) -> Result<Created<Versioned<User>>> {
    let user = create_user::create_user(&app, &caller, body).await?;
    Ok(Created(format!("/api/users/{}", user.id), Versioned(user.version, user)))
}

/// Reads an account.
#[utoipa::path(get, path = "/api/users/{id}", tag = TAG, params(("id" = String, Path, description = "id or `me`"), IncludeQuery),
    responses((status = 200, body = User)))]
pub(super) async fn get_user(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    Query(query): Query<IncludeQuery>,
) -> Result<Versioned<User>> {
    let user = users::get_user(&app, &caller, which.of(&caller)?, query.read()?).await?;
    Ok(Versioned(user.version, user))
}

/// Changes an account.
#[utoipa::path(patch, path = "/api/users/{id}", tag = TAG, params(("id" = String, Path, description = "id or `me`"),
        IfMatch),
    request_body(content = UpdateUser, content_type = "application/merge-patch+json"), responses((status = 200, body = User),
    (status = 409, description = "`email-taken` or `username-taken`"), (status = 412, description = "`version-conflict`")))]
pub(super) async fn update_user(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    IfMatch(seen): IfMatch,
    patch: MergePatch,
) -> Result<Versioned<User>> {
    let apply = |present: &UpdateUser| patch.apply(present);
    let user = update_user::update_user(&app, &caller, which.of(&caller)?, seen, &apply).await?;
    Ok(Versioned(user.version, user))
}

/// Reads a profile.
#[utoipa::path(get, path = "/api/users/{id}/profile", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    responses((status = 200, body = UserProfile)))]
pub(super) async fn get_profile(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
) -> Result<Versioned<UserProfile>> {
    let (version, profile) = users::get_profile(&app, &caller, which.of(&caller)?).await?;
    Ok(Versioned(version, profile))
}

/// Replaces a profile.
#[utoipa::path(put, path = "/api/users/{id}/profile", tag = TAG, params(("id" = String, Path, description = "id or `me`"),
        IfMatch),
    request_body = SaveProfile, responses((status = 200, body = UserProfile), (status = 412, description = "`version-conflict`")))]
pub(super) async fn save_profile(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    IfMatch(seen): IfMatch,
    Json(body): Json<SaveProfile>,
) -> Result<Versioned<UserProfile>> {
    let (version, profile) = update_user::save_profile(&app, &caller, which.of(&caller)?, seen, body).await?;
    Ok(Versioned(version, profile))
}

/// Reads what everybody may see of a customer.
#[utoipa::path(get, path = "/api/users/{id}/public-profile", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    responses((status = 200, body = PublicProfile)))]
pub(super) async fn get_public_profile(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
) -> Result<Json<PublicProfile>> {
    Ok(Json(users::get_public_profile(&app, which.of(&caller)?).await?))
}

/// Lists what happened to an account.
#[utoipa::path(get, path = "/api/users/{id}/history", tag = TAG, params(("id" = String, Path, description = "id or `me`"), HistoryQuery),
    responses((status = 200, body = Page<HistoryEntry>)))]
pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Page<HistoryEntry>>> {
    let kind = query.kind;
    Ok(Json(history::history(&app, &caller, which.of(&caller)?, kind, query.page()).await?))
}

/// Reads what a sender of mail must know.
#[utoipa::path(get, path = "/api/users/{id}/email-preferences", tag = TAG, params(("id" = String, Path, description = "id or `me`")),
    responses((status = 200, body = EmailPreferences)))]
pub(super) async fn email_preferences(
    State(app): State<App>,
    caller: Caller,
    Path(which): Path<WhichUser>,
) -> Result<Versioned<EmailPreferences>> {
    let (version, preferences) = contacts::email_preferences(&app, &caller, which.of(&caller)?).await?;
    Ok(Versioned(version, preferences))
}
