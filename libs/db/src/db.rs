//! A database and what can be asked of it.

use crate::listen::{Channels, Listener};
use crate::mortality::Mortality;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::stats::{Counters, Stats};
use crate::{Conn, DbError, Engine, Migration, PostgresOptions, SqliteOptions, Tx, migrate, sql};
use base::Clock;
use std::path::Path;
use std::sync::Arc;

/// A database. Clones are the same database.
#[derive(Clone, Debug)]
pub struct Db {
    backend: Arc<Backend>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What connections need of their database.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) mortality: Mortality,
}

impl Shared {
    fn new(clock: Clock) -> Arc<Self> {
        let mortality = Mortality::default();
        Arc::new(Self { clock, counters: Arc::default(), channels: Arc::default(), mortality })
    }
}

impl Db {
    /// Opens or creates the SQLite file at `path`. The runtime it is called in does the commits
    /// and must outlive the database.
    ///
    /// # Errors
    /// If the file cannot be opened or is not a database.
    pub async fn sqlite(path: &Path, clock: Clock, options: SqliteOptions) -> Result<Db, DbError> {
        let shared = Shared::new(clock);
        let sqlite = Sqlite::open(path, options, shared.counters.clone(), shared.channels.clone()).await?;
        Ok(Db { backend: Arc::new(Backend::Sqlite(sqlite)), shared })
    }

    /// Connects to the PostgreSQL database at `url` and creates `schema` in it if it is missing.
    ///
    /// # Errors
    /// If the server cannot be reached, or the schema name is not `[a-z_][a-z0-9_]*` of at most
    /// 63 bytes.
    pub async fn postgres(
        url: &str,
        schema: &str,
        clock: Clock,
        options: PostgresOptions,
    ) -> Result<Db, DbError> {
        let shared = Shared::new(clock);
        let postgres = Postgres::connect(url, schema, &options).await?;
        Ok(Db { backend: Arc::new(Backend::Postgres(postgres)), shared })
    }

    /// Applies the migrations that were not applied yet, each in a transaction of its own, and
    /// answers their names. Several processes may do this at once.
    ///
    /// # Errors
    /// [`DbError::Migration`] if one fails (those before it stay) or was changed after it had
    /// been applied.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<Vec<&'static str>, DbError> {
        migrate::migrate(self, migrations).await
    }

    /// The names of the migrations that were not applied yet.
    ///
    /// # Errors
    /// [`DbError::Migration`] if one was changed after it had been applied.
    pub async fn pending(&self, migrations: &[Migration]) -> Result<Vec<&'static str>, DbError> {
        migrate::pending(self, migrations).await
    }

    /// A connection for reading. It sees what is committed, everything of the caller included.
    ///
    /// # Errors
    /// Transient if no connection becomes free in time.
    pub async fn conn(&self) -> Result<Conn, DbError> {
        self.shared.mortality.alive()?;
        match &*self.backend {
            Backend::Sqlite(sqlite) => Ok(Conn::sqlite(sqlite.conn().await?, self.shared.clone())),
            Backend::Postgres(postgres) => Ok(Conn::postgres(postgres.conn().await?, self.shared.clone())),
        }
    }

    /// Begins a transaction. On SQLite it waits until it is the only one that writes, so keep it
    /// short and never wait for the outside world in it.
    ///
    /// # Errors
    /// Transient if its turn does not come or no connection becomes free in time.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.shared.mortality.alive()?;
        match &*self.backend {
            Backend::Sqlite(sqlite) => Ok(Tx::sqlite(sqlite.begin().await?, self.shared.clone())),
            Backend::Postgres(postgres) => Ok(Tx::postgres(postgres.begin().await?, self.shared.clone())),
        }
    }

    /// A listener for the wake-ups of `channel`, see [`Tx::wake`].
    pub fn listen(&self, channel: &'static str) -> Listener {
        if let Backend::Postgres(postgres) = &*self.backend {
            postgres.listen(&self.shared.channels);
        }
        self.shared.channels.listen(channel)
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        match &*self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// If there is none.
    pub async fn ping(&self) -> Result<(), DbError> {
        sql("SELECT CAST(1 AS BIGINT)").scalar::<i64>(&mut self.conn().await?).await.map(drop)
    }

    /// Waits for the transactions in progress and closes all connections; later calls answer
    /// [`DbError::Closed`].
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    /// What it was asked to do so far.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Lets the process die after `commits` more commits: everything later answers
    /// [`DbError::Closed`], until `None` revives it as a restart would.
    #[cfg(feature = "testing")]
    pub fn die_after(&self, commits: Option<u64>) {
        self.shared.mortality.set(commits);
    }

    /// Whether it died.
    #[cfg(feature = "testing")]
    pub fn is_dead(&self) -> bool {
        self.shared.mortality.alive().is_err()
    }

    /// The schema, which names the lock of migrations.
    pub(crate) fn schema(&self) -> Option<&str> {
        match &*self.backend {
            Backend::Sqlite(_) => None,
            Backend::Postgres(postgres) => Some(postgres.schema()),
        }
    }
}
