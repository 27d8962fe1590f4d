//! An error as HTTP answer: `application/problem+json` (RFC 9457).

use axum::response::{IntoResponse, Response};
use base::{Error, Kind};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// What extractors and the authentication layer answer instead of passing the request on.
///
/// The answer carries the error itself as extension `Arc<base::Error>`, for the log.
#[derive(Debug)]
pub struct Rejection(pub Error);

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        rejection.0
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let error = self.0;
        let status = StatusCode::from_u16(error.kind().status()).expect("kinds have valid status numbers");
        let body = serde_json::to_vec(&problem(&error)).expect("problem documents are valid JSON");
        let mut response = (status, headers(&error), body).into_response();
        response.extensions_mut().insert(Arc::new(error));
        response
    }
}

fn problem(error: &Error) -> base::error::Problem {
    let context = base::context::current();
    let mut problem = error.to_problem();
    if !context.request_id.is_empty() {
        problem.instance = Some(format!("urn:request:{}", context.request_id));
        problem.request_id = Some(context.request_id.to_string());
        problem.correlation_id = Some(context.correlation_id.to_string());
    }
    problem
}

fn headers(error: &Error) -> HeaderMap {
    let constant = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let mut headers = HeaderMap::from_iter([constant(CONTENT_TYPE, "application/problem+json")]);
    if error.kind() == Kind::Unauthenticated {
        headers.extend([constant(WWW_AUTHENTICATE, "Bearer")]);
    }
    if let Some(wait) = error.wait() {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    headers
}
