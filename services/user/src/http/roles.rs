//! Roles and rights (contracts §4.3, §5.1).

use crate::App;
use crate::ops::roles;
use api::ids::UserId;
use api::user::{CheckPermissions, PermissionsChecked, Role, SetRoles};
use auth::Caller;
use axum::extract::State;
use base::page::{CountQuery, Page};
use service::http::{IfMatch, Json, Path, Query, Result, Versioned};
use std::collections::BTreeSet;

const TAG: &str = "roles";

/// Asks whether a user has permissions now.
#[utoipa::path(post, path = "/api/auth/check-permissions", tag = TAG, request_body = CheckPermissions,
    responses((status = 200, body = PermissionsChecked)))]
pub(super) async fn check_permissions(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CheckPermissions>,
) -> Result<Json<PermissionsChecked>> {
    Ok(Json(roles::check_permissions(&app, &caller, body).await?))
}

/// Lists the roles.
#[utoipa::path(get, path = "/api/admin/roles", tag = TAG, params(CountQuery), responses((status = 200, body = Page<Role>)))]
pub(super) async fn list_roles(
    State(app): State<App>,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<Role>>> {
    Ok(Json(Page::whole(roles::list_roles(&app).await?, count)))
}

/// Lists the roles of a user.
#[utoipa::path(get, path = "/api/admin/users/{id}/roles", tag = TAG, params(("id" = UserId, Path), CountQuery),
    responses((status = 200, body = Page<Role>)))]
pub(super) async fn roles_of_user(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserId>,
    Query(count): Query<CountQuery>,
) -> Result<Versioned<Page<Role>>> {
    let (version, roles) = roles::roles_of_user(&app, &caller, user).await?;
    Ok(Versioned(version, Page::whole(roles, count)))
}

/// Gives a user exactly these roles.
#[utoipa::path(put, path = "/api/admin/users/{id}/roles", tag = TAG, params(("id" = UserId, Path), IfMatch),
    request_body = SetRoles, responses((status = 200, body = Page<Role>),
    (status = 403, description = "`own-roles`, `rights-lacking`, `reauthentication-required`"),
    (status = 409, description = "`last-super-admin`")))]
pub(super) async fn set_roles(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<SetRoles>,
) -> Result<Versioned<Page<Role>>> {
    let (version, roles) = roles::set_roles(&app, &caller, user, seen, body).await?;
    Ok(Versioned(version, Page::whole(roles, CountQuery::default())))
}

/// Lists what the roles of a user allow together.
#[utoipa::path(get, path = "/api/admin/users/{id}/effective-permissions", tag = TAG, params(("id" = UserId, Path)),
    responses((status = 200, body = BTreeSet<String>)))]
pub(super) async fn effective_permissions(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserId>,
) -> Result<Json<BTreeSet<String>>> {
    Ok(Json(roles::effective_permissions(&app, &caller, user).await?))
}
