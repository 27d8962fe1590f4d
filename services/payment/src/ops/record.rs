//! Writes down what the gateway showed: the state, its events, the ledger, and what is to be done
//! next, in one transaction. Anybody may do it at any time, several at once.

use super::advance::{Advance, ExpirePayment};
use super::announce;
use super::refund::give_back_all;
use super::webhook::ApplyWebhook;
use crate::App;
use crate::domain::operation::Operation;
use crate::domain::seen::Seen;
use crate::domain::{Fact, Outcome, Payment, ledger as rules};
use crate::store;
use api::ids::PaymentId;
use base::{Error, Result};
use db::Tx;
use events::TaskRun;
use events::tasks::{self, Task as _};

/// How often a change is decided again because somebody else changed the payment meanwhile.
const TRIES: usize = 20;

/// What ends together with the change.
#[derive(Clone, Copy)]
pub(crate) enum Ends<'a> {
    Nothing,
    /// The call that showed it.
    Call(&'a Operation),
    /// The webhook that made us ask.
    Webhook(&'a TaskRun<ApplyWebhook>),
}

/// What a change does to a payment.
type Change<'a> = &'a (dyn Fn(&mut Payment) -> Result<Outcome> + Sync);

/// Applies what the gateway showed of a payment.
///
/// # Errors
/// 404 for a payment that is not ours; 500 when the gateway shows another amount.
pub(crate) async fn seen(app: &App, id: PaymentId, seen: &Seen, ends: Ends<'_>) -> Result<Payment> {
    let apply = |payment: &mut Payment| payment.observe(seen).map_err(Error::internal);
    change(app, id, &apply, ends, ("DONE", "answered")).await
}

/// The gateway refused to make the payment.
pub(crate) async fn refused(app: &App, id: PaymentId, code: &str, call: &Operation) -> Result<Payment> {
    change(app, id, &|payment| Ok(payment.refuse(code)), Ends::Call(call), ("REFUSED", code)).await
}

/// The payment is to end and the gateway has never heard of it.
pub(crate) async fn unheard(app: &App, id: PaymentId, ends: Ends<'_>) -> Result<Payment> {
    change(app, id, &|payment| Ok(payment.end_unheard()), ends, ("REFUSED", "never sent")).await
}

/// The gateway refused the request of a call; the payment stays as it is.
pub(crate) async fn call_refused(app: &App, call: &Operation, code: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    store::operation::finish(&mut tx, call, "REFUSED", code, now).await?;
    Ok(tx.commit().await?)
}

async fn change(
    app: &App,
    id: PaymentId,
    change: Change<'_>,
    ends: Ends<'_>,
    (state, outcome): (&str, &str),
) -> Result<Payment> {
    for _ in 0..TRIES {
        let mut tx = app.db.begin().await?;
        let found = store::payment::by_id(&mut tx, id).await?;
        let mut payment = found.ok_or_else(|| Error::not_found("payment"))?;
        let read = payment.version;
        let result = change(&mut payment)?;
        if result.changed && !store::payment::save(&mut tx, &payment, read).await? {
            continue;
        }
        let now = tx.now();
        match ends {
            Ends::Nothing => {}
            Ends::Call(call) => {
                store::operation::finish(&mut tx, call, state, outcome, now).await?;
            }
            Ends::Webhook(run) => {
                run.complete(&mut tx).await?;
            }
        }
        follow(app, &mut tx, &payment, &result, ends).await?;
        tx.commit().await?;
        return Ok(payment);
    }
    Err(Error::unavailable("the payment is being changed by others; try again"))
}

/// Events, ledger and tasks that follow from a change.
async fn follow(app: &App, tx: &mut Tx, payment: &Payment, result: &Outcome, ends: Ends<'_>) -> Result<()> {
    let now = tx.now();
    for fact in &result.facts {
        announce::fact(tx, payment, fact, app.gateway.method_type()).await?;
        app.count(fact);
        if let Fact::Succeeded { fee_minor } = fact {
            for posting in rules::captured(payment, *fee_minor) {
                store::ledger::post(tx, &posting, payment.id, None, now).await?;
            }
        }
    }
    if result.give_back {
        give_back_all(tx, payment).await?;
    }
    let advance = Advance { payment_id: payment.id };
    let wish_left = payment.status.is_open() && payment.cancel_reason.is_some();
    if result.close_at_gateway || (wish_left && matches!(ends, Ends::Call(_))) {
        tasks::schedule(tx, &advance, now).await?;
    } else if matches!(ends, Ends::Call(_)) {
        tasks::cancel(tx, Advance::KIND, &advance.key()).await?;
    }
    if result.changed && !payment.status.is_open() {
        let expire = ExpirePayment { payment_id: payment.id };
        tasks::cancel(tx, ExpirePayment::KIND, &expire.key()).await?;
    }
    Ok(())
}
