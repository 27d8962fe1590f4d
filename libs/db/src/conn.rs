//! Connections and transactions, whichever engine is behind them.

use crate::db::Shared;
use crate::row::FromRow;
use crate::{DbError, Engine, Sql, postgres, sqlite, text};
use base::{Timestamp, context};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Runs statements: reads only when it comes from [`crate::Db::conn`], reads and writes inside a
/// [`Tx`].
pub struct Conn {
    link: Link,
    shared: Arc<Shared>,
    /// Set while a statement runs and when one has failed inside a transaction.
    broken: bool,
}

enum Link {
    SqliteReader(sqlite::Reader),
    SqliteWriter(sqlite::Turn),
    PostgresReader(postgres::Reader),
    PostgresTx(postgres::Writer),
}

/// A transaction. Dropped without [`Tx::commit`], nothing of it remains.
///
/// What it reads may come from transactions that are not durable yet (on SQLite they share one
/// COMMIT). An answer that tells the outside world what it read must therefore commit too, even
/// if it wrote nothing: `commit` returns when everything it saw is durable.
pub struct Tx {
    conn: Conn,
    wakes: Vec<&'static str>,
    _mark: Mark,
}

/// The task-local note that a transaction is open.
struct Mark;

impl Conn {
    pub(crate) fn sqlite(reader: sqlite::Reader, shared: Arc<Shared>) -> Self {
        Self { link: Link::SqliteReader(reader), shared, broken: false }
    }

    pub(crate) fn postgres(reader: postgres::Reader, shared: Arc<Shared>) -> Self {
        Self { link: Link::PostgresReader(reader), shared, broken: false }
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        match self.link {
            Link::SqliteReader(_) | Link::SqliteWriter(_) => Engine::Sqlite,
            Link::PostgresReader(_) | Link::PostgresTx(_) => Engine::Postgres,
        }
    }

    /// The present time of the database's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) async fn rows<T: FromRow>(&mut self, sql: Sql) -> Result<Vec<T>, DbError> {
        self.start(&sql)?;
        let outcome = match &mut self.link {
            Link::SqliteReader(reader) => sqlite::exec::rows(reader, &sql),
            Link::SqliteWriter(turn) => sqlite::exec::rows(turn.conn(), &sql),
            Link::PostgresReader(reader) => postgres::exec::rows(reader, sql).await,
            Link::PostgresTx(writer) => postgres::exec::rows(writer, sql).await,
        };
        self.finish(outcome)
    }

    pub(crate) async fn run(&mut self, sql: Sql) -> Result<u64, DbError> {
        self.start(&sql)?;
        let outcome = match &mut self.link {
            Link::SqliteReader(reader) => sqlite::exec::run(reader, &sql),
            Link::SqliteWriter(turn) => sqlite::exec::run(turn.conn(), &sql),
            Link::PostgresReader(reader) => postgres::exec::run(reader, sql).await,
            Link::PostgresTx(writer) => postgres::exec::run(writer, sql).await,
        };
        self.finish(outcome)
    }

    /// Runs the statements of a migration, already in the dialect of the engine.
    pub(crate) async fn batch(&mut self, text: String) -> Result<(), DbError> {
        let outcome = match &mut self.link {
            Link::SqliteReader(reader) => sqlite::exec::batch(reader, &text),
            Link::SqliteWriter(turn) => sqlite::exec::batch(turn.conn(), &text),
            Link::PostgresReader(reader) => postgres::exec::batch(reader, text).await,
            Link::PostgresTx(writer) => postgres::exec::batch(writer, text).await,
        };
        self.finish(outcome)
    }

    fn start(&mut self, sql: &Sql) -> Result<(), DbError> {
        if self.broken {
            return Err(DbError::Aborted);
        }
        text::check_verb(&sql.text)?;
        text::check_values(&sql.args)?;
        self.shared.counters.statement();
        // A future dropped in the middle of a statement leaves this set: nobody knows whether the
        // statement failed, and PostgreSQL answers COMMIT of a failed transaction with success.
        self.broken = self.is_transaction();
        Ok(())
    }

    fn finish<T>(&mut self, outcome: Result<T, DbError>) -> Result<T, DbError> {
        let failed = outcome.as_ref().is_err_and(DbError::ends_transaction);
        self.broken = self.is_transaction() && failed;
        outcome
    }

    fn is_transaction(&self) -> bool {
        matches!(self.link, Link::SqliteWriter(_) | Link::PostgresTx(_))
    }
}

impl Tx {
    pub(crate) fn sqlite(turn: sqlite::Turn, shared: Arc<Shared>) -> Self {
        Self::with(Link::SqliteWriter(turn), shared)
    }

    pub(crate) fn postgres(writer: postgres::Writer, shared: Arc<Shared>) -> Self {
        Self::with(Link::PostgresTx(writer), shared)
    }

    fn with(link: Link, shared: Arc<Shared>) -> Self {
        Self { conn: Conn { link, shared, broken: false }, wakes: Vec::new(), _mark: Mark::set() }
    }

    /// Makes the transaction durable. Once called, it takes its course even if the future is
    /// dropped. Work nobody waits for ([`context::is_patient`]) waits a few milliseconds for others
    /// to share its COMMIT with.
    ///
    /// # Errors
    /// [`DbError::Aborted`] after a failed statement; transient errors if the outcome is unknown
    /// or the whole batch was lost.
    pub async fn commit(self) -> Result<(), DbError> {
        let Tx { conn, wakes, _mark } = self;
        if conn.broken {
            return Err(DbError::Aborted);
        }
        conn.shared.mortality.take_commit()?;
        match conn.link {
            Link::SqliteWriter(turn) => {
                turn.commit(wakes, context::is_patient())?.await.unwrap_or(Err(DbError::Closed))
            }
            Link::PostgresTx(writer) => writer.commit(wakes, conn.shared).await,
            Link::SqliteReader(_) | Link::PostgresReader(_) => {
                Err(DbError::Usage("a reader was put in the place of a transaction".into()))
            }
        }
    }

    /// Wakes the listeners of `channel` after a successful commit, on PostgreSQL also those of
    /// other processes.
    pub fn wake(&mut self, channel: &'static str) {
        if !self.wakes.contains(&channel) {
            self.wakes.push(channel);
        }
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Mark {
    fn set() -> Self {
        context::mark_transaction(true);
        Self
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        context::mark_transaction(false);
    }
}
