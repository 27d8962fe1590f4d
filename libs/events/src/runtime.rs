//! Everything of one service that runs by itself: its relay, its consumers, its tasks.

use crate::broker::Broker;
use crate::consumer::{Consumers, Queue};
use crate::faults::Faults;
use crate::idle::Stop;
use crate::inbox;
use crate::lease;
use crate::outbox;
use crate::pump::Pump;
use crate::relay::Relay;
use crate::stats::{EventStats, Gauges};
use crate::tasks::{self, TaskFeed, Tasks};
use crate::topology::PREFETCH;
use crate::worker::QueueFeed;
use base::context::{self, RequestContext};
use base::{Error, Result};
use db::{Db, Engine};
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Tasks of one service that run at once.
const TASKS_AT_ONCE: usize = 16;

/// The longest [`Runtime::stop`] waits for what is being done.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

const PRUNE_PERIOD: Duration = Duration::from_hours(1);
const PRUNE_ROWS: u32 = 1000;

const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Rounds, and task runs of one round, after which `settle` gives up.
const MOST_ROUNDS: usize = 1_000;
const MOST_TASKS: u64 = 500;

/// How long notes of what is done are kept (contracts P-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Published outbox rows; 3 days.
    pub outbox: Duration,
    /// Inbox rows; 14 days.
    pub inbox: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { outbox: Duration::from_hours(3 * 24), inbox: Duration::from_hours(14 * 24) }
    }
}

/// What [`Runtime::settle`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Messages confirmed by the broker.
    pub published: u64,
    /// Deliveries that ended, well or not.
    pub consumed: u64,
    /// Runs of tasks that ended, well or not.
    pub tasks: u64,
}

impl Settled {
    /// Whether there was nothing to do.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

/// The relay, consumers and tasks of one service.
///
/// Make the runtimes of all services of a process before starting the first, so that every queue
/// is bound when the first message is published.
pub struct Runtime {
    service: &'static str,
    db: Db,
    broker: Arc<dyn Broker>,
    queues: Vec<Arc<Queue>>,
    stats: Arc<EventStats>,
    faults: Faults,
    /// Locked by who runs them: the background, or `settle`.
    loops: Arc<tokio::sync::Mutex<Loops>>,
    background: Mutex<Option<Background>>,
}

struct Background {
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

struct Loops {
    db: Db,
    prepared: bool,
    relay: Relay,
    queues: Vec<Pump<QueueFeed>>,
    tasks: Pump<TaskFeed>,
    recurring: Vec<(String, Duration)>,
}

impl Runtime {
    /// The runtime of `service` (its short name), whose tables are in `db` ([`crate::MIGRATIONS`]).
    /// Its queues are bound at once, inside a tokio runtime; nothing runs before [`Runtime::start`] or [`Runtime::settle`].
    pub fn new(
        service: &'static str,
        db: Db,
        broker: impl Broker,
        consumers: Consumers,
        tasks: Tasks,
    ) -> Self {
        Self::with_retention(service, db, broker, consumers, tasks, Retention::default())
    }

    /// As [`Runtime::new`], with other times for which notes of what is done are kept.
    pub fn with_retention(
        service: &'static str,
        db: Db,
        broker: impl Broker,
        consumers: Consumers,
        tasks: Tasks,
        retention: Retention,
    ) -> Self {
        let broker: Arc<dyn Broker> = Arc::new(broker);
        let (stats, faults) = (Arc::<EventStats>::default(), Faults::default());
        let queues: Vec<Arc<Queue>> = consumers.0.into_iter().map(Arc::new).collect();
        let feed = |queue: &Arc<Queue>| QueueFeed {
            source: broker.attach(queue, service, &db),
            queue: queue.clone(),
            stats: stats.clone(),
            faults: faults.clone(),
        };
        let pumps = queues.iter().map(|queue| Pump::new(feed(queue), PREFETCH, faults.clone())).collect();
        let tasks = with_pruning(tasks, &db, retention);
        let recurring = tasks.recurring().map(|(kind, period)| (kind.to_owned(), period)).collect();
        let tasks = TaskFeed::new(db.clone(), tasks, stats.clone(), faults.clone());
        let loops = Loops {
            db: db.clone(),
            prepared: false,
            relay: Relay::new(db.clone(), broker.clone(), stats.clone(), faults.clone()),
            queues: pumps,
            tasks: Pump::new(tasks, TASKS_AT_ONCE, faults.clone()),
            recurring,
        };
        let loops = Arc::new(tokio::sync::Mutex::new(loops));
        Self { service, db, broker, queues, stats, faults, loops, background: Mutex::default() }
    }

    /// Runs everything in the background until [`Runtime::stop`], or until it is dropped. Does
    /// nothing if it runs already.
    pub fn start(&self) {
        let mut background = self.lock();
        if background.is_none() {
            let (stop, stopped) = watch::channel(false);
            let loops = self.loops.clone();
            let context = RequestContext { patient: true, ..RequestContext::background() };
            let work = async move { loops.lock().await.run(&Stop::when(stopped)).await };
            let done = base::spawn("events", context::scope(context, work));
            *background = Some(Background { stop, done });
        }
    }

    /// Begins nothing new and waits until what was begun has ended, at most 20 s; what takes
    /// longer is cut off and will be done again.
    pub async fn stop(&self) {
        let Some(Background { stop, mut done }) = self.lock().take() else { return };
        stop.send_replace(true);
        if tokio::time::timeout(STOP_TIMEOUT, &mut done).await.is_err() {
            tracing::warn!(service = self.service, "events and tasks did not end in time and were cut off");
            done.abort();
            self.loops.lock().await.cut_off().await;
        }
    }

