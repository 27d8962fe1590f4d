//! Makes a hold last: the order is paid.

use super::hold::{hold, note, order_service, tell_failure};
use crate::App;
use crate::domain::{Next, Reservation};
use crate::error::InventoryError;
use crate::store;
use api::ids::OrderId;
use api::inventory::{InventoryReservationConfirmed, ReservationLine};
use db::Tx;
use events::outbox;

/// Takes the end of the hold away. A hold that ran out is made again if there is enough stock.
/// Repeating is harmless.
///
/// # Errors
/// [`InventoryError::ReservationExpired`] when it ran out and cannot be held again,
/// [`InventoryError::ReservationCancelled`], [`InventoryError::ReservationNotFound`].
pub(crate) async fn confirm_reservation(app: &App, order_id: OrderId) -> Result<Reservation, InventoryError> {
    let mut tx = app.db.begin().await?;
    let mut reservation =
        store::reservation::open(&mut tx, order_id).await?.ok_or(InventoryError::ReservationNotFound)?;
    match reservation.confirm()? {
        Next::Done => {}
        Next::Go => save(&mut tx, &mut reservation).await?,
        Next::HoldAgain => match hold_again(app, &mut tx, &mut reservation).await {
            Ok(()) => save(&mut tx, &mut reservation).await?,
            Err(InventoryError::InsufficientStock(shortages)) => {
                drop(tx);
                tell_failure(app, order_id, &shortages).await?;
                return Err(InventoryError::ReservationExpired);
            }
            Err(error) => return Err(error),
        },
    }
    tx.commit().await?;
    Ok(reservation)
}

async fn hold_again(app: &App, tx: &mut Tx, reservation: &mut Reservation) -> Result<(), InventoryError> {
    let note = note(reservation.order_id, order_service(), Some("paid after the hold ran out".into()));
    let lines = hold(app, tx, &reservation.wanted(), &note).await?;
    store::reservation::delete_lines(tx, reservation.id).await?;
    store::reservation::insert_lines(tx, reservation.id, &lines).await?;
    reservation.revive(lines);
    Ok(())
}

async fn save(tx: &mut Tx, reservation: &mut Reservation) -> Result<(), InventoryError> {
    let now = tx.now();
    store::reservation::save(tx, reservation, now).await?;
    let event = InventoryReservationConfirmed {
        aggregate_version: reservation.version,
        reservation_id: reservation.id,
        order_id: reservation.order_id,
        lines: reservation.lines.iter().map(ReservationLine::from).collect(),
        confirmed_at: now,
    };
    outbox::publish(tx, &event).await?;
    Ok(())
}
