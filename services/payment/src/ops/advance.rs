//! Finishes what somebody began: the one place that turns "nobody knows" into "known", by asking.

use super::call;
use super::record::{self, Ends};
use crate::App;
use crate::domain::Payment;
use crate::domain::operation::{Kind, Operation};
use crate::domain::seen::{Seen, State};
use crate::error::PaymentError;
use crate::providers::GatewayError;
use crate::store;
use api::ids::PaymentId;
use api::payment::PaymentStatus;
use base::{Error, Result, Timestamp};
use db::Tx;
use events::tasks::{self, Task};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Looks after a payment until nothing about it is unknown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Advance {
    pub(crate) payment_id: PaymentId,
}

impl Task for Advance {
    const KIND: &'static str = "advance-payment";
    // An hour; afterwards the reconciliation goes on asking.
    const MAX_ATTEMPTS: u32 = 12;

    fn key(&self) -> String {
        self.payment_id.to_string()
    }
}

/// Ends a payment that was not made in time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExpirePayment {
    pub(crate) payment_id: PaymentId,
}

impl Task for ExpirePayment {
    const KIND: &'static str = "expire-payment";
    const MAX_ATTEMPTS: u32 = 12;

    fn key(&self) -> String {
        self.payment_id.to_string()
    }
}

/// Longer than a call and the writing of its answer take, so that nobody asks while it runs.
const MARGIN: Duration = Duration::from_secs(6);

/// Has somebody look after the call that is about to be made, in case its maker dies.
pub(crate) async fn watch(app: &App, tx: &mut Tx, payment_id: PaymentId) -> Result<()> {
    let at = tx.now() + app.gateway.timeout() + MARGIN;
    tasks::schedule(tx, &Advance { payment_id }, at).await
}

/// Does what is left to do for a payment.
///
/// # Errors
/// Transient while the gateway gives no answer.
pub(crate) async fn advance(app: &App, id: PaymentId) -> Result<Payment, PaymentError> {
    let mut conn = app.db.conn().await?;
    let payment = store::payment::by_id(&mut conn, id).await?.ok_or(PaymentError::NotFound("payment"))?;
    let open = store::operation::open(&mut conn, id).await?;
    drop(conn);
    let payment = match open {
        Some(call) => find_out(app, payment, &call).await?,
        None => ask(app, payment).await?,
    };
    if payment.status.is_open() && payment.cancel_reason.is_some() {
        return end(app, payment).await;
    }
    Ok(payment)
}

/// Asks the gateway how the payment stands, and closes its side if ours has ended.
pub(crate) async fn ask(app: &App, payment: Payment) -> Result<Payment, PaymentError> {
    let Some(shown) = fetch(app, &payment).await? else { return Ok(payment) };
    let closes =
        !payment.status.is_open() && !payment.status.was_paid() && shown.state.can_still_take_money();
    if closes {
        return end(app, payment).await;
    }
    Ok(record::seen(app, payment.id, &shown, Ends::Nothing).await?)
}

/// Finds out what became of a call.
async fn find_out(app: &App, payment: Payment, call: &Operation) -> Result<Payment, PaymentError> {
    match fetch(app, &payment).await? {
        Some(shown) if arrived(call, &shown) => {
            Ok(record::seen(app, payment.id, &shown, Ends::Call(call)).await?)
        }
        None if payment.cancel_reason.is_some() => {
            Ok(record::unheard(app, payment.id, Ends::Call(call)).await?)
        }
        shown => {
            let payment = match shown {
                // The gateway knows the payment but not this call; its names are needed for the call.
                Some(shown) => record::seen(app, payment.id, &shown, Ends::Nothing).await?,
                None => payment,
            };
            send(app, payment, call).await
        }
    }
}

/// Whether what the gateway shows is already the result of the call. If not, the call is made
/// again with its key, which is harmless if it is still on its way.
fn arrived(call: &Operation, shown: &Seen) -> bool {
    let refused_ours = shown.refused.as_ref().is_some_and(|refusal| refusal.method_id == call.method_id);
    match (call.kind, &shown.state) {
        (Kind::Confirm, State::Waiting { .. }) => refused_ours,
        // An earlier confirmation may have led there; and refunds are looked for elsewhere.
        (Kind::Confirm, State::Action(_)) | (Kind::Refund, _) => false,
        (Kind::Create | Kind::Confirm, _) => true,
        (Kind::Capture, state) => !matches!(state, State::Held { .. }),
        (Kind::Cancel, state) => !state.can_still_take_money(),
    }
}

/// Makes the call and writes the answer down.
pub(crate) async fn send(app: &App, payment: Payment, call: &Operation) -> Result<Payment, PaymentError> {
    match call::make(app, &payment, call).await {
        Ok(shown) => Ok(record::seen(app, payment.id, &shown, Ends::Call(call)).await?),
        Err(GatewayError::Refused { code, .. }) if call.kind == Kind::Create => {
            record::refused(app, payment.id, &code, call).await?;
            Err(refusal(&code))
        }
        Err(GatewayError::Refused { code, .. }) => {
            record::call_refused(app, call, &code).await?;
            if code == "resource_missing" && call.kind == Kind::Confirm {
                return Err(refusal(&code));
            }
            // It is in another state than we thought: look.
            let shown = fetch(app, &payment).await?;
            match shown {
                Some(shown) => Ok(record::seen(app, payment.id, &shown, Ends::Nothing).await?),
                None => Ok(payment),
            }
        }
        Err(unknown) => Err(undecided(unknown)),
    }
}

/// Ends a payment at the gateway: one that is open and wanted to end, or one that has ended here
/// while the gateway could still take money for it.
async fn end(app: &App, payment: Payment) -> Result<Payment, PaymentError> {
    if payment.handle.intent.is_none() {
        return Ok(record::unheard(app, payment.id, Ends::Nothing).await?);
    }
    let mut tx = app.db.begin().await?;
    let number = store::operation::next_number(&mut tx, payment.id, Kind::Cancel).await?;
    let call = Operation::new(&payment, Kind::Cancel, number);
    let now = tx.now();
    if !store::operation::insert(&mut tx, &call, now).await? {
        return Err(PaymentError::Undecided);
    }
    watch(app, &mut tx, payment.id).await?;
    tx.commit().await?;
    send(app, payment, &call).await
}

/// How the gateway says the payment stands.
async fn fetch(app: &App, payment: &Payment) -> Result<Option<Seen>, PaymentError> {
    let shown = app.gateway.fetch(payment.id, &payment.handle).await.map_err(undecided)?;
    Ok(shown)
}

fn refusal(code: &str) -> PaymentError {
    if code == "resource_missing" { PaymentError::UnknownMethod } else { PaymentError::Gateway }
}

fn undecided(error: GatewayError) -> PaymentError {
    tracing::info!(%error, "the gateway's answer is not known yet");
    PaymentError::Undecided
}

/// Ends a payment whose time is over.
///
/// # Errors
/// Transient while the gateway gives no answer.
pub(crate) async fn expire(app: &App, id: PaymentId, now: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let late = store::payment::by_id(&mut tx, id).await?.filter(|payment| payment.expires_at <= now);
    let Some(payment) = late else { return Ok(()) };
    // Held money stays held until it is captured or its order is cancelled.
    if payment.status == PaymentStatus::Authorized
        || !store::payment::wish_end(&mut tx, id, "EXPIRED").await?
    {
        return Ok(());
    }
    tx.commit().await?;
    advance(app, id).await.map(drop).map_err(Error::from)
}
