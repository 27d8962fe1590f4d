//! The one writer, and group commit.
//!
//! Logical transactions take turns on one connection. The first of a shared SQLite transaction,
//! the *batch*, begins it; each of the others is a savepoint of it. Whoever finishes passes the turn to the next in line; when nobody is
//! waiting, or the batch is large or old enough, one COMMIT makes all of them durable and only
//! then are they answered. A batch of members that are all patient rests open until somebody in a
//! hurry joins it or it is old enough.
//!
//! The turn is a value that is owned by exactly one task, thread or channel. Dropping it, for
//! whatever reason, undoes the open savepoint and passes the writer on, so no cancelled future
//! can leave the writer stuck or a batch without its COMMIT.

use super::{File, error};
use crate::DbError;
use crate::listen::Channels;
use crate::stats::Counters;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

/// Those who wait for the writer, and the writer while nobody has it.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    file: File,
    runtime: Handle,
    /// The number of the newest batch that has ended, committed or not.
    ended: watch::Sender<u64>,
    /// The newest batch a dropped transaction may have looked into before it was committed.
    seen: AtomicU64,
    counters: Arc<Counters>,
    channels: Arc<Channels>,
}

#[derive(Debug, Default)]
struct State {
    idle: Option<Box<Writer>>,
    waiting: VecDeque<oneshot::Sender<Turn>>,
    closed: bool,
}

/// The writing connection with the batch it has open.
#[derive(Debug)]
struct Writer {
    conn: Connection,
    batch: u64,
    members: Vec<Member>,
    /// When the first member finished.
    since: Instant,
    /// Whether a member wants its answer at once.
    hurry: bool,
    /// The newest batch that something looks after which commits it when it is old enough.
    watched: u64,
    /// Whether the members were already handed to a thread for COMMIT.
    handed_over: bool,
}

/// A finished transaction that waits for the COMMIT of its batch.
#[derive(Debug)]
struct Member {
    answer: oneshot::Sender<Result<(), DbError>>,
    wakes: Vec<&'static str>,
}

/// The right to write.
#[derive(Debug)]
pub(crate) struct Turn {
    queue: Arc<Queue>,
    writer: Option<Box<Writer>>,
    open: Option<Open>,
}

/// What an open transaction is to SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// All of the batch so far.
    Batch,
    /// A savepoint of a batch that others have joined.
    Savepoint,
}

impl Queue {
    pub(super) fn new(
        conn: Connection,
        file: &File,
        counters: Arc<Counters>,
        channels: Arc<Channels>,
    ) -> Arc<Self> {
        let writer = Writer {
            conn,
            batch: 1,
            members: Vec::new(),
            since: Instant::now(),
            hurry: false,
            watched: 0,
            handed_over: false,
        };
        let state = State { idle: Some(Box::new(writer)), ..State::default() };
        Arc::new(Self {
            state: Mutex::new(state),
            file: file.clone(),
            runtime: Handle::current(),
            ended: watch::Sender::new(0),
            seen: AtomicU64::new(0),
            counters,
            channels,
        })
    }

