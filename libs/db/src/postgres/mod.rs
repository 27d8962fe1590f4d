//! The PostgreSQL engine: a pool of connections to one schema.

mod error;
pub(crate) mod exec;
mod notify;

use crate::db::Shared;
use crate::listen::Channels;
use crate::{DbError, PostgresOptions};
use notify::Notifier;
use sqlx::pool::{PoolConnection, PoolConnectionMetadata};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Transaction};
use std::ops::{Deref, DerefMut};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// A connection that only reads.
pub(crate) type Reader = PoolConnection<sqlx::Postgres>;

/// One schema of a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
    schema: String,
    notifier: Arc<Notifier>,
}

/// A transaction in progress.
#[derive(Debug)]
pub(crate) struct Writer {
    tx: Transaction<'static, sqlx::Postgres>,
    notifier: Arc<Notifier>,
}

impl Postgres {
    pub(crate) async fn connect(url: &str, schema: &str, options: &PostgresOptions) -> Result<Self, DbError> {
        check_schema(schema)?;
        let server = PgConnectOptions::from_str(url).map_err(error::explain)?;
        let server = server
            .application_name(&application(schema))
            .statement_cache_capacity(options.cached_statements)
            .disable_statement_logging();
        create_schema(&server, schema).await?;
        let settings = [
            ("search_path", schema.to_owned()),
            ("default_transaction_read_only", "on".to_owned()),
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", options.idle_transaction_timeout.as_millis().to_string()),
        ];
        let server = server.options(settings);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.wait)
            .idle_timeout(options.idle_timeout)
            .test_before_acquire(false)
            .before_acquire(|conn, meta| Box::pin(is_alive(conn, meta)))
            .connect_lazy_with(server.clone());
        let hearing = PgPoolOptions::new().max_connections(1).connect_lazy_with(server);
        let notifier = Arc::new(Notifier::new(pool.clone(), hearing, schema));
        Ok(Self { pool, schema: schema.to_owned(), notifier })
    }

    pub(crate) async fn conn(&self) -> Result<Reader, DbError> {
        self.pool.acquire().await.map_err(error::explain)
    }

    pub(crate) async fn begin(&self) -> Result<Writer, DbError> {
        let begin = self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
        let tx = begin.await.map_err(error::explain)?;
        Ok(Writer { tx, notifier: self.notifier.clone() })
    }

    /// Starts to hear the wake-ups of other processes, once.
    pub(crate) fn listen(&self, channels: &Arc<Channels>) {
        self.notifier.listen(channels);
    }

    pub(crate) async fn close(&self) {
        self.notifier.close();
        self.pool.close().await;
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }
}

impl Writer {
    /// Commits on a task of its own, so that a caller who goes away cannot tear it in two.
    pub(crate) async fn commit(self, wakes: Vec<&'static str>, shared: Arc<Shared>) -> Result<(), DbError> {
        let commit = base::spawn("commit", async move {
            self.tx.commit().await.map_err(error::explain)?;
            shared.counters.commit(1);
            shared.channels.wake_all_of(&wakes);
            self.notifier.notify(&wakes);
            Ok(())
        });
        commit.await.unwrap_or(Err(DbError::Closed))
    }
}

impl Deref for Writer {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// Asks a connection for a sign of life if it has not been used for a while; sqlx does so too
/// whenever one is given back.
async fn is_alive(conn: &mut PgConnection, meta: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    if meta.idle_for > Duration::from_secs(5) {
        conn.ping().await?;
    }
    Ok(true)
}

/// What the server's list of activity shows, cut off where the server would.
fn application(schema: &str) -> String {
    format!("emporion {schema}").chars().take(63).collect()
}

fn check_schema(schema: &str) -> Result<(), DbError> {
    let good =
        |(index, c): (usize, char)| c.is_ascii_lowercase() || c == '_' || (index > 0 && c.is_ascii_digit());
    if (1..=63).contains(&schema.len()) && schema.char_indices().all(good) {
        return Ok(());
    }
    Err(DbError::Usage(format!("{schema:?} is not a schema name; use up to 63 of a-z, 0-9 and _")))
}

async fn create_schema(server: &PgConnectOptions, schema: &str) -> Result<(), DbError> {
    let mut conn = server.connect().await.map_err(error::explain)?;
    let exists = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(schema);
    if exists.fetch_optional(&mut conn).await.map_err(error::explain)?.is_none() {
        let create = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""));
        let created = conn.execute(sqlx::raw_sql(create)).await.map(drop).map_err(error::explain);
        // Two processes that create it at once: the slower one is told it is a duplicate.
        created.or_else(|error| if matches!(error, DbError::Unique { .. }) { Ok(()) } else { Err(error) })?;
    }
    conn.close().await.map_err(error::explain)
}

/// Drops every schema whose name begins with `prefix`.
#[cfg(feature = "testing")]
pub(crate) async fn drop_schemas(url: &str, prefix: &str) -> Result<(), DbError> {
    check_schema(prefix)?;
    let server = PgConnectOptions::from_str(url).map_err(error::explain)?;
    let mut conn = server.connect().await.map_err(error::explain)?;
    let list = "SELECT CAST(schema_name AS TEXT) FROM information_schema.schemata WHERE starts_with(schema_name, $1)";
    let query = sqlx::query_scalar::<_, String>(list).bind(prefix);
    let names = query.fetch_all(&mut conn).await.map_err(error::explain)?;
    conn.close().await.map_err(error::explain)?;
    for name in names {
        drop_schema(url, &name).await?;
    }
    Ok(())
}

/// Drops a schema with everything in it, and the connections that still use it.
#[cfg(feature = "testing")]
pub(crate) async fn drop_schema(url: &str, schema: &str) -> Result<(), DbError> {
    check_schema(schema)?;
    let server = PgConnectOptions::from_str(url).map_err(error::explain)?.options([("lock_timeout", "2s")]);
    let mut conn = server.connect().await.map_err(error::explain)?;
    let users = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    let ended = sqlx::query(users).bind(application(schema)).execute(&mut conn).await;
    ended.map_err(error::explain)?;
    let drop_it = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
    conn.execute(sqlx::raw_sql(drop_it)).await.map(drop).map_err(error::explain)?;
    conn.close().await.map_err(error::explain)
}
