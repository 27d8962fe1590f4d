//! Runs jobs of one feed: concurrently, but one after another where they share a lane.
//!
//! A lane is a partition key (or a task): its jobs keep their order, and a slow one holds up
//! nobody else.

use crate::broker::{Settlement, Verdict};
use crate::faults::Faults;
use crate::idle::Stop;
use crate::topology::RETRY_DELAYS;
use base::Result;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};
use uuid::Uuid;

const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// A piece of work, not begun.
pub(crate) struct Job {
    pub(crate) lane: String,
    pub(crate) receipt: Uuid,
    pub(crate) work: BoxFuture<'static, Verdict>,
}

/// Where jobs come from and where their ends are noted.
pub(crate) trait Feed: Send {
    /// Up to `room` new jobs.
    fn take(&mut self, room: usize) -> impl Future<Output = Result<Vec<Job>>> + Send;
    /// Returns when there may be more; may be dropped.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;
    /// Notes how jobs ended.
    fn settle(&mut self, done: Vec<Settlement>) -> impl Future<Output = Result<()>> + Send;
    /// Lets other processes have the work.
    fn release(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// Runs the jobs of a feed.
pub(crate) struct Pump<F> {
    feed: F,
    lanes: Lanes,
    room: usize,
    faults: Faults,
}

impl<F: Feed> Pump<F> {
    /// At most `room` jobs in hand at once.
    pub(crate) fn new(feed: F, room: usize, faults: Faults) -> Self {
        Self { feed, lanes: Lanes::default(), room, faults }
    }

    /// Works until nothing is due and nothing runs, or `most` jobs have ended; answers how many did.
    pub(crate) async fn drain(&mut self, stop: &Stop, most: u64) -> Result<u64> {
        let mut ended = 0;
        loop {
            self.faults.alive()?;
            let jobs = self.feed.take(self.wanted(stop)).await?;
            for job in jobs {
                self.lanes.push(job);
            }
            if self.lanes.count == 0 || ended >= most {
                return Ok(ended);
            }
            let done = tokio::select! {
                done = self.lanes.ended() => done,
                () = self.feed.ready() => continue,
            };
            self.faults.alive()?;
            ended += done.len() as u64;
            self.feed.settle(done).await?;
        }
    }

    /// New jobs are fetched when half of the room is free, not one at a time.
    fn wanted(&self, stop: &Stop) -> usize {
        let free = self.room - self.lanes.count;
        if stop.is_set() || free * 2 < self.room { 0 } else { free }
    }

    /// Works until told to stop, and then until what was begun has ended.
    pub(crate) async fn run(&mut self, mut stop: Stop) {
        loop {
            if let Err(error) = self.drain(&stop, u64::MAX).await {
                tracing::warn!(error = error.chain(), "background work cannot go on now");
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            }
            if stop.is_set() {
                break;
            }
            tokio::select! {
                () = self.feed.ready() => {}
                () = stop.wait() => {}
            }
        }
        self.release().await;
    }

    /// Ends what is still running, wherever it is; it will be done again.
    pub(crate) async fn cut_off(&mut self) {
        self.lanes = Lanes::default();
        self.release().await;
    }

    /// Lets other processes have the work.
    pub(crate) async fn release(&mut self) {
        if let Err(error) = self.feed.release().await {
            tracing::debug!(error = error.chain(), "a lease ends by itself");
        }
    }
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop(JoinHandle<Verdict>);

impl Future for AbortOnDrop {
    type Output = Result<Verdict, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The jobs in hand.
#[derive(Default)]
struct Lanes {
    running: FuturesUnordered<BoxFuture<'static, (String, Settlement)>>,
    /// For each lane with a running job those that wait behind it.
    waiting: HashMap<String, VecDeque<Job>>,
    count: usize,
}

impl Lanes {
    fn push(&mut self, job: Job) {
        self.count += 1;
        match self.waiting.get_mut(&job.lane) {
            Some(lane) => lane.push_back(job),
            None => {
                self.waiting.insert(job.lane.clone(), VecDeque::new());
                self.start(job);
            }
        }
    }

    /// Each job is a task of its own: a job that has been given a database connection must go on
    /// even while the pump itself waits for one.
    fn start(&self, job: Job) {
        let Job { lane, receipt, work } = job;
        let task = AbortOnDrop(base::spawn("job", work));
        self.running.push(Box::pin(async move {
            let broke =
                |error: JoinError| Verdict::Retry { error: error.to_string(), after: RETRY_DELAYS[0] };
            let verdict = task.await.unwrap_or_else(broke);
            (lane, Settlement { receipt, verdict })
        }));
    }

    /// Waits for a job to end and returns it with all others that have ended by then.
    async fn ended(&mut self) -> Vec<Settlement> {
        let mut ended = Vec::new();
        let mut next = self.running.next().await;
        while let Some((lane, settlement)) = next {
            self.count -= 1;
            ended.push(settlement);
            match self.waiting.get_mut(&lane).and_then(VecDeque::pop_front) {
                Some(job) => self.start(job),
                None => drop(self.waiting.remove(&lane)),
            }
            next = self.running.next().now_or_never().flatten();
        }
        ended
    }
}
