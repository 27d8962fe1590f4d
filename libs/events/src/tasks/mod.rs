//! Durable work for later: timers, retries, next steps of a saga, clean-ups.
//!
//! A task is scheduled in the transaction of the change that asks for it and is there until it
//! has succeeded. It may run more than once (a process can die after the work and before the
//! note of it), so its effect must be idempotent, or end with [`TaskRun::complete`] in its own
//! transaction.

mod feed;
mod registry;
mod store;

pub(crate) use feed::TaskFeed;
pub use registry::Tasks;
pub use store::{TaskInfo, list, parked, retry, scheduled_at};
pub(crate) use store::{counts, end_leases, ensure_recurring};

use base::{Result, Timestamp, context};
use db::{Tx, json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The channel that wakes the workers.
pub(crate) const CHANNEL: &str = "task";

/// A kind of durable work; its value is what the work needs to know.
pub trait Task: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name, unique in the service, e.g. `advance-checkout`.
    const KIND: &'static str;
    /// After so many runs that failed it is parked for an operator.
    const MAX_ATTEMPTS: u32;
    /// The longest one run may take; a run that takes longer is ended and counts as failed. If the
    /// process dies, another run begins after this time.
    const LEASE: Duration = Duration::from_secs(30);

    /// What the work is about. There is at most one task of a kind and key.
    fn key(&self) -> String;
}

/// Schedules `task` for the time `at` (now or earlier: at once), after `tx` is committed.
///
/// If there is one of this kind and key already, it gets the new time and content and all its
/// attempts back. If that one is running, it is run again afterwards.
///
/// # Errors
/// If the store fails; the transaction is lost then.
pub async fn schedule<T: Task>(tx: &mut Tx, task: &T, at: Timestamp) -> Result<()> {
    store::upsert(tx, T::KIND, &task.key(), json(task), at, &context::current()).await?;
    tx.wake(CHANNEL);
    Ok(())
}

/// Removes the task; `false` if there is none. A run in progress goes on to its end.
///
/// # Errors
/// If the store fails; the transaction is lost then.
pub async fn cancel(tx: &mut Tx, kind: &str, key: &str) -> Result<bool> {
    store::delete(tx, kind, key).await
}

/// One run of a task, in its handler's hands.
#[derive(Clone, Debug)]
pub struct TaskRun<T> {
    /// What to do.
    pub task: T,
    /// Which run this is, counted from 1.
    pub attempt: u32,
    /// Whether the task is parked if this run fails.
    pub is_last: bool,
    /// When it was due.
    pub due_at: Timestamp,
    claim: Arc<Claim>,
}

/// The right to run a task, and whether the handler has noted its end.
#[derive(Debug)]
struct Claim {
    task: Uuid,
    token: Uuid,
    version: i64,
    completed: AtomicBool,
}

impl<T> TaskRun<T> {
    /// Removes the task in the transaction of its effect, so that both happen or neither.
    /// `false` means that this run took too long and another may be under way: drop the
    /// transaction.
    ///
    /// # Errors
    /// If the store fails; the transaction is lost then.
    pub async fn complete(&self, tx: &mut Tx) -> Result<bool> {
        let claim = &self.claim;
        if store::finish(tx, claim.task, claim.token, claim.version).await? {
            claim.completed.store(true, Ordering::Release);
            return Ok(true);
        }
        store::is_claimed(tx, claim.task, claim.token).await
    }
}
