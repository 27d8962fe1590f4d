//! Signing up, in and out (contracts §4.2).

use super::origin;
use crate::App;
use crate::ops::{administrators, login, refresh, register, sessions, users};
use api::ids::SessionId;
use api::user::{
    FirstAdmin, LoggedIn, Login, Logout, Refresh, Register, Registered, Session, TokenPair, User,
};
use auth::SignedIn;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::page::{CountQuery, Page};
use service::http::{ClientInfo, Created, Json, NoContent, Path, Query, Result, Versioned};

const TAG: &str = "authentication";

/// Signs up.
#[utoipa::path(post, path = "/api/auth/register", tag = TAG, request_body = Register, responses(
    (status = 201, body = Registered), (status = 202, description = "A mail decides."),
    (status = 409, description = "`email-taken` or `username-taken`"), (status = 422, description = "`weak-password`")))]
pub(super) async fn register(
    State(app): State<App>,
    client: ClientInfo,
    Json(body): Json<Register>,
) -> Result<Response> {
    Ok(match register::register(&app, &origin(client), body).await? {
        register::Outcome::Registered(answer) => {
            Created(format!("/api/users/{}", answer.user.id), Json(*answer)).into_response()
        }
        register::Outcome::Concealed => Accepted.into_response(),
    })
}

/// Signs in with mail address and password.
#[utoipa::path(post, path = "/api/auth/login", tag = TAG, request_body = Login, responses(
    (status = 200, body = LoggedIn), (status = 401, description = "`invalid-credentials`"),
    (status = 403, description = "`account-inactive`"), (status = 423, description = "`account-locked`")))]
pub(super) async fn login(
    State(app): State<App>,
    client: ClientInfo,
    Json(body): Json<Login>,
) -> Result<Json<LoggedIn>> {
    Ok(Json(login::login(&app, &origin(client), body).await?))
}

/// Exchanges a refresh token for a new pair.
#[utoipa::path(post, path = "/api/auth/refresh", tag = TAG, request_body = Refresh, responses(
    (status = 200, body = TokenPair), (status = 401, description = "`refresh-invalid`")))]
pub(super) async fn refresh(
    State(app): State<App>,
    client: ClientInfo,
    Json(body): Json<Refresh>,
) -> Result<Json<TokenPair>> {
    Ok(Json(refresh::refresh(&app, &origin(client), body).await?))
}

/// Makes the first administrator with the one-time link of the terminal.
#[utoipa::path(post, path = "/api/auth/first-admin", tag = TAG, request_body = FirstAdmin, responses(
    (status = 201, body = LoggedIn), (status = 409, description = "`admin-exists`"),
    (status = 422, description = "`token-invalid`")))]
pub(super) async fn first_admin(
    State(app): State<App>,
    client: ClientInfo,
    Json(body): Json<FirstAdmin>,
) -> Result<Created<Json<LoggedIn>>> {
    let answer = administrators::first_admin(&app, &origin(client), body).await?;
    Ok(Created(format!("/api/users/{}", answer.user.id), Json(answer)))
}

/// Signs out.
#[utoipa::path(post, path = "/api/auth/logout", tag = TAG, request_body = Logout, responses((status = 204)))]
pub(super) async fn logout(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Json(body): Json<Logout>,
) -> Result<NoContent> {
    sessions::logout(&app, &user, body).await?;
    Ok(NoContent)
}

/// Reads one's own account.
#[utoipa::path(get, path = "/api/auth/me", tag = TAG, responses((status = 200, body = User)))]
pub(super) async fn me(State(app): State<App>, SignedIn(user): SignedIn) -> Result<Versioned<User>> {
    let view = users::me(&app, &user).await?;
    Ok(Versioned(view.version, view))
}

/// Lists where one is signed in.
#[utoipa::path(get, path = "/api/auth/sessions", tag = TAG, params(CountQuery),
    responses((status = 200, body = Page<Session>)))]
pub(super) async fn list_sessions(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<Session>>> {
    let items = sessions::list_sessions(&app, &user).await?;
    Ok(Json(Page::whole(items, count)))
}

/// Ends one of one's sessions.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = TAG, params(("id" = SessionId, Path)),
    responses((status = 204)))]
pub(super) async fn end_session(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<SessionId>,
) -> Result<NoContent> {
    sessions::end_session(&app, &user, id).await?;
    Ok(NoContent)
}

/// 202 without a body.
pub(super) struct Accepted;

impl axum::response::IntoResponse for Accepted {
    fn into_response(self) -> Response {
        axum::http::StatusCode::ACCEPTED.into_response()
    }
}
