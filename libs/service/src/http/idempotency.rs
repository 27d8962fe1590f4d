//! `Idempotency-Key` on POST (contracts §4.1): a durable reservation before the work, the stored
//! answer after it. Of several requests with one key exactly one does the work.
//!
//! Paths under `/api/auth/` are left out: their answers hold tokens, which are never stored.

use super::answer::Failure;
use super::json::collect;
use auth::Caller;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use base::keys::sha256;
use base::{Error, Kind, Timestamp};
use bytes::Bytes;
use db::{Db, DbError, FromRow, Json, Migration, Row, json, sql};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// The table of reservations and stored answers, in every service's store.
pub const MIGRATIONS: &[Migration] =
    &[Migration::new("service/0001_idempotency", include_str!("../../migrations/0001_idempotency.sql"))];

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// A body with a key may have this many bytes (an image of 10 MiB and its form).
const MAX_BODY_BYTES: usize = 11 * 1024 * 1024;
/// Longer than any request may take, so that a running one is never overtaken.
const LEASE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
/// Answer headers that are stored with the body.
const KEPT: [HeaderName; 4] = [CONTENT_TYPE, ETAG, LOCATION, super::GUEST_TOKEN_HEADER];

/// Middleware: see the module.
pub(super) async fn keyed<N, A>(db: &Db, request: Request, next: N) -> Response
where
    N: FnOnce(Request) -> A,
    A: Future<Output = Response>,
{
    let applies = request.method() == Method::POST && !request.uri().path().starts_with("/api/auth/");
    if !applies || !request.headers().contains_key(HEADER) {
        return next(request).await;
    }
    let (parts, body) = request.into_parts();
    let Some(sender) = sender(&parts) else {
        return next(Request::from_parts(parts, body)).await;
    };
    match once(db, &sender, parts, body, next).await {
        Ok(response) => response,
        Err(error) => Failure(error).into_response(),
    }
}

async fn once<N, A>(db: &Db, sender: &str, parts: Parts, body: Body, next: N) -> base::Result<Response>
where
    N: FnOnce(Request) -> A,
    A: Future<Output = Response>,
{
    let body = collect(body, MAX_BODY_BYTES).await?;
    let reservation = Reservation::of(sender, &parts, &body)?;
    match reserve(db, &reservation).await? {
        Outcome::Stored(answer) => answer.replay(),
        Outcome::Running => {
            Err(Error::conflict("request-in-progress", "a request with this key is still running")
                .retry_after(Duration::from_secs(1)))
        }
        Outcome::Other => {
            let detail = "this Idempotency-Key was used for another request; take a new one";
            Err(Error::new(Kind::Invalid, "idempotency-key-reuse", detail))
        }
        Outcome::Mine => {
            let response = next(Request::from_parts(parts, Body::from(body))).await;
            finish(db, &reservation, response).await
        }
    }
}

struct Reservation {
    id: [u8; 32],
    request_hash: [u8; 32],
    life: Duration,
}

impl Reservation {
    fn of(sender: &str, parts: &Parts, body: &Bytes) -> base::Result<Self> {
        let key = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !(1..=255).contains(&key.len()) || parts.headers.get_all(HEADER).iter().count() > 1 {
            let detail = "Idempotency-Key must be one value of 1 to 255 printable ASCII characters";
            return Err(Error::new(Kind::Malformed, "malformed", detail));
        }
        let path = parts.uri.path();
        let content_type = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let id = digest(&[path.as_bytes(), sender.as_bytes(), key.as_bytes()]);
        let request_hash = digest(&[path.as_bytes(), query, content_type, body]);
        let money =
            ["/api/orders", "/api/payments", "/internal/"].iter().any(|prefix| path.starts_with(prefix));
        Ok(Self { id, request_hash, life: if money { 7 * DAY } else { DAY } })
    }
}

