//! What staff do to stock: goods come in, are counted, move to another warehouse.

use super::book::book;
use super::items::{ITEM, open_item};
use crate::App;
use crate::domain::{MAX_PIECES, Movement, Stock};
use crate::error::InventoryError;
use crate::store;
use crate::store::stock::Note;
use api::audit::Deed;
use api::ids::InventoryItemId;
use api::inventory::{
    AdjustStock, ChangeType, CreateItem, InventoryAuditRecorded, InventoryItem, ReceiveStock, TransferStock,
};
use auth::Caller;
use base::{Check, Error};
use db::Tx;
use serde_json::json;

/// Goods came in from a supplier.
///
/// # Errors
/// [`InventoryError::ItemNotFound`], [`InventoryError::TooMany`]; 422.
pub(crate) async fn receive_stock(
    app: &App,
    caller: &Caller,
    id: InventoryItemId,
    request: ReceiveStock,
) -> Result<InventoryItem, InventoryError> {
    let mut check = Check::new();
    check.number("/quantity", request.quantity, 1..=MAX_PIECES);
    check.opt_text("/reference", request.reference.as_deref(), 1..=100);
    check.finish()?;
    let mut tx = app.db.begin().await?;
    let mut stock = open(app, &mut tx, id).await?;
    let on_hand = stock.level(id).ok_or(InventoryError::ItemNotFound)?.on_hand;
    let note = Note { actor: caller.into(), reference: request.reference, reason: None };
    let movement = Movement::on_hand(id, ChangeType::Receipt, request.quantity);
    book(&mut tx, &mut stock, [movement], &note).await?;
    let deed = Deed::new("stock.receive", ITEM).to(id).because(note.reference.as_deref());
    note_level(&mut tx, caller, deed, [on_hand, on_hand + request.quantity]).await?;
    finish(tx, id).await
}

/// Corrects a level by a difference or to a count.
///
/// # Errors
/// [`InventoryError::ItemNotFound`], [`InventoryError::InsufficientStock`] when less would be
/// left than is held, [`InventoryError::TooMany`]; 422.
pub(crate) async fn adjust_stock(
    app: &App,
    caller: &Caller,
    id: InventoryItemId,
    request: AdjustStock,
) -> Result<InventoryItem, InventoryError> {
    check_adjustment(&request)?;
    let mut tx = app.db.begin().await?;
    let mut stock = open(app, &mut tx, id).await?;
    let on_hand = stock.level(id).ok_or(InventoryError::ItemNotFound)?.on_hand;
    let delta = request.counted_quantity.map_or(request.delta.unwrap_or_default(), |count| count - on_hand);
    let kind = if request.shrinkage { ChangeType::Shrinkage } else { ChangeType::Adjustment };
    if request.shrinkage && delta > 0 {
        return Err(Error::field("/shrinkage", "positive", "nothing is missing: more was found").into());
    }
    if delta != 0 {
        let note = Note { actor: caller.into(), reference: None, reason: Some(request.reason) };
        book(&mut tx, &mut stock, [Movement::on_hand(id, kind, delta)], &note).await?;
        let deed = Deed::new("stock.adjust", ITEM).to(id).because(note.reason.as_deref());
        note_level(&mut tx, caller, deed, [on_hand, on_hand + delta]).await?;
    }
    finish(tx, id).await
}

fn check_adjustment(request: &AdjustStock) -> Result<(), InventoryError> {
    let mut check = Check::new();
    check.multiline("/reason", &request.reason, 1..=500);
    check.number("/countedQuantity", request.counted_quantity.unwrap_or_default(), 0..=MAX_PIECES);
    check.number("/delta", request.delta.unwrap_or_default(), -MAX_PIECES..=MAX_PIECES);
    let one = request.delta.is_some() != request.counted_quantity.is_some();
    check.that(one, "/delta", "one-of", "give exactly one of delta and countedQuantity");
    Ok(check.finish()?)
}

/// Moves pieces that are not held to another warehouse, where an item is opened if there is none.
/// Answers with the item they left.
///
/// # Errors
/// [`InventoryError::ItemNotFound`], [`InventoryError::WarehouseNotFound`],
/// [`InventoryError::InsufficientStock`], [`InventoryError::TooMany`]; 422.
pub(crate) async fn transfer_stock(
    app: &App,
    caller: &Caller,
    id: InventoryItemId,
    request: TransferStock,
) -> Result<InventoryItem, InventoryError> {
    let mut tx = app.db.begin().await?;
    let from = store::item::by_id(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    let mut check = Check::new();
    check.number("/quantity", request.quantity, 1..=MAX_PIECES);
    check.opt_text("/reference", request.reference.as_deref(), 1..=100);
    let elsewhere = request.to_warehouse_id != from.warehouse_id;
    check.that(elsewhere, "/toWarehouseId", "same", "the goods lie there already");
    check.finish()?;
    store::warehouse::by_id(&mut tx, request.to_warehouse_id)
        .await?
        .ok_or(InventoryError::WarehouseNotFound)?;
    open_item(&mut tx, &twin(&from, &request)).await?;
    let mut stock = open(app, &mut tx, id).await?;
    let to = stock.levels.iter().find(|level| level.warehouse_id == request.to_warehouse_id);
    let to = to.ok_or(InventoryError::ItemNotFound)?.item_id;
    let note = Note { actor: caller.into(), reference: request.reference, reason: None };
    let movements = [
        Movement::on_hand(id, ChangeType::TransferOut, -request.quantity),
        Movement::on_hand(to, ChangeType::TransferIn, request.quantity),
    ];
    book(&mut tx, &mut stock, movements, &note).await?;
    let deed = Deed::new("stock.transfer", ITEM).to(id).because(note.reference.as_deref());
    note_level(&mut tx, caller, deed, [from.on_hand, from.on_hand - request.quantity]).await?;
    finish(tx, id).await
}

fn twin(item: &InventoryItem, request: &TransferStock) -> CreateItem {
    CreateItem {
        sku: item.sku.clone(),
        product_id: item.product_id,
        variant_id: item.variant_id,
        warehouse_id: request.to_warehouse_id,
        location: None,
        reorder_threshold: None,
        target_stock_level: None,
        cost_price: item.cost_price,
    }
}

async fn open(app: &App, tx: &mut Tx, id: InventoryItemId) -> Result<Stock, InventoryError> {
    let unit_id = store::item::unit_of(tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    let stock = store::stock::open(tx, unit_id, app.config.low_stock_threshold).await?;
    stock.ok_or(InventoryError::ItemNotFound)
}

/// Leaves the audit record of what lay there before and what lies there now.
async fn note_level(
    tx: &mut Tx,
    caller: &Caller,
    deed: Deed,
    on_hand: [i64; 2],
) -> Result<(), InventoryError> {
    let [before, after] = on_hand.map(|on_hand| json!({ "onHand": on_hand }));
    let deed = deed.changed(Some(&before), Some(&after));
    Ok(InventoryAuditRecorded::note(tx, caller, deed).await?)
}

async fn finish(mut tx: Tx, id: InventoryItemId) -> Result<InventoryItem, InventoryError> {
    let item = store::item::by_id(&mut tx, id).await?.ok_or(InventoryError::ItemNotFound)?;
    tx.commit().await?;
    Ok(item)
}
