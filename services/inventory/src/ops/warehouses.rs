//! Warehouses. The default one is made at the first start and stays.

use super::book::tell_shoppers;
use crate::App;
use crate::domain::Unit;
use crate::error::InventoryError;
use crate::store;
use api::audit::Deed;
use api::ids::WarehouseId;
use api::inventory::{InventoryAuditRecorded, SaveWarehouse, Warehouse};
use auth::Caller;
use base::{Check, Id};
use db::{Db, DbError, Tx};
use events::tasks::{self, Task};
use serde::{Deserialize, Serialize};

/// Code of the warehouse that new products are stocked in.
const DEFAULT_CODE: &str = "MAIN";

/// What audit records call one.
const WAREHOUSE: &str = "warehouse";

/// Units looked at in one transaction.
const RECHECK_BATCH: i64 = 100;

/// The default warehouse, made if there is none yet.
///
/// # Errors
/// Those of the store.
pub(crate) async fn ensure_default_warehouse(db: &Db) -> Result<WarehouseId, InventoryError> {
    let mut tx = db.begin().await?;
    let warehouse = SaveWarehouse {
        code: DEFAULT_CODE.into(),
        name: "Main warehouse".into(),
        address: None,
        sellable: true,
        priority: 0,
    };
    let now = tx.now();
    store::warehouse::insert(&mut tx, WarehouseId::new(), &warehouse, now).await?;
    let id = store::warehouse::id_by_code(&mut tx, DEFAULT_CODE).await?;
    tx.commit().await?;
    id.ok_or(InventoryError::WarehouseNotFound)
}

/// All warehouses in the order in which they serve.
///
/// # Errors
/// Those of the store.
pub(crate) async fn list_warehouses(app: &App) -> Result<Vec<Warehouse>, InventoryError> {
    let mut conn = app.db.conn().await?;
    Ok(store::warehouse::all(&mut conn).await?)
}

/// One warehouse.
///
/// # Errors
/// [`InventoryError::WarehouseNotFound`].
pub(crate) async fn get_warehouse(app: &App, id: WarehouseId) -> Result<Warehouse, InventoryError> {
    let mut conn = app.db.conn().await?;
    store::warehouse::by_id(&mut conn, id).await?.ok_or(InventoryError::WarehouseNotFound)
}

/// Opens a warehouse.
///
/// # Errors
/// [`InventoryError::DuplicateWarehouse`]; 422.
pub(crate) async fn create_warehouse(
    app: &App,
    caller: &Caller,
    warehouse: SaveWarehouse,
) -> Result<Warehouse, InventoryError> {
    check(&warehouse)?;
    let id = WarehouseId::new();
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    if !store::warehouse::insert(&mut tx, id, &warehouse, now).await? {
        return Err(InventoryError::DuplicateWarehouse);
    }
    note(&mut tx, caller, Deed::new("warehouse.create", WAREHOUSE).to(id), None, Some(&warehouse)).await?;
    let warehouse = store::warehouse::by_id(&mut tx, id).await?;
    tx.commit().await?;
    warehouse.ok_or(InventoryError::WarehouseNotFound)
}

/// Leaves the audit record of a change.
async fn note(
    tx: &mut Tx,
    caller: &Caller,
    deed: Deed,
    before: Option<&SaveWarehouse>,
    after: Option<&SaveWarehouse>,
) -> Result<(), InventoryError> {
    Ok(InventoryAuditRecorded::note(tx, caller, deed.changed(before, after)).await?)
}

fn settable(warehouse: &Warehouse) -> SaveWarehouse {
    SaveWarehouse {
        code: warehouse.code.clone(),
        name: warehouse.name.clone(),
        address: warehouse.address.clone(),
        sellable: warehouse.sellable,
        priority: warehouse.priority,
    }
}

