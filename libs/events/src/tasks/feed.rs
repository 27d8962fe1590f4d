//! Tasks that are due, as jobs.

use super::registry::{RawRun, Registered, Rhythm, Tasks};
use super::store::{self, Claimed};
use super::{CHANNEL, Claim};
use crate::broker::{Settlement, Verdict};
use crate::faults::{Faults, Step};
use crate::idle::{Idle, backoff, storable};
use crate::pump::{Feed, Job};
use crate::stats::{EventStats, Outcome};
use crate::worker;
use base::context::{self, RequestContext};
use base::{Error, Id, Result, Timestamp};
use db::{Db, Tx};
use futures::FutureExt as _;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const FIRST_BACKOFF: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_mins(10);

/// The tasks of one service.
pub(crate) struct TaskFeed {
    db: Db,
    tasks: Arc<Tasks>,
    idle: Idle,
    stats: Arc<EventStats>,
    faults: Faults,
    /// What runs, by the id of its claim.
    in_hand: HashMap<Uuid, InHand>,
    next_due: Option<Timestamp>,
}

struct InHand {
    task: Uuid,
    version: i64,
    due_at: Timestamp,
    begun_at: Timestamp,
    rhythm: Rhythm,
}

impl TaskFeed {
    pub(crate) fn new(db: Db, tasks: Tasks, stats: Arc<EventStats>, faults: Faults) -> Self {
        let idle = Idle { listener: db.listen(CHANNEL), clock: db.clock().clone() };
        Self { db, tasks: Arc::new(tasks), idle, stats, faults, in_hand: HashMap::new(), next_due: None }
    }

    async fn claim(&mut self, room: usize) -> Result<Vec<Claimed>> {
        let kinds = &self.tasks.0;
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.db.clock().now();
        let next = store::next_due(&mut self.db.conn().await?, kinds.keys()).await?;
        if next.is_none_or(|next| next > now) {
            self.next_due = next;
            return Ok(Vec::new());
        }
        let mut tx = self.db.begin().await?;
        store::end_expired(&mut tx).await?;
        let claimed = store::claim(&mut tx, &self.tasks, room).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    fn job(&mut self, claimed: Claimed) -> Job {
        let tasks = self.tasks.clone();
        let registered = &tasks.0[&claimed.kind];
        let in_hand = InHand {
            task: claimed.id,
            version: claimed.version,
            due_at: claimed.run_at,
            begun_at: self.db.clock().now(),
            rhythm: registered.rhythm,
        };
        let receipt = claimed.claim;
        self.in_hand.insert(receipt, in_hand);
        let (stats, tasks) = (self.stats.clone(), tasks.clone());
        let work = async move {
            let kind = claimed.kind.clone();
            let (outcome, verdict) = run(&tasks.0[&kind], claimed).await;
            stats.add_task_run(&kind, outcome);
            verdict
        };
        Job { lane: receipt.to_string(), receipt, work: work.boxed() }
    }

    async fn note(&self, tx: &mut Tx, ended: &InHand, claim: Uuid, verdict: Verdict) -> Result<()> {
        let now = tx.now();
        let noted = match (verdict, ended.rhythm) {
            (Verdict::DoneInStore, _) => true,
            (Verdict::Done, Rhythm::Once { .. }) => {
                store::finish(tx, ended.task, claim, ended.version).await?
            }
            (Verdict::Done, Rhythm::Every(period)) => {
                store::again(tx, ended.task, claim, next_time(ended.due_at, period, ended.begun_at)).await?
            }
            (Verdict::Retry { error, after }, _) => {
                store::later(tx, ended.task, claim, ended.version, &error, now + after).await?
            }
            (Verdict::Dead { error }, _) => store::park(tx, ended.task, claim, ended.version, &error).await?,
        };
        if !noted {
            // It was scheduled again while it ran: its new time counts.
            store::let_go(tx, ended.task, claim).await?;
            tx.wake(CHANNEL);
        }
        Ok(())
    }
}

/// The first time after `begun_at` in the rhythm that `due_at` belongs to.
fn next_time(due_at: Timestamp, period: Duration, begun_at: Timestamp) -> Timestamp {
    let missed = begun_at.since(due_at).as_micros() / period.as_micros();
    due_at + period * (u32::try_from(missed).unwrap_or(u32::MAX - 1) + 1)
}

async fn run(registered: &Registered, claimed: Claimed) -> (Outcome, Verdict) {
    let attempt = claimed.attempts;
    let is_last = match registered.rhythm {
        Rhythm::Once { max_attempts } => attempt >= max_attempts,
        Rhythm::Every(_) => false,
    };
    let claim = Arc::new(Claim {
        task: claimed.id,
        token: claimed.claim,
        version: claimed.version,
        completed: AtomicBool::new(false),
    });
    let kind = claimed.kind.as_str();
    let context = RequestContext {
        request_id: Id::<()>::new().to_string().into(),
        correlation_id: claimed.correlation_id.into(),
        traceparent: claimed.traceparent.map(Into::into),
        causation_id: claimed.causation_id.map(Into::into),
        deadline: Some(Instant::now() + registered.lease),
        patient: context::is_patient(),
        ..RequestContext::default()
    };
    let (payload, due_at) = (claimed.payload, claimed.run_at);
    let raw = RawRun { payload, attempt, is_last, due_at, claim: claim.clone() };
    let work = match (registered.handler)(raw) {
        Ok(work) => work,
        Err(error) => return give_up(kind, attempt, unreadable(&error)),
    };
    // The run must have ended when its lease does, or two would run at once.
    match worker::run(context::scope(context, work), registered.lease.mul_f64(0.9)).await {
        Ok(()) if claim.completed.load(Ordering::Acquire) => (Outcome::Ok, Verdict::DoneInStore),
        Ok(()) => (Outcome::Ok, Verdict::Done),
        Err(failure) if is_last => give_up(kind, attempt, failure.error),
        Err(failure) => {
            let after = wait(registered.rhythm, attempt);
            tracing::info!(kind, attempt, error = failure.error, "a task is tried again later");
            (Outcome::Retry, Verdict::Retry { error: storable(&failure.error), after })
        }
    }
}

fn unreadable(error: &Error) -> String {
    format!("its content cannot be read: {}", error.chain())
}

fn give_up(kind: &str, attempt: u32, error: String) -> (Outcome, Verdict) {
    tracing::error!(kind, attempt, error, "a task was parked");
    (Outcome::Dead, Verdict::Dead { error: storable(&error) })
}

/// Half of the wait is random, so that many tasks that failed together do not come back together.
fn wait(rhythm: Rhythm, attempt: u32) -> Duration {
    let longest = match rhythm {
        Rhythm::Once { .. } => LONGEST_BACKOFF,
        Rhythm::Every(period) => period.min(LONGEST_BACKOFF),
    };
    let wait = backoff(attempt, FIRST_BACKOFF, longest);
    let share = f64::from(u16::from_be_bytes(base::keys::random_bytes())) / f64::from(u16::MAX);
    wait.mul_f64(0.5 + share / 2.0)
}

impl Feed for TaskFeed {
    async fn take(&mut self, room: usize) -> Result<Vec<Job>> {
        self.next_due = None;
        if room == 0 {
            return Ok(Vec::new());
        }
        let claimed = self.claim(room).await?;
        for _ in &claimed {
            self.faults.step(Step::TaskClaimed)?;
        }
        Ok(claimed.into_iter().map(|claimed| self.job(claimed)).collect())
    }

