//! A statement with its values.

use crate::arg::Arg;
use crate::row::FromRow;
use crate::value::FromValue;
use crate::{Conn, DbError};
use base::page::{ByTime, Part};
use std::borrow::Cow;

/// A statement in progress: text with `$1`, `$2`, … and the values for them.
#[derive(Clone, Debug)]
#[must_use = "a statement does nothing until it is run"]
pub struct Sql {
    pub(crate) text: Cow<'static, str>,
    pub(crate) args: Vec<Arg>,
}

/// Which way a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Up,
    /// Largest first.
    Down,
}

/// Starts a statement.
pub fn sql(text: impl Into<Cow<'static, str>>) -> Sql {
    Sql { text: text.into(), args: Vec::new() }
}

impl Sql {
    /// Gives the next placeholder its value: the first call binds `$1`.
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Appends text.
    pub fn push(mut self, text: &str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Appends the next placeholder and gives it its value.
    pub fn push_bind(mut self, value: impl Into<Arg>) -> Self {
        self.add_bind(value.into());
        self
    }

    /// Appends a list such as `($3, $4)` for `IN`; an empty one becomes `(NULL)`, which holds
    /// nothing. The last value is repeated until their number is a power of two, so that lists of
    /// all lengths need few prepared statements.
    pub fn push_list<V: Into<Arg>>(self, values: impl IntoIterator<Item = V>) -> Self {
        let mut values: Vec<Arg> = values.into_iter().map(Into::into).collect();
        let Some(last) = values.last().cloned() else { return self.push("(NULL)") };
        values.resize(values.len().next_power_of_two(), last);
        self.push_row(values)
    }

    /// Appends a row such as `($3, $4)` for `VALUES`.
    pub fn push_row<V: Into<Arg>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let mut separator = "(";
        for value in values {
            self.text.to_mut().push_str(separator);
            self.add_bind(value.into());
            separator = ", ";
        }
        self.push(")")
    }

    /// Appends the condition, the order and the number of rows of one part of a list, behind a
    /// `WHERE` with at least one condition. `columns` are what the list is ordered by; together
    /// they are unique, never NULL, and best the columns of an index. `values` are those of a
    /// place in the list.
    pub fn part<P, const N: usize>(
        self,
        part: &Part<P>,
        columns: [&str; N],
        direction: Direction,
        values: impl Fn(&P) -> [Arg; N],
    ) -> Self {
        // Read backwards, the rows before a place come nearest first.
        let down = (direction == Direction::Down) != part.is_back();
        let mut query = self;
        if let Some(place) = part.at() {
            query = query.push(" AND (").push(&columns.join(", "));
            query = query.push(if down { ") < (" } else { ") > (" });
            for (index, value) in values(place).into_iter().enumerate() {
                query = query.push(if index == 0 { "" } else { ", " }).push_bind(value);
            }
            query = query.push(")");
        }
        let order = columns.map(|column| format!("{column}{}", if down { " DESC" } else { "" }));
        query.push(" ORDER BY ").push(&order.join(", ")).push(" LIMIT ").push_bind(part.rows())
    }

    /// As [`Sql::part`] of a list with the latest first, ordered by the columns of time and id.
    pub fn latest_first(self, part: &Part<ByTime>, columns: [&str; 2]) -> Self {
        self.part(part, columns, Direction::Down, |place| [place.at().into(), place.id().into()])
    }

    fn add_bind(&mut self, value: Arg) {
        self.args.push(value);
        let text = self.text.to_mut();
        text.push('$');
        text.push_str(&self.args.len().to_string());
    }

    /// All rows.
    ///
    /// # Errors
    /// Whatever [`DbError`] the statement or a row that cannot be read causes.
    pub async fn all<T: FromRow>(self, c: &mut Conn) -> Result<Vec<T>, DbError> {
        c.rows(self).await
    }

    /// The one row.
    ///
    /// # Errors
    /// [`DbError::Rows`] if there is none or more than one.
    pub async fn one<T: FromRow>(self, c: &mut Conn) -> Result<T, DbError> {
        self.opt(c).await?.ok_or(DbError::Rows(0))
    }

    /// The one row, or none.
    ///
    /// # Errors
    /// [`DbError::Rows`] if there is more than one.
    pub async fn opt<T: FromRow>(self, c: &mut Conn) -> Result<Option<T>, DbError> {
        let mut rows = c.rows(self).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            more => Err(DbError::Rows(more as u64)),
        }
    }

    /// The first column of the one row.
    ///
    /// # Errors
    /// As [`Sql::one`].
    pub async fn scalar<T: FromValue>(self, c: &mut Conn) -> Result<T, DbError> {
        self.one::<(T,)>(c).await.map(|row| row.0)
    }

    /// Runs the statement and answers how many rows it touched.
    ///
    /// # Errors
    /// Whatever [`DbError`] the statement causes.
    pub async fn run(self, c: &mut Conn) -> Result<u64, DbError> {
        c.run(self).await
    }

    /// Runs a statement that must touch exactly one row, such as a guarded update.
    ///
    /// # Errors
    /// [`DbError::Rows`] with the number of rows touched; they stay touched until the
    /// transaction is dropped.
    pub async fn run_one(self, c: &mut Conn) -> Result<(), DbError> {
        match self.run(c).await? {
            1 => Ok(()),
            touched => Err(DbError::Rows(touched)),
        }
    }
}
