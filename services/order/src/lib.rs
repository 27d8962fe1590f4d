//! Orders: the checkout, what it costs, how it is paid, shipped and ended.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod store;

use api::cart::CartClient;
use api::inventory::InventoryClient;
use api::payment::PaymentClient;
use api::product::ProductClient;
use api::user::UserClient;
use base::{Clock, Currency, Error, Keys, Kind, Result};
use config::OrderConfig;
use db::{Db, Migration};
use serde::Deserialize;
use service::{Context, Definition, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = &[
    Migration::new("order/0001_order", include_str!("../migrations/0001_order.sql")),
    Migration::new("order/0002_order_sorts", include_str!("../migrations/0002_order_sorts.sql")),
];

/// What the platform needs to know of order-service.
pub fn definition() -> Definition {
    Definition {
        name: "order",
        registry_name: "order-service",
        port: 8105,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: OrderConfig,
    /// Base of links, without a slash at the end.
    public_url: String,
    /// Where payment pages may lead back to.
    return_origins: Vec<String>,
    /// Currency of the shop.
    currency: Currency,
    tariff: ops::TariffCache,
    cart: CartClient,
    product: ProductClient,
    inventory: InventoryClient,
    payment: PaymentClient,
    user: UserClient,
}

pub(crate) type App = Arc<AppState>;

/// What the order service reads of the section `[platform]`.
#[derive(Deserialize)]
struct Platform {
    currency: String,
}

/// What the order service reads of the section `[payment]`.
#[derive(Deserialize)]
struct Payments {
    return_origins: Vec<String>,
}

async fn build(cx: Context) -> Result<Service> {
    let db = cx.database(MIGRATIONS).await?;
    let config: OrderConfig = cx.config.section("order")?;
    config.validate()?;
    let platform: Platform = cx.config.section("platform")?;
    let Payments { return_origins } = cx.config.section("payment")?;
    let bad_currency = |error| Error::new(Kind::Invalid, "settings", format!("[platform] currency: {error}"));
    let app = Arc::new(AppState {
        db: db.clone(),
        clock: cx.clock.clone(),
        keys: cx.keys.clone(),
        config,
        public_url: cx.public_url.clone(),
        return_origins: [return_origins, vec![cx.public_url.clone()]].concat(),
        currency: platform.currency.parse().map_err(bad_currency)?,
        tariff: ops::TariffCache::default(),
        cart: CartClient::new(&cx.peers),
        product: ProductClient::new(&cx.peers),
        inventory: InventoryClient::new(&cx.peers),
        payment: PaymentClient::new(&cx.peers),
        user: UserClient::new(&cx.peers),
    });
    ops::store_first_tariff(&app).await?;
    let service =
        Service::new(http::routes().with_state(app.clone())).database::<api::order::OrderService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
