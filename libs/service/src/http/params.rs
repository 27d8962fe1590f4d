//! Path and query parameters.

use super::answer::Failure;
use axum::extract::{FromRequestParts, RawPathParams};
use base::{Error, Kind};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// Parameters of the path. A value of the wrong form (an id that is none) is simply not found.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let raw = RawPathParams::from_request_parts(parts, state).await;
        let clean = raw.is_ok_and(|raw| raw.iter().all(|(_, value)| !value.chars().any(char::is_control)));
        #[expect(clippy::disallowed_types, reason = "this is the one place that wraps it")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        match path {
            Ok(path) if clean => Ok(Path(path.0)),
            _ => Err(Error::not_found("resource").into()),
        }
    }
}

/// Parameters of the query.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let raw = parts.uri.query().unwrap_or_default();
        let decoded = percent_encoding::percent_decode_str(raw).decode_utf8();
        let clean = decoded
            .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')));
        if !clean {
            let detail = "the query must be UTF-8 without control characters";
            return Err(Error::new(Kind::Malformed, "malformed", detail).into());
        }
        #[expect(clippy::disallowed_types, reason = "this is the one place that wraps it")]
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let query = query.map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, text)| text);
            let (name, text) = text.split_once(": ").unwrap_or(("", text));
            Error::field(format!("/{name}"), "invalid", text.chars().take(200).collect::<String>())
        })?;
        Ok(Query(query.0))
    }
}
