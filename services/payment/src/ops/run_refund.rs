//! Makes refunds at the gateway, and finds out what became of them.

use super::announce;
use crate::App;
use crate::domain::operation::Operation;
use crate::domain::refund::{Refund, RefundFact};
use crate::domain::seen::{RefundState, SeenRefund};
use crate::domain::{Payment, ledger as rules};
use crate::providers::{GatewayError, NewRefund};
use crate::store;
use api::ids::RefundId;
use api::payment::RefundStatus;
use base::{Error, Result};
use db::Tx;
use events::tasks::{self, Task};
use serde::{Deserialize, Serialize};

/// Looks after a refund until it has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunRefund {
    pub(crate) refund_id: RefundId,
}

impl Task for RunRefund {
    const KIND: &'static str = "run-refund";
    // Several hours without an answer; afterwards the reconciliation goes on asking.
    const MAX_ATTEMPTS: u32 = 30;

    fn key(&self) -> String {
        self.refund_id.to_string()
    }
}

/// How often a change is decided again because somebody else changed the refund meanwhile.
const TRIES: usize = 20;

/// Asks the gateway for a refund, or how one stands that it was asked for.
///
/// # Errors
/// Transient while the gateway gives no answer.
pub(crate) async fn run_refund(app: &App, id: RefundId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(mut refund) = store::refund::by_id(&mut tx, id).await? else { return Ok(()) };
    let payment = store::payment::by_id(&mut tx, refund.payment_id).await?;
    let payment = payment.ok_or_else(|| Error::internal("a refund without payment"))?;
    let read = refund.version;
    let call = match refund.start() {
        None if refund.status == RefundStatus::Processing => {
            drop(tx);
            return look(app, &payment, &refund).await;
        }
        None => return Ok(()),
        Some(fact) => {
            let call = Operation::refund(&payment, &refund);
            let now = tx.now();
            let mine = store::refund::save(&mut tx, &refund, read).await?
                && store::operation::insert(&mut tx, &call, now).await?;
            if !mine {
                return Err(Error::unavailable("the refund is being made by others"));
            }
            announce::refund_fact(&mut tx, &payment, &refund, fact).await?;
            call
        }
    };
    tx.commit().await?;
    send(app, &payment, &refund, &call).await
}

/// The gateway was asked before: has it answered?
async fn look(app: &App, payment: &Payment, refund: &Refund) -> Result<()> {
    let open = store::operation::open_of_refund(&mut app.db.conn().await?, refund.id).await?;
    let shown = match &open {
        // The answer to this try is not known: what we find may still be that of an earlier one.
        Some(_) => app.gateway.fetch_refund(Some(refund.id), None).await.map_err(undecided)?,
        None => app.gateway.fetch_refund(None, refund.reference.as_deref()).await.map_err(undecided)?,
    };
    match (shown, open) {
        (Some(shown), Some(call)) if refund.is_old(&shown) => send(app, payment, refund, &call).await,
        (Some(shown), _) => record(app, refund.id, &shown).await,
        (None, Some(call)) => send(app, payment, refund, &call).await,
        (None, None) => Ok(()),
    }
}

async fn send(app: &App, payment: &Payment, refund: &Refund, call: &Operation) -> Result<()> {
    let intent = payment.handle.intent.as_deref().unwrap_or_default();
    let new = NewRefund { refund_id: refund.id, amount: refund.amount };
    let shown = match app.gateway.refund(intent, &new, &call.provider_key).await {
        Ok(shown) => shown,
        Err(GatewayError::Refused { code, .. }) => SeenRefund {
            reference: String::new(),
            refund_id: Some(refund.id),
            amount: refund.amount,
            state: RefundState::Refused { code },
        },
        Err(unknown) => return Err(undecided(unknown)),
    };
    record(app, refund.id, &shown).await
}

/// Writes down what the gateway showed of a refund.
///
/// # Errors
/// 500 when it shows another amount.
pub(crate) async fn record(app: &App, id: RefundId, shown: &SeenRefund) -> Result<()> {
    for _ in 0..TRIES {
        let mut tx = app.db.begin().await?;
        let Some(mut refund) = store::refund::by_id(&mut tx, id).await? else { return Ok(()) };
        if shown.amount != refund.amount {
            return Err(Error::internal(format!(
                "refund {id} is about {}, the gateway shows {}",
                refund.amount, shown.amount
            )));
        }
        let read = refund.clone();
        let now = tx.now();
        let fact = refund.observe(shown, now);
        if refund != read && !store::refund::save(&mut tx, &refund, read.version).await? {
            continue;
        }
        if !read.is_old(shown) {
            store::operation::finish_of_refund(&mut tx, id, now).await?;
        }
        if let Some(fact) = fact
            && !follow(app, &mut tx, &mut refund, fact).await?
        {
            continue;
        }
        tx.commit().await?;
        return Ok(());
    }
    Err(Error::unavailable("the payment is being changed by others; try again"))
}

/// Sums, ledger, events and the next try. `false` when somebody else changed the payment.
async fn follow(app: &App, tx: &mut Tx, refund: &mut Refund, fact: RefundFact) -> Result<bool> {
    let payment = store::payment::by_id(tx, refund.payment_id).await?;
    let mut payment = payment.ok_or_else(|| Error::internal("a refund without payment"))?;
    let now = tx.now();
    if fact == RefundFact::Succeeded {
        let posting = rules::refunded(&payment, refund);
        let read = payment.version;
        payment.give_back(refund.amount.minor);
        if !store::payment::save(tx, &payment, read).await? {
            return Ok(false);
        }
        store::ledger::post(tx, &posting, payment.id, Some(refund.id), now).await?;
    }
    announce::refund_fact(tx, &payment, refund, fact).await?;
    app.count_refund(fact);
    if fact == RefundFact::Failed {
        let read = refund.version;
        if refund.give_up(now).is_some() {
            tracing::error!(refund = %refund.id, payment = %payment.id, "a refund was refused too often: people have to make it");
            app.count_refund(RefundFact::Manual);
            return Ok(store::refund::save(tx, refund, read).await?);
        }
        let at = now + refund.wait(app.config.refund_retry.0);
        tasks::schedule(tx, &RunRefund { refund_id: refund.id }, at).await?;
    }
    Ok(true)
}

fn undecided(error: GatewayError) -> Error {
    Error::unavailable("the gateway's answer is not known yet").caused_by(error)
}
