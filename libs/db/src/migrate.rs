//! Forward-only migrations, each applied once.

use crate::{Conn, Db, DbError, Engine, Tx, render, sql};
use base::keys::{hex, sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One step of the schema, in PostgreSQL DDL. It must not change once it was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name, such as `cart/0001_cart`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    name TEXT PRIMARY KEY,
    checksum TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
)";

impl Migration {
    /// A step called `name`.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql }
    }

    /// SHA-256 of the statements in hexadecimal, the same for both kinds of line ends.
    fn checksum(&self) -> String {
        hex(&sha256(self.sql.replace("\r\n", "\n").as_bytes()))
    }

    fn wrong(&self, what: impl Into<String>) -> DbError {
        DbError::Migration { name: self.name.to_owned(), what: what.into(), source: None }
    }

    /// Whether it is among `applied`.
    fn is_applied(&self, applied: &BTreeMap<String, String>) -> Result<bool, DbError> {
        match applied.get(self.name) {
            None => Ok(false),
            Some(checksum) if *checksum == self.checksum() => Ok(true),
            Some(_) => {
                Err(self.wrong("was changed after it had been applied; put it back and add a new migration"))
            }
        }
    }
}

pub(crate) async fn pending(db: &Db, migrations: &[Migration]) -> Result<Vec<&'static str>, DbError> {
    check_names(migrations)?;
    for migration in migrations {
        render::check(migration.sql).map_err(|what| migration.wrong(what))?;
    }
    let applied = applied(&mut db.conn().await?).await?;
    let mut names = Vec::new();
    for migration in migrations {
        if !migration.is_applied(&applied)? {
            names.push(migration.name);
        }
    }
    Ok(names)
}

pub(crate) async fn migrate(db: &Db, migrations: &[Migration]) -> Result<Vec<&'static str>, DbError> {
    let pending = pending(db, migrations).await?;
    let mut applied_now = Vec::new();
    for migration in migrations.iter().filter(|migration| pending.contains(&migration.name)) {
        if apply(db, migration).await? {
            applied_now.push(migration.name);
        }
    }
    Ok(applied_now)
}

/// Applies one migration unless another process was faster.
async fn apply(db: &Db, migration: &Migration) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    if let Some(schema) = db.schema() {
        // Waiting for the other migrators and rewriting a large table may both take long.
        tx.batch("SET LOCAL statement_timeout = 0".to_owned()).await?;
        sql("SELECT pg_advisory_xact_lock($1)").bind(lock_key(schema)).run(&mut tx).await?;
    }
    if migration.is_applied(&applied(&mut tx).await?)? {
        return Ok(false);
    }
    run(&mut tx, TABLE).await?;
    run(&mut tx, migration.sql).await.map_err(|error| DbError::Migration {
        name: migration.name.to_owned(),
        what: "a statement failed, nothing of it was kept".into(),
        source: Some(Arc::new(error)),
    })?;
    sql("INSERT INTO schema_migration (name, checksum, applied_at) VALUES ($1, $2, $3)")
        .bind(migration.name)
        .bind(migration.checksum())
        .bind(tx.now())
        .run_one(&mut tx)
        .await?;
    tx.commit().await?;
    tracing::info!(migration = migration.name, "migration applied");
    Ok(true)
}

async fn run(tx: &mut Tx, ddl: &str) -> Result<(), DbError> {
    let text = match tx.engine() {
        Engine::Sqlite => render::for_sqlite(ddl),
        Engine::Postgres => ddl.to_owned(),
    };
    tx.batch(text).await
}

/// Names and checksums of what was applied; nothing before the first migration.
async fn applied(c: &mut Conn) -> Result<BTreeMap<String, String>, DbError> {
    let exists = match c.engine() {
        Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_migration'",
        Engine::Postgres => {
            "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migration'"
        }
    };
    if sql(exists).scalar::<i64>(c).await? == 0 {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, String)> = sql("SELECT name, checksum FROM schema_migration").all(c).await?;
    Ok(rows.into_iter().collect())
}

fn check_names(migrations: &[Migration]) -> Result<(), DbError> {
    let mut names = BTreeSet::new();
    match migrations.iter().find(|migration| !names.insert(migration.name)) {
        Some(twice) => Err(twice.wrong("there are two of this name")),
        None => Ok(()),
    }
}

/// The advisory lock of a schema.
fn lock_key(schema: &str) -> i64 {
    let digest = sha256(format!("migrations of {schema}").as_bytes());
    i64::from_be_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
}
