//! Warehouses.

use api::ids::WarehouseId;
use api::inventory::{SaveWarehouse, Warehouse};
use api::shared::Address;
use base::Timestamp;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json_opt, sql};

struct WarehouseRow(Warehouse);

impl FromRow for WarehouseRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Warehouse {
            id: row.get("id")?,
            code: row.get("code")?,
            name: row.get("name")?,
            address: row.get::<Option<Json<Address>>>("address")?.map(|address| address.0),
            sellable: row.get("sellable")?,
            priority: row.get("priority")?,
            created_at: row.get("created_at")?,
            version: row.get("version")?,
        }))
    }
}

const COLUMNS: &str = "id, code, name, address, sellable, priority, created_at, version";

/// All warehouses in the order in which they serve.
pub(crate) async fn all(c: &mut Conn) -> Result<Vec<Warehouse>, DbError> {
    let rows = sql(format!("SELECT {COLUMNS} FROM warehouse ORDER BY priority, code"));
    Ok(rows.all::<WarehouseRow>(c).await?.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn by_id(c: &mut Conn, id: WarehouseId) -> Result<Option<Warehouse>, DbError> {
    let row = sql(format!("SELECT {COLUMNS} FROM warehouse WHERE id = $1")).bind(id);
    Ok(row.opt::<WarehouseRow>(c).await?.map(|row| row.0))
}

pub(crate) async fn id_by_code(c: &mut Conn, code: &str) -> Result<Option<WarehouseId>, DbError> {
    let row = sql("SELECT id FROM warehouse WHERE code = $1").bind(code).opt::<(WarehouseId,)>(c).await?;
    Ok(row.map(|row| row.0))
}

/// Whether it was stored; not if its code is taken.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: WarehouseId,
    warehouse: &SaveWarehouse,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted =
        sql("INSERT INTO warehouse (id, code, name, address, sellable, priority, version, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (code) DO NOTHING")
        .bind(id)
        .bind(&warehouse.code)
        .bind(&warehouse.name)
        .bind(json_opt(warehouse.address.as_ref()))
        .bind(warehouse.sellable)
        .bind(warehouse.priority)
        .bind(now);
    Ok(inserted.run(tx).await? == 1)
}

/// Whether it was stored; not if it is no longer of this version.
///
/// # Errors
/// A violation of `warehouse_code` if its new code is taken.
pub(crate) async fn update(
    tx: &mut Tx,
    id: WarehouseId,
    version: i64,
    warehouse: &SaveWarehouse,
) -> Result<bool, DbError> {
    let updated =
        sql("UPDATE warehouse SET code = $3, name = $4, address = $5, sellable = $6, priority = $7, \
         version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id)
        .bind(version)
        .bind(&warehouse.code)
        .bind(&warehouse.name)
        .bind(json_opt(warehouse.address.as_ref()))
        .bind(warehouse.sellable)
        .bind(warehouse.priority);
    Ok(updated.run(tx).await? == 1)
}

/// Whether it was removed; not if items lie in it, even empty ones: the ledger refers to them.
pub(crate) async fn delete(tx: &mut Tx, id: WarehouseId) -> Result<bool, DbError> {
    let deleted = sql("DELETE FROM warehouse WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM item WHERE item.warehouse_id = warehouse.id)")
    .bind(id);
    Ok(deleted.run(tx).await? == 1)
}
