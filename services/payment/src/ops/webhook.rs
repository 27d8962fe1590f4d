//! Webhooks: stored first, answered, and then taken as a reason to ask. What they claim is never
//! believed, so repeated, late and reordered ones are harmless.

use super::record::{self, Ends};
use super::run_refund;
use crate::App;
use crate::error::PaymentError;
use crate::providers::{GatewayError, Notice, Object};
use crate::store;
use base::{Error, Result};
use db::Tx;
use events::TaskRun;
use events::tasks::{self, Task};
use serde::{Deserialize, Serialize};

/// Asks the gateway about what a webhook named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApplyWebhook {
    event_id: String,
    about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum About {
    Payment(String),
    Refund(String),
}

impl Task for ApplyWebhook {
    const KIND: &'static str = "apply-webhook";
    const MAX_ATTEMPTS: u32 = 20;

    fn key(&self) -> String {
        self.event_id.clone()
    }
}

/// Stores a webhook of the gateway. A duplicate is answered like the first and does nothing.
///
/// # Errors
/// [`PaymentError::NotFound`] for another gateway, [`PaymentError::BadSignature`].
pub(crate) async fn receive_webhook(
    app: &App,
    gateway: &str,
    signature: &str,
    body: &[u8],
) -> Result<(), PaymentError> {
    if gateway != app.gateway.name() {
        return Err(PaymentError::NotFound("gateway"));
    }
    let notice = app.gateway.verify_webhook(signature, body, app.clock.now());
    let notice = notice.filter(Notice::is_sane).ok_or(PaymentError::BadSignature)?;
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let is_new = store::webhook::insert(&mut tx, gateway, &notice, now).await?;
    let about = match notice.object {
        Object::Payment(id) => Some(About::Payment(id)),
        Object::Refund(id) => Some(About::Refund(id)),
        Object::Other(_) => None,
    };
    if let Some(about) = about.filter(|_| is_new)
        && is_news(&mut tx, &about).await?
    {
        tasks::schedule(&mut tx, &ApplyWebhook { event_id: notice.event_id, about }, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether asking could tell anything. A payment whose money was booked has no news of its own;
/// its refunds have events of theirs. Most webhooks end here.
async fn is_news(tx: &mut Tx, about: &About) -> Result<bool> {
    let About::Payment(intent) = about else { return Ok(true) };
    let known = store::payment::by_intent(tx, intent).await?;
    Ok(known.is_none_or(|payment| !payment.status.was_paid()))
}

/// Asks about what a webhook named and writes the answer down.
///
/// # Errors
/// Transient while the gateway gives no answer.
pub(crate) async fn apply_webhook(app: &App, run: &TaskRun<ApplyWebhook>) -> Result<()> {
    match &run.task.about {
        About::Payment(intent) => apply_payment(app, run, intent).await,
        About::Refund(reference) => apply_refund(app, reference).await,
    }
}

async fn apply_payment(app: &App, run: &TaskRun<ApplyWebhook>, intent: &str) -> Result<()> {
    let Some(shown) = app.gateway.fetch_by_reference(intent).await.map_err(undecided)? else { return Ok(()) };
    let mut conn = app.db.conn().await?;
    let payment = match shown.payment_id {
        Some(id) => store::payment::by_id(&mut conn, id).await?,
        None => store::payment::by_intent(&mut conn, intent).await?,
    };
    drop(conn);
    match payment {
        Some(payment) => record::seen(app, payment.id, &shown, Ends::Webhook(run)).await.map(drop),
        // Somebody else's payment on the same account of the gateway.
        None => Ok(()),
    }
}

async fn apply_refund(app: &App, reference: &str) -> Result<()> {
    let shown = app.gateway.fetch_refund(None, Some(reference)).await.map_err(undecided)?;
    let Some(shown) = shown else { return Ok(()) };
    match shown.refund_id {
        Some(id) => run_refund::record(app, id, &shown).await,
        None => Ok(()),
    }
}

fn undecided(error: GatewayError) -> Error {
    Error::unavailable("the gateway gives no answer").caused_by(error)
}

impl Notice {
    /// Whether its texts may be stored and used as keys.
    fn is_sane(&self) -> bool {
        let sane =
            |text: &str| (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        sane(&self.event_id) && sane(&self.event_type) && sane(self.object.id())
    }
}
