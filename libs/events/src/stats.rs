//! Counters of one runtime; `libs/service` turns them into metrics (contracts P-04).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a delivery or a run of a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Done.
    Ok,
    /// Failed, will be repeated.
    Retry,
    /// Failed for good: dead letter or parked task.
    Dead,
    /// A message of a type this queue does not know, acknowledged.
    Unknown,
}

impl Outcome {
    /// The value of the label `result`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Retry => "retry",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

type Counters = Mutex<BTreeMap<(String, Outcome), u64>>;

/// What a runtime has done since it was made.
#[derive(Debug, Default)]
pub struct EventStats {
    published: AtomicU64,
    publish_failures: AtomicU64,
    consumed: Counters,
    task_runs: Counters,
}

/// One line of a counter: whose, how it ended, how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Queue, or kind of task.
    pub of: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How often.
    pub count: u64,
}

impl EventStats {
    /// `events_published_total`: messages the broker confirmed.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// `events_publish_failures_total`: messages the broker did not confirm; each is repeated.
    pub fn publish_failures(&self) -> u64 {
        self.publish_failures.load(Ordering::Relaxed)
    }

    /// `events_consumed_total{queue,result}`.
    pub fn consumed(&self) -> Vec<Count> {
        read(&self.consumed)
    }

    /// `task_runs_total{kind,result}`.
    pub fn task_runs(&self) -> Vec<Count> {
        read(&self.task_runs)
    }

    /// How often deliveries of `queue` ended with `outcome`.
    pub fn consumed_from(&self, queue: &str, outcome: Outcome) -> u64 {
        lock(&self.consumed).get(&(queue.to_owned(), outcome)).copied().unwrap_or(0)
    }

    pub(crate) fn add_published(&self, confirmed: usize, failed: usize) {
        self.published.fetch_add(confirmed as u64, Ordering::Relaxed);
        self.publish_failures.fetch_add(failed as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_consumed(&self, queue: &str, outcome: Outcome) {
        *lock(&self.consumed).entry((queue.to_owned(), outcome)).or_default() += 1;
    }

    pub(crate) fn add_task_run(&self, kind: &str, outcome: Outcome) {
        *lock(&self.task_runs).entry((kind.to_owned(), outcome)).or_default() += 1;
    }
}

fn lock(counters: &Counters) -> MutexGuard<'_, BTreeMap<(String, Outcome), u64>> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(counters: &Counters) -> Vec<Count> {
    let line = |((of, outcome), count): (&(String, Outcome), &u64)| Count {
        of: of.clone(),
        outcome: *outcome,
        count: *count,
    };
    lock(counters).iter().map(line).collect()
}

/// What waits in the store of a service right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// `outbox_pending`: messages not confirmed yet.
    pub outbox_pending: u64,
    /// `outbox_oldest_seconds`: age of the oldest of them; zero if there is none.
    pub outbox_oldest: Duration,
    /// `queue_messages{queue}`: messages that wait in each durable queue or are being handled.
    pub waiting: Vec<(String, u64)>,
    /// `dlq_messages{queue}`: dead letters of each durable queue.
    pub dead_letters: Vec<(String, u64)>,
    /// `tasks_waiting`: tasks that are due or will be.
    pub tasks_waiting: u64,
    /// `tasks_parked`: tasks whose attempts are used up.
    pub tasks_parked: u64,
}
