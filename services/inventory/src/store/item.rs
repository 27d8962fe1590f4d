//! Items as staff see them.

use super::{Word, word};
use crate::domain::Unit;
use api::ids::{InventoryItemId, ProductId, WarehouseId};
use api::inventory::{CreateItem, InventoryItem, ItemStatus, UpdateItem};
use base::page::Part;
use base::{Id, Money, Timestamp};
use db::{Conn, DbError, Direction, FromRow, Row, Sql, Tx, sql};

struct ItemRow(InventoryItem);

impl FromRow for ItemRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (on_hand, reserved): (i64, i64) = (row.get("on_hand")?, row.get("reserved")?);
        let cost: (Option<i64>, Option<base::Currency>) = (row.get("cost_minor")?, row.get("cost_currency")?);
        Ok(Self(InventoryItem {
            id: row.get("id")?,
            sku: row.get("sku")?,
            product_id: row.get("product_id")?,
            variant_id: row.get("variant_id")?,
            warehouse_id: row.get("warehouse_id")?,
            location: row.get("location")?,
            on_hand,
            reserved,
            available: on_hand - reserved,
            reorder_threshold: row.get("reorder_threshold")?,
            target_stock_level: row.get("target_stock_level")?,
            cost_price: cost.0.zip(cost.1).map(|(minor, currency)| Money::new(minor, currency)),
            status: row.get::<Word<_>>("status")?.0,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            version: row.get("version")?,
        }))
    }
}

const SELECT: &str = "SELECT item.id, sku, product_id, variant_id, warehouse_id, location, on_hand, reserved, \
     reorder_threshold, target_stock_level, cost_minor, cost_currency, status, item.created_at, updated_at, \
     item.version FROM item JOIN unit ON unit.id = unit_id WHERE ";

pub(crate) async fn by_id(c: &mut Conn, id: InventoryItemId) -> Result<Option<InventoryItem>, DbError> {
    let row = sql(SELECT).push("item.id = ").push_bind(id).opt::<ItemRow>(c).await?;
    Ok(row.map(|row| row.0))
}

/// The unit an item belongs to.
pub(crate) async fn unit_of(c: &mut Conn, id: InventoryItemId) -> Result<Option<Id<Unit>>, DbError> {
    let row = sql("SELECT unit_id FROM item WHERE id = $1").bind(id).opt::<(Id<Unit>,)>(c).await?;
    Ok(row.map(|row| row.0))
}

/// Which items staff ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub sku: Option<String>,
    pub product_id: Option<ProductId>,
    pub warehouse_id: Option<WarehouseId>,
    pub status: Option<ItemStatus>,
    /// Only items at or below their threshold, or this one where they have none of their own.
    pub low: Option<i64>,
}

impl Filter {
    fn apply(&self, mut query: Sql) -> Sql {
        query = query.push("TRUE");
        if let Some(sku) = &self.sku {
            query = query.push(" AND sku = ").push_bind(sku);
        }
        if let Some(id) = self.product_id {
            query = query.push(" AND product_id = ").push_bind(id);
        }
        if let Some(id) = self.warehouse_id {
            query = query.push(" AND warehouse_id = ").push_bind(id);
        }
        if let Some(status) = self.status {
            query = query.push(" AND status = ").push_bind(word(status));
        }
        if let Some(threshold) = self.low {
            query = query.push(" AND on_hand - reserved <= COALESCE(reorder_threshold, ");
            query = query.push_bind(threshold).push(")");
        }
        query
    }
}

/// The items of a part of the list, in the order they were opened.
pub(crate) async fn list(
    c: &mut Conn,
    filter: &Filter,
    part: &Part<InventoryItemId>,
) -> Result<Vec<InventoryItem>, DbError> {
    let query = filter.apply(sql(SELECT)).part(part, ["item.id"], Direction::Up, |id| [id.into()]);
    Ok(query.all::<ItemRow>(c).await?.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn count(c: &mut Conn, filter: &Filter) -> Result<i64, DbError> {
    let from = "SELECT CAST(COUNT(*) AS BIGINT) FROM item JOIN unit ON unit.id = unit_id WHERE ";
    filter.apply(sql(from)).scalar(c).await
}

/// Opens an item with nothing in it; `None` if the unit has one in this warehouse. It starts as
/// low, so that the first warning comes only after it was filled once.
pub(crate) async fn insert(
    tx: &mut Tx,
    item: &CreateItem,
    now: Timestamp,
) -> Result<Option<InventoryItemId>, DbError> {
    let id = InventoryItemId::new();
    let inserted = sql("INSERT INTO item (id, unit_id, warehouse_id, location, status, on_hand, reserved, \
         reorder_threshold, target_stock_level, cost_minor, cost_currency, low, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9, TRUE, 1, $10, $10) \
         ON CONFLICT (unit_id, warehouse_id) DO NOTHING")
    .bind(id)
    .bind(Unit::id_of(item.product_id, item.variant_id))
    .bind(item.warehouse_id)
    .bind(item.location.as_deref())
    .bind(word(ItemStatus::Active))
    .bind(item.reorder_threshold)
    .bind(item.target_stock_level)
    .bind(item.cost_price.map(|cost| cost.minor))
    .bind(item.cost_price.map(|cost| cost.currency))
    .bind(now);
    Ok((inserted.run(tx).await? == 1).then_some(id))
}

/// Whether it was stored; not if it is no longer of this version.
pub(crate) async fn update(
    tx: &mut Tx,
    id: InventoryItemId,
    version: i64,
    item: &UpdateItem,
    now: Timestamp,
) -> Result<bool, DbError> {
    let updated = sql("UPDATE item SET status = $3, location = $4, reorder_threshold = $5, \
         target_stock_level = $6, cost_minor = $7, cost_currency = $8, updated_at = $9, version = version + 1 \
         WHERE id = $1 AND version = $2")
    .bind(id)
    .bind(version)
    .bind(word(item.status))
    .bind(item.location.as_deref())
    .bind(item.reorder_threshold)
    .bind(item.target_stock_level)
    .bind(item.cost_price.map(|cost| cost.minor))
    .bind(item.cost_price.map(|cost| cost.currency))
    .bind(now);
    Ok(updated.run(tx).await? == 1)
}
