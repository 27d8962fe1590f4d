//! The layer that turns a request's credentials into a [`Caller`].

use crate::caller::{Caller, ServiceIdentity, User};
use crate::token::Verifier;
use axum::extract::OptionalFromRequestParts;
use base::{Error, Kind, Result};
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Request};
use std::convert::Infallible;

/// Carries the user's own access token when a service calls another process with its service
/// token in `Authorization`. It counts only next to a verified service token and is verified
/// itself, so it can claim nothing; the gateway drops every `x-internal-*` from outside.
pub const ON_BEHALF_OF: HeaderName = HeaderName::from_static("x-internal-on-behalf-of");

/// The user for whom the calling service acts; an extension beside [`Caller::Service`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnBehalfOf(pub User);

impl<S: Sync> OptionalFromRequestParts<S> for OnBehalfOf {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<OnBehalfOf>().cloned())
    }
}

/// Puts the [`Caller`] into the request's extensions.
///
/// - Extension [`ServiceIdentity`] (a call within the process): the service is the caller; the
///   user token in `Authorization`, if any, becomes [`OnBehalfOf`].
/// - Bearer token: the user or service it names; for a service, the user token in
///   [`ON_BEHALF_OF`], if any, becomes [`OnBehalfOf`].
/// - Neither: anonymous.
///
/// # Errors
/// 401 for anything else in `Authorization` (another scheme, two of them, a bad token); 503 while
/// there are no keys to verify tokens with.
pub async fn authenticate<B>(verifier: &Verifier, request: &mut Request<B>) -> Result<()> {
    let local = request.extensions_mut().remove::<ServiceIdentity>();
    let (caller, on_behalf_of) = identify(verifier, local, request.headers()).await?;
    request.extensions_mut().remove::<OnBehalfOf>();
    request.extensions_mut().insert(caller);
    if let Some(user) = on_behalf_of {
        request.extensions_mut().insert(OnBehalfOf(user));
    }
    Ok(())
}

async fn identify(
    verifier: &Verifier,
    local: Option<ServiceIdentity>,
    headers: &HeaderMap,
) -> Result<(Caller, Option<User>)> {
    let bearer = bearer_token(headers)?;
    let (service, user_token) = match (local, bearer) {
        (Some(service), user_token) => (service, user_token),
        (None, None) => return Ok((Caller::Anonymous, None)),
        (None, Some(token)) => match verifier.verify(token).await? {
            Caller::Service(service) => (service, single(headers, &ON_BEHALF_OF)?),
            caller => return Ok((caller, None)),
        },
    };
    let user = match user_token {
        Some(token) => Some(verified_user(verifier, token).await?),
        None => None,
    };
    Ok((Caller::Service(service), user))
}

async fn verified_user(verifier: &Verifier, token: &str) -> Result<User> {
    match verifier.verify(token).await? {
        Caller::User(user) => Ok(user),
        Caller::Anonymous | Caller::Service(_) => Err(refused("a service acts only on behalf of users")),
    }
}

/// The token of `Authorization: Bearer`; the scheme's case does not matter (RFC 9110 §11.1).
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = single(headers, &AUTHORIZATION)? else { return Ok(None) };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            Ok(Some(token.trim_start_matches(' ')))
        }
        _ => Err(refused("only bearer tokens are accepted in the authorization header")),
    }
}

/// The only value of a header: two would let two readers see two callers.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| refused("the credentials contain characters not allowed there")),
        (Some(_), Some(_)) => Err(refused("the request has credentials twice")),
    }
}

fn refused(detail: &str) -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated", detail)
}

#[cfg(test)]
mod tests;
