//! Audit records that no operation writes: of refused access (contracts §3.11), and of what
//! operators do. Operations write their own in the transaction of the change, see `api::audit`.

#[cfg(test)]
mod tests;

use crate::limiter::{Limiter, Rule};
use crate::metrics::Metrics;
use api::audit::{AuditOutcome, AuditRecorded, Deed, Publisher};
use api::shared::Actor;
use base::Result;
use base::context::{self, RequestContext};
use db::{Db, Tx};
use futures::future::BoxFuture;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Refusals of one service that wait to be written. More than that at once are only counted.
const WAITING: usize = 256;

/// Of one caller at one operation, this many are written.
const RECORDS: Rule = Rule::per_minute(1);

/// Writes audit records in the name of one service.
#[derive(Clone, Copy)]
pub struct Auditor(for<'a> fn(&'a mut Tx, Actor, Deed) -> BoxFuture<'a, Result<()>>);

impl Auditor {
    pub(crate) fn of<P: Publisher>() -> Self {
        Self(|tx, actor, deed| Box::pin(AuditRecorded::<P>::write(tx, actor, deed)))
    }

    /// Writes the record of a deed in the transaction of the service's own store.
    ///
    /// # Errors
    /// Those of the outbox.
    pub async fn write(&self, tx: &mut Tx, actor: Actor, deed: Deed) -> Result<()> {
        (self.0)(tx, actor, deed).await
    }
}

/// An answer of 403, as the door of its route saw it.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    /// Who was refused.
    pub(crate) actor: Actor,
    /// `operationId`.
    pub(crate) operation: String,
    /// Template of the path.
    pub(crate) route: String,
    /// Stable code of the error.
    pub(crate) code: Option<String>,
}

/// Records refused access to one service.
#[derive(Clone)]
pub(crate) struct Refusals {
    service: &'static str,
    limiter: Limiter,
    metrics: Metrics,
    waiting: Sender<(RequestContext, Refused)>,
}

impl Refusals {
    /// Starts writing to the outbox in `db`, until the last copy of the answer is gone.
    pub(crate) fn start(
        service: &'static str,
        db: Db,
        auditor: Auditor,
        limiter: Limiter,
        metrics: Metrics,
    ) -> Self {
        let (waiting, written) = mpsc::channel(WAITING);
        // Not in the request's task: a store that is slow or gone must not delay the answer.
        drop(base::spawn("refusals", write_all(service, db, auditor, written)));
        Self { service, limiter, metrics, waiting }
    }

    /// Notes one. A flood must not fill the disk, so that most of it is only counted.
    pub(crate) async fn note(&self, here: &RequestContext, refused: Refused) {
        let who = refused.actor.id.as_deref().unwrap_or_default();
        let key = format!("refused:{}:{who}:{}", self.service, refused.operation);
        let is_first = self.limiter.check(&key, RECORDS).await.allowed;
        let operation = refused.operation.clone();
        let is_written = is_first && self.waiting.try_send((here.clone(), refused)).is_ok();
        let labels = [
            ("service", self.service),
            ("operation", operation.as_str()),
            ("recorded", if is_written { "yes" } else { "no" }),
        ];
        self.metrics.count("access_refusals", "Requests refused with 403.", &labels);
    }
}

async fn write_all(
    service: &'static str,
    db: Db,
    auditor: Auditor,
    mut refusals: Receiver<(RequestContext, Refused)>,
) {
    while let Some((here, refused)) = refusals.recv().await {
        let written = context::scope(here, write(&db, auditor, refused)).await;
        if let Err(error) = written {
            tracing::error!(service, error = error.chain(), "a refused access has no audit record");
        }
    }
}

async fn write(db: &Db, auditor: Auditor, refused: Refused) -> Result<()> {
    let Refused { actor, operation, route, code } = refused;
    let deed = Deed::new(operation, route).ended(AuditOutcome::Denied).because(code.as_deref());
    let mut tx = db.begin().await?;
    auditor.write(&mut tx, actor, deed).await?;
    Ok(tx.commit().await?)
}
