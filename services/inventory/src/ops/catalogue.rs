//! What the catalogue does to stock: variants come, change their SKU, and go.

use super::items::open_item;
use crate::App;
use crate::domain::Unit;
use crate::error::InventoryError;
use crate::store;
use crate::store::stock::Described;
use api::ids::ProductId;
use api::inventory::CreateItem;
use api::product::{
    ProductCreated, ProductDeleted, ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated,
};
use api::shared::VariantSnapshot;
use base::Id;
use db::Tx;

/// A product came: one item per variant in the default warehouse, with nothing in it.
///
/// # Errors
/// Those of the store; a SKU that another unit still has is free once that unit's end arrives.
pub(crate) async fn product_created(
    app: &App,
    tx: &mut Tx,
    product: ProductCreated,
) -> Result<(), InventoryError> {
    let name = Some(product.name.as_str());
    let mut variants = product.variants;
    // All writers of stock go in the order of units.
    variants.sort_by_key(|variant| variant.variant_id);
    for variant in &variants {
        stock(app, tx, product.product_id, product.aggregate_version, variant, name).await?;
    }
    Ok(())
}

/// A variant came.
///
/// # Errors
/// As [`product_created`].
pub(crate) async fn variant_added(
    app: &App,
    tx: &mut Tx,
    added: ProductVariantAdded,
) -> Result<(), InventoryError> {
    stock(app, tx, added.product_id, added.aggregate_version, &added.variant, None).await
}

/// A variant changed; its SKU is copied.
///
/// # Errors
/// As [`product_created`].
pub(crate) async fn variant_updated(
    app: &App,
    tx: &mut Tx,
    updated: ProductVariantUpdated,
) -> Result<(), InventoryError> {
    stock(app, tx, updated.product_id, updated.aggregate_version, &updated.variant, None).await
}

/// A variant is gone: its stock is not sold any more.
///
/// # Errors
/// Those of the store.
pub(crate) async fn variant_removed(
    app: &App,
    tx: &mut Tx,
    removed: ProductVariantRemoved,
) -> Result<(), InventoryError> {
    discontinue(app, tx, Unit::id_of(removed.product_id, Some(removed.variant_id))).await
}

/// A product is gone: nothing of it is sold any more.
///
/// # Errors
/// Those of the store.
pub(crate) async fn product_deleted(
    app: &App,
    tx: &mut Tx,
    deleted: ProductDeleted,
) -> Result<(), InventoryError> {
    for unit_id in store::stock::of_product(tx, deleted.product_id).await? {
        discontinue(app, tx, unit_id).await?;
    }
    Ok(())
}

async fn stock(
    app: &App,
    tx: &mut Tx,
    product_id: ProductId,
    product_version: i64,
    variant: &VariantSnapshot,
    product_name: Option<&str>,
) -> Result<(), InventoryError> {
    let variant_id = Some(variant.variant_id);
    let sku = variant.sku.as_str();
    let now = tx.now();
    let described = Described { product_id, variant_id, sku, product_name, product_version };
    store::stock::describe(tx, &described, now).await?;
    open_item(tx, &empty_item(app, product_id, variant)).await.map(drop)
}

fn empty_item(app: &App, product_id: ProductId, variant: &VariantSnapshot) -> CreateItem {
    CreateItem {
        sku: variant.sku.clone(),
        product_id,
        variant_id: Some(variant.variant_id),
        warehouse_id: app.default_warehouse,
        location: None,
        reorder_threshold: None,
        target_stock_level: None,
        cost_price: None,
    }
}

async fn discontinue(app: &App, tx: &mut Tx, unit_id: Id<Unit>) -> Result<(), InventoryError> {
    let now = tx.now();
    match store::stock::open(tx, unit_id, app.config.low_stock_threshold).await? {
        Some(stock) if !stock.unit.discontinued => Ok(store::stock::discontinue(tx, unit_id, now).await?),
        _ => Ok(()),
    }
}
