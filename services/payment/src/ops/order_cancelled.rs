//! An order was cancelled: open payments end, money that came goes back.

use super::advance::Advance;
use super::refund::give_back_all;
use crate::store;
use api::order::OrderCancelled;
use base::{Error, Result};
use db::Tx;
use events::tasks;

/// Ends what is open and gives back what was paid, in the transaction that takes the message.
/// Money that arrives later goes back when it is seen: the payments remember.
pub(crate) async fn order_cancelled(tx: &mut Tx, event: &OrderCancelled) -> Result<()> {
    let order = event.order.order_id;
    store::payment::mark_order_cancelled(tx, order).await?;
    let reason = serde_json::to_value(event.cancellation_reason_code).map_err(Error::internal)?;
    let reason = format!("order cancelled: {}", reason.as_str().unwrap_or_default());
    let now = tx.now();
    for payment in store::payment::of_order(tx, order).await? {
        if store::payment::wish_end(tx, payment.id, &reason).await? {
            tasks::schedule(tx, &Advance { payment_id: payment.id }, now).await?;
        } else if payment.status.was_paid() {
            give_back_all(tx, &payment).await?;
        }
    }
    Ok(())
}
