//! Pays with a method, or asks the gateway how a payment stands.

use super::create::declined;
use super::{advance, read};
use crate::App;
use crate::domain::Payment;
use crate::domain::operation::{Kind, Operation};
use crate::error::PaymentError;
use crate::store;
use api::ids::PaymentId;
use api::payment::{ConfirmPayment, PaymentStatus};
use auth::Caller;

/// Pays with the named method. Several requests at once make one charge: the others get the
/// payment as it stands.
///
/// # Errors
/// [`PaymentError::Declined`], [`PaymentError::InvalidTransition`],
/// [`PaymentError::UnknownMethod`], [`PaymentError::ForeignLink`].
pub(crate) async fn confirm(
    app: &App,
    caller: &Caller,
    token: Option<&str>,
    id: PaymentId,
    request: ConfirmPayment,
) -> Result<Payment, PaymentError> {
    app.check_link("/returnUrl", request.return_url.as_deref())?;
    let payment = read::own(app, caller, token, id).await?;
    let payment = match (payment.status, request.payment_method_id) {
        (status, _) if status.was_paid() => return Ok(payment),
        (PaymentStatus::Failed | PaymentStatus::Cancelled, _) => {
            return Err(PaymentError::invalid(payment.status));
        }
        (PaymentStatus::Pending | PaymentStatus::RequiresAction, Some(method)) => {
            charge(app, payment, method, request.return_url).await?
        }
        _ => settled(app, payment).await?,
    };
    declined(&payment)?;
    Ok(payment)
}

async fn charge(
    app: &App,
    payment: Payment,
    method: String,
    return_url: Option<String>,
) -> Result<Payment, PaymentError> {
    if method.is_empty() || method.len() > 255 {
        return Err(PaymentError::UnknownMethod);
    }
    if payment.cancel_reason.is_some() {
        return Err(PaymentError::invalid(PaymentStatus::Cancelled));
    }
    let payment = if payment.handle.intent.is_none() { settled(app, payment).await? } else { payment };
    let back = return_url.unwrap_or_else(|| payment.return_url.clone());
    match begin(app, &payment, method, back).await? {
        Some((payment, call)) => match advance::send(app, payment.clone(), &call).await {
            Err(PaymentError::Undecided) => Ok(payment),
            answer => answer,
        },
        None => settled(app, payment).await,
    }
}

/// The transaction before the call; `None` when another call is under way or it is too late.
async fn begin(
    app: &App,
    payment: &Payment,
    method: String,
    back: String,
) -> Result<Option<(Payment, Operation)>, PaymentError> {
    let mut tx = app.db.begin().await?;
    let number = store::operation::next_number(&mut tx, payment.id, Kind::Confirm).await?;
    let call = Operation::confirm(payment, number, method.clone(), back);
    let now = tx.now();
    let mine = store::operation::insert(&mut tx, &call, now).await?
        && store::payment::choose_method(&mut tx, payment.id, &method).await?;
    if !mine {
        return Ok(None);
    }
    advance::watch(app, &mut tx, payment.id).await?;
    let payment =
        store::payment::by_id(&mut tx, payment.id).await?.ok_or(PaymentError::NotFound("payment"))?;
    tx.commit().await?;
    Ok(Some((payment, call)))
}

/// The payment as the gateway shows it now, or as we know it while it gives no answer.
async fn settled(app: &App, payment: Payment) -> Result<Payment, PaymentError> {
    match advance(app, payment.id).await {
        Err(PaymentError::Undecided) => Ok(payment),
        answer => answer,
    }
}
