//! The hold on the stock ran out before the order was paid.

use super::checkout;
use super::find;
use super::save;
use crate::App;
use crate::domain::saga::Outcome;
use crate::domain::status::{self, Mover};
use crate::error::Result;
use crate::store;
use api::inventory::InventoryReservationExpired;
use api::order::CancellationReason;
use api::shared::Actor;
use db::Tx;
use events::Delivery;

/// Cancels the order if it still waits for its money. A paid one is left alone: confirming the
/// reservation holds the stock again, or fails and cancels.
///
/// # Errors
/// Those of the store, and losing a race; the message comes again.
pub(crate) async fn expire_reservation(
    app: &App,
    delivery: &Delivery<InventoryReservationExpired>,
) -> Result<()> {
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        if !delivery.claim(&mut tx).await? {
            return Ok(());
        }
        cancel(&mut tx, &delivery.message.payload).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn cancel(tx: &mut Tx, expired: &InventoryReservationExpired) -> Result<()> {
    let Some(mut order) = store::orders::by_id(tx, expired.order_id).await? else { return Ok(()) };
    if !status::is_payable(order.status) || order.is_paid() {
        return Ok(());
    }
    let mut saga = store::sagas::by_order(tx, expired.order_id).await?;
    checkout::note(tx, &mut saga, Outcome::Cancelled).await?;
    order.cancel(CancellationReason::ReservationExpired, None, Mover::System, &Actor::system())?;
    save::save(tx, &mut order).await
}
