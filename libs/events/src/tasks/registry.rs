//! Which handler runs which kind of task.

use super::{Claim, Task, TaskRun};
use base::{Error, Result, Timestamp};
use futures::future::BoxFuture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// The longest one run of a recurring task may take.
const RECURRING_LEASE: Duration = Duration::from_mins(5);

/// Before the name in the kind of a recurring task.
const RECURRING: &str = "every:";

/// The durable work of a service.
#[derive(Default)]
#[must_use = "give them to the Runtime"]
pub struct Tasks(pub(super) BTreeMap<String, Registered>);

/// One kind.
pub(super) struct Registered {
    pub(super) lease: Duration,
    pub(super) rhythm: Rhythm,
    pub(super) handler: Handler,
}

/// How often it runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rhythm {
    /// Until it has succeeded, or so many runs have failed.
    Once { max_attempts: u32 },
    /// For ever.
    Every(Duration),
}

/// A run before its payload is read.
pub(super) struct RawRun {
    pub(super) payload: Value,
    pub(super) attempt: u32,
    pub(super) is_last: bool,
    pub(super) due_at: Timestamp,
    pub(super) claim: Arc<Claim>,
}

type Work = BoxFuture<'static, Result<()>>;
type Handler = Box<dyn Fn(RawRun) -> Result<Work> + Send + Sync>;

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs tasks of the kind `T` with `handler`. `Ok` removes the task; any error is tried again
    /// with growing waits (2 s to 10 min) until [`Task::MAX_ATTEMPTS`].
    pub fn on<T, H, F>(mut self, handler: H) -> Self
    where
        T: Task,
        H: Fn(TaskRun<T>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let read: Handler = Box::new(move |raw| {
            let RawRun { payload, attempt, is_last, due_at, claim } = raw;
            let task: T = serde_json::from_value(payload).map_err(Error::internal)?;
            let handler = handler.clone();
            Ok(Box::pin(async move { handler(TaskRun { task, attempt, is_last, due_at, claim }).await }))
        });
        let rhythm = Rhythm::Once { max_attempts: T::MAX_ATTEMPTS.max(1) };
        self.0.insert(T::KIND.to_owned(), Registered { lease: T::LEASE, rhythm, handler: read });
        self
    }

    /// Runs `handler` every `period`, on one of all processes, the first time one period after
    /// `name` was first seen. Missed times are made up for once. A run that fails is repeated
    /// earlier, and never given up.
    pub fn every<H, F>(mut self, name: &str, period: Duration, handler: H) -> Self
    where
        H: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let run: Handler = Box::new(move |_| {
            let handler = handler.clone();
            Ok(Box::pin(async move { handler().await }))
        });
        let rhythm = Rhythm::Every(period.max(Duration::from_secs(1)));
        let registered = Registered { lease: RECURRING_LEASE, rhythm, handler: run };
        self.0.insert(format!("{RECURRING}{name}"), registered);
        self
    }

    /// The recurring ones with their periods.
    pub(crate) fn recurring(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.0.iter().filter_map(|(kind, registered)| match registered.rhythm {
            Rhythm::Every(period) => Some((kind.as_str(), period)),
            Rhythm::Once { .. } => None,
        })
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
