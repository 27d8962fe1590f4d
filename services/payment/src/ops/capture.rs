//! Takes money that is held.

use super::advance;
use crate::App;
use crate::domain::Payment;
use crate::domain::operation::{Kind, Operation};
use crate::error::PaymentError;
use crate::store;
use api::audit::Deed;
use api::ids::PaymentId;
use api::payment::{CapturePayment, PaymentAuditRecorded, PaymentStatus};
use auth::Caller;
use base::Money;

/// Takes all or a part of the money held; what is not taken is let go. While the money is held,
/// every request asks the gateway, also after it refused one.
///
/// # Errors
/// [`PaymentError::InvalidTransition`], [`PaymentError::CaptureExceeds`],
/// [`PaymentError::Currency`]; [`PaymentError::Gateway`] when the gateway refuses and the money
/// stays held.
pub(crate) async fn capture(
    app: &App,
    caller: &Caller,
    id: PaymentId,
    request: CapturePayment,
) -> Result<Payment, PaymentError> {
    let mut tx = app.db.begin().await?;
    let payment = store::payment::by_id(&mut tx, id).await?.ok_or(PaymentError::NotFound("payment"))?;
    let amount = request.amount.unwrap_or(payment.amount);
    check(&payment, amount)?;
    let number = store::operation::next_number(&mut tx, id, Kind::Capture).await?;
    let call = Operation::capture(&payment, number, amount);
    let now = tx.now();
    if !store::operation::insert(&mut tx, &call, now).await? {
        return Err(PaymentError::Undecided);
    }
    let deed = Deed::new("payment.capture", "payment").to(id);
    PaymentAuditRecorded::note(&mut tx, caller, deed).await?;
    advance::watch(app, &mut tx, id).await?;
    tx.commit().await?;
    let payment = advance::send(app, payment, &call).await?;
    match payment.status {
        paid if paid.was_paid() => Ok(payment),
        held if held.is_open() => Err(PaymentError::Gateway),
        ended => Err(PaymentError::invalid(ended)),
    }
}

fn check(payment: &Payment, amount: Money) -> Result<(), PaymentError> {
    if payment.status != PaymentStatus::Authorized {
        return Err(PaymentError::invalid(payment.status));
    }
    if amount.currency != payment.amount.currency {
        return Err(PaymentError::Currency);
    }
    if !(1..=payment.amount.minor).contains(&amount.minor) {
        return Err(PaymentError::CaptureExceeds { held: payment.amount });
    }
    Ok(())
}
