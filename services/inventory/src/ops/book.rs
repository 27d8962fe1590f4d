//! Applies movements to stock, writes them to the ledger and tells the neighbours.

use crate::domain::{Change, Movement, Stock, Turn};
use crate::error::InventoryError;
use crate::store;
use crate::store::stock::Note;
use api::ids::InventoryItemId;
use api::inventory::{
    ChangeType, LowStockThresholdReached, OutOfStock, ProductBackInStock, StockLevelChanged,
};
use api::shared::Actor;
use db::Tx;
use events::outbox;

/// Applies `movements` to `stock` and stores them with their events.
///
/// # Errors
/// Those of [`Stock::apply`]; the transaction must be dropped then.
pub(super) async fn book(
    tx: &mut Tx,
    stock: &mut Stock,
    movements: impl IntoIterator<Item = Movement>,
    note: &Note,
) -> Result<(), InventoryError> {
    let now = tx.now();
    let mut last = None;
    for movement in movements {
        let change = stock.apply(movement)?;
        let entry = store::stock::save(tx, &change, note, now).await?;
        tell_neighbours(tx, stock, &change, note, Some(entry.to_string())).await?;
        last = Some(change);
    }
    // Only now: a transfer empties one warehouse on its way to the other.
    tell_shoppers(tx, stock, last.as_ref()).await
}

/// Sets the level of an item to what its movements add up to, on hand and reserved. The ledger
/// knows it already, so it gets no entry.
///
/// # Errors
/// Those of [`Stock::apply`]; the transaction must be dropped then.
pub(super) async fn recount(
    tx: &mut Tx,
    stock: &mut Stock,
    item_id: InventoryItemId,
    (on_hand, reserved): (i64, i64),
) -> Result<(), InventoryError> {
    let now = tx.now();
    let level = stock.level(item_id).ok_or(InventoryError::ItemNotFound)?;
    let (on_hand, reserved) = (on_hand - level.on_hand, reserved - level.reserved);
    if (on_hand, reserved) == (0, 0) {
        return Ok(());
    }
    let movement = Movement { item_id, kind: ChangeType::Adjustment, on_hand, reserved };
    let change = stock.apply(movement)?;
    store::stock::save_level(tx, &change, now).await?;
    let reason = Some("the level is set to the sum of its movements".to_owned());
    let note = Note { actor: Actor::system(), reference: None, reason };
    tell_neighbours(tx, stock, &change, &note, None).await?;
    tell_shoppers(tx, stock, Some(&change)).await
}

async fn tell_neighbours(
    tx: &mut Tx,
    stock: &Stock,
    change: &Change,
    note: &Note,
    entry: Option<String>,
) -> Result<(), InventoryError> {
    if change.after.available() != change.available_before {
        outbox::publish(tx, &level_changed(stock, change, note, entry)).await?;
    }
    if change.became_low {
        outbox::publish(tx, &became_low(stock, change)).await?;
    }
    Ok(())
}

/// Tells that the last piece is gone or that there is some again, if that is so and was not told.
/// `cause` is the change that led to it; without one (a warehouse was closed) the first item
/// stands for the unit.
pub(super) async fn tell_shoppers(
    tx: &mut Tx,
    stock: &mut Stock,
    cause: Option<&Change>,
) -> Result<(), InventoryError> {
    let told = stock.unit.in_stock;
    let turn = stock.turn();
    if stock.unit.in_stock != told {
        store::stock::save_told(tx, &stock.unit).await?;
        stock.unit.version += 1;
    }
    match turn {
        Some(Turn::Out) => {
            let level = cause.map(|change| &change.after).or(stock.levels.first());
            if let Some(event) = level.map(|level| out_of_stock(stock, level, tx.now())) {
                outbox::publish(tx, &event).await?;
            }
        }
        Some(Turn::Back(available)) => {
            outbox::publish(tx, &back_in_stock(stock, available, tx.now())).await?;
        }
        None => {}
    }
    Ok(())
}

fn level_changed(stock: &Stock, change: &Change, note: &Note, entry: Option<String>) -> StockLevelChanged {
    let (unit, after) = (&stock.unit, &change.after);
    StockLevelChanged {
        aggregate_version: after.version,
        inventory_item_id: after.item_id,
        product_id: unit.product_id,
        variant_id: unit.variant_id,
        sku: unit.sku.clone(),
        warehouse_id: after.warehouse_id,
        location: after.location.clone(),
        change_type: change.movement.kind,
        previous_quantity_available: change.available_before,
        new_quantity_available: after.available(),
        quantity_changed: after.available() - change.available_before,
        quantity_reserved: after.reserved,
        quantity_on_hand: after.on_hand,
        transaction_id: entry,
        reason: note.reason.clone(),
        notes: note.reference.clone(),
    }
}

fn became_low(stock: &Stock, change: &Change) -> LowStockThresholdReached {
    let (unit, after) = (&stock.unit, &change.after);
    LowStockThresholdReached {
        aggregate_version: after.version,
        inventory_item_id: after.item_id,
        product_id: unit.product_id,
        variant_id: unit.variant_id,
        sku: unit.sku.clone(),
        product_name: unit.product_name.clone(),
        warehouse_id: after.warehouse_id,
        current_quantity_available: after.available(),
        reorder_threshold: after.threshold,
        target_stock_level: after.target,
    }
}

fn out_of_stock(stock: &Stock, level: &crate::domain::Level, now: base::Timestamp) -> OutOfStock {
    let unit = &stock.unit;
    OutOfStock {
        aggregate_version: level.version,
        inventory_item_id: level.item_id,
        product_id: unit.product_id,
        variant_id: unit.variant_id,
        sku: unit.sku.clone(),
        product_name: unit.product_name.clone(),
        warehouse_id: level.warehouse_id,
        last_available_timestamp: Some(now),
    }
}

fn back_in_stock(stock: &Stock, available: i64, now: base::Timestamp) -> ProductBackInStock {
    let unit = &stock.unit;
    ProductBackInStock {
        aggregate_version: unit.version,
        product_id: unit.product_id,
        variant_id: unit.variant_id,
        sku: unit.sku.clone(),
        product_name: unit.product_name.clone(),
        product_url: None,
        new_quantity_available: available,
        restocked_at: now,
    }
}
