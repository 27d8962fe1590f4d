//! Units with their levels, and the ledger of their movements.

use super::{Word, word};
use crate::domain::{Change, Level, Stock, Unit};
use api::ids::{InventoryItemId, OrderId, ProductId, VariantId, WarehouseId};
use api::inventory::{ItemStatus, StockTransaction};
use api::shared::Actor;
use base::{Id, Timestamp};
use db::{Conn, DbError, FromRow, Row, Tx, sql};
use std::collections::HashMap;

struct UnitRow(Unit);

impl FromRow for UnitRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Unit {
            id: row.get("id")?,
            product_id: row.get("product_id")?,
            variant_id: row.get("variant_id")?,
            sku: row.get("sku")?,
            product_name: row.get("product_name")?,
            discontinued: row.get("discontinued")?,
            in_stock: row.get("in_stock")?,
            version: row.get("version")?,
        }))
    }
}

/// A level and the unit it belongs to.
struct LevelRow(Id<Unit>, Level);

impl FromRow for LevelRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let level = Level {
            item_id: row.get("id")?,
            warehouse_id: row.get("warehouse_id")?,
            sellable: row.get("sellable")?,
            priority: row.get("priority")?,
            location: row.get("location")?,
            status: row.get::<Word<_>>("status")?.0,
            on_hand: row.get("on_hand")?,
            reserved: row.get("reserved")?,
            threshold: row.get("threshold")?,
            target: row.get("target_stock_level")?,
            low: row.get("low")?,
            version: row.get("version")?,
        };
        Ok(Self(row.get("unit_id")?, level))
    }
}

const UNIT: &str = "id, product_id, variant_id, sku, product_name, discontinued, in_stock, version";

const LEVELS: &str = "SELECT item.id, unit_id, warehouse_id, sellable, priority, location, status, on_hand, \
     reserved, COALESCE(reorder_threshold, $1) AS threshold, target_stock_level, low, item.version \
     FROM item JOIN warehouse ON warehouse.id = item.warehouse_id WHERE unit_id ";

/// The stock of a unit, nobody else's until the transaction ends. Open several in the order of
/// their ids, or two transactions may wait for each other. `threshold` is that of items without
/// their own.
pub(crate) async fn open(tx: &mut Tx, id: Id<Unit>, threshold: i64) -> Result<Option<Stock>, DbError> {
    let lock = format!("UPDATE unit SET version = version WHERE id = $1 RETURNING {UNIT}");
    let Some(UnitRow(unit)) = sql(lock).bind(id).opt(tx).await? else { return Ok(None) };
    let levels = sql(format!("{LEVELS} = ")).bind(threshold).push_bind(id).all::<LevelRow>(tx).await?;
    Ok(Some(Stock::new(unit, levels.into_iter().map(|row| row.1).collect())))
}

/// The stock of several units, only to look at.
pub(crate) async fn read(c: &mut Conn, ids: &[Id<Unit>], threshold: i64) -> Result<Vec<Stock>, DbError> {
    let units = sql(format!("SELECT {UNIT} FROM unit WHERE id IN ")).push_list(ids.iter().copied());
    let units = units.all::<UnitRow>(c).await?;
    let levels = sql(format!("{LEVELS} IN ")).bind(threshold).push_list(ids.iter().copied());
    let mut levels_of: HashMap<Id<Unit>, Vec<Level>> = HashMap::new();
    for LevelRow(unit, level) in levels.all(c).await? {
        levels_of.entry(unit).or_default().push(level);
    }
    let stock = |UnitRow(unit): UnitRow| {
        let levels = levels_of.remove(&unit.id).unwrap_or_default();
        Stock::new(unit, levels)
    };
    Ok(units.into_iter().map(stock).collect())
}

