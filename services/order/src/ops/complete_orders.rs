//! Completes delivered orders whose return window is over.

use super::find;
use super::save;
use crate::App;
use crate::domain::status::Mover;
use crate::error::{OrderError, Result};
use crate::store;
use api::ids::OrderId;
use api::order::OrderStatus;
use api::shared::Actor;

/// Orders completed at once.
const BATCH: i64 = 200;

/// Completes all that are due; one that cannot be completed does not keep the others waiting.
///
/// # Errors
/// Those of the store, after all others were tried.
pub(crate) async fn complete_orders(app: &App) -> Result<()> {
    let before = app.clock.now() - app.config.return_window.0;
    loop {
        let due = store::orders::delivered_before(&mut app.db.conn().await?, before, BATCH).await?;
        let full = due.len() as i64 == BATCH;
        let mut failure = None;
        for order_id in due {
            match find::again(|| complete(app, order_id)).await {
                // Somebody else moved it.
                Ok(()) | Err(OrderError::InvalidTransition { .. }) => {}
                Err(error) => {
                    tracing::error!(order = %order_id, %error, "an order could not be completed");
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) => return Err(error),
            None if full => {}
            None => return Ok(()),
        }
    }
}

async fn complete(app: &App, order_id: OrderId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut order = find::by_id(&mut tx, order_id).await?;
    order.move_to(OrderStatus::Completed, Mover::System, &Actor::system(), None)?;
    save::save(&mut tx, &mut order).await?;
    tx.commit().await?;
    Ok(())
}
