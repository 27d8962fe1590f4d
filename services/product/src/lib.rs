//! The catalogue of the shop: products, variants, prices, categories, pictures, search.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod store;

use api::inventory::InventoryClient;
use base::{Clock, Currency, Keys, Result};
use config::ProductConfig;
use db::{Db, Migration};
use ops::shelf::Shelf;
use serde::Deserialize;
use service::{Context, Definition, Service};
use std::sync::Arc;
use store::pictures::Pictures;
use tokio::sync::Semaphore;

const MIGRATIONS: &[Migration] =
    &[Migration::new("product/0001_product", include_str!("../migrations/0001_product.sql"))];

/// What the platform needs to know of product-service.
pub fn definition() -> Definition {
    Definition {
        name: "product",
        registry_name: "product-service",
        port: 8102,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: ProductConfig,
    /// The currency every variant has a price in.
    currency: Currency,
    /// Base of addresses in exported files.
    public_url: String,
    inventory: InventoryClient,
    pictures: Pictures,
    /// Pictures being read at this moment.
    reading: Semaphore,
    shelf: Shelf,
}

pub(crate) type App = Arc<AppState>;

/// The settings of the platform that matter here.
#[derive(Deserialize)]
struct Platform {
    currency: Currency,
}

async fn build(cx: Context) -> Result<Service> {
    let db = cx.database(MIGRATIONS).await?;
    let config = cx.config.section::<ProductConfig>("product")?.validate()?;
    let currency = cx.config.section::<Platform>("platform")?.currency;
    let app = Arc::new(AppState {
        shelf: Shelf::fill(&db, &config, currency).await?,
        clock: cx.clock.clone(),
        keys: cx.keys.clone(),
        currency,
        public_url: cx.public_url.clone(),
        inventory: InventoryClient::new(&cx.peers),
        pictures: Pictures::new(&cx.data_dir),
        reading: Semaphore::new(config.pictures_at_once),
        db: db.clone(),
        config,
    });
    ops::shelf::follow(&app);
    let service =
        Service::new(http::routes().with_state(app.clone())).database::<api::product::ProductService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
