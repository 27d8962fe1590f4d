//! A bounded pool of read-only connections.

use super::File;
use crate::DbError;
use rusqlite::Connection;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub(super) struct Readers {
    file: File,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that goes back to the pool when dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    conn: Option<Connection>,
    pool: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(file: File) -> Self {
        let permits = Arc::new(Semaphore::new(file.options.readers.max(1)));
        Self { file, permits, idle: Mutex::default() }
    }

    pub(super) async fn get(self: &Arc<Self>) -> Result<Reader, DbError> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait().await?,
        };
        let idle = self.lock().pop();
        let conn = idle.map_or_else(|| self.file.open(false), Ok)?;
        Ok(Reader { conn: Some(conn), pool: self.clone(), _permit: permit })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, DbError> {
        let permit = tokio::time::timeout(self.file.options.wait, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| DbError::transient("all reading connections are in use"))?;
        permit.map_err(|_| DbError::Closed)
    }

    pub(super) fn close(&self) {
        self.permits.close();
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn.as_ref().expect("it is only taken when dropped")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.pool.permits.is_closed() {
            self.pool.lock().extend(self.conn.take());
        }
    }
}
