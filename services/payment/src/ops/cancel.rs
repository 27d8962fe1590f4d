//! Ends an attempt that is under way.

use super::advance::{self, Advance};
use crate::App;
use crate::domain::Payment;
use crate::error::PaymentError;
use crate::store;
use api::audit::Deed;
use api::ids::PaymentId;
use api::payment::{PaymentAuditRecorded, PaymentStatus};
use auth::Caller;
use events::tasks;

/// Ends an attempt. The wish is stored first, so that it is carried out even if the gateway gives
/// no answer now.
///
/// # Errors
/// [`PaymentError::InvalidTransition`] when it was paid or refused; [`PaymentError::Undecided`]
/// when nobody knows yet whether it ends.
pub(crate) async fn cancel(
    app: &App,
    caller: &Caller,
    id: PaymentId,
    reason: &str,
) -> Result<Payment, PaymentError> {
    let mut tx = app.db.begin().await?;
    let payment = store::payment::by_id(&mut tx, id).await?.ok_or(PaymentError::NotFound("payment"))?;
    if payment.status == PaymentStatus::Cancelled {
        tx.commit().await?;
        return Ok(payment);
    }
    if !store::payment::wish_end(&mut tx, id, reason).await? {
        return Err(PaymentError::invalid(payment.status));
    }
    let deed = Deed::new("payment.cancel", "payment").to(id).because(Some(reason));
    PaymentAuditRecorded::note(&mut tx, caller, deed).await?;
    let now = tx.now();
    tasks::schedule(&mut tx, &Advance { payment_id: id }, now + app.gateway.timeout()).await?;
    tx.commit().await?;
    let payment = advance::advance(app, id).await?;
    match payment.status {
        paid if paid.was_paid() => Err(PaymentError::invalid(paid)),
        open if open.is_open() => Err(PaymentError::Undecided),
        _ => Ok(payment),
    }
}
