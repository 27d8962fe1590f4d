//! The door, the proxy, and the gateway's own pages.

mod body;
mod docs;
mod door;
mod proxy;
mod status;

use crate::config::GatewayConfig;
use auth::Access;
use axum::Router;
use axum::routing::{any, get};
use base::{Error, Result};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderValue, Method};
use peer::Peers;
use service::http::around;
use service::{Context, Limiter, Routes, routes};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower_http::cors::CorsLayer;

/// Bodies that stream through to a service at once.
const UPLOADS: usize = 32;

pub(crate) type App = Arc<AppState>;

/// What the handlers share.
pub(crate) struct AppState {
    config: GatewayConfig,
    peers: Peers,
    limiter: Limiter,
    places: Semaphore,
    /// Large bodies on their way at once: fewer than a service takes calls.
    uploads: Semaphore,
    trusted_proxies: Vec<IpAddr>,
    secure: bool,
    cache: service::Cache,
}

impl AppState {
    pub(crate) fn new(cx: &Context, config: GatewayConfig) -> Self {
        let trusted_proxies = config.trusted_proxies.iter().filter_map(|proxy| proxy.parse().ok()).collect();
        Self {
            peers: cx.peers.clone(),
            limiter: cx.limiter.clone(),
            places: Semaphore::new(config.concurrency),
            uploads: Semaphore::new(UPLOADS),
            trusted_proxies,
            secure: cx.public_url.starts_with("https://"),
            cache: cx.cache.clone(),
            config,
        }
    }
}

/// The gateway's own routes.
pub(crate) fn routes() -> Routes<App> {
    Routes::new("Emporion gateway").add(Access::public(), routes!(status::status))
}

/// Puts the proxy behind the gateway's own routes and the door in front of everything.
pub(crate) fn open(router: Router, app: App, cors: Option<CorsLayer>) -> Router {
    let pages = Router::new()
        .route("/api/docs", get(docs::page))
        .route("/api/docs/{file}", get(docs::file))
        .route("/api/openapi.json", get(docs::merged))
        .route("/{*path}", any(proxy::proxy))
        .with_state(app);
    let router = router.merge(pages);
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Wraps the finished gateway, stack included.
pub(crate) fn door(router: Router, app: App) -> Router {
    router.layer(around(move |request, inner| door::door(app.clone(), request, inner)))
}

/// CORS by allow-list; none if the list is empty: without it browsers let nobody read answers.
///
/// # Errors
/// 422 `settings` for an origin that is none.
pub(crate) fn cors(config: &GatewayConfig) -> Result<Option<CorsLayer>> {
    if config.cors_origins.is_empty() {
        return Ok(None);
    }
    let origins = config.cors_origins.iter().map(|origin| {
        HeaderValue::from_str(origin).map_err(|_| {
            Error::new(
                base::Kind::Invalid,
                "settings",
                format!("[gateway] cors_origins: {origin:?} is no origin"),
            )
        })
    });
    let origins = origins.collect::<Result<Vec<_>>>()?;
    let headers = [AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH];
    let own = ["idempotency-key", "x-cart-token", "x-correlation-id", "x-csrf-token", "traceparent"];
    let headers = headers.into_iter().chain(own.map(HeaderName::from_static));
    let exposed = [
        "etag",
        "location",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "x-cart-token",
        "x-request-id",
        "x-correlation-id",
        "idempotent-replayed",
    ];
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_mins(10));
    Ok(Some(layer))
}
