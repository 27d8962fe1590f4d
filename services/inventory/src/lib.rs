//! Stock per SKU and warehouse, reservations, and the ledger they are checked against.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod store;

use api::ids::WarehouseId;
use base::{Clock, Keys, Result};
use config::InventoryConfig;
use db::{Db, Migration};
use service::{Context, Definition, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] =
    &[Migration::new("inventory/0001_inventory", include_str!("../migrations/0001_inventory.sql"))];

/// What the platform needs to know of inventory-service.
pub fn definition() -> Definition {
    Definition {
        name: "inventory",
        registry_name: "inventory-service",
        port: 8103,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: InventoryConfig,
    default_warehouse: WarehouseId,
}

pub(crate) type App = Arc<AppState>;

async fn build(cx: Context) -> Result<Service> {
    let db = cx.database(MIGRATIONS).await?;
    let default_warehouse = ops::ensure_default_warehouse(&db).await?;
    let config = cx.config.section::<InventoryConfig>("inventory")?.validate()?;
    let (clock, keys) = (cx.clock.clone(), cx.keys.clone());
    let app = Arc::new(AppState { db: db.clone(), clock, keys, config, default_warehouse });
    let service =
        Service::new(http::routes().with_state(app.clone())).database::<api::inventory::InventoryService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