/// Whose key it is: a key of one person means nothing in the hands of another. `None` for somebody
/// of whom nothing is known: strangers with the same key must not get each other's answers.
fn sender(parts: &Parts) -> Option<String> {
    match parts.extensions.get::<Caller>() {
        Some(Caller::User(user)) => Some(format!("user:{}", user.id)),
        Some(Caller::Service(service)) => Some(format!("service:{}", service.name())),
        _ => {
            let token =
                parts.headers.get(super::GUEST_TOKEN_HEADER).or_else(|| parts.headers.get(AUTHORIZATION));
            let token = token.map(HeaderValue::as_bytes).or(parts.uri.query().map(str::as_bytes))?;
            Some(format!("guest:{}", String::from_utf8_lossy(token)))
        }
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

enum Outcome {
    Mine,
    Running,
    Other,
    Stored(Stored),
}

struct Stored {
    request_hash: Vec<u8>,
    lease_until: Timestamp,
    status: Option<i64>,
    headers: Option<Json<BTreeMap<String, String>>>,
    body: Option<Vec<u8>>,
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            request_hash: row.get("request_hash")?,
            lease_until: row.get("lease_until")?,
            status: row.get("status")?,
            headers: row.get("headers")?,
            body: row.get("body")?,
        })
    }
}

impl Stored {
    fn replay(self) -> base::Result<Response> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status as u16).ok());
        let status = status.ok_or_else(|| Error::internal("a stored answer has no valid status"))?;
        let mut response = (status, self.body.unwrap_or_default()).into_response();
        response.headers_mut().remove(CONTENT_TYPE);
        for (name, value) in self.headers.map(|headers| headers.0).unwrap_or_default() {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

async fn reserve(db: &Db, reservation: &Reservation) -> base::Result<Outcome> {
    let mut tx = db.begin().await?;
    let now = tx.now();
    let inserted = sql("INSERT INTO idempotency (id, request_hash, lease_until, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING")
    .bind(reservation.id.as_slice())
    .bind(reservation.request_hash.as_slice())
    .bind(now + LEASE)
    .bind(now)
    .bind(now + reservation.life)
    .run(&mut tx)
    .await?;
    if inserted == 1 {
        tx.commit().await?;
        return Ok(Outcome::Mine);
    }
    let stored =
        sql("SELECT request_hash, lease_until, status, headers, body FROM idempotency WHERE id = $1")
            .bind(reservation.id.as_slice())
            .opt::<Stored>(&mut tx)
            .await?;
    let Some(stored) = stored else { return Ok(Outcome::Running) };
    if stored.request_hash != reservation.request_hash {
        return Ok(Outcome::Other);
    }
    if stored.status.is_some() {
        // What is read here may not be durable yet: it is once this transaction is.
        tx.commit().await?;
        return Ok(Outcome::Stored(stored));
    }
    if stored.lease_until > now {
        return Ok(Outcome::Running);
    }
    // Its runner died: whoever moves the lease first takes over.
    let taken =
        sql("UPDATE idempotency SET lease_until = $1 WHERE id = $2 AND lease_until = $3 AND status IS NULL")
            .bind(now + LEASE)
            .bind(reservation.id.as_slice())
            .bind(stored.lease_until)
            .run(&mut tx)
            .await?;
    tx.commit().await?;
    Ok(if taken == 1 { Outcome::Mine } else { Outcome::Running })
}

/// Stores the answer, or gives the key back when the same request may succeed later.
async fn finish(db: &Db, reservation: &Reservation, response: Response) -> base::Result<Response> {
    let status = response.status();
    let again = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let mut tx = db.begin().await?;
    if again {
        sql("DELETE FROM idempotency WHERE id = $1").bind(reservation.id.as_slice()).run(&mut tx).await?;
        tx.commit().await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = collect(body, 16 * 1024 * 1024).await?;
    sql("UPDATE idempotency SET status = $1, headers = $2, body = $3 WHERE id = $4")
        .bind(i64::from(status.as_u16()))
        .bind(json(&kept(&parts.headers)))
        .bind(body.as_ref())
        .bind(reservation.id.as_slice())
        .run(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &HeaderName| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned()));
    KEPT.iter().filter_map(text).collect()
}

/// Gives back the keys whose requests were running when the process ended. Only for a store that
/// this process alone uses.
///
/// # Errors
/// Those of the store.
pub(crate) async fn release(db: &Db) -> base::Result<()> {
    let mut tx = db.begin().await?;
    let now = tx.now();
    sql("UPDATE idempotency SET lease_until = $1 WHERE status IS NULL AND lease_until > $1")
        .bind(now)
        .run(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets answers past their time, at most `limit` of them; returns how many.
///
/// # Errors
/// Those of the store.
pub(crate) async fn prune(db: &Db, limit: i64) -> base::Result<u64> {
    let mut tx = db.begin().await?;
    let now = tx.now();
    let gone = sql(
        "DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE expires_at < $1 LIMIT $2)",
    )
    .bind(now)
    .bind(limit)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(gone)
}