    /// For tests: sends, consumes and runs tasks until nothing is due any more, without waiting
    /// for wall time. Services that answer each other's messages are settled in turns until all
    /// of them are idle.
    ///
    /// # Errors
    /// 409 while it runs in the background; 500 if it does not come to an end, because a task
    /// schedules itself at once again and again; whatever the store or the broker fails with.
    pub async fn settle(&self) -> Result<Settled> {
        if self.lock().is_some() {
            return Err(Error::conflict("already-running", "events and tasks run in the background"));
        }
        self.loops.lock().await.settle().await
    }

    /// The name of the service.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// What it has done so far.
    pub fn stats(&self) -> &Arc<EventStats> {
        &self.stats
    }

    /// What waits in its store.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn gauges(&self) -> Result<Gauges> {
        let mut conn = self.db.conn().await?;
        let (outbox_pending, oldest) = outbox::pending(&mut conn).await?;
        let (tasks_waiting, tasks_parked) = tasks::counts(&mut conn).await?;
        let outbox_oldest = oldest.map_or(Duration::ZERO, |oldest| conn.now().since(oldest));
        drop(conn);
        let mut dead_letters = Vec::new();
        let mut waiting = Vec::new();
        for queue in self.durable_queues() {
            waiting.push((queue.to_owned(), self.broker.count_waiting(queue).await?));
            dead_letters.push((queue.to_owned(), self.broker.count_dead(queue).await?));
        }
        Ok(Gauges { outbox_pending, outbox_oldest, waiting, dead_letters, tasks_waiting, tasks_parked })
    }

    /// The names of its durable queues.
    pub fn durable_queues(&self) -> impl Iterator<Item = &str> {
        self.queues.iter().filter(|queue| queue.is_durable()).map(|queue| queue.name())
    }

    /// Its queues.
    pub fn queues(&self) -> &[Arc<Queue>] {
        &self.queues
    }

    /// Its broker, for the operator's work on dead letters.
    pub fn broker(&self) -> &Arc<dyn Broker> {
        &self.broker
    }

    /// Its crash points; without the feature `testing` they can do nothing.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Background>> {
        self.background.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("service", &self.service)
            .field("queues", &self.queues)
            .finish_non_exhaustive()
    }
}

fn with_pruning(tasks: Tasks, db: &Db, retention: Retention) -> Tasks {
    let db = db.clone();
    tasks.every("prune-events", PRUNE_PERIOD, move || {
        let db = db.clone();
        async move {
            let now = db.clock().now();
            while outbox::prune(&db, now - retention.outbox, PRUNE_ROWS).await? == u64::from(PRUNE_ROWS) {}
            while inbox::prune(&db, now - retention.inbox, PRUNE_ROWS).await? == u64::from(PRUNE_ROWS) {}
            Ok(())
        }
    })
}

impl Loops {
    /// What has to be in the store before anything runs.
    async fn prepare(&mut self) -> Result<()> {
        if self.prepared {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        if self.db.engine() == Engine::Sqlite {
            // The file belongs to this process alone, so whoever held a lease is dead.
            lease::end_all(&mut tx).await?;
            tasks::end_leases(&mut tx).await?;
        }
        for (kind, period) in &self.recurring {
            tasks::ensure_recurring(&mut tx, kind, *period).await?;
        }
        tx.commit().await?;
        self.prepared = true;
        Ok(())
    }

    async fn run(&mut self, stop: &Stop) {
        while !stop.is_set() {
            // Handlers that panic are caught one by one; this is for what nobody thought of.
            match AssertUnwindSafe(self.run_all(stop)).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(error = error.chain(), "events and tasks cannot begin yet"),
                Err(_) => tracing::error!("events and tasks stopped unexpectedly and begin again"),
            }
            tokio::time::sleep(PAUSE_AFTER_ERROR).await;
        }
    }

    async fn run_all(&mut self, stop: &Stop) -> Result<()> {
        self.prepare().await?;
        let mut all: Vec<BoxFuture<'_, ()>> = vec![self.relay.run(stop.clone()).boxed()];
        all.extend(self.queues.iter_mut().map(|queue| queue.run(stop.clone()).boxed()));
        all.push(self.tasks.run(stop.clone()).boxed());
        join_all(all).await;
        Ok(())
    }

    async fn settle(&mut self) -> Result<Settled> {
        self.prepare().await?;
        let mut total = Settled::default();
        let never = Stop::never();
        for _ in 0..MOST_ROUNDS {
            let mut round = Settled { published: self.relay.drain().await?, ..Settled::default() };
            for queue in &mut self.queues {
                round.consumed += queue.drain(&never, u64::MAX).await?;
            }
            round.tasks = self.tasks.drain(&never, MOST_TASKS).await?;
            if round.tasks >= MOST_TASKS {
                break;
            }
            if round.is_idle() {
                self.release().await;
                return Ok(total);
            }
            total.published += round.published;
            total.consumed += round.consumed;
            total.tasks += round.tasks;
        }
        Err(Error::internal("it does not settle: something is due again and again"))
    }

    async fn cut_off(&mut self) {
        self.relay.release().await;
        for queue in &mut self.queues {
            queue.cut_off().await;
        }
        self.tasks.cut_off().await;
    }

    async fn release(&mut self) {
        self.relay.release().await;
        for queue in &mut self.queues {
            queue.release().await;
        }
    }
}
