//! Books refunds on their orders.

use super::announce::order_ref;
use super::find;
use super::save;
use crate::App;
use crate::domain::order::Order;
use crate::error::Result;
use crate::store;
use crate::store::orders::Booked;
use api::ids::{OrderId, PaymentId, RefundId};
use api::order::{OrderFlag, OrderRefundProcessed};
use base::Money;
use db::Tx;
use events::{Delivery, outbox};

/// What became known about a refund.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundNews {
    pub(crate) order_id: OrderId,
    pub(crate) payment_id: PaymentId,
    pub(crate) refund_id: RefundId,
    pub(crate) amount: Money,
    /// Whether the money is on its way back; otherwise the gateway refused.
    pub(crate) succeeded: bool,
}

/// Books a refund, or flags the order when there is none.
///
/// # Errors
/// Those of the store, and losing a race; the message comes again.
pub(crate) async fn note_refund<M>(app: &App, delivery: &Delivery<M>, refund: RefundNews) -> Result<()> {
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        if !delivery.claim(&mut tx).await? {
            return Ok(());
        }
        match store::orders::by_id(&mut tx, refund.order_id).await? {
            Some(order) if refund.succeeded => book(&mut tx, order, refund).await?,
            // The refusal of an earlier try came after the success of a later one.
            Some(_) if store::orders::is_refund_booked(&mut tx, refund.refund_id).await? => {}
            Some(mut order) => {
                order.flag(OrderFlag::RefundFailed);
                save::save(&mut tx, &mut order).await?;
            }
            None => tracing::warn!(order = %refund.order_id, "a refund for an order nobody knows"),
        }
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn book(tx: &mut Tx, mut order: Order, refund: RefundNews) -> Result<()> {
    let amount_minor = refund.amount.minor;
    let booked = Booked { refund_id: refund.refund_id, payment_id: refund.payment_id, amount_minor };
    if !store::orders::book_refund(tx, &order, &booked).await? {
        return Ok(());
    }
    order.flags.retain(|flag| *flag != OrderFlag::RefundFailed);
    // The money of a second payment was never the order's.
    if order.paid_by == Some(refund.payment_id) {
        order.book_refund(amount_minor);
    }
    save::save(tx, &mut order).await?;
    let processed = OrderRefundProcessed {
        order: order_ref(&order),
        payment_id: refund.payment_id,
        refund_id: refund.refund_id,
        amount_refunded: refund.amount,
        payment_status: order.payment_status,
        processed_at: order.updated_at,
    };
    outbox::publish(tx, &processed).await?;
    Ok(())
}
