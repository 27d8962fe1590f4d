//! What verifiers of tokens read first.

use crate::App;
use crate::ops::keys;
use api::user::OpenIdConfiguration;
use auth::JwkSet;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use service::http::{Json, Result};

const TAG: &str = "keys";

/// Both documents change rarely, and a new key is published a day before it signs.
const FIVE_MINUTES: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=300")];

type Cached<T> = ([(HeaderName, &'static str); 1], Json<T>);

/// The public keys of access tokens.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = TAG, responses((status = 200, body = JwkSet)))]
pub(super) async fn jwks(State(app): State<App>) -> Result<Cached<JwkSet>> {
    Ok((FIVE_MINUTES, Json(keys::jwks(&app).await?)))
}

/// Where everything is that has to do with tokens.
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = TAG,
    responses((status = 200, body = OpenIdConfiguration)))]
pub(super) async fn openid_configuration(State(app): State<App>) -> Cached<OpenIdConfiguration> {
    let base = &app.public_url;
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let claims = ["sub", "sid", "amr", "auth_time", "roles", "pv", "status", "email_verified"];
    let document = OpenIdConfiguration {
        issuer: base.clone(),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        token_endpoint: format!("{base}/api/auth/refresh"),
        userinfo_endpoint: format!("{base}/api/auth/me"),
        id_token_signing_alg_values_supported: list(&["EdDSA"]),
        subject_types_supported: list(&["public"]),
        response_types_supported: Vec::new(),
        grant_types_supported: list(&["refresh_token"]),
        claims_supported: list(&claims),
    };
    (FIVE_MINUTES, Json(document))
}
