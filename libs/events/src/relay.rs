//! The relay: sends what the outbox holds, in order, and marks what the broker confirmed.

use crate::broker::{Broker, Publication};
use crate::faults::{Faults, Step};
use crate::idle::{Idle, Stop, backoff};
use crate::lease::{Held, Lease};
use crate::outbox::{self, CHANNEL, Pending, Sent};
use crate::stats::EventStats;
use base::{Error, Result, Timestamp};
use db::Db;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const BATCH: usize = 100;
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The longest wait after a batch of which nothing was confirmed. It is shorter than the wait of
/// the messages in it, so that the next batch is another one.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Messages that were not confirmed, by reason and attempts so far.
type Failed = BTreeMap<(String, u32), Vec<Uuid>>;

/// Sends the messages of one outbox. Of several processes one does at a time, which keeps the
/// order; the others wait for its lease to end.
pub(crate) struct Relay {
    db: Db,
    broker: Arc<dyn Broker>,
    lease: Lease,
    stats: Arc<EventStats>,
    faults: Faults,
    /// Batches in a row of which nothing was confirmed: the broker is away.
    failures: u32,
    resume_at: Option<Timestamp>,
}

impl Relay {
    pub(crate) fn new(db: Db, broker: Arc<dyn Broker>, stats: Arc<EventStats>, faults: Faults) -> Self {
        Self { db, broker, lease: Lease::new("relay"), stats, faults, failures: 0, resume_at: None }
    }

    /// Sends until nothing is due; answers how many messages were confirmed.
    pub(crate) async fn drain(&mut self) -> Result<u64> {
        let mut confirmed = 0;
        while let Some(sent) = self.step().await? {
            confirmed += sent;
        }
        Ok(confirmed)
    }

    /// Sends one batch; `None` if nothing is due or another process sends.
    async fn step(&mut self) -> Result<Option<u64>> {
        self.faults.alive()?;
        let now = self.db.clock().now();
        if self.resume_at.is_some_and(|at| at > now) {
            return Ok(None);
        }
        let mut batch = outbox::due(&mut self.db.conn().await?, BATCH).await?;
        if !batch.is_empty() && !self.lease.is_held(now) {
            if self.lease.hold(&self.db).await? == Held::No {
                return Ok(None);
            }
            // What was read before the lease was ours may have been sent by its last owner.
            batch = outbox::due(&mut self.db.conn().await?, BATCH).await?;
        }
        if batch.is_empty() {
            return Ok(None);
        }
        self.faults.step(Step::OutboxCommitted)?;
        let (sent, messages) = batch.into_iter().map(Pending::split).unzip();
        let answers = self.send(messages).await;
        self.faults.step(Step::Delivered)?;
        self.mark(sent, answers).await.map(Some)
    }

    async fn send(&self, messages: Vec<Publication>) -> Vec<Result<()>> {
        let count = messages.len();
        let confirms = self.broker.publish(messages);
        let late = |_| Err(Error::unavailable("the broker did not confirm in time"));
        let answers = tokio::time::timeout(CONFIRM_TIMEOUT, confirms).await;
        answers.unwrap_or_else(|_| (0..count).map(late).collect())
    }

    async fn mark(&mut self, sent: Vec<Sent>, answers: Vec<Result<()>>) -> Result<u64> {
        let mut confirmed: Vec<Uuid> = Vec::new();
        let mut failed: Failed = BTreeMap::new();
        let mut failed_keys = BTreeSet::new();
        for (Sent { id, partition_key, attempts }, answer) in sent.iter().zip(answers) {
            match answer {
                Ok(()) => confirmed.push(*id),
                // Only the first of its key is marked: it holds up the others as it is.
                Err(error) if failed_keys.insert(partition_key) => {
                    failed.entry((error.chain(), *attempts)).or_default().push(*id);
                }
                Err(_) => {}
            }
        }
        self.pause(!confirmed.is_empty(), &failed);
        let mut tx = self.db.begin().await?;
        if !confirmed.is_empty() {
            outbox::mark_published(&mut tx, &confirmed).await?;
        }
        for ((error, attempts), ids) in &failed {
            let wait = backoff(attempts + 1, FIRST_BACKOFF, LONGEST_BACKOFF);
            let again = tx.now() + wait;
            outbox::mark_failed(&mut tx, ids, error, again).await?;
        }
        tx.commit().await?;
        self.stats.add_published(confirmed.len(), sent.len() - confirmed.len());
        Ok(confirmed.len() as u64)
    }

    /// Leaves a broker alone that confirms nothing at all.
    fn pause(&mut self, progress: bool, failed: &Failed) {
        self.failures = if progress { 0 } else { self.failures + 1 };
        let wait = backoff(self.failures, FIRST_BACKOFF, LONGEST_PAUSE);
        self.resume_at = (!progress).then(|| self.db.clock().now() + wait);
        if let Some(((error, _), ids)) = failed.first_key_value() {
            tracing::warn!(messages = ids.len(), error, "messages were not confirmed by the broker");
        }
    }

    /// Sends until told to stop.
    pub(crate) async fn run(&mut self, mut stop: Stop) {
        let mut idle = Idle { listener: self.db.listen(CHANNEL), clock: self.db.clock().clone() };
        while !stop.is_set() {
            if let Err(error) = self.drain().await {
                tracing::warn!(error = error.chain(), "the outbox cannot be sent now");
                tokio::time::sleep(FIRST_BACKOFF).await;
                continue;
            }
            let due = self.next_due().await;
            tokio::select! {
                () = idle.wait(due) => {}
                () = stop.wait() => {}
            }
        }
        self.release().await;
    }

    async fn next_due(&self) -> Option<Timestamp> {
        if self.resume_at.is_some() {
            return self.resume_at;
        }
        let mut conn = self.db.conn().await.ok()?;
        outbox::next_due(&mut conn).await.ok().flatten()
    }

    /// Lets another process send.
    pub(crate) async fn release(&mut self) {
        if let Err(error) = self.lease.release(&self.db).await {
            tracing::debug!(error = error.chain(), "the relay's lease ends by itself");
        }
    }
}
