//! The outermost layer: what is refused before anybody reads it, ids, and headers on the way out.

use super::App;
use crate::domain::{check_path, header_is_refused, header_is_stripped};
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use base::context::{self, RequestContext, is_correlation_id};
use base::{Error, Id, Kind};
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue,
    ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, Method};
use http_body_util::Limited;
use service::http::{Failure, answer_of};
use service::server::RemoteAddress;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tower_http::timeout::TimeoutBody;

/// The largest body of any request: an image of 10 MiB and its form.
const MAX_BODY_BYTES: usize = 11 * 1024 * 1024;
/// The longest pause within a body.
const BODY_IDLE: Duration = Duration::from_secs(10);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// How many headers `dress` adds at most.
const FIXED_HEADERS: usize = 9;
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Middleware: see the module.
pub(super) async fn door(app: App, mut request: Request, inner: Route) -> Response {
    let here = new_context(request.headers());
    let has_origin = request.headers().contains_key(ORIGIN);
    let mut response = match admit(&app, &mut request) {
        Ok(()) => {
            request.extensions_mut().insert(here.clone());
            answer_of(inner, bounded(request)).await
        }
        Err(error) => {
            tracing::debug!(request_id = %here.request_id, error = error.chain(), "refused at the door");
            context::scope(here.clone(), async { Failure(error).into_response() }).await
        }
    };
    dress(response.headers_mut(), &here, app.secure, has_origin);
    response
}

fn new_context(headers: &HeaderMap) -> RequestContext {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request_id: Arc<str> = Id::<()>::new().to_string().into();
    let correlation_id = text("x-correlation-id").filter(|id| is_correlation_id(id)).map(Arc::from);
    RequestContext {
        correlation_id: correlation_id.unwrap_or_else(|| request_id.clone()),
        traceparent: text("traceparent").filter(|value| value.len() <= 64).map(Arc::from),
        request_id,
        ..RequestContext::default()
    }
}

/// Refuses what is malformed and removes what must not pass.
fn admit(app: &App, request: &mut Request) -> base::Result<()> {
    let malformed = |detail: &str| Error::new(Kind::Malformed, "malformed", detail);
    check_path(request.uri().path(), request.uri().query()).map_err(malformed)?;
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if !known.contains(request.method()) {
        return Err(Error::new(Kind::MethodNotAllowed, "method-not-allowed", "this method is not supported"));
    }
    let headers = request.headers();
    if headers.get_all(HOST).iter().count() > 1 || headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        return Err(malformed("a header that may stand once is given twice"));
    }
    if headers.keys().any(|name| header_is_refused(name.as_str())) {
        return Err(malformed("header names must not hold _ or ."));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(Error::new(
            Kind::TooLarge,
            "too-large",
            format!("the body may have at most {MAX_BODY_BYTES} bytes"),
        ));
    }
    let address = client_address(app, request);
    let named = connection_names(request.headers());
    let gone: Vec<HeaderName> = request
        .headers()
        .keys()
        .filter(|name| header_is_stripped(name.as_str()) || named.contains(name))
        .cloned()
        .collect();
    for name in gone {
        request.headers_mut().remove(name);
    }
    if let Some(value) = address.and_then(|address| HeaderValue::from_str(&address.to_string()).ok()) {
        request.headers_mut().insert(FORWARDED_FOR, value);
    }
    Ok(())
}

/// Headers named in `Connection` concern this hop only.
fn connection_names(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// The client's address: that of the connection, or, behind a trusted proxy, the last address in
/// `X-Forwarded-For` that no trusted proxy wrote.
fn client_address(app: &App, request: &Request) -> Option<IpAddr> {
    let remote = request.extensions().get::<RemoteAddress>().map(|remote| remote.0.ip().to_canonical())?;
    if !app.trusted_proxies.contains(&remote) {
        return Some(remote);
    }
    let values = request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> =
        values.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.into_iter().rev().find(|hop| !app.trusted_proxies.contains(hop)).or(Some(remote))
}

fn bounded(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| {
        Body::new(Limited::new(Body::new(Box::pin(TimeoutBody::new(BODY_IDLE, body))), MAX_BODY_BYTES))
    })
}

/// Headers of every answer.
fn dress(headers: &mut HeaderMap, here: &RequestContext, secure: bool, has_origin: bool) {
    headers.reserve(FIXED_HEADERS);
    for (name, id) in [(REQUEST_ID, &here.request_id), (CORRELATION_ID, &here.correlation_id)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(name, value);
        }
    }
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    if secure {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if !has_origin {
        set(RESOURCE_POLICY, "same-origin");
    }
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
