//! The one error type that leaves an operation, and its problem document (RFC 9457).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is; the only place that knows status numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be parsed (400).
    Malformed,
    /// The request is understood but its content is not acceptable (422).
    Invalid,
    /// Nobody, or nobody we know, is asking (401).
    Unauthenticated,
    /// The payment was declined (402).
    PaymentRequired,
    /// Known, but not allowed (403).
    Forbidden,
    /// Not there, or not theirs (404).
    NotFound,
    /// The path exists, the method does not (405).
    MethodNotAllowed,
    /// No representation the client accepts (406).
    NotAcceptable,
    /// The present state does not allow it (409).
    Conflict,
    /// Gone for good (410).
    Gone,
    /// `If-Match` did not match (412).
    Stale,
    /// The body is too large (413).
    TooLarge,
    /// The media type is not supported (415).
    UnsupportedMedia,
    /// The account or resource is locked (423).
    Locked,
    /// `If-Match` is required (428).
    PreconditionRequired,
    /// Rate limited (429).
    TooMany,
    /// The header block is too large (431).
    HeadersTooLarge,
    /// Our fault (500).
    Internal,
    /// A provider or peer answered something we cannot use (502).
    BadUpstream,
    /// Cannot be done now, may be retried (503).
    Unavailable,
    /// The deadline passed (504).
    Timeout,
}

