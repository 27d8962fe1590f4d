//! Remembers what the inventory says about stock.

use crate::App;
use crate::domain::stock::{StockItem, StockMark, VariantStock, is_news};
use crate::store;
use api::ids::{ProductId, VariantId};
use api::inventory::{LowStockThresholdReached, OutOfStock, ProductBackInStock, StockLevelChanged};
use base::Result;
use db::Tx;
use events::Delivery;

/// Begins the effect of a message about a variant: nothing if it was handled before, or is about
/// a variant that is not there any more.
async fn begin<M: Send>(
    app: &App,
    delivery: &Delivery<M>,
    product: ProductId,
    variant: Option<VariantId>,
    sku: &str,
) -> Result<Option<(Tx, VariantId, VariantStock)>> {
    let mut tx = app.db.begin().await?;
    if !delivery.claim(&mut tx).await? {
        return Ok(None);
    }
    let Some(id) = store::stock::lock_variant(&mut tx, product, variant, sku).await? else {
        tx.commit().await?;
        return Ok(None);
    };
    let stock = store::stock::of_variant(&mut tx, id).await?;
    Ok(Some((tx, id, stock)))
}

/// Ends the effect: lists show it if the public sees a difference.
async fn finish(
    app: &App,
    mut tx: Tx,
    product: ProductId,
    id: VariantId,
    before: &VariantStock,
) -> Result<()> {
    let after = store::stock::of_variant(&mut tx, id).await?;
    let differs = after.state() != before.state();
    if differs {
        store::products::touch(&mut tx, &[product]).await?;
    }
    tx.commit().await?;
    if differs {
        app.shelf.refresh(&app.db, &[product], false).await;
    }
    Ok(())
}

/// The available quantity of an item changed.
///
/// # Errors
/// Those of the store.
pub(crate) async fn stock_level_changed(app: &App, delivery: Delivery<StockLevelChanged>) -> Result<()> {
    let said = &delivery.message.payload;
    let begun = begin(app, &delivery, said.product_id, said.variant_id, &said.sku).await?;
    let Some((mut tx, variant_id, stock)) = begun else { return Ok(()) };
    let known = store::stock::known(&stock, said.inventory_item_id);
    if is_news(said.aggregate_version, known.map(|known| known.version)) {
        let item = StockItem {
            id: said.inventory_item_id,
            variant_id,
            version: said.aggregate_version,
            available: said.new_quantity_available,
            on_hand: said.quantity_on_hand,
            threshold: known.and_then(|known| known.threshold),
        };
        store::stock::put_item(&mut tx, &item).await?;
        let revived = stock.mark.as_ref().is_some_and(|mark| mark.sold_out && mark.item_id == Some(item.id));
        if revived && item.available > 0 {
            store::stock::drop_mark(&mut tx, variant_id).await?;
        }
    }
    finish(app, tx, said.product_id, variant_id, &stock).await
}

/// An item fell to its threshold.
///
/// # Errors
/// Those of the store.
pub(crate) async fn low_stock_threshold_reached(
    app: &App,
    delivery: Delivery<LowStockThresholdReached>,
) -> Result<()> {
    let said = &delivery.message.payload;
    let begun = begin(app, &delivery, said.product_id, said.variant_id, &said.sku).await?;
    let Some((mut tx, variant_id, stock)) = begun else { return Ok(()) };
    let known = store::stock::known(&stock, said.inventory_item_id);
    if is_news(said.aggregate_version, known.map(|known| known.version)) {
        let item = StockItem {
            id: said.inventory_item_id,
            variant_id,
            version: said.aggregate_version,
            available: said.current_quantity_available,
            on_hand: known.map_or(said.current_quantity_available, |known| known.on_hand),
            threshold: Some(said.reorder_threshold),
        };
        store::stock::put_item(&mut tx, &item).await?;
    }
    finish(app, tx, said.product_id, variant_id, &stock).await
}

/// Nothing of a variant can be sold any more.
///
/// # Errors
/// Those of the store.
pub(crate) async fn out_of_stock(app: &App, delivery: Delivery<OutOfStock>) -> Result<()> {
    let said = &delivery.message.payload;
    let begun = begin(app, &delivery, said.product_id, said.variant_id, &said.sku).await?;
    let Some((mut tx, variant_id, stock)) = begun else { return Ok(()) };
    let known = store::stock::known(&stock, said.inventory_item_id).map(|known| known.version);
    let at = delivery.message.timestamp;
    let is_latest = stock.mark.as_ref().is_none_or(|mark| at >= mark.at);
    if is_news(said.aggregate_version, known) && is_latest {
        let mark =
            StockMark { variant_id, sold_out: true, at, item_id: Some(said.inventory_item_id), quantity: 0 };
        store::stock::put_mark(&mut tx, &mark).await?;
    }
    finish(app, tx, said.product_id, variant_id, &stock).await
}

/// Something of a variant can be sold again.
///
/// # Errors
/// Those of the store.
pub(crate) async fn back_in_stock(app: &App, delivery: Delivery<ProductBackInStock>) -> Result<()> {
    let said = &delivery.message.payload;
    let begun = begin(app, &delivery, said.product_id, said.variant_id, &said.sku).await?;
    let Some((mut tx, variant_id, stock)) = begun else { return Ok(()) };
    let at = delivery.message.timestamp;
    if stock.mark.as_ref().is_none_or(|mark| at >= mark.at) {
        let mark = StockMark {
            variant_id,
            sold_out: false,
            at,
            item_id: None,
            quantity: said.new_quantity_available,
        };
        store::stock::put_mark(&mut tx, &mark).await?;
    }
    finish(app, tx, said.product_id, variant_id, &stock).await
}
