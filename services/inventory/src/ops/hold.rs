//! Holding and releasing the lines of an order, shared by the operations on reservations.

use super::book::book;
use crate::App;
use crate::domain::{Held, Movement, Stock, Unit, Wanted};
use crate::error::InventoryError;
use crate::store;
use crate::store::stock::Note;
use api::ids::OrderId;
use api::inventory::{InventoryReservationFailed, Shortage};
use api::shared::{Actor, ActorKind};
use base::Id;
use db::Tx;
use events::outbox;
use std::collections::BTreeMap;

/// The ledger's note of what happens to an order's stock.
pub(super) fn note(order_id: OrderId, actor: Actor, reason: Option<String>) -> Note {
    Note { actor, reference: Some(format!("order:{order_id}")), reason }
}

/// order-service, which asks for holds.
pub(super) fn order_service() -> Actor {
    Actor::new(ActorKind::Service, "order-service")
}

/// Holds all lines, or fails and leaves a transaction that must be dropped.
///
/// # Errors
/// [`InventoryError::InsufficientStock`] with everything that is missing.
pub(super) async fn hold(
    app: &App,
    tx: &mut Tx,
    wanted: &[Wanted],
    note: &Note,
) -> Result<Vec<Held>, InventoryError> {
    let mut held = Vec::new();
    let mut shortages = Vec::new();
    for (unit_id, lines) in by_unit(tx, wanted).await? {
        let stock = store::stock::open(tx, unit_id, app.config.low_stock_threshold).await?;
        let requested = lines.iter().map(|line| line.quantity).sum();
        let is_of = |stock: &Stock| lines.iter().all(|line| line.product_id == stock.unit.product_id);
        match stock.filter(is_of) {
            None => shortages.push(unknown(lines[0], requested)),
            Some(stock) if stock.available() < requested => {
                shortages.push(stock.shortage(requested, stock.available()));
            }
            Some(stock) if shortages.is_empty() => held.extend(take(tx, stock, &lines, note).await?),
            Some(_) => {}
        }
    }
    if shortages.is_empty() { Ok(held) } else { Err(InventoryError::InsufficientStock(shortages)) }
}

async fn take(
    tx: &mut Tx,
    mut stock: Stock,
    lines: &[&Wanted],
    note: &Note,
) -> Result<Vec<Held>, InventoryError> {
    let mut held = Vec::new();
    for line in lines {
        let missing = || InventoryError::short(stock.shortage(line.quantity, stock.available()));
        let movements = stock.holds(line.quantity).ok_or_else(missing)?;
        held.extend(movements.iter().filter_map(|movement| Held::new(&stock, movement, line.order_item_id)));
        book(tx, &mut stock, movements, note).await?;
    }
    Ok(held)
}

/// Applies what `movement` makes of each line to its stock.
///
/// # Errors
/// Those of the store.
pub(super) async fn change(
    app: &App,
    tx: &mut Tx,
    lines: &[Held],
    movement: impl Fn(&Held) -> Movement,
    note: &Note,
) -> Result<(), InventoryError> {
    let mut units: BTreeMap<Id<Unit>, Vec<Movement>> = BTreeMap::new();
    for line in lines {
        units.entry(line.unit_id).or_default().push(movement(line));
    }
    for (unit_id, movements) in units {
        let stock = store::stock::open(tx, unit_id, app.config.low_stock_threshold).await?;
        let mut stock = stock.ok_or(InventoryError::ItemNotFound)?;
        book(tx, &mut stock, movements, note).await?;
    }
    Ok(())
}

/// Tells that an order could not be served. What could not be held was rolled back, so this is a
/// transaction of its own.
///
/// # Errors
/// Those of the store.
pub(super) async fn tell_failure(
    app: &App,
    order_id: OrderId,
    shortages: &[Shortage],
) -> Result<(), InventoryError> {
    let mut tx = app.db.begin().await?;
    let failed_at = tx.now();
    let event = InventoryReservationFailed { order_id, shortages: shortages.to_vec(), failed_at };
    outbox::publish(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}

/// The lines by the unit they want, in the order of unit ids. A product named without a variant
/// means its only one.
async fn by_unit<'a>(
    tx: &mut Tx,
    wanted: &'a [Wanted],
) -> Result<BTreeMap<Id<Unit>, Vec<&'a Wanted>>, InventoryError> {
    let mut units: BTreeMap<Id<Unit>, Vec<&Wanted>> = BTreeMap::new();
    for line in wanted {
        let mut unit_id = Unit::id_of(line.product_id, line.variant_id);
        if line.variant_id.is_none()
            && let [only] = store::stock::of_product(tx, line.product_id).await?[..]
        {
            unit_id = only;
        }
        units.entry(unit_id).or_default().push(line);
    }
    Ok(units)
}

fn unknown(line: &Wanted, requested: i64) -> Shortage {
    let (product_id, variant_id) = (line.product_id, line.variant_id);
    Shortage { product_id, variant_id, sku: String::new(), requested, available: 0 }
}
