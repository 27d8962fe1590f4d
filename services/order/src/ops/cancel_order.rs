//! Cancels an order; stock, money and cart are given back by the readers of `OrderCancelled`.

use super::checkout;
use super::expire_payment::ExpirePayment;
use super::find;
use super::save;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::Order;
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::{OrderError, Result};
use crate::store;
use api::order::{CancelOrder, CancellationReason};
use auth::{Caller, Permission};
use base::{Check, Error};
use db::Tx;
use events::{Task as _, tasks};

/// Cancels an order for its owner (before it is prepared) or for staff.
///
/// # Errors
/// [`OrderError::NotFound`], [`OrderError::InvalidTransition`], [`OrderError::Stale`], 422.
pub(crate) async fn cancel_order(
    app: &App,
    caller: &Caller,
    key: &str,
    token: Option<&str>,
    seen: Option<i64>,
    body: &CancelOrder,
) -> Result<(Order, Viewer)> {
    let mut check = Check::new();
    check.opt_multiline("/notes", body.notes.as_deref(), 0..=500);
    check.finish()?;
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        let mut order = find::find(&mut tx, key).await?;
        let viewer = Viewer::of(&order, caller, token, &app.keys, Permission::OrderCancel)?;
        if viewer.mover() == Mover::Owner && body.reason_code != CancellationReason::CustomerRequest {
            return Err(
                Error::field("/reasonCode", "not-allowed", "customers cancel with CUSTOMER_REQUEST").into()
            );
        }
        if seen.is_some_and(|seen| seen != order.version) {
            return Err(OrderError::Stale);
        }
        order.cancel(body.reason_code, body.notes.as_deref(), viewer.mover(), &viewer.actor())?;
        save_cancelled(&mut tx, &mut order).await?;
        viewer.note(&mut tx, &order, "order.cancel", body.notes.as_deref()).await?;
        tx.commit().await?;
        Ok((order, viewer))
    })
    .await
}

/// Saves an order that was just cancelled and ends its checkout.
pub(super) async fn save_cancelled(tx: &mut Tx, order: &mut Order) -> Result<()> {
    let mut saga = store::sagas::by_order(tx, order.id).await?;
    checkout::note(tx, &mut saga, Outcome::Cancelled).await?;
    save::save(tx, order).await?;
    tasks::cancel(tx, ExpirePayment::KIND, &order.id.to_string()).await?;
    Ok(())
}
