//! Carts of users and guests.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod store;

use api::order::OrderClient;
use api::product::ProductClient;
use base::{Clock, Currency, Keys, Result};
use config::CartConfig;
use db::{Db, Migration};
use service::{Context, Definition, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] =
    &[Migration::new("cart/0001_cart", include_str!("../migrations/0001_cart.sql"))];

/// What the platform needs to know of cart-service.
pub fn definition() -> Definition {
    Definition {
        name: "cart",
        registry_name: "cart-service",
        port: 8104,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: CartConfig,
    /// Of the shop.
    currency: Currency,
    product: ProductClient,
    order: OrderClient,
}

pub(crate) type App = Arc<AppState>;

/// The part of `[platform]` that carts need.
#[derive(serde::Deserialize)]
struct Platform {
    currency: Currency,
}

async fn build(cx: Context) -> Result<Service> {
    let config = cx.config.section::<CartConfig>("cart")?.validate()?;
    let Platform { currency } = cx.config.section("platform")?;
    let db = cx.database(MIGRATIONS).await?;
    let app = Arc::new(AppState {
        db: db.clone(),
        clock: cx.clock,
        keys: cx.keys,
        config,
        currency,
        product: ProductClient::new(&cx.peers),
        order: OrderClient::new(&cx.peers),
    });
    let service = Service::new(http::routes().with_state(app.clone())).database::<api::cart::CartService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
