//! Rate limits, the route table, and passing requests on.

use super::{App, body};
use crate::domain::{Class, route_of};
use auth::Caller;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use base::{Error, Kind};
use bytes::BytesMut;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use service::http::Failure;
use service::server::{RemoteAddress, network};
use service::{Decision, Rule};
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::time::Duration;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Passes a request on to the service the table names.
pub(super) async fn proxy(State(app): State<App>, request: Request) -> Response {
    match pass(&app, request).await {
        Ok(response) => response,
        Err(error) => Failure(error).into_response(),
    }
}

async fn pass(app: &App, request: Request) -> base::Result<Response> {
    let no_route = || Error::new(Kind::NotFound, "no-route", "there is nothing at this address");
    let (service, path) = route_of(request.uri().path()).ok_or_else(no_route)?;
    let (key, rule) = limit_of(app, &request, &path);
    let decision = app.limiter.check(&key, rule).await;
    if !decision.allowed {
        let error = Error::new(Kind::TooMany, "rate-limited", "too many requests; wait and try again");
        let mut response = Failure(error.retry_after(decision.retry_after)).into_response();
        tell(response.headers_mut(), decision, rule);
        return Ok(response);
    }
    let (mut request, _upload) = body::take_in(app, request).await?;
    let place = app.places.try_acquire();
    let _place = place.map_err(|_| Error::unavailable("the shop is very busy; try again in a moment"))?;
    if path != request.uri().path() {
        *request.uri_mut() = with_path(request.uri(), &path)?;
    }
    let mut response = app.peers.of(service).forward(request, app.config.timeout.0).await?;
    tell(response.headers_mut(), decision, rule);
    Ok(response)
}

fn with_path(uri: &Uri, path: &str) -> base::Result<Uri> {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    text.parse().map_err(|_| Error::new(Kind::Malformed, "malformed", "the address cannot be read"))
}

/// Whose bucket a request takes from, and how large it is.
fn limit_of(app: &App, request: &Request, path: &str) -> (String, Rule) {
    let config = &app.config;
    let address = address_of(request);
    let hour = Duration::from_hours(1);
    let class = Class::of(request.method() == Method::POST, path);
    match class {
        Class::Login => (format!("login:{address}"), Rule::per_minute(config.login_per_minute)),
        Class::Register => (format!("register:{address}"), Rule::per(config.register_per_hour, hour)),
        Class::Reset => (format!("reset:{address}"), Rule::per(config.reset_per_hour, hour)),
        Class::Refresh => (format!("refresh:{address}"), Rule::per_minute(config.refresh_per_minute)),
        Class::Callback => (format!("callback:{address}"), Rule::per_minute(config.callbacks_per_minute)),
        Class::Ordinary => match request.extensions().get::<Caller>() {
            Some(Caller::User(user)) if user.is_staff() => {
                (format!("user:{}", user.id), Rule::per_minute(config.staff_per_minute))
            }
            Some(Caller::User(user)) => {
                (format!("user:{}", user.id), Rule::per_minute(config.user_per_minute))
            }
            _ => (format!("address:{address}"), Rule::per_minute(config.anonymous_per_minute)),
        },
    }
}

fn address_of(request: &Request) -> String {
    let header =
        request.headers().get(FORWARDED_FOR).and_then(|value| value.to_str().ok()?.parse::<IpAddr>().ok());
    let remote = request.extensions().get::<RemoteAddress>().map(|remote| remote.0.ip());
    header.or(remote).map_or_else(|| "unknown".to_owned(), |address| network(address).to_string())
}

/// The headers that tell a client where it stands. Every answer has them, so they share a buffer.
fn tell(headers: &mut HeaderMap, decision: Decision, rule: Rule) {
    let reset = decision.reset.as_secs();
    let mut text = BytesMut::with_capacity(128);
    headers.reserve(16);
    let mut set = |name: &'static str, value: fmt::Arguments<'_>| {
        if text.write_fmt(value).is_ok()
            && let Ok(value) = HeaderValue::from_maybe_shared(text.split().freeze())
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("ratelimit", format_args!("\"default\";r={};t={reset}", decision.remaining));
    set("ratelimit-policy", format_args!("\"default\";q={};w={}", rule.limit, rule.period.as_secs()));
    set("x-ratelimit-limit", format_args!("{}", decision.limit));
    set("x-ratelimit-remaining", format_args!("{}", decision.remaining));
    set("x-ratelimit-reset", format_args!("{reset}"));
}
