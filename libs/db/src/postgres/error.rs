//! PostgreSQL's errors in our terms.

use crate::DbError;
use crate::error::Cause;
use sqlx::error::DatabaseError;
use std::sync::Arc;

pub(super) fn explain(error: sqlx::Error) -> DbError {
    match &error {
        sqlx::Error::Database(told) => {
            let told = Told::from(&**told);
            told.explain(Arc::new(error))
        }
        sqlx::Error::PoolClosed => DbError::Closed,
        sqlx::Error::PoolTimedOut => DbError::transient("all connections are in use"),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
            DbError::Transient { what: error.to_string(), source: Some(Arc::new(error)) }
        }
        _ => DbError::Driver(Arc::new(error)),
    }
}

/// What the server said.
struct Told {
    state: String,
    constraint: String,
    message: String,
}

impl From<&dyn DatabaseError> for Told {
    fn from(error: &dyn DatabaseError) -> Self {
        Self {
            state: error.code().unwrap_or_default().into_owned(),
            constraint: error.constraint().unwrap_or_default().to_owned(),
            message: error.message().to_owned(),
        }
    }
}

impl Told {
    /// By the classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn explain(self, source: Cause) -> DbError {
        match self.state.as_str() {
            "23505" | "42P06" => DbError::Unique { names: vec![self.constraint], source },
            "23514" => DbError::Check { name: self.constraint, source },
            "23503" => DbError::ForeignKey(source),
            "25P02" => DbError::Aborted,
            // Lock not available, statement timed out, idle too long, server going down.
            "55P03" | "57014" | "25P03" | "57P01" | "57P02" | "57P03" => {
                DbError::Transient { what: self.message, source: Some(source) }
            }
            // Connection, rollback (deadlock, serialisation), resources.
            state if ["08", "40", "53"].iter().any(|class| state.starts_with(class)) => {
                DbError::Transient { what: self.message, source: Some(source) }
            }
            _ => DbError::Driver(source),
        }
    }
}
