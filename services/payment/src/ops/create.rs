//! Starts paying for an order.

use super::{advance, announce, read};
use crate::App;
use crate::config::CaptureOn;
use crate::domain::ledger::Breakdown;
use crate::domain::operation::{Kind, Operation};
use crate::domain::{Capture, NewPayment, Payment};
use crate::error::PaymentError;
use crate::store;
use advance::ExpirePayment;
use api::order::{OrderStatus, Payable};
use api::payment::{CreatePayment, PaymentFlow, PaymentStatus};
use auth::Caller;
use base::Money;
use db::Tx;
use events::tasks;

/// How often a start is tried when others start a payment of the same order.
const TRIES: usize = 5;

/// A payment, and whether this request started it.
pub(crate) struct Started {
    pub(crate) payment: Payment,
    pub(crate) is_new: bool,
}

/// Starts paying for an order; returns the open payment when there is one.
///
/// # Errors
/// [`PaymentError::NotFound`] for orders of others, [`PaymentError::AlreadyPaid`],
/// [`PaymentError::NotPayable`], [`PaymentError::AmountMismatch`], [`PaymentError::Declined`],
/// [`PaymentError::UnknownMethod`], [`PaymentError::Gateway`].
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    request: CreatePayment,
) -> Result<Started, PaymentError> {
    check_request(app, &request)?;
    let payable = app.order.payable(request.order_id).await?;
    if !read::is_service(caller) && !read::owns(caller, payable.user_id) {
        return Err(PaymentError::NotFound("order"));
    }
    if request.amount.is_some_and(|amount| amount != payable.amount) {
        return Err(PaymentError::AmountMismatch { expected: payable.amount });
    }
    for _ in 0..TRIES {
        match begin(app, &request, &payable).await? {
            Begun::New(payment, call) => return answer(app, payment, &call).await,
            Begun::Open(payment) => {
                return Ok(Started { payment: catch_up(app, payment).await, is_new: false });
            }
            Begun::Raced => {}
        }
    }
    Err(PaymentError::Undecided)
}

enum Begun {
    New(Payment, Operation),
    Open(Payment),
    /// Somebody else started one at the same moment.
    Raced,
}

/// The transaction before the call: the payment, the intent, and who looks after them.
async fn begin(app: &App, request: &CreatePayment, payable: &Payable) -> Result<Begun, PaymentError> {
    let mut tx = app.db.begin().await?;
    let earlier = store::payment::of_order(&mut tx, request.order_id).await?;
    if let Some(open) = earlier.iter().find(|payment| payment.status.is_open()) {
        let open = open.clone();
        tx.commit().await?;
        return Ok(Begun::Open(open));
    }
    if earlier.iter().any(|payment| payment.status.was_paid()) {
        return Err(PaymentError::AlreadyPaid);
    }
    let now = tx.now();
    check_payable(payable, now)?;
    let attempt = earlier.first().map_or(0, |payment| payment.attempt) + 1;
    let payment = Payment::start(new_payment(app, request, payable, now), attempt, now);
    let call = Operation::new(&payment, Kind::Create, 1);
    let stored = store::payment::insert(&mut tx, &payment).await?
        && store::operation::insert(&mut tx, &call, now).await?;
    if !stored {
        return Ok(Begun::Raced);
    }
    announce::initiated(&mut tx, &payment, app.gateway.method_type()).await?;
    follow_up(app, &mut tx, &payment).await?;
    tx.commit().await?;
    Ok(Begun::New(payment, call))
}

async fn follow_up(app: &App, tx: &mut Tx, payment: &Payment) -> base::Result<()> {
    advance::watch(app, tx, payment.id).await?;
    tasks::schedule(tx, &ExpirePayment { payment_id: payment.id }, payment.expires_at).await
}