impl Kind {
    const ALL: [(Kind, u16, &'static str); 21] = [
        (Kind::Malformed, 400, "Malformed request"),
        (Kind::Invalid, 422, "Invalid content"),
        (Kind::Unauthenticated, 401, "Not signed in"),
        (Kind::PaymentRequired, 402, "Payment declined"),
        (Kind::Forbidden, 403, "Not allowed"),
        (Kind::NotFound, 404, "Not found"),
        (Kind::MethodNotAllowed, 405, "Method not allowed"),
        (Kind::NotAcceptable, 406, "Not acceptable"),
        (Kind::Conflict, 409, "Conflict"),
        (Kind::Gone, 410, "Gone"),
        (Kind::Stale, 412, "Changed in the meantime"),
        (Kind::TooLarge, 413, "Too large"),
        (Kind::UnsupportedMedia, 415, "Unsupported media type"),
        (Kind::Locked, 423, "Locked"),
        (Kind::PreconditionRequired, 428, "Precondition required"),
        (Kind::TooMany, 429, "Too many requests"),
        (Kind::HeadersTooLarge, 431, "Header fields too large"),
        (Kind::Internal, 500, "Internal error"),
        (Kind::BadUpstream, 502, "Bad answer from a provider"),
        (Kind::Unavailable, 503, "Temporarily unavailable"),
        (Kind::Timeout, 504, "Timed out"),
    ];

    fn row(self) -> (Kind, u16, &'static str) {
        Self::ALL.into_iter().find(|row| row.0 == self).expect("ALL lists every kind")
    }

    /// The HTTP status number.
    pub fn status(self) -> u16 {
        self.row().1
    }

    /// The title of the problem document.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// The kind of a status number; unknown 4xx become `Invalid`, everything else `Internal`.
    pub fn from_status(status: u16) -> Kind {
        let known = Self::ALL.into_iter().find(|row| row.1 == status).map(|row| row.0);
        known.unwrap_or(if (400..500).contains(&status) { Kind::Invalid } else { Kind::Internal })
    }

    /// Whether the same request may succeed later without being changed.
    pub fn is_transient(self) -> bool {
        matches!(self, Kind::TooMany | Kind::Unavailable | Kind::Timeout | Kind::Internal | Kind::BadUpstream)
    }
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, e.g. `/lines/0/quantity`.
    pub pointer: String,
    /// Stable code, e.g. `too-long`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// An error as it leaves an operation: a stable code, a text for the client, a source for the log.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    code: String,
    detail: String,
    fields: Vec<FieldError>,
    extra: Map<String, Value>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with its stable `code` (kebab-case) and a sentence the client may read.
    pub fn new(kind: Kind, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: code.into(),
            detail: detail.into(),
            fields: Vec::new(),
            extra: Map::new(),
            retry_after: None,
            source: None,
        }))
    }

    /// 500 `internal`; `source` goes to the log only.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "internal", "something went wrong on our side").caused_by(source)
    }

    /// 503 `unavailable` with `Retry-After`.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, "unavailable", detail).retry_after(Duration::from_secs(1))
    }

    /// 404 `not-found`, also for things of others.
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, "not-found", format!("there is no such {what}"))
    }

    /// 401 `unauthenticated`.
    pub fn unauthenticated() -> Self {
        Self::new(
            Kind::Unauthenticated,
            "unauthenticated",
            "sign in and send the access token as bearer token",
        )
    }

    /// 403 `forbidden`.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, "forbidden", "your account does not have the right to do this")
    }

    /// 422 `validation` for one field.
    pub fn field(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "validation", "the request has invalid fields")
            .with_field(pointer, code, message)
    }

    /// 409 with a code of the operation's own.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, detail)
    }

    /// 412 `version-conflict`.
    pub fn stale() -> Self {
        Self::new(Kind::Stale, "version-conflict", "it was changed in the meantime; read it again and repeat")
    }

    /// Adds what is wrong with a field.
    #[must_use]
    pub fn with_field(mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let field = FieldError { pointer: pointer.into(), code: code.into(), message: message.into() };
        self.0.fields.push(field);
        self
    }

    /// Adds an extension member to the problem document, e.g. `allowed` or `shortages`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.extra.insert(name.into(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Adds the cause; it is logged, never shown.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Tells the client when to come back.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The sentence for the client.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with which field.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Extension members.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.0.extra
    }

    /// When the client should come back.
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The error and its causes on one line, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.ends_with(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            cause = error.source();
        }
        text
    }

    /// The problem document without the request's ids, which the outermost middleware adds.
    pub fn to_problem(&self) -> Problem {
        Problem {
            kind_type: format!("urn:problem-type:ecommerce:{}", self.0.code),
            title: self.0.kind.title().to_owned(),
            status: self.0.kind.status(),
            detail: self.0.detail.clone(),
            instance: None,
            code: self.0.code.clone(),
            request_id: None,
            correlation_id: None,
            errors: self.0.fields.clone(),
            extra: self.0.extra.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)?;
        for field in &self.0.fields {
            write!(f, "; {} {}", field.pointer, field.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The problem document on the wire.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:problem-type:ecommerce:<code>`.
    #[serde(rename = "type")]
    pub kind_type: String,
    /// Short text of the kind.
    pub title: String,
    /// HTTP status number.
    pub status: u16,
    /// What happened and what to do.
    #[serde(default)]
    pub detail: String,
    /// `urn:request:<requestId>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Stable code.
    #[serde(default)]
    pub code: String,
    /// Id of the request that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Id of the business operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Members of this code, e.g. `allowed`, `shortages`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let code = if problem.code.is_empty() { "bad-upstream".to_owned() } else { problem.code };
        let mut error = Error::new(Kind::from_status(problem.status), code, problem.detail);
        error.0.fields = problem.errors;
        error.0.extra = problem.extra;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_survives_a_hop_between_services() {
        let error = Error::conflict("insufficient-stock", "not enough").with("shortages", vec![1, 2]);
        let text = serde_json::to_string(&error.to_problem()).unwrap();
        let back: Error = serde_json::from_str::<Problem>(&text).unwrap().into();
        assert_eq!(back.kind(), Kind::Conflict);
        assert_eq!(back.code(), "insufficient-stock");
        assert_eq!(back.extra()["shortages"], serde_json::json!([1, 2]));
    }

    #[test]
    fn the_cause_is_logged_and_never_shown() {
        let error = Error::internal("password=hunter2");
        assert!(error.chain().contains("hunter2"));
        assert!(!serde_json::to_string(&error.to_problem()).unwrap().contains("hunter2"));
    }

    #[test]
    fn every_status_maps_back_to_its_kind() {
        for (kind, status, _) in Kind::ALL {
            assert_eq!(Kind::from_status(status), kind);
        }
    }
}
