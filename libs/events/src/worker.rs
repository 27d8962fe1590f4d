//! What happens to one delivery: read, check, handle, judge.

use crate::broker::{Incoming, Settlement, Source, Verdict};
use crate::consumer::{Claim, Delivery, Queue, Reaction};
use crate::envelope::{BadMessage, Envelope};
use crate::faults::{Faults, Step};
use crate::idle::storable;
use crate::pump::{Feed, Job};
use crate::stats::{EventStats, Outcome};
use crate::topology::{self, MAX_DELIVERIES};
use base::context::{self, RequestContext};
use base::{Error, Id, Kind, Result};
use futures::FutureExt as _;
use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The longest a handler may take; then it counts as failed.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// The deliveries of one queue as jobs.
pub(crate) struct QueueFeed {
    pub(crate) source: Box<dyn Source>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) stats: Arc<EventStats>,
    pub(crate) faults: Faults,
}

impl Feed for QueueFeed {
    async fn take(&mut self, room: usize) -> Result<Vec<Job>> {
        let incoming = self.source.take(room).await?;
        Ok(incoming.into_iter().map(|incoming| self.job(incoming)).collect())
    }

    async fn ready(&mut self) {
        self.source.ready().await;
    }

    async fn settle(&mut self, done: Vec<Settlement>) -> Result<()> {
        for _ in done.iter().filter(|settlement| is_success(&settlement.verdict)) {
            self.faults.step(Step::Handled)?;
        }
        self.source.settle(done).await
    }

    async fn release(&mut self) -> Result<()> {
        self.source.release().await
    }
}

fn is_success(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Done | Verdict::DoneInStore)
}

impl QueueFeed {
    fn job(&self, incoming: Incoming) -> Job {
        let (queue, stats, faults) = (self.queue.clone(), self.stats.clone(), self.faults.clone());
        let (lane, receipt) = (incoming.partition_key.clone(), incoming.receipt);
        let work = async move {
            let (outcome, verdict) = handle(&queue, incoming, faults).await;
            stats.add_consumed(queue.name(), outcome);
            verdict
        };
        Job { lane, receipt, work: work.boxed() }
    }
}

async fn handle(queue: &Arc<Queue>, incoming: Incoming, faults: Faults) -> (Outcome, Verdict) {
    let attempt = incoming.attempt;
    let claim = Arc::new(Claim {
        queue: queue.clone(),
        receipt: incoming.receipt,
        in_store: incoming.in_store,
        taken: AtomicBool::new(false),
        faults,
    });
    let failure = match prepare(incoming, claim.clone()) {
        Err(bad) => Failure { error: bad.to_string(), permanent: true },
        Ok(None) => return (Outcome::Unknown, Verdict::Done),
        Ok(Some(work)) => match run(work, HANDLER_TIMEOUT).await {
            Ok(()) if claim.taken.load(Ordering::Acquire) => return (Outcome::Ok, Verdict::DoneInStore),
            Ok(()) => return (Outcome::Ok, Verdict::Done),
            Err(failure) => failure,
        },
    };
    judge(queue, attempt, failure)
}

/// The handler's work with the context it runs in; `None` if the message is of no interest.
fn prepare(
    incoming: Incoming,
    claim: Arc<Claim>,
) -> Result<Option<impl Future<Output = Result<()>>>, BadMessage> {
    let envelope = Envelope::parse(&incoming.body)?;
    let queue = claim.queue.clone();
    let handler = match queue.reaction(&envelope.message_type) {
        Reaction::Handle(handler) => handler,
        Reaction::UnknownMajor => return Err(BadMessage::UnknownMajor(envelope.message_type)),
        Reaction::Ignore => return Ok(None),
    };
    let context = RequestContext {
        request_id: Id::<()>::new().to_string().into(),
        correlation_id: envelope.correlation_id.as_str().into(),
        traceparent: incoming.traceparent.map(Into::into),
        causation_id: Some(envelope.message_id.to_string().into()),
        deadline: Some(Instant::now() + HANDLER_TIMEOUT),
        patient: context::is_patient(),
        ..RequestContext::default()
    };
    let work = handler(Delivery {
        message: envelope,
        attempt: incoming.attempt,
        exchange: incoming.exchange,
        routing_key: incoming.routing_key,
        reply_to: incoming.reply_to,
        claim,
    });
    Ok(Some(context::scope(context, work)))
}

/// Why work did not succeed.
pub(crate) struct Failure {
    pub(crate) error: String,
    /// Whether trying again is useless.
    pub(crate) permanent: bool,
}

/// Runs work that may fail, panic or hang.
pub(crate) async fn run(work: impl Future<Output = Result<()>>, longest: Duration) -> Result<(), Failure> {
    let transient = |error: String| Failure { error, permanent: false };
    match tokio::time::timeout(longest, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(Failure { error: error.chain(), permanent: !may_succeed_later(&error) }),
        Ok(Err(panic)) => Err(transient(format!("the handler panicked: {}", panic_text(&*panic)))),
        Err(_) => Err(transient(format!("the handler took longer than {} s", longest.as_secs()))),
    }
}

/// A handler reads again when it is called again, so a lost race is worth another try too.
fn may_succeed_later(error: &Error) -> bool {
    error.kind().is_transient() || matches!(error.kind(), Kind::Stale | Kind::Locked)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn judge(queue: &Queue, attempt: u32, failure: Failure) -> (Outcome, Verdict) {
    let error = storable(&failure.error);
    let name = queue.name();
    let again = topology::retry_delay(attempt).filter(|_| !failure.permanent && queue.is_durable());
    if let Some(after) = again {
        tracing::info!(queue = name, attempt, error, "a message is delivered again later");
        return (Outcome::Retry, Verdict::Retry { error, after });
    }
    if !queue.is_durable() {
        tracing::warn!(queue = name, error, "a broadcast message was not handled");
        return (Outcome::Dead, Verdict::Done);
    }
    let used_up = attempt >= MAX_DELIVERIES;
    tracing::error!(queue = name, attempt, used_up, error, "a message became a dead letter");
    (Outcome::Dead, Verdict::Dead { error })
}