    async fn ready(&mut self) {
        self.idle.wait(self.next_due).await;
    }

    async fn settle(&mut self, done: Vec<Settlement>) -> Result<()> {
        for _ in &done {
            self.faults.step(Step::TaskHandled)?;
        }
        let ended: Vec<(Settlement, InHand)> = done
            .into_iter()
            .filter_map(|settlement| {
                self.in_hand.remove(&settlement.receipt).map(|ended| (settlement, ended))
            })
            .filter(|(settlement, _)| settlement.verdict != Verdict::DoneInStore)
            .collect();
        if ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for (settlement, ended) in ended {
            self.note(&mut tx, &ended, settlement.receipt, settlement.verdict).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn release(&mut self) -> Result<()> {
        self.in_hand.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recurring_task_keeps_its_rhythm_and_makes_up_for_missed_times_once() {
        let at = |seconds: u64| Timestamp::EPOCH + Duration::from_secs(seconds);
        let minute = Duration::from_secs(60);
        assert_eq!(next_time(at(60), minute, at(60)), at(120));
        assert_eq!(next_time(at(60), minute, at(61)), at(120));
        assert_eq!(next_time(at(60), minute, at(119)), at(120));
        assert_eq!(next_time(at(60), minute, at(120)), at(180));
        assert_eq!(next_time(at(60), minute, at(100_000)), at(100_020));
    }

    #[test]
    fn the_wait_grows_and_is_never_longer_than_the_period() {
        let once = Rhythm::Once { max_attempts: 9 };
        for attempt in 1..40 {
            let wait = wait(once, attempt);
            let most = backoff(attempt, FIRST_BACKOFF, LONGEST_BACKOFF);
            assert!(most / 2 <= wait && wait <= most, "{attempt}: {wait:?}");
            assert!(super::wait(Rhythm::Every(Duration::from_secs(1)), attempt) <= Duration::from_secs(1));
        }
    }
}
