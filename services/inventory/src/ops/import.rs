//! Sets counted stock in bulk, as an importer of a catalogue does.

use super::book::book;
use super::items::open_item;
use crate::App;
use crate::domain::{MAX_PIECES, Movement, Stock, Unit};
use crate::error::InventoryError;
use crate::store;
use crate::store::stock::{Described, Note};
use api::audit::Deed;
use api::inventory::{
    ChangeType, CreateItem, ImportProblem, ImportResult, ImportStock, ImportStockLine, InventoryAuditRecorded,
};
use auth::Caller;
use base::Check;
use db::Tx;
use serde_json::{Value, json};

/// Lines written in one transaction.
const BATCH: usize = 100;

/// Brings the default warehouse to the counted quantities, opening items the catalogue has not
/// told of yet. Lines that would leave less than is held are reported and left alone.
///
/// # Errors
/// 422 for impossible lines; those of the store, with the batches before done.
pub(crate) async fn import_stock(
    app: &App,
    caller: &Caller,
    request: ImportStock,
) -> Result<ImportResult, InventoryError> {
    check(&request)?;
    let mut lines = request.lines;
    // All writers of stock go in the order of units.
    lines.sort_by_key(|line| line.variant_id);
    let note = Note { actor: caller.into(), reference: None, reason: Some("stock import".into()) };
    let mut result = ImportResult::default();
    let mut batches = lines.chunks(BATCH).peekable();
    while let Some(batch) = batches.next() {
        let mut tx = app.db.begin().await?;
        for line in batch {
            import_line(app, &mut tx, line, &note, &mut result).await?;
        }
        if batches.peek().is_none() && result.created + result.changed > 0 {
            record(&mut tx, caller, &result).await?;
        }
        tx.commit().await?;
    }
    Ok(result)
}

/// Leaves one audit record with the counts; whoever imports is no person, but does it for one.
async fn record(tx: &mut Tx, caller: &Caller, result: &ImportResult) -> Result<(), InventoryError> {
    let counts = json!({
        "created": result.created, "changed": result.changed, "unchanged": result.unchanged,
        "problems": result.problems.len(),
    });
    let deed = Deed::new("stock.import", "stock").changed(None::<&Value>, Some(&counts));
    Ok(InventoryAuditRecorded::write(tx, caller.into(), deed).await?)
}

async fn import_line(
    app: &App,
    tx: &mut Tx,
    line: &ImportStockLine,
    note: &Note,
    result: &mut ImportResult,
) -> Result<(), InventoryError> {
    let mut problem = |code: &str, detail: String| {
        result.problems.push(ImportProblem { sku: line.sku.clone(), code: code.into(), detail });
    };
    let unit_id = Unit::id_of(line.product_id, Some(line.variant_id));
    match store::stock::by_sku(tx, &line.sku).await? {
        Some(other) if other != unit_id => {
            problem("duplicate-item", "the SKU belongs to another variant".into());
            return Ok(());
        }
        Some(_) => {}
        None => describe(tx, line).await?,
    }
    let created = open_item(tx, &item(app, line)).await?.is_some();
    let Some(mut stock) = store::stock::open(tx, unit_id, app.config.low_stock_threshold).await? else {
        return Err(InventoryError::ItemNotFound);
    };
    let Some((movement, reserved)) = correction(app, &stock, line.quantity) else {
        return Err(InventoryError::ItemNotFound);
    };
    if line.quantity < reserved {
        problem("below-reserved", format!("{reserved} pieces are held for orders"));
        return Ok(());
    }
    result.created += i64::from(created);
    if movement.on_hand == 0 {
        result.unchanged += i64::from(!created);
        return Ok(());
    }
    result.changed += 1;
    book(tx, &mut stock, [movement], note).await
}

/// The movement that brings the default warehouse to `counted` pieces, and how many are held there.
fn correction(app: &App, stock: &Stock, counted: i64) -> Option<(Movement, i64)> {
    let level = stock.levels.iter().find(|level| level.warehouse_id == app.default_warehouse)?;
    let difference = counted - level.on_hand;
    Some((Movement::on_hand(level.item_id, ChangeType::Adjustment, difference), level.reserved))
}

async fn describe(tx: &mut Tx, line: &ImportStockLine) -> Result<(), InventoryError> {
    let now = tx.now();
    let described = Described {
        product_id: line.product_id,
        variant_id: Some(line.variant_id),
        sku: &line.sku,
        product_name: None,
        product_version: 0,
    };
    Ok(store::stock::describe(tx, &described, now).await?)
}

fn item(app: &App, line: &ImportStockLine) -> CreateItem {
    CreateItem {
        sku: line.sku.clone(),
        product_id: line.product_id,
        variant_id: Some(line.variant_id),
        warehouse_id: app.default_warehouse,
        location: None,
        reorder_threshold: None,
        target_stock_level: None,
        cost_price: None,
    }
}

fn check(request: &ImportStock) -> Result<(), InventoryError> {
    let mut check = Check::new();
    check.number("/lines", request.lines.len() as i64, 1..=1000);
    for (index, line) in request.lines.iter().enumerate() {
        check.text(&format!("/lines/{index}/sku"), &line.sku, 1..=100);
        check.number(&format!("/lines/{index}/quantity"), line.quantity, 0..=MAX_PIECES);
    }
    Ok(check.finish()?)
}
