//! Moves the end of a hold.

use super::reserve::check_expiry;
use crate::App;
use crate::domain::{Next, Reservation};
use crate::error::InventoryError;
use crate::store;
use api::ids::OrderId;
use api::inventory::ExtendReservation;
use base::Check;

/// Lets a hold last until `expiresAt` if that is later than its present end. Repeating is harmless.
///
/// # Errors
/// [`InventoryError::ReservationExpired`], [`InventoryError::ReservationCancelled`],
/// [`InventoryError::ReservationFulfilled`], [`InventoryError::ReservationNotFound`]; 422.
pub(crate) async fn extend_reservation(
    app: &App,
    order_id: OrderId,
    request: ExtendReservation,
) -> Result<Reservation, InventoryError> {
    let now = app.clock.now();
    let mut check = Check::new();
    check_expiry(app, request.expires_at, now, &mut check);
    check.finish()?;
    let mut tx = app.db.begin().await?;
    let mut reservation =
        store::reservation::open(&mut tx, order_id).await?.ok_or(InventoryError::ReservationNotFound)?;
    if reservation.extend(request.expires_at)? == Next::Go {
        store::reservation::save(&mut tx, &mut reservation, now).await?;
    }
    tx.commit().await?;
    Ok(reservation)
}