/// Units of a product that are still sold.
pub(crate) async fn of_product(c: &mut Conn, id: ProductId) -> Result<Vec<Id<Unit>>, DbError> {
    let rows = sql("SELECT id FROM unit WHERE product_id = $1 AND NOT discontinued ORDER BY id").bind(id);
    Ok(rows.all::<(Id<Unit>,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// The unit sold under this SKU.
pub(crate) async fn by_sku(c: &mut Conn, sku: &str) -> Result<Option<Id<Unit>>, DbError> {
    let row = sql("SELECT id FROM unit WHERE sku = $1 AND NOT discontinued").bind(sku);
    Ok(row.opt::<(Id<Unit>,)>(c).await?.map(|row| row.0))
}

/// Units with an item in this warehouse, after `after`, in order.
pub(crate) async fn in_warehouse(
    c: &mut Conn,
    id: WarehouseId,
    after: Option<Id<Unit>>,
    limit: i64,
) -> Result<Vec<Id<Unit>>, DbError> {
    let mut rows = sql("SELECT unit_id FROM item WHERE warehouse_id = $1").bind(id);
    if let Some(after) = after {
        rows = rows.push(" AND unit_id > ").push_bind(after);
    }
    let rows = rows.push(" ORDER BY unit_id LIMIT ").push_bind(limit);
    Ok(rows.all::<(Id<Unit>,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// A unit as the catalogue describes it.
pub(crate) struct Described<'a> {
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub sku: &'a str,
    pub product_name: Option<&'a str>,
    /// Version of the product it was described in; 0 for descriptions by staff.
    pub product_version: i64,
}

/// Stores a unit, or its new description unless a newer one is stored. Siblings lend their name.
///
/// # Errors
/// A violation of `unit_sku` if another unit is sold under the SKU.
pub(crate) async fn describe(tx: &mut Tx, unit: &Described<'_>, now: Timestamp) -> Result<(), DbError> {
    sql("INSERT INTO unit (id, product_id, variant_id, sku, product_name, discontinued, in_stock, \
         product_version, version, created_at) \
         VALUES ($1, $2, $3, $4, COALESCE($5, (SELECT MAX(product_name) FROM unit WHERE product_id = $2)), \
         FALSE, FALSE, $6, 1, $7) ON CONFLICT (id) DO UPDATE SET sku = excluded.sku, \
         product_name = COALESCE(excluded.product_name, unit.product_name), \
         product_version = excluded.product_version WHERE unit.product_version <= excluded.product_version")
    .bind(Unit::id_of(unit.product_id, unit.variant_id))
    .bind(unit.product_id)
    .bind(unit.variant_id)
    .bind(unit.sku)
    .bind(unit.product_name)
    .bind(unit.product_version)
    .bind(now)
    .run(tx)
    .await
    .map(drop)
}

/// Notes what shoppers were told last; raises the version that goes with it.
pub(crate) async fn save_told(tx: &mut Tx, unit: &Unit) -> Result<(), DbError> {
    let told = sql("UPDATE unit SET in_stock = $2, version = version + 1 WHERE id = $1 AND version = $3");
    told.bind(unit.id).bind(unit.in_stock).bind(unit.version).run_one(tx).await
}

/// Takes a unit and its items out of sale for good.
pub(crate) async fn discontinue(tx: &mut Tx, id: Id<Unit>, now: Timestamp) -> Result<(), DbError> {
    sql("UPDATE unit SET discontinued = TRUE, in_stock = FALSE, version = version + 1 WHERE id = $1")
        .bind(id)
        .run_one(tx)
        .await?;
    sql("UPDATE item SET status = $2, version = version + 1, updated_at = $3 WHERE unit_id = $1")
        .bind(id)
        .bind(word(ItemStatus::Discontinued))
        .bind(now)
        .run(tx)
        .await
        .map(drop)
}

/// Why a level changes, for the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub actor: Actor,
    /// Order, shipment, return, delivery note or count.
    pub reference: Option<String>,
    pub reason: Option<String>,
}

/// What the movements of an item add up to: on hand and reserved.
pub(crate) async fn sum_of_movements(c: &mut Conn, id: InventoryItemId) -> Result<(i64, i64), DbError> {
    sql("SELECT CAST(COALESCE(SUM(on_hand_change), 0) AS BIGINT), \
         CAST(COALESCE(SUM(reserved_change), 0) AS BIGINT) FROM stock_movement WHERE item_id = $1")
    .bind(id)
    .one(c)
    .await
}

/// Stores a change of a level without an entry in the ledger.
pub(crate) async fn save_level(tx: &mut Tx, change: &Change, now: Timestamp) -> Result<(), DbError> {
    let (movement, after) = (&change.movement, &change.after);
    sql("UPDATE item SET on_hand = on_hand + $2, reserved = reserved + $3, low = $4, version = version + 1, \
         updated_at = $5 WHERE id = $1 AND version + 1 = $6 AND 0 <= reserved + $3 \
         AND reserved + $3 <= on_hand + $2")
    .bind(movement.item_id)
    .bind(movement.on_hand)
    .bind(movement.reserved)
    .bind(after.low)
    .bind(now)
    .bind(after.version)
    .run_one(tx)
    .await
}

/// Stores a change of a level and its entry in the ledger. The guards repeat the rules of the
/// domain: no level is written that breaks them, whatever was read before.
pub(crate) async fn save(
    tx: &mut Tx,
    change: &Change,
    note: &Note,
    now: Timestamp,
) -> Result<Id<StockTransaction>, DbError> {
    save_level(tx, change, now).await?;
    let (movement, after) = (&change.movement, &change.after);
    let id = Id::new();
    sql("INSERT INTO stock_movement (id, item_id, change_type, on_hand_change, reserved_change, on_hand, \
         reserved, reference, reason, actor_kind, actor_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
    .bind(id)
    .bind(movement.item_id)
    .bind(word(movement.kind))
    .bind(movement.on_hand)
    .bind(movement.reserved)
    .bind(after.on_hand)
    .bind(after.reserved)
    .bind(note.reference.as_deref())
    .bind(note.reason.as_deref())
    .bind(word(note.actor.kind))
    .bind(note.actor.id.as_deref())
    .bind(now)
    .run(tx)
    .await?;
    Ok(id)
}

/// Whether a shipment of an order is applied for the first time.
pub(crate) async fn claim_source(
    tx: &mut Tx,
    source: &str,
    order_id: OrderId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let claim = sql("INSERT INTO applied_source (source, order_id, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING");
    Ok(claim.bind(source).bind(order_id).bind(now).run(tx).await? == 1)
}

/// Forgets sources applied before `before`, at most `limit`; answers how many. Those of an order
/// that still holds stock stay: applied again, they would take some of it.
pub(crate) async fn forget_sources(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    sql(
        "DELETE FROM applied_source WHERE source IN (SELECT source FROM applied_source WHERE created_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM reservation WHERE reservation.order_id = applied_source.order_id \
         AND reservation.status IN ('PENDING', 'CONFIRMED')) LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .run(tx)
    .await
}
