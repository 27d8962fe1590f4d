//! Takes in what a client sends before a service is asked for anything: a slow client then holds
//! its own connection and no place of a service.

use super::App;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use base::{Error, Kind};
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// Bodies up to this many bytes are read first; larger ones and those of unknown length stream.
const READ_FIRST: u64 = 1024 * 1024;

/// How long a body that is read first may take in all; each piece is limited by the door.
const PATIENCE: Duration = Duration::from_secs(30);

/// The request with its body read, or with the place that a streaming body needs.
///
/// # Errors
/// 400 for a body that breaks off or is late, 503 when too many stream at once.
pub(super) async fn take_in(
    app: &App,
    request: Request,
) -> base::Result<(Request, Option<SemaphorePermit<'_>>)> {
    if request.body().is_end_stream() {
        return Ok((request, None));
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length > READ_FIRST) {
        let place = app.uploads.try_acquire();
        let place =
            place.map_err(|_| Error::unavailable("too many uploads at once; try again in a moment"))?;
        return Ok((request, Some(place)));
    }
    let (parts, body) = request.into_parts();
    let late = |_| Error::new(Kind::Malformed, "malformed", "the body did not arrive in time");
    let broken = |error| Error::new(Kind::Malformed, "malformed", "the body broke off").caused_by(error);
    let bytes = tokio::time::timeout(PATIENCE, body.collect()).await.map_err(late)?.map_err(broken)?;
    Ok((Request::from_parts(parts, Body::from(bytes.to_bytes())), None))
}
