//! The middleware every service has, in this order: context, trace span, metrics and one log
//! line, panics, deadline, who is asking, idempotency; then the route's own access check.

#[cfg(test)]
mod tests;

use super::answer::Failure;
use super::around::{answer_of, around};
use super::client::ClientInfo;
use super::idempotency;
use crate::audit::{Refusals, Refused};
use crate::metrics::Metrics;
use auth::{UserId, Verifier};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use base::context::{self, RequestContext, is_correlation_id};
use base::{Error, Id, Kind};
use db::Db;
use futures::FutureExt as _;
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// How long a request may take when its sender does not say less.
const DEADLINE: Duration = Duration::from_secs(30);

/// What the stack of one service needs.
#[derive(Clone)]
pub struct Stack {
    /// Name of the service, for logs and metrics.
    pub service: &'static str,
    /// Verifies access tokens.
    pub verifier: Verifier,
    /// Counts and times requests.
    pub metrics: Metrics,
    /// Store of the service, where answers to keyed requests are kept.
    pub db: Option<Db>,
    /// Records refused access, where there is a store to record it in.
    pub(crate) refusals: Option<Refusals>,
    /// Whether requests come straight from the network, so that each gets a line in the log.
    pub outermost: bool,
}

/// Puts the stack around `router`.
pub fn with_stack(router: Router, stack: Stack) -> Router {
    let router = router.fallback(no_such_path).method_not_allowed_fallback(no_such_method);
    let stack = Arc::new(stack);
    // One layer for all of it: every layer of a router of its own costs each request an allocation
    // and a copy of all layers within.
    router.layer(around(move |request, inner| serve(stack.clone(), request, inner)))
}

/// Who is asking, whether it was asked before, and then the route.
async fn answer(stack: &Stack, mut request: Request, inner: Route) -> Response {
    if let Err(error) = auth::authenticate(&stack.verifier, &mut request).await {
        return Failure(error).into_response();
    }
    let next = |request| answer_of(inner, request);
    match &stack.db {
        Some(db) => idempotency::keyed(db, request, next).await,
        None => next(request).await,
    }
}

async fn no_such_path() -> Failure {
    Failure(Error::not_found("path"))
}

async fn no_such_method() -> Failure {
    Failure(Error::new(
        Kind::MethodNotAllowed,
        "method-not-allowed",
        "the path exists, but not with this method",
    ))
}

/// Who answered a request, for the log line of the service it came in through.
#[derive(Clone, Debug)]
struct Answered {
    service: &'static str,
    route: Arc<str>,
}

/// The account an answer was for, for the same line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnsweredTo(pub(crate) UserId);

/// What a log line says of a request.
struct Seen {
    started: Instant,
    method: Method,
    uri: Uri,
    route: Arc<str>,
    etag: Option<HeaderValue>,
}

async fn serve(stack: Arc<Stack>, mut request: Request, inner: Route) -> Response {
    let started = Instant::now();
    let mut here = adopt(&mut request);
    here.traceparent.get_or_insert_with(|| new_trace().into());
    let deadline = here.deadline.unwrap_or(started + DEADLINE).min(started + DEADLINE);
    let here = RequestContext { deadline: Some(deadline), ..here };
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).into();
    let seen = Seen {
        started,
        method: request.method().clone(),
        uri: request.uri().clone(),
        route,
        etag: request.headers().get(IF_NONE_MATCH).cloned(),
    };
    let span = tracing::debug_span!("request", service = stack.service, request_id = %here.request_id, method = %seen.method, route = &*seen.route);
    let work = context::scope(here.clone(), async {
        let work = AssertUnwindSafe(answer(&stack, request, inner)).catch_unwind();
        let response = match tokio::time::timeout_at(deadline, work).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => Failure(Error::internal(describe(panic.as_ref()))).into_response(),
            Err(_) => Failure(Error::new(Kind::Timeout, "upstream-timeout", "it took too long; try again"))
                .into_response(),
        };
        let mut response = finish(&stack, &here, seen, response);
        // Taken away here, so that a service further out does not record it again.
        let refused = response.extensions_mut().remove::<Refused>();
        if let (Some(refusals), Some(refused)) = (&stack.refusals, refused) {
            refusals.note(&here, refused).await;
        }
        response
    });
    work.instrument(span).await
}

