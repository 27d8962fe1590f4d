//! What can go wrong with a statement, told apart as far as callers act on it.

use std::sync::Arc;

/// The driver's own error, kept for the log.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A statement or transaction that failed.
///
/// Inside a transaction, every failure reported by the database ends the transaction on both
/// engines: what follows answers [`DbError::Aborted`]. To go on after a conflict, write
/// `ON CONFLICT DO NOTHING` or a guarded update and look at the number of rows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// Exactly one row was expected, this many were found or touched.
    #[error("expected exactly one row, there were {0}")]
    Rows(u64),
    /// A unique index or primary key refused the row; ask with [`DbError::is_unique`].
    #[error("the value of {} is already taken", names.join(" or "))]
    Unique {
        /// Names the violated index or constraint goes by.
        names: Vec<String>,
        /// The driver's error.
        source: Cause,
    },
    /// A CHECK constraint refused the row; ask with [`DbError::is_check`].
    #[error("the row breaks the rule {name}")]
    Check {
        /// Name of the constraint.
        name: String,
        /// The driver's error.
        source: Cause,
    },
    /// A foreign key refused the row; ask with [`DbError::is_foreign_key`].
    #[error("the row refers to one that is not there, or is still referred to")]
    ForeignKey(#[source] Cause),
    /// It may succeed when tried again: deadlock, lost connection, full disk, no free connection.
    #[error("the database cannot do this now: {what}")]
    Transient {
        /// What happened.
        what: String,
        /// The driver's error, if it has one.
        source: Option<Cause>,
    },
    /// The transaction failed before; nothing of it will be kept.
    #[error("an earlier statement of this transaction failed")]
    Aborted,
    /// The database was closed; the outcome of a commit in progress is unknown.
    #[error("the database is closed")]
    Closed,
    /// The statement is written wrongly, for example with fewer values than placeholders.
    #[error("wrong use of the database: {0}")]
    Usage(String),
    /// A column is missing or holds something else than was asked for.
    #[error("cannot read the row: {0}")]
    Decode(String),
    /// A migration cannot be applied.
    #[error("migration {name}: {what}")]
    Migration {
        /// The migration.
        name: String,
        /// What is wrong with it.
        what: String,
        /// The error of its statement, if one failed.
        source: Option<Cause>,
    },
    /// Anything else the database reported.
    #[error("the database reported an error")]
    Driver(#[source] Cause),
}

impl DbError {
    /// A column that holds something unexpected, for implementations of [`crate::FromValue`].
    pub fn decode(what: impl std::fmt::Display) -> Self {
        DbError::Decode(what.to_string())
    }

    /// Whether the unique index, unique constraint or primary key `name` refused the row.
    ///
    /// The same name works on both engines: that of `CREATE UNIQUE INDEX name`, of
    /// `CONSTRAINT name UNIQUE`, or PostgreSQL's default for unnamed ones (`table_pkey`,
    /// `table_column_key`). SQLite reports only the columns, so every unique index over exactly
    /// these columns counts; give two partial indexes that must be told apart different columns.
    pub fn is_unique(&self, name: &str) -> bool {
        matches!(self, DbError::Unique { names, .. } if names.iter().any(|known| known == name))
    }

    /// Whether the constraint `CONSTRAINT name CHECK (…)` refused the row. Unnamed ones have
    /// different names on the two engines: name those you ask for.
    pub fn is_check(&self, name: &str) -> bool {
        matches!(self, DbError::Check { name: known, .. } if known == name)
    }

    /// Whether a foreign key refused the row. SQLite does not say which.
    pub fn is_foreign_key(&self) -> bool {
        matches!(self, DbError::ForeignKey(_))
    }

    /// Whether the same operation, repeated as a whole, may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, DbError::Transient { .. } | DbError::Closed)
    }

    /// Whether the database itself gave up on the statement, which ends its transaction.
    pub(crate) fn ends_transaction(&self) -> bool {
        !matches!(self, DbError::Rows(_) | DbError::Decode(_) | DbError::Usage(_))
    }

    pub(crate) fn transient(what: impl Into<String>) -> Self {
        DbError::Transient { what: what.into(), source: None }
    }

    pub(crate) fn in_column(self, column: &str) -> Self {
        match self {
            DbError::Decode(what) => DbError::Decode(format!("column {column}: {what}")),
            other => other,
        }
    }
}

/// Transient failures become 503, all others 500; neither shows SQL or data to the client.
impl From<DbError> for base::Error {
    fn from(error: DbError) -> Self {
        if error.is_transient() {
            base::Error::unavailable("the service is busy; try again in a moment").caused_by(error)
        } else {
            base::Error::internal(error)
        }
    }
}
