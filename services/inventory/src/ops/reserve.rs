//! Holds the lines of an order, all or none.

use super::hold::{hold, note, order_service, tell_failure};
use crate::App;
use crate::domain::{Reservation, Wanted};
use crate::error::InventoryError;
use crate::store;
use api::ids::OrderId;
use api::inventory::{InventoryReserved, ReservationLine, Reserve, ReserveLine};
use base::{Check, Timestamp};
use events::outbox;
use std::collections::HashSet;

/// Holds the lines of an order until `expiresAt`. The same order and lines give the reservation
/// made before. The flag says whether it is new.
///
/// # Errors
/// [`InventoryError::InsufficientStock`], [`InventoryError::ReservationDiffers`],
/// [`InventoryError::ReservationExpired`], [`InventoryError::ReservationCancelled`]; 422.
pub(crate) async fn reserve(app: &App, request: Reserve) -> Result<(Reservation, bool), InventoryError> {
    let now = app.clock.now();
    check(app, &request, now)?;
    let wanted: Vec<Wanted> = request.lines.into_iter().map(wanted).collect();
    let order_id = request.order_id;
    let mut tx = app.db.begin().await?;
    let mut reservation = Reservation::new(order_id, request.expires_at, now);
    if !store::reservation::insert(&mut tx, &reservation).await? {
        let made = store::reservation::by_order(&mut tx, order_id).await?;
        let made = made.ok_or(InventoryError::ReservationNotFound)?;
        made.repeat(&wanted)?;
        tx.commit().await?;
        return Ok((made, false));
    }
    match hold(app, &mut tx, &wanted, &note(order_id, order_service(), None)).await {
        Ok(lines) => reservation.lines = lines,
        Err(InventoryError::InsufficientStock(shortages)) => {
            drop(tx);
            tell_failure(app, order_id, &shortages).await?;
            return Err(InventoryError::InsufficientStock(shortages));
        }
        Err(error) => return Err(error),
    }
    store::reservation::insert_lines(&mut tx, reservation.id, &reservation.lines).await?;
    let event = InventoryReserved {
        aggregate_version: reservation.version,
        reservation_id: reservation.id,
        order_id,
        lines: reservation.lines.iter().map(ReservationLine::from).collect(),
        expires_at: request.expires_at,
        reservation_timestamp: now,
    };
    outbox::publish(&mut tx, &event).await?;
    tx.commit().await?;
    Ok((reservation, true))
}

/// The reservation of an order.
///
/// # Errors
/// [`InventoryError::ReservationNotFound`].
pub(crate) async fn get_reservation(app: &App, order_id: OrderId) -> Result<Reservation, InventoryError> {
    let mut conn = app.db.conn().await?;
    store::reservation::by_order(&mut conn, order_id).await?.ok_or(InventoryError::ReservationNotFound)
}

fn wanted(line: ReserveLine) -> Wanted {
    let ReserveLine { product_id, variant_id, order_item_id, quantity } = line;
    Wanted { product_id, variant_id, order_item_id, quantity }
}

fn check(app: &App, request: &Reserve, now: Timestamp) -> Result<(), InventoryError> {
    let mut check = Check::new();
    let count = request.lines.len() as i64;
    check.number("/lines", count, 1..=100);
    let mut seen = HashSet::new();
    for (index, line) in request.lines.iter().enumerate() {
        check.number(&format!("/lines/{index}/quantity"), line.quantity, 1..=1_000_000);
        let pointer = format!("/lines/{index}/orderItemId");
        check.that(seen.insert(line.order_item_id), &pointer, "duplicate", "appears twice");
    }
    check_expiry(app, request.expires_at, now, &mut check);
    Ok(check.finish()?)
}

/// Notes in `check` an end of a hold that is past or too far away.
pub(super) fn check_expiry(app: &App, expires_at: Timestamp, now: Timestamp, check: &mut Check) {
    let good = now < expires_at && expires_at <= now + app.config.max_hold.0;
    check.that(good, "/expiresAt", "out-of-range", "must lie in the future, not beyond the longest hold");
}