/// Answers 304 where it can be, counts, and writes the line.
fn finish(stack: &Stack, here: &RequestContext, seen: Seen, mut response: Response) -> Response {
    let is_known = seen.etag.is_some() && response.headers().get(ETAG) == seen.etag.as_ref();
    if seen.method == Method::GET && is_known {
        let mut unchanged = not_modified(response.headers());
        std::mem::swap(unchanged.extensions_mut(), response.extensions_mut());
        response = unchanged;
    }
    report(stack, here, &seen, &mut response);
    if response.extensions().get::<Answered>().is_none() {
        response.extensions_mut().insert(Answered { service: stack.service, route: seen.route });
    }
    response
}

/// The context a peer passed on, or one made from the headers the gateway rebuilt.
fn adopt(request: &mut Request) -> RequestContext {
    let here = request.extensions_mut().remove::<RequestContext>();
    let here = here.unwrap_or_else(|| context_of(request));
    if here.client_address.is_some() {
        return here;
    }
    let ClientInfo { ip, user_agent } = ClientInfo::of(request.headers());
    RequestContext { client_address: ip, client_agent: user_agent.map(Into::into), ..here }
}

fn context_of(request: &Request) -> RequestContext {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let request_id: Option<Arc<str>> = text("x-request-id").filter(|id| is_correlation_id(id)).map(Arc::from);
    let request_id = request_id.unwrap_or_else(|| Id::<()>::new().to_string().into());
    let correlation_id = text("x-correlation-id").filter(|id| is_correlation_id(id)).map(Arc::from);
    RequestContext {
        correlation_id: correlation_id.unwrap_or_else(|| request_id.clone()),
        traceparent: text("traceparent").map(Arc::from),
        request_id,
        ..RequestContext::default()
    }
}

/// A trace that begins here (W3C trace context).
fn new_trace() -> String {
    let trace = Id::<()>::new().uuid().simple().to_string();
    let span = &trace[16..];
    format!("00-{trace}-{span}-01")
}

fn not_modified(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    for name in [ETAG, http::header::CACHE_CONTROL, http::header::VARY] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn report(stack: &Stack, here: &RequestContext, seen: &Seen, response: &mut Response) {
    let took = seen.started.elapsed();
    let code = response.status();
    let status = code.as_u16();
    let labels = [
        ("service", stack.service),
        ("method", seen.method.as_str()),
        ("route", &*seen.route),
        ("status", code.as_str()),
    ];
    stack.metrics.count("http_requests", "Requests answered.", &labels);
    stack.metrics.time("http_request_duration_seconds", "Time to answer.", &labels[..3], took);
    // Removed so that a service further out does not log the same failure again.
    let failure = response.extensions_mut().remove::<Arc<Error>>().filter(|_| status >= 500);
    let service = stack.service;
    let method = &seen.method;
    let path = beginning(seen.uri.path());
    let answered = response.extensions().get::<Answered>();
    let answered_by = answered.map_or(service, |answered| answered.service);
    let route = answered.map_or(&*seen.route, |answered| &*answered.route);
    let milliseconds = took.as_micros() as f64 / 1000.0;
    let user_id = response.extensions().get::<AnsweredTo>().map(|user| tracing::field::display(user.0));
    let request_id = &*here.request_id;
    let correlation_id = &*here.correlation_id;
    if let Some(error) = failure {
        let error = error.chain();
        tracing::error!(service, %method, path, route, status, milliseconds, answered_by, user_id, request_id, correlation_id, error, "request failed");
    } else if stack.outermost {
        tracing::info!(service, %method, path, route, status, milliseconds, answered_by, user_id, request_id, correlation_id, "request");
    } else {
        tracing::debug!(service, %method, path, route, status, milliseconds, answered_by, user_id, request_id, correlation_id, "request");
    }
}

/// As much of a path as a log line needs; the query is left out, it may hold a token.
fn beginning(path: &str) -> &str {
    path.char_indices().nth(200).map_or(path, |(end, _)| &path[..end])
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "of unknown kind".into()))
}
