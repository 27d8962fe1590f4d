//! What a client got.

use axum::body::Body;
use base::error::Problem;
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer, read completely.
#[derive(Debug)]
pub struct Answer {
    asked: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    pub(crate) async fn read(method: &Method, path: &str, response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body arrives completely").to_bytes();
        Self { asked: format!("{method} {path}"), status: parts.status, headers: parts.headers, body }
    }

    /// Panics with the whole answer unless its status is `status`.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the assertion itself is often all a test wants")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.asked, self.text());
        self
    }

    /// Panics unless it is a problem of this status and code; returns the problem.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Problem {
        let answer = self.expect(status);
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        assert_eq!(kind, "application/problem+json", "{}: {}", answer.asked, answer.text());
        let problem: Problem = answer.json();
        assert_eq!(problem.code, code, "{}: {}", answer.asked, answer.text());
        problem
    }

    /// The body as a `T`.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.asked, self.text()))
    }

    /// The body as plain JSON.
    #[track_caller]
    pub fn value(&self) -> Value {
        self.json()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
