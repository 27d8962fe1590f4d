//! The SQLite engine: one file, many readers, one writer.

mod error;
pub(crate) mod exec;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use readers::Reader;
pub(crate) use writer::Turn;

use crate::listen::Channels;
use crate::stats::Counters;
use crate::{DbError, SqliteOptions};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An open SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    readers: Arc<readers::Readers>,
    writer: Arc<writer::Queue>,
}

/// What a connection needs to be opened.
#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    options: SqliteOptions,
}

impl Sqlite {
    pub(crate) async fn open(
        path: &Path,
        options: SqliteOptions,
        counters: Arc<Counters>,
        channels: Arc<Channels>,
    ) -> Result<Self, DbError> {
        let file = File { path: path.to_owned(), options };
        let opened = file.clone();
        // Opening may replay the log of a process that crashed.
        let conn = tokio::task::spawn_blocking(move || opened.open(true)).await;
        let conn = conn.unwrap_or(Err(DbError::Closed))?;
        let writer = writer::Queue::new(conn, &file, counters, channels);
        Ok(Self { readers: Arc::new(readers::Readers::new(file)), writer })
    }

    /// A reader that sees everything the caller has seen through the writer before. Inside a
    /// transaction nobody may wait for a batch, because the transaction may be part of it.
    pub(crate) async fn conn(&self) -> Result<Reader, DbError> {
        if !base::context::in_transaction() {
            self.writer.settled().await?;
        }
        self.readers.get().await
    }

    pub(crate) async fn begin(&self) -> Result<Turn, DbError> {
        self.writer.begin().await
    }

    pub(crate) async fn close(&self) {
        let writer = self.writer.close().await;
        self.readers.close();
        // The last connection empties the log into the file, which takes its time.
        let closed = tokio::task::spawn_blocking(move || drop(writer)).await;
        if closed.is_err() {
            tracing::warn!("the SQLite file was not closed cleanly; it is repaired when opened again");
        }
    }
}

impl File {
    fn open(&self, writes: bool) -> Result<Connection, DbError> {
        let access = if writes {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        self.connect(access | OpenFlags::SQLITE_OPEN_NO_MUTEX, writes).map_err(error::plain)
    }

    fn connect(&self, flags: OpenFlags, writes: bool) -> rusqlite::Result<Connection> {
        let conn = Connection::open_with_flags(&self.path, flags)?;
        conn.busy_timeout(self.options.wait)?;
        if writes {
            conn.pragma_update(None, "journal_mode", "WAL")?;
            conn.pragma_update(None, "synchronous", "FULL")?;
            conn.pragma_update(None, "foreign_keys", true)?;
            // The writer never sleeps in SQLite while others of this process wait for it.
            conn.busy_timeout(Duration::ZERO)?;
        }
        // Plans never depend on values, so that a new value does not prepare a statement again. What
        // an index with a condition is to serve must say that condition in its text.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // What a savepoint may have to undo stays in memory instead of a temporary file.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        let cache_kib = if writes { self.options.cache_kib } else { self.options.reader_cache_kib };
        conn.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        conn.set_prepared_statement_cache_capacity(self.options.cached_statements);
        Ok(conn)
    }
}
