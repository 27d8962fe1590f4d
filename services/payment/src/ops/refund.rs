//! Accepts refunds: the promise that money goes back, made before the gateway is asked.

use super::announce;
use super::run_refund::RunRefund;
use crate::App;
use crate::domain::Payment;
use crate::domain::refund::{Refund, TWIN_WINDOW, refund_amount};
use crate::error::PaymentError;
use crate::store;
use crate::store::refund::RequestKey;
use api::audit::Deed;
use api::ids::{PaymentId, RefundId};
use api::payment::{PaymentAuditRecorded, RefundPayment, RefundStatus};
use api::shared::Actor;
use auth::Caller;
use base::{Money, Result, Timestamp};
use db::Tx;
use events::tasks;

/// How often a refund is decided again because others took of the same money meanwhile.
const TRIES: usize = 50;

/// A request for a refund and the key it came with.
pub(crate) struct RefundRequest {
    pub(crate) payment_id: PaymentId,
    pub(crate) body: RefundPayment,
    pub(crate) idempotency_key: Option<String>,
}

/// Promises money back. A repetition gets the refund it made before: by its key for ever, and
/// without a key by payment, amount and reason for a minute (contracts §7.3).
///
/// # Errors
/// [`PaymentError::Refund`] when there is nothing, not enough or another currency; 403 when a
/// person proved who they are too long ago.
pub(crate) async fn refund(
    app: &App,
    caller: &Caller,
    request: RefundRequest,
) -> Result<Refund, PaymentError> {
    require_recent(app, caller)?;
    let key = request.idempotency_key.as_ref().map(|key| shared_key(&request, caller, key));
    for _ in 0..TRIES {
        let mut tx = app.db.begin().await?;
        let now = tx.now();
        let payment = store::payment::by_id(&mut tx, request.payment_id).await?;
        let payment = payment.ok_or(PaymentError::NotFound("payment"))?;
        if let Some(earlier) = earlier(&mut tx, &request, key.as_deref(), now).await? {
            tx.commit().await?;
            return Ok(earlier);
        }
        let amount = refund_amount(&payment, request.body.amount)?;
        if !store::payment::reserve_refund(&mut tx, payment.id, amount.minor).await? {
            continue;
        }
        // The reservation holds the row: whoever was before us is visible now.
        if let Some(earlier) = earlier(&mut tx, &request, key.as_deref(), now).await? {
            return Ok(earlier);
        }
        let refund = promise(&payment, &request.body, amount, caller.into(), now);
        let request_key = RequestKey { key: key.as_deref(), named_amount: request.body.amount.is_some() };
        if !accept(&mut tx, &refund, &request_key).await? {
            continue;
        }
        let reason = Some(refund.reason.as_str());
        let deed = Deed::new("payment.refund", "refund").to(refund.id).because(reason);
        PaymentAuditRecorded::note(&mut tx, caller, deed).await?;
        tx.commit().await?;
        return Ok(refund);
    }
    Err(PaymentError::Undecided)
}

/// Gives back all that is left of a payment because its order was cancelled. Whoever asks for
/// this first makes the one refund with this key.
pub(crate) async fn give_back_all(tx: &mut Tx, payment: &Payment) -> Result<()> {
    let key = cancelled_key(payment.id);
    if store::refund::by_key(tx, payment.id, &key).await?.is_some() {
        return Ok(());
    }
    let Ok(amount) = refund_amount(payment, None) else { return Ok(()) };
    if !store::payment::reserve_refund(tx, payment.id, amount.minor).await? {
        return Err(base::Error::unavailable("another refund of this payment is being made"));
    }
    let body = RefundPayment { amount: None, reason: "order cancelled".into(), notes: None };
    let now = tx.now();
    let refund = promise(payment, &body, amount, Actor::system(), now);
    let request_key = RequestKey { key: Some(&key), named_amount: false };
    if accept(tx, &refund, &request_key).await? {
        return Ok(());
    }
    Err(base::Error::unavailable("the same refund is being made"))
}

/// Tries a refund again that the gateway refused.
///
/// # Errors
/// [`PaymentError::InvalidTransition`] unless it failed.
pub(crate) async fn retry_refund(app: &App, caller: &Caller, id: RefundId) -> Result<Refund, PaymentError> {
    require_recent(app, caller)?;
    let mut tx = app.db.begin().await?;
    let refund = store::refund::by_id(&mut tx, id).await?.ok_or(PaymentError::NotFound("refund"))?;
    if refund.status != RefundStatus::Failed {
        return Err(PaymentError::InvalidTransition { status: refund.status.as_str() });
    }
    let now = tx.now();
    tasks::schedule(&mut tx, &RunRefund { refund_id: id }, now).await?;
    let deed = Deed::new("refund.retry", "refund").to(id);
    PaymentAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(refund)
}

async fn earlier(
    tx: &mut Tx,
    request: &RefundRequest,
    key: Option<&str>,
    now: Timestamp,
) -> Result<Option<Refund>, PaymentError> {
    let id = request.payment_id;
    Ok(match key {
        Some(key) => store::refund::by_key(tx, id, key).await?,
        None => {
            store::refund::twin(tx, id, request.body.amount, &request.body.reason, now - TWIN_WINDOW).await?
        }
    })
}

fn promise(payment: &Payment, body: &RefundPayment, amount: Money, by: Actor, now: Timestamp) -> Refund {
    Refund {
        id: RefundId::new(),
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        amount,
        status: RefundStatus::Pending,
        reason: body.reason.clone(),
        notes: body.notes.clone(),
        initiated_by: by,
        tries: 0,
        reference: None,
        refused_reference: None,
        failure_code: None,
        created_at: now,
        processed_at: None,
        version: 1,
    }
}

async fn accept(tx: &mut Tx, refund: &Refund, request: &RequestKey<'_>) -> Result<bool> {
    if !store::refund::insert(tx, refund, request).await? {
        return Ok(false);
    }
    announce::refund_initiated(tx, refund).await?;
    tasks::schedule(tx, &RunRefund { refund_id: refund.id }, refund.created_at).await?;
    Ok(true)
}

/// The key of the one refund that the cancellation of an order makes.
fn cancelled_key(payment: PaymentId) -> String {
    format!("cancelled:{payment}")
}

/// A key means something only together with who sent it, but for the one that is shared.
fn shared_key(request: &RefundRequest, caller: &Caller, key: &str) -> String {
    if key == cancelled_key(request.payment_id) {
        return key.to_owned();
    }
    let sender = Actor::from(caller).id.unwrap_or_default();
    format!("{sender}:{key}")
}

/// Giving money back is sensitive: a person must have proved who they are lately (contracts §5.2).
fn require_recent(app: &App, caller: &Caller) -> Result<(), PaymentError> {
    if let Caller::User(user) = caller {
        user.require_recent_auth(app.clock.now(), app.config.reauthentication.0)?;
    }
    Ok(())
}
