//! What a request says about its sender, apart from who it is.

use super::answer::Failure;
use axum::extract::FromRequestParts;
use base::{Error, Kind};
use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, USER_AGENT};
use http::request::Parts;
use std::convert::Infallible;
use std::net::IpAddr;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// The header that carries a guest's cart.
pub const GUEST_TOKEN_HEADER: HeaderName = HeaderName::from_static("x-cart-token");

/// Address and software of the client. The gateway inserts the true address; inside the platform
/// it travels as a typed extension or in the header the gateway rebuilt.
#[derive(Clone, Debug, Default)]
pub struct ClientInfo {
    /// The client's address, if known.
    pub ip: Option<IpAddr>,
    /// The client's `User-Agent`, at most 512 characters.
    pub user_agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl ClientInfo {
    /// What the headers the gateway rebuilt say.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = text(HeaderName::from_static("x-forwarded-for"));
        let ip = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        let user_agent = text(USER_AGENT).map(|agent| agent.chars().take(512).collect());
        Self { ip, user_agent }
    }
}

/// The guest's cart token, if one was sent.
#[derive(Clone, Debug)]
pub struct GuestToken(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for GuestToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(GUEST_TOKEN_HEADER).and_then(|value| value.to_str().ok());
        Ok(Self(value.filter(|value| !value.is_empty()).map(str::to_owned)))
    }
}

impl IntoParams for GuestToken {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![crate::describe::cart_token()]
    }
}

/// The version a writer has seen: `Some` with `If-Match: "7"`, `None` without the header or with `*`.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// Whether a resource of `version` may be written.
    ///
    /// # Errors
    /// 412 `version-conflict`.
    pub fn check(self, version: i64) -> base::Result<()> {
        if self.0.is_none_or(|seen| seen == version) { Ok(()) } else { Err(Error::stale()) }
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![crate::describe::if_match()]
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let bad = || Error::new(Kind::Malformed, "malformed", "If-Match must hold one ETag such as \"7\"");
        let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(bad)?;
        // A tag that is no version of ours can match nothing: that is a stale writer.
        let version = version.parse().map_err(|_| Error::stale())?;
        Ok(Self(Some(version)))
    }
}
