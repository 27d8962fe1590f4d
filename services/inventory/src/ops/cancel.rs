//! Releases what an order held.

use super::hold::{change, note, order_service};
use crate::App;
use crate::domain::{Held, Movement, Next, Reservation};
use crate::error::InventoryError;
use crate::store;
use api::ids::OrderId;
use api::inventory::{CancelReservation, InventoryReservationCancelled, ReservationLine};
use api::order::OrderCancelled;
use api::shared::Actor;
use base::Check;
use db::Tx;
use events::outbox;

/// Releases what an order still holds. Repeating is harmless.
///
/// # Errors
/// [`InventoryError::ReservationFulfilled`], [`InventoryError::ReservationNotFound`]; 422.
pub(crate) async fn cancel_reservation(
    app: &App,
    order_id: OrderId,
    request: CancelReservation,
) -> Result<Reservation, InventoryError> {
    let mut check = Check::new();
    check.opt_multiline("/reason", request.reason.as_deref(), 1..=500);
    check.finish()?;
    let mut tx = app.db.begin().await?;
    let reservation = cancel(app, &mut tx, order_id, request.reason, order_service()).await?;
    tx.commit().await?;
    Ok(reservation)
}

/// An order was cancelled: releases what it holds, if it holds anything.
///
/// # Errors
/// Those of the store.
pub(crate) async fn cancel_order(
    app: &App,
    tx: &mut Tx,
    cancelled: OrderCancelled,
) -> Result<(), InventoryError> {
    let order_id = cancelled.order.order_id;
    let reason = reason(&cancelled);
    match cancel(app, tx, order_id, Some(reason), cancelled.cancelled_by).await {
        Ok(_) => Ok(()),
        Err(error @ (InventoryError::ReservationFulfilled | InventoryError::ReservationNotFound)) => {
            tracing::warn!(%order_id, %error, "a cancelled order held no stock");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The reason code as it is written on the wire.
fn reason(cancelled: &OrderCancelled) -> String {
    let code = serde_json::to_value(cancelled.cancellation_reason_code).unwrap_or_default();
    code.as_str().unwrap_or("order cancelled").to_owned()
}

async fn cancel(
    app: &App,
    tx: &mut Tx,
    order_id: OrderId,
    reason: Option<String>,
    by: Actor,
) -> Result<Reservation, InventoryError> {
    let mut reservation =
        store::reservation::open(tx, order_id).await?.ok_or(InventoryError::ReservationNotFound)?;
    let released = reservation.open_lines();
    if reservation.cancel()? != Next::Go {
        return Ok(reservation);
    }
    let now = tx.now();
    store::reservation::save(tx, &mut reservation, now).await?;
    let note = note(order_id, by, reason.clone());
    change(app, tx, &released, release, &note).await?;
    let event = InventoryReservationCancelled {
        aggregate_version: reservation.version,
        reservation_id: reservation.id,
        order_id,
        lines: released.iter().map(ReservationLine::from).collect(),
        cancellation_reason: reason,
        cancelled_at: now,
    };
    outbox::publish(tx, &event).await?;
    Ok(reservation)
}

/// A held line becomes available.
pub(super) fn release(line: &Held) -> Movement {
    Movement::release(line.item_id, line.quantity)
}
