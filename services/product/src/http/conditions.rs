//! ETags: the version, and for what also shows other aggregates a digest of those after a dot.

use crate::ops::shelf::Answer;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH};
use http::request::Parts;
use service::http::{Failure, IfMatch};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// The version a writer has seen, also from the tag of an answer with a digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen(pub(super) Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let tag = parts
            .headers
            .get(IF_MATCH)
            .and_then(|value| value.to_str().ok())
            .and_then(|tag| tag.trim().split_once('.'));
        if let Some((version, _)) = tag
            && let Ok(plain) = HeaderValue::from_str(&format!("{version}\""))
        {
            parts.headers.insert(IF_MATCH, plain);
        }
        IfMatch::from_request_parts(parts, state).await.map(|seen| Self(seen.0))
    }
}

impl IntoParams for Seen {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        IfMatch::into_params(place)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = self.json.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        // It may be kept, but whoever keeps it asks each time whether it still holds.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.etag)) {
            headers.insert(ETAG, tag);
        }
        response
    }
}
