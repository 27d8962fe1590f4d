//! Releases holds whose time has come.

use super::cancel::release;
use super::hold::{change, note};
use crate::App;
use crate::domain::Next;
use crate::error::InventoryError;
use crate::store;
use api::ids::OrderId;
use api::inventory::{InventoryReservationExpired, ReservationLine};
use api::shared::Actor;
use base::Error;
use events::outbox;

/// Releases holds that ran out, each in a transaction of its own. One that cannot be released
/// does not keep the others.
///
/// # Errors
/// Those of the store; 500 when some could not be released.
pub(crate) async fn expire_reservations(app: &App) -> Result<(), InventoryError> {
    let (now, batch) = (app.clock.now(), app.config.expiry_batch);
    let mut failed = 0;
    let mut last = None;
    loop {
        let mut conn = app.db.conn().await?;
        let due = store::reservation::due(&mut conn, now, last, i64::from(batch)).await?;
        drop(conn);
        for (_, order_id) in &due {
            if let Err(error) = expire(app, *order_id).await {
                failed += 1;
                let error = Error::from(error);
                tracing::error!(%order_id, error = error.chain(), "a hold that ran out cannot be released");
            }
        }
        last = due.last().copied();
        if due.len() < batch as usize {
            break;
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Error::internal(format!("{failed} holds that ran out could not be released")).into())
}

/// Releases one hold, unless somebody else did or it was made to last.
async fn expire(app: &App, order_id: OrderId) -> Result<(), InventoryError> {
    let mut tx = app.db.begin().await?;
    let Some(mut reservation) = store::reservation::open(&mut tx, order_id).await? else { return Ok(()) };
    let released = reservation.open_lines();
    let now = tx.now();
    if reservation.expire(now) != Next::Go {
        return Ok(());
    }
    store::reservation::save(&mut tx, &mut reservation, now).await?;
    let note = note(order_id, Actor::system(), Some("the hold ran out".into()));
    change(app, &mut tx, &released, release, &note).await?;
    let event = InventoryReservationExpired {
        aggregate_version: reservation.version,
        reservation_id: reservation.id,
        order_id,
        lines: released.iter().map(ReservationLine::from).collect(),
        expired_at: now,
    };
    outbox::publish(&mut tx, &event).await?;
    Ok(tx.commit().await?)
}
