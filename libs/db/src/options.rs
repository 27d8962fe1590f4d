//! Which engine, and how it is run.

use std::time::Duration;

/// The database behind a [`crate::Db`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// A file of this process.
    Sqlite,
    /// A server shared by many processes.
    Postgres,
}

impl Engine {
    /// What to append to the SELECT that claims rows of a queue. SQLite has one writer, so its
    /// claims cannot meet.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// What to append to a SELECT inside a transaction whose rows must not change until its end.
    pub fn for_update(self) -> &'static str {
        match self {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE",
        }
    }
}

/// How a SQLite file is run.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Most reading connections, each with its own page cache.
    pub readers: usize,
    /// Longest wait for a reading connection, for the turn to write, and for another process
    /// that writes to the same file.
    pub wait: Duration,
    /// Most transactions that share one COMMIT; 1 switches group commit off.
    pub batch_transactions: usize,
    /// Longest time a finished transaction waits for others to join its COMMIT.
    pub batch_age: Duration,
    /// Prepared statements kept per connection.
    pub cached_statements: usize,
    /// Page cache of the writing connection in KiB.
    pub cache_kib: u32,
    /// Page cache of each reading connection in KiB. Every COMMIT empties it, and what it does not
    /// have comes from the cache of the operating system.
    pub reader_cache_kib: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 8,
            wait: Duration::from_secs(5),
            batch_transactions: 128,
            batch_age: Duration::from_millis(5),
            cached_statements: 256,
            cache_kib: 2 * 1024,
            reader_cache_kib: 256,
        }
    }
}

/// How a PostgreSQL schema is used.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Most connections, not counting the one that listens for wake-ups.
    pub connections: u32,
    /// Longest wait for a free connection.
    pub wait: Duration,
    /// Longest time one statement may run, enforced by the server.
    pub statement_timeout: Duration,
    /// Longest time a transaction may lie idle before the server ends it.
    pub idle_transaction_timeout: Duration,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// Prepared statements kept per connection.
    pub cached_statements: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            idle_transaction_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(10),
            cached_statements: 256,
        }
    }
}
