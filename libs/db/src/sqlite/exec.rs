//! Runs one statement on a SQLite connection, on the calling task: it takes microseconds.

use super::error;
use crate::arg::Arg;
use crate::row::{FromRow, Row};
use crate::text;
use crate::value::Cell;
use crate::{DbError, Sql};
use rusqlite::types::{Null, ValueRef};
use rusqlite::{CachedStatement, Connection, Statement};

/// All rows of `sql`. The statement is always run to its end, because SQLite checks foreign keys
/// only there.
pub(crate) fn rows<T: FromRow>(conn: &Connection, sql: &Sql) -> Result<Vec<T>, DbError> {
    let mut statement = prepare(conn, sql)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    let mut unreadable = None;
    while let Some(row) = rows.next().map_err(|error| error::explain(error, conn))? {
        match T::from_row(&Row::sqlite(row)) {
            Ok(value) => found.push(value),
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    unreadable.map_or(Ok(found), Err)
}

/// How many rows `sql` touched.
pub(crate) fn run(conn: &Connection, sql: &Sql) -> Result<u64, DbError> {
    let before = conn.total_changes();
    let mut statement = prepare(conn, sql)?;
    let reads = statement.readonly();
    let mut rows = statement.raw_query();
    let mut found = 0;
    while rows.next().map_err(|error| error::explain(error, conn))?.is_some() {
        found += 1;
    }
    if reads {
        return Ok(found);
    }
    // `changes` keeps its value over statements that change no rows, such as CREATE TABLE.
    Ok(if conn.total_changes() == before { 0 } else { conn.changes() })
}

/// Runs the statements of a migration.
pub(crate) fn batch(conn: &Connection, text: &str) -> Result<(), DbError> {
    conn.execute_batch(text).map_err(|error| error::explain(error, conn))
}

fn prepare<'a>(conn: &'a Connection, sql: &Sql) -> Result<CachedStatement<'a>, DbError> {
    let mut statement = conn.prepare_cached(&sql.text).map_err(error::plain)?;
    bind(&mut statement, sql)?;
    Ok(statement)
}

/// SQLite sees `$1` as a parameter with that name and counts parameters as they first occur.
/// Asking it for their names would take a search for each of them.
fn bind(statement: &mut Statement<'_>, sql: &Sql) -> Result<(), DbError> {
    let numbers = text::first_uses(&sql.text);
    for (index, number) in numbers.iter().enumerate() {
        let value = number.checked_sub(1).and_then(|position| sql.args.get(position));
        let Some(value) = value else { return Err(wrong_values(sql)) };
        bind_value(statement, index + 1, value)?;
    }
    let complete = numbers.len() == sql.args.len() && numbers.len() == statement.parameter_count();
    if complete { Ok(()) } else { Err(wrong_values(sql)) }
}

fn wrong_values(sql: &Sql) -> DbError {
    let told = text::check_placeholders(&sql.text, &sql.args).err();
    told.unwrap_or_else(|| {
        DbError::Usage(format!("placeholders are $1, $2, … and nothing else: {}", sql.text))
    })
}

fn bind_value(statement: &mut Statement<'_>, index: usize, value: &Arg) -> Result<(), DbError> {
    let bound = match value {
        Arg::Bool(Some(value)) => statement.raw_bind_parameter(index, value),
        Arg::Int(Some(value)) => statement.raw_bind_parameter(index, value),
        Arg::Float(Some(value)) => statement.raw_bind_parameter(index, value),
        Arg::Text(Some(value)) | Arg::Json(Some(value)) => statement.raw_bind_parameter(index, value),
        Arg::Bytes(Some(value)) => statement.raw_bind_parameter(index, value),
        Arg::Uuid(Some(value)) => statement.raw_bind_parameter(index, value.as_bytes().as_slice()),
        Arg::Time(Some(value)) => statement.raw_bind_parameter(index, value.micros()),
        Arg::Invalid(what) => return Err(DbError::Usage(what.clone())),
        _ => statement.raw_bind_parameter(index, Null),
    };
    bound.map_err(error::plain)
}

/// The position of the column `name`.
pub(crate) fn column(row: &rusqlite::Row<'_>, name: &str) -> Option<usize> {
    row.as_ref().column_index(name).ok()
}

/// The value of the column at `index`.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Cell<'a>, DbError> {
    let value = row.get_ref(index).map_err(|_| DbError::decode("there is no such column"))?;
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Float(value),
        ValueRef::Text(value) => Cell::Text(std::str::from_utf8(value).map_err(DbError::decode)?),
        ValueRef::Blob(value) => Cell::Bytes(value),
    })
}
