//! What only other services of the platform may ask (contracts §4.3).

use crate::App;
use crate::ops::{administrators, claims, contacts, roles};
use api::ids::{ClaimId, UserId};
use api::user::{AdminCreated, Contact, ContactBatch, Contacts, CreateAdmin, FirstAdminLink, SecretClaim};
use auth::{Caller, PolicyBundle};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::ETAG;
use service::http::{Created, Json, Path, Result};

const TAG: &str = "internal";

/// Reads roles × permissions.
#[utoipa::path(get, path = "/internal/auth/policy-bundle", tag = TAG,
    responses((status = 200, body = PolicyBundle), (status = 304)))]
pub(super) async fn policy_bundle(
    State(app): State<App>,
) -> Result<([(HeaderName, String); 1], Json<PolicyBundle>)> {
    let bundle = roles::policy_bundle(&app).await?;
    Ok(([(ETAG, format!("\"{}\"", bundle.etag()))], Json(bundle)))
}

/// Tells the sender of a mail the link behind a claim.
#[utoipa::path(post, path = "/internal/auth/secret-claims/{claimId}", tag = TAG, params(("claimId" = ClaimId, Path)),
    responses((status = 200, body = SecretClaim), (status = 410, description = "`claim-expired` or `claim-used`")))]
pub(super) async fn secret_claim(
    State(app): State<App>,
    Path(id): Path<ClaimId>,
) -> Result<Json<SecretClaim>> {
    Ok(Json(claims::secret_claim(&app, id).await?))
}

/// Reads how to reach a user.
#[utoipa::path(get, path = "/internal/users/{id}/contact", tag = TAG, params(("id" = UserId, Path)),
    responses((status = 200, body = Contact)))]
pub(super) async fn contact(State(app): State<App>, Path(id): Path<UserId>) -> Result<Json<Contact>> {
    Ok(Json(contacts::contact(&app, id).await?))
}

/// Reads how to reach several users.
#[utoipa::path(post, path = "/internal/users/batch", tag = TAG, request_body = ContactBatch,
    responses((status = 200, body = Contacts)))]
pub(super) async fn contacts(
    State(app): State<App>,
    Json(body): Json<ContactBatch>,
) -> Result<Json<Contacts>> {
    Ok(Json(contacts::contacts(&app, body).await?))
}

/// Makes the link for the first administrator, or finds the one that still works.
#[utoipa::path(post, path = "/internal/users/first-admin-link", tag = TAG,
    responses((status = 200, body = FirstAdminLink), (status = 409, description = "`admin-exists`")))]
pub(super) async fn first_admin_link(State(app): State<App>) -> Result<Json<FirstAdminLink>> {
    Ok(Json(administrators::first_admin_link(&app).await?))
}

/// Makes an administrator at the operator's command.
#[utoipa::path(post, path = "/internal/users/admin", tag = TAG, request_body = CreateAdmin,
    responses((status = 201, body = AdminCreated), (status = 409, description = "`email-taken`")))]
pub(super) async fn create_admin(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateAdmin>,
) -> Result<Created<Json<AdminCreated>>> {
    let made = administrators::create_admin(&app, &caller, body).await?;
    Ok(Created(format!("/api/users/{}", made.user.id), Json(made)))
}
