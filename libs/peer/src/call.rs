//! One typed call: path and body in, DTO or [`base::Error`] out.

use crate::directory::{DEFAULT_TIMEOUT, Peer};
use axum::body::Body;
use base::error::Problem;
use base::{Error, Kind, Result};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest answer read from a peer, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The code with which a peer answers a key whose first call has not ended.
const IN_PROGRESS: &str = "request-in-progress";

/// A call being put together.
#[must_use = "a call does nothing until it is sent"]
pub struct Call<'a> {
    peer: &'a Peer,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Result<Body>,
    timeout: Duration,
}

impl<'a> Call<'a> {
    pub(crate) fn new(peer: &'a Peer, method: Method, path: String) -> Self {
        Self {
            peer,
            method,
            path,
            headers: HeaderMap::new(),
            body: Ok(Body::empty()),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Sends `body` as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = serde_json::to_vec(body).map(Body::from).map_err(Error::internal);
        self
    }

    /// Sends `body` as it is. A stream is read while it is sent, so it need not fit into memory.
    pub fn bytes(mut self, content_type: &'static str, body: impl Into<Body>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = Ok(body.into());
        self
    }

    /// Makes a repetition of the call harmless: the peer does the work once per key.
    pub fn idempotency_key(self, key: impl AsRef<str>) -> Self {
        self.header(HeaderName::from_static("idempotency-key"), key.as_ref())
    }

    /// Adds a header; a value that no header can hold makes the call fail.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => drop(self.headers.insert(name, value)),
            Err(error) => self.body = Err(Error::internal(error)),
        }
        self
    }

    /// How long it may take; 2 s when not said. The caller's own deadline may end it earlier.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends the call and reads its answer.
    ///
    /// # Errors
    /// The peer's own problem for 4xx; 503 `unavailable` for 5xx or an unreachable peer; 504
    /// `upstream-timeout`; 502 `bad-upstream` for an answer that is not a `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let (status, bytes, name) = self.exchange().await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let detail = format!("{name} answered {status} with a body we cannot read");
            Error::new(Kind::BadUpstream, "bad-upstream", detail).caused_by(error)
        })
    }

    /// Sends the call and ignores the body of a good answer.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn send_empty(self) -> Result<()> {
        self.exchange().await.map(|_| ())
    }

    /// Sends the call and returns the body of a good answer as bytes.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn send_bytes(self) -> Result<Bytes> {
        self.exchange().await.map(|(_, bytes, _)| bytes)
    }

    /// Sends the call and returns the body of a good answer to be read piece by piece. The time
    /// limit ends with the head of the answer.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn send_streaming(self) -> Result<Body> {
        self.answer().await.map(|(_, body, _)| body)
    }

    async fn exchange(self) -> Result<(StatusCode, Bytes, &'static str)> {
        let (status, body, name) = self.answer().await?;
        Ok((status, whole(name, body).await?, name))
    }

    async fn answer(self) -> Result<(StatusCode, Body, &'static str)> {
        let name = self.peer.name();
        let mut request = Request::new(self.body?);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().map_err(Error::internal)?;
        *request.headers_mut() = self.headers;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = self.peer.send(request, self.timeout).await?;
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            return Ok((parts.status, body, name));
        }
        let bytes = whole(name, body).await?;
        Err(failure(name, &Response::from_parts(parts, bytes)))
    }
}

async fn whole(name: &str, body: Body) -> Result<Bytes> {
    let bytes = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|error| {
        Error::new(Kind::BadUpstream, "bad-upstream", format!("the answer of {name} broke off"))
            .caused_by(error)
    })?;
    Ok(bytes.to_bytes())
}

/// The error a peer's answer means for us.
fn failure(name: &str, response: &Response<Bytes>) -> Error {
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let problem = serde_json::from_slice::<Problem>(response.body());
    let known = problem.ok().map(Error::from);
    if status.is_server_error() {
        let cause = known.map_or_else(|| status.to_string(), |error| error.to_string());
        let kind = if status == StatusCode::GATEWAY_TIMEOUT { Kind::Timeout } else { Kind::Unavailable };
        let code = if kind == Kind::Timeout { "upstream-timeout" } else { "unavailable" };
        let error = Error::new(kind, code, format!("{name} cannot answer now")).caused_by(cause);
        return error.retry_after(Duration::from_secs(wait.unwrap_or(1)));
    }
    if known.as_ref().is_some_and(|error| error.code() == IN_PROGRESS) {
        // Not a refusal: an earlier call with this key is at work, or its process died.
        let error = Error::unavailable(format!("{name} still works on an earlier call"));
        return error.retry_after(Duration::from_secs(wait.unwrap_or(1)));
    }
    let error = known.unwrap_or_else(|| {
        Error::new(Kind::from_status(status.as_u16()), "bad-upstream", format!("{name} answered {status}"))
    });
    match wait {
        Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
        None => error,
    }
}
