//! The gateway: the one door to the platform.
//!
//! A request passes `http::door` (path policy, header hygiene, ids, security headers), the stack
//! every service has (context, log line, token check) and then `http::proxy` (rate limits, route
//! table, forwarding). It keeps nothing: no store, no session.

mod config;
mod domain;
mod http;

use base::Result;
use service::{Context, Definition, Service};
use std::sync::Arc;

/// The gateway as the application hosts it.
pub fn definition() -> Definition {
    Definition {
        name: "gateway",
        registry_name: "api-gateway",
        port: 8080,
        migrations: &[],
        document: || http::routes().document(),
        build: |cx| Box::pin(std::future::ready(build(&cx))),
    }
}

fn build(cx: &Context) -> Result<Service> {
    let config: config::GatewayConfig = cx.config.section("gateway")?;
    config.validate()?;
    let cors = http::cors(&config)?;
    let app = Arc::new(http::AppState::new(cx, config));
    let service = Service::new(http::routes().with_state(app.clone()));
    Ok(service
        .with_router(|router| http::open(router, app.clone(), cors))
        .outermost(move |router| http::door(router, app.clone())))
}