    /// Waits for the turn and opens a transaction.
    pub(super) async fn begin(self: &Arc<Self>) -> Result<Turn, DbError> {
        let deadline = Instant::now() + self.file.options.wait;
        let mut turn = self.turn().await?;
        loop {
            match turn.enter() {
                Ok(()) => return Ok(turn),
                Err(error) if error::is_busy(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Err(error) => return Err(error::plain(error)),
            }
        }
    }

    async fn turn(self: &Arc<Self>) -> Result<Turn, DbError> {
        let ticket = {
            let mut state = self.lock();
            if state.closed {
                return Err(DbError::Closed);
            }
            if let Some(writer) = state.idle.take() {
                return Ok(self.turn_with(writer));
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back(sender);
            receiver
        };
        let turn = tokio::time::timeout(self.file.options.wait, ticket).await;
        let turn = turn.map_err(|_| DbError::transient("too many transactions are waiting to write"))?;
        turn.map_err(|_| DbError::Closed)
    }

    fn turn_with(self: &Arc<Self>, writer: Box<Writer>) -> Turn {
        Turn { queue: self.clone(), writer: Some(writer), open: None }
    }

    /// Gives the writer to the next in line, or commits what it holds, or puts it to rest.
    fn pass(self: &Arc<Self>, mut writer: Box<Writer>) {
        if writer.handed_over {
            self.end(&mut writer, Err(DbError::Closed));
        }
        loop {
            if writer.is_due(&self.file) {
                return self.hand_over(writer);
            }
            let next = {
                let mut state = self.lock();
                match state.waiting.pop_front() {
                    Some(next) => next,
                    None if writer.members.is_empty() => {
                        state.idle = Some(writer);
                        return;
                    }
                    None if !writer.hurry => {
                        self.watch(&mut writer);
                        state.idle = Some(writer);
                        return;
                    }
                    None => {
                        drop(state);
                        return self.hand_over(writer);
                    }
                }
            };
            match next.send(self.turn_with(writer)) {
                Ok(()) => return,
                Err(mut unwanted) => writer = unwanted.writer.take().expect("it was put in just now"),
            }
        }
    }

    /// Sees to it that a batch that rests is committed when it is old enough.
    fn watch(self: &Arc<Self>, writer: &mut Writer) {
        if writer.watched == writer.batch {
            return;
        }
        writer.watched = writer.batch;
        let (queue, batch) = (self.clone(), writer.batch);
        let rest = self.file.options.batch_age.saturating_sub(writer.since.elapsed());
        drop(self.runtime.spawn(async move {
            tokio::time::sleep(rest).await;
            let is_it = |writer: &mut Box<Writer>| writer.batch == batch && !writer.members.is_empty();
            let resting = queue.lock().idle.take_if(is_it);
            // Whoever has it otherwise sees its age when passing it on.
            if let Some(writer) = resting {
                queue.hand_over(writer);
            }
        }));
    }

    /// Commits the batch on a thread of its own, because COMMIT waits for the disk.
    fn hand_over(self: &Arc<Self>, mut writer: Box<Writer>) {
        writer.handed_over = true;
        let mut turn = self.turn_with(writer);
        let commit = self.runtime.spawn_blocking(move || {
            let queue = turn.queue.clone();
            let writer = turn.writer_mut();
            let outcome = writer.commit();
            queue.end(writer, outcome);
        });
        drop(commit);
    }

    /// Ends the batch and answers its members.
    fn end(&self, writer: &mut Writer, outcome: Result<(), DbError>) {
        let members = std::mem::take(&mut writer.members);
        if outcome.is_ok() {
            self.counters.commit(members.len());
        } else {
            writer.undo_all();
        }
        writer.handed_over = false;
        writer.hurry = false;
        self.ended.send_replace(writer.batch);
        writer.batch += 1;
        for member in members {
            if outcome.is_ok() {
                self.channels.wake_all_of(&member.wakes);
            }
            let _caller_gone = member.answer.send(outcome.clone());
        }
    }

    /// Waits until the batches that dropped transactions looked into have ended, so that a
    /// reader sees what made the caller drop its transaction (a row that was already there).
    pub(super) async fn settled(&self) -> Result<(), DbError> {
        let seen = self.seen.load(Ordering::Acquire);
        if *self.ended.borrow() >= seen {
            return Ok(());
        }
        let mut ended = self.ended.subscribe();
        let settled =
            tokio::time::timeout(self.file.options.wait, ended.wait_for(|ended| *ended >= seen)).await;
        let settled = settled.map_err(|_| DbError::transient("a transaction is open for too long"))?;
        settled.map(drop).map_err(|_| DbError::Closed)
    }

    /// Lets those who already wait have their turn, then takes the writer for good.
    pub(super) async fn close(self: &Arc<Self>) -> Option<Connection> {
        let mut turn = self.turn().await.ok()?;
        let mut writer = turn.writer.take()?;
        let too_late = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        drop(too_late);
        if !writer.members.is_empty() {
            let outcome = writer.commit();
            self.end(&mut writer, outcome);
        }
        Some(writer.conn)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn is_due(&self, file: &File) -> bool {
        let options = &file.options;
        !self.members.is_empty()
            && (self.members.len() >= options.batch_transactions || self.since.elapsed() >= options.batch_age)
    }

    fn commit(&mut self) -> Result<(), DbError> {
        self.execute("COMMIT").map_err(error::plain)
    }

    fn undo_all(&mut self) {
        if !self.conn.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "cannot roll back the batch of the SQLite writer");
        }
    }

    fn execute(&self, text: &'static str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(text)?.raw_execute().map(drop)
    }
}

impl Turn {
    /// The connection, for the statements of this transaction.
    pub(crate) fn conn(&self) -> &Connection {
        &self.writer.as_ref().expect("a turn has the writer until it ends").conn
    }

    fn writer_mut(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a turn has the writer until it ends")
    }

    fn enter(&mut self) -> rusqlite::Result<()> {
        let writer = self.writer_mut();
        let open = if writer.conn.is_autocommit() {
            writer.execute("BEGIN IMMEDIATE")?;
            Open::Batch
        } else {
            writer.execute("SAVEPOINT tx")?;
            Open::Savepoint
        };
        self.open = Some(open);
        Ok(())
    }

    /// Joins the batch. The transaction is durable once the answer says so, whether or not
    /// anybody waits for it. If it is `patient`, that may take as long as a batch may be old.
    pub(crate) fn commit(
        mut self,
        wakes: Vec<&'static str>,
        patient: bool,
    ) -> Result<oneshot::Receiver<Result<(), DbError>>, DbError> {
        let open = self.open;
        let writer = self.writer_mut();
        if writer.conn.is_autocommit() {
            return Err(DbError::Aborted);
        }
        if open == Some(Open::Savepoint) {
            writer.execute("RELEASE tx").map_err(error::plain)?;
        }
        let (answer, receiver) = oneshot::channel();
        if writer.members.is_empty() {
            writer.since = Instant::now();
        }
        writer.hurry |= !patient;
        writer.members.push(Member { answer, wakes });
        self.open = None;
        Ok(receiver)
    }

    /// Undoes this transaction, and with it the batch if SQLite has given up on all of it.
    fn undo(&mut self, open: Open) {
        let queue = self.queue.clone();
        let writer = self.writer_mut();
        if open == Open::Batch {
            return writer.undo_all();
        }
        let undone = !writer.conn.is_autocommit()
            && writer.execute("ROLLBACK TO tx").and_then(|()| writer.execute("RELEASE tx")).is_ok();
        if undone {
            queue.seen.fetch_max(writer.batch, Ordering::AcqRel);
        } else {
            let what = "the transactions committed together with this one were undone by SQLite";
            queue.end(writer, Err(DbError::transient(what)));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.writer.is_none() {
            return;
        }
        if let Some(open) = self.open {
            self.undo(open);
        }
        if let Some(writer) = self.writer.take() {
            self.queue.pass(writer);
        }
    }
}