/// The call, and what the client reads of it. An unknown outcome is no failure: the payment is
/// there, and somebody looks after it.
async fn answer(app: &App, payment: Payment, call: &Operation) -> Result<Started, PaymentError> {
    let payment = match advance::send(app, payment.clone(), call).await {
        Ok(payment) => payment,
        Err(PaymentError::Undecided) => payment,
        Err(error) => return Err(error),
    };
    declined(&payment)?;
    Ok(Started { payment, is_new: true })
}

/// A refused payment as the error clients get.
pub(crate) fn declined(payment: &Payment) -> Result<(), PaymentError> {
    match &payment.failure {
        Some(failure) if payment.status == PaymentStatus::Failed => Err(PaymentError::Declined {
            payment: payment.id,
            reason: failure.reason,
            retryable: failure.retryable,
        }),
        _ => Ok(()),
    }
}

/// An open payment, as up to date as it can be made now.
async fn catch_up(app: &App, payment: Payment) -> Payment {
    if payment.next_action.is_some() {
        return payment;
    }
    advance(app, payment.id).await.unwrap_or(payment)
}

fn check_payable(payable: &Payable, now: base::Timestamp) -> Result<(), PaymentError> {
    let in_time = payable.payment_deadline.is_none_or(|deadline| now < deadline);
    match payable.status {
        OrderStatus::PendingPayment | OrderStatus::PaymentFailed | OrderStatus::PaymentProcessing
            if in_time =>
        {
            Ok(())
        }
        OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::OnHold
        | OrderStatus::PartiallyShipped
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Completed
        | OrderStatus::Returned => Err(PaymentError::AlreadyPaid),
        _ => Err(PaymentError::NotPayable),
    }
}

fn new_payment(app: &App, request: &CreatePayment, payable: &Payable, now: base::Timestamp) -> NewPayment {
    let flow = flow(request);
    let back = || app.default_return_url(request.order_id, payable.user_id.is_none());
    let return_url = request.return_url.clone().unwrap_or_else(back);
    NewPayment {
        order_id: request.order_id,
        order_number: payable.order_number.clone(),
        user_id: payable.user_id,
        customer_email: Some(payable.customer_email.clone()),
        flow,
        gateway: app.gateway.name(),
        capture: match app.config.capture_on {
            CaptureOn::Payment => Capture::Automatic,
            CaptureOn::Shipment => Capture::Manual,
        },
        amount: payable.amount,
        breakdown: breakdown(payable),
        method_id: request.payment_method_id.clone().filter(|_| flow == PaymentFlow::SavedMethod),
        cancel_url: request.cancel_url.clone().unwrap_or_else(|| return_url.clone()),
        return_url,
        expires_at: payable.payment_deadline.unwrap_or(now + app.config.session_lifetime.0),
    }
}

/// The way asked for; naming a method and no way is a wish to charge it.
fn flow(request: &CreatePayment) -> PaymentFlow {
    let named = request.payment_method_id.is_some();
    request.flow.unwrap_or(if named { PaymentFlow::SavedMethod } else { PaymentFlow::CheckoutRedirect })
}

/// What the order says its price consists of; amounts in another currency say nothing.
fn breakdown(payable: &Payable) -> Breakdown {
    let minor = |amount: Option<Money>| {
        amount
            .filter(|amount| amount.currency == payable.amount.currency)
            .map_or(0, |amount| amount.minor.max(0))
    };
    Breakdown {
        discount_minor: minor(payable.discount_amount),
        tax_minor: minor(payable.tax_amount),
        shipping_minor: minor(payable.shipping_net),
    }
}

fn check_request(app: &App, request: &CreatePayment) -> Result<(), PaymentError> {
    app.check_link("/returnUrl", request.return_url.as_deref())?;
    app.check_link("/cancelUrl", request.cancel_url.as_deref())?;
    let needs_method = flow(request) == PaymentFlow::SavedMethod;
    if needs_method && request.payment_method_id.is_none() {
        let text = "a saved method needs a paymentMethodId";
        return Err(base::Error::field("/paymentMethodId", "required", text).into());
    }
    let long = request.payment_method_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 255);
    if long {
        return Err(PaymentError::UnknownMethod);
    }
    Ok(())
}
