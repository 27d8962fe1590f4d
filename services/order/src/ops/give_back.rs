//! Step L: money arrived for an order that is cancelled or paid already, and goes back. The key
//! is the one under which the payment service refunds on `OrderCancelled`, so both paths together
//! make one refund.

use super::announce::order_ref;
use super::find;
use crate::App;
use crate::error::Result;
use api::ids::{OrderId, PaymentId};
use api::order::OrderRefundRequested;
use api::payment::{CancelPayment, PaymentStatus, RefundPayment};
use api::shared::Actor;
use base::{Error, Kind};
use events::{Task, TaskRun, outbox};
use serde::{Deserialize, Serialize};

/// Gives the money of a payment back, until that is accepted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GiveBack {
    pub(crate) order_id: OrderId,
    pub(crate) payment_id: PaymentId,
}

impl Task for GiveBack {
    const KIND: &'static str = "give-back";
    const MAX_ATTEMPTS: u32 = u32::MAX;

    fn key(&self) -> String {
        self.payment_id.to_string()
    }
}

/// The task [`GiveBack`].
///
/// # Errors
/// While it is not accepted; the task is tried again.
pub(crate) async fn give_back(app: &App, run: &TaskRun<GiveBack>) -> Result<()> {
    let GiveBack { order_id, payment_id } = run.task;
    let key = format!("cancelled:{payment_id}");
    let reason = "the order was cancelled or already paid".to_owned();
    let payment = app.payment.get(payment_id).await?;
    if payment.status == PaymentStatus::Authorized {
        app.payment.cancel(payment_id, &CancelPayment { reason }, &key).await?;
        return Ok(());
    }
    if matches!(payment.status, PaymentStatus::Refunded | PaymentStatus::Cancelled | PaymentStatus::Failed) {
        return Ok(());
    }
    let refund = RefundPayment { amount: None, reason: reason.clone(), notes: None };
    let refund = match app.payment.refund(payment_id, &refund, &key).await {
        Ok(refund) => refund,
        // Refused: somebody else gave it back, or it is tried again until a person looks at it.
        Err(error) if error.kind() == Kind::Conflict => return settled(app, payment_id, error).await,
        Err(error) => return Err(error.into()),
    };
    let order = find::read(app, order_id).await?;
    let mut tx = app.db.begin().await?;
    if !run.complete(&mut tx).await? {
        return Ok(());
    }
    let requested = OrderRefundRequested {
        order: order_ref(&order),
        payment_id,
        refund_id: Some(refund.id),
        amount: refund.amount,
        reason,
        requested_by: Actor::system(),
        requested_at: tx.now(),
    };
    outbox::publish(&mut tx, &requested).await?;
    tx.commit().await?;
    Ok(())
}

async fn settled(app: &App, payment_id: PaymentId, refusal: Error) -> Result<()> {
    let payment = app.payment.get(payment_id).await?;
    if payment.refunded_amount == payment.amount { Ok(()) } else { Err(refusal.into()) }
}