/// Changes a warehouse. When it starts or stops selling, shoppers are told of what that does to
/// its units by and by.
///
/// # Errors
/// [`InventoryError::WarehouseNotFound`], [`InventoryError::DefaultWarehouse`],
/// [`InventoryError::DuplicateWarehouse`], [`InventoryError::Stale`]; 422.
pub(crate) async fn update_warehouse(
    app: &App,
    caller: &Caller,
    id: WarehouseId,
    seen: Option<i64>,
    change: SaveWarehouse,
) -> Result<Warehouse, InventoryError> {
    check(&change)?;
    let mut tx = app.db.begin().await?;
    let old = store::warehouse::by_id(&mut tx, id).await?.ok_or(InventoryError::WarehouseNotFound)?;
    if id == app.default_warehouse && change.code != DEFAULT_CODE {
        return Err(InventoryError::DefaultWarehouse);
    }
    let taken = |error: DbError| match error {
        error if error.is_unique("warehouse_code") => InventoryError::DuplicateWarehouse,
        error => error.into(),
    };
    let version = seen.unwrap_or(old.version);
    if !store::warehouse::update(&mut tx, id, version, &change).await.map_err(taken)? {
        return Err(InventoryError::Stale);
    }
    if settable(&old) != change {
        let deed = Deed::new("warehouse.update", WAREHOUSE).to(id);
        note(&mut tx, caller, deed, Some(&settable(&old)), Some(&change)).await?;
    }
    if old.sellable != change.sellable {
        let now = tx.now();
        tasks::schedule(&mut tx, &RecheckWarehouse { warehouse_id: id, after: None }, now).await?;
    }
    let warehouse = store::warehouse::by_id(&mut tx, id).await?;
    tx.commit().await?;
    warehouse.ok_or(InventoryError::WarehouseNotFound)
}

/// Removes a warehouse in which nothing ever lay.
///
/// # Errors
/// [`InventoryError::WarehouseNotFound`], [`InventoryError::DefaultWarehouse`],
/// [`InventoryError::WarehouseNotEmpty`].
pub(crate) async fn delete_warehouse(
    app: &App,
    caller: &Caller,
    id: WarehouseId,
) -> Result<(), InventoryError> {
    if id == app.default_warehouse {
        return Err(InventoryError::DefaultWarehouse);
    }
    let mut tx = app.db.begin().await?;
    let old = store::warehouse::by_id(&mut tx, id).await?.ok_or(InventoryError::WarehouseNotFound)?;
    if !store::warehouse::delete(&mut tx, id).await? {
        return Err(InventoryError::WarehouseNotEmpty);
    }
    let deed = Deed::new("warehouse.delete", WAREHOUSE).to(id);
    note(&mut tx, caller, deed, Some(&settable(&old)), None).await?;
    Ok(tx.commit().await?)
}

/// Durable work: tell shoppers what opening or closing a warehouse did to its units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecheckWarehouse {
    pub warehouse_id: WarehouseId,
    /// Units up to this one are done.
    pub after: Option<Id<Unit>>,
}

impl Task for RecheckWarehouse {
    const KIND: &'static str = "recheck-warehouse";
    const MAX_ATTEMPTS: u32 = 20;

    fn key(&self) -> String {
        self.warehouse_id.to_string()
    }
}

/// Looks at one batch of units and schedules the next.
///
/// # Errors
/// Those of the store; the batch is repeated then.
pub(crate) async fn recheck_warehouse(app: &App, task: &RecheckWarehouse) -> Result<(), InventoryError> {
    let mut tx = app.db.begin().await?;
    let units = store::stock::in_warehouse(&mut tx, task.warehouse_id, task.after, RECHECK_BATCH).await?;
    for unit_id in &units {
        let stock = store::stock::open(&mut tx, *unit_id, app.config.low_stock_threshold).await?;
        if let Some(mut stock) = stock {
            tell_shoppers(&mut tx, &mut stock, None).await?;
        }
    }
    if let Some(last) = units.last() {
        let next = RecheckWarehouse { warehouse_id: task.warehouse_id, after: Some(*last) };
        let now = tx.now();
        tasks::schedule(&mut tx, &next, now).await?;
    }
    Ok(tx.commit().await?)
}

fn check(warehouse: &SaveWarehouse) -> Result<(), InventoryError> {
    let mut check = Check::new();
    let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    check.text("/code", &warehouse.code, 1..=20);
    check.that(warehouse.code.chars().all(word), "/code", "code", "only A–Z, 0–9, - and _");
    check.text("/name", &warehouse.name, 1..=100);
    check.number("/priority", warehouse.priority, 0..=1000);
    if let Some(address) = &warehouse.address {
        address.check(&mut check, "/address");
    }
    Ok(check.finish()?)
}
