//! What was heard of stock.

use crate::domain::stock::{StockItem, StockMark, VariantStock};
use api::ids::{InventoryItemId, ProductId, VariantId};
use db::{Conn, DbError, FromRow, Row, Tx, sql};
use std::collections::HashMap;

impl FromRow for StockItem {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            variant_id: row.get("variant_id")?,
            version: row.get("version")?,
            available: row.get("available")?,
            on_hand: row.get("on_hand")?,
            threshold: row.get("threshold")?,
        })
    }
}

impl FromRow for StockMark {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            variant_id: row.get("variant_id")?,
            sold_out: row.get("sold_out")?,
            at: row.get("said_at")?,
            item_id: row.get("item_id")?,
            quantity: row.get("quantity")?,
        })
    }
}

/// All that was heard of the variants of these products.
pub(crate) async fn of_products(
    c: &mut Conn,
    ids: &[ProductId],
) -> Result<HashMap<VariantId, VariantStock>, DbError> {
    let mut stock: HashMap<VariantId, VariantStock> = HashMap::new();
    let items = sql(
        "SELECT stock_item.* FROM stock_item JOIN variant ON variant.id = stock_item.variant_id WHERE variant.product_id IN ",
    );
    for item in items.push_list(ids).push(" ORDER BY stock_item.id").all::<StockItem>(c).await? {
        stock.entry(item.variant_id).or_default().items.push(item);
    }
    let marks = sql(
        "SELECT stock_mark.* FROM stock_mark JOIN variant ON variant.id = stock_mark.variant_id WHERE variant.product_id IN ",
    );
    for mark in marks.push_list(ids).all::<StockMark>(c).await? {
        let variant = mark.variant_id;
        stock.entry(variant).or_default().mark = Some(mark);
    }
    Ok(stock)
}

/// The variant a message of the inventory is about: the one it names if the product has it, or
/// the one with the SKU. The product is kept from others until the transaction ends.
pub(crate) async fn lock_variant(
    tx: &mut Tx,
    product: ProductId,
    variant: Option<VariantId>,
    sku: &str,
) -> Result<Option<VariantId>, DbError> {
    super::products::lock(tx, product).await?;
    let found = match variant {
        Some(id) => sql("SELECT id FROM variant WHERE product_id = $1 AND id = $2").bind(product).bind(id),
        None => sql("SELECT id FROM variant WHERE product_id = $1 AND sku = $2").bind(product).bind(sku),
    };
    Ok(found.opt::<(VariantId,)>(tx).await?.map(|row| row.0))
}

/// All that was heard of one variant.
pub(crate) async fn of_variant(tx: &mut Tx, id: VariantId) -> Result<VariantStock, DbError> {
    let items = sql("SELECT * FROM stock_item WHERE variant_id = $1 ORDER BY id").bind(id).all(tx).await?;
    let mark = sql("SELECT * FROM stock_mark WHERE variant_id = $1").bind(id).opt(tx).await?;
    Ok(VariantStock { items, mark })
}

/// Stores what was heard of an item.
pub(crate) async fn put_item(tx: &mut Tx, item: &StockItem) -> Result<(), DbError> {
    sql("INSERT INTO stock_item (id, variant_id, version, available, on_hand, threshold) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET variant_id = excluded.variant_id, version = excluded.version,
             available = excluded.available, on_hand = excluded.on_hand, threshold = excluded.threshold")
    .bind(item.id)
    .bind(item.variant_id)
    .bind(item.version)
    .bind(item.available)
    .bind(item.on_hand)
    .bind(item.threshold)
    .run_one(tx)
    .await
}

/// Stores the inventory's last word on a variant.
pub(crate) async fn put_mark(tx: &mut Tx, mark: &StockMark) -> Result<(), DbError> {
    sql("INSERT INTO stock_mark (variant_id, sold_out, said_at, item_id, quantity) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (variant_id) DO UPDATE SET sold_out = excluded.sold_out, said_at = excluded.said_at,
             item_id = excluded.item_id, quantity = excluded.quantity")
    .bind(mark.variant_id)
    .bind(mark.sold_out)
    .bind(mark.at)
    .bind(mark.item_id)
    .bind(mark.quantity)
    .run_one(tx)
    .await
}

/// Forgets the inventory's last word on a variant.
pub(crate) async fn drop_mark(tx: &mut Tx, id: VariantId) -> Result<(), DbError> {
    sql("DELETE FROM stock_mark WHERE variant_id = $1").bind(id).run(tx).await.map(drop)
}

/// The newest version heard of an item.
pub(crate) fn known(stock: &VariantStock, item: InventoryItemId) -> Option<&StockItem> {
    stock.items.iter().find(|known| known.id == item)
}
