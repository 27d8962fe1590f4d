//! One row of an answer.

use crate::value::{Cell, FromValue};
use crate::{DbError, postgres, sqlite};

/// One row; read its columns by name or position.
pub struct Row<'a>(Source<'a>);

enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a sqlx::postgres::PgRow),
}

/// A type that is made from one row. Tuples of up to eight columns are, by position.
pub trait FromRow: Sized {
    /// The value of `row`.
    ///
    /// # Errors
    /// [`DbError::Decode`] if a column is missing or holds something else.
    fn from_row(row: &Row<'_>) -> Result<Self, DbError>;
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self(Source::Sqlite(row))
    }

    pub(crate) fn postgres(row: &'a sqlx::postgres::PgRow) -> Self {
        Self(Source::Postgres(row))
    }

    /// The column called `name`.
    ///
    /// # Errors
    /// [`DbError::Decode`] if there is no such column or it holds something else.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, DbError> {
        let index = match &self.0 {
            Source::Sqlite(row) => sqlite::exec::column(row, name),
            Source::Postgres(row) => postgres::exec::column(row, name),
        };
        let index = index.ok_or_else(|| DbError::decode(format!("the answer has no column {name}")))?;
        self.cell(index).and_then(T::from_value).map_err(|error| error.in_column(name))
    }

    /// The column at `index`, counted from 0.
    ///
    /// # Errors
    /// [`DbError::Decode`] if there are fewer columns or it holds something else.
    pub fn at<T: FromValue>(&self, index: usize) -> Result<T, DbError> {
        self.cell(index).and_then(T::from_value).map_err(|error| error.in_column(&index.to_string()))
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>, DbError> {
        match &self.0 {
            Source::Sqlite(row) => sqlite::exec::cell(row, index),
            Source::Postgres(row) => postgres::exec::cell(row, index),
        }
    }
}
