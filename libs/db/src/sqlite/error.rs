//! SQLite's errors in our terms.

use crate::DbError;
use crate::error::Cause;
use crate::text::pieces;
use rusqlite::{Connection, ErrorCode, ffi};
use std::sync::Arc;

/// An error that is not about a constraint.
pub(super) fn plain(error: rusqlite::Error) -> DbError {
    let code = error.sqlite_error_code();
    let message = error.to_string();
    let cause: Cause = Arc::new(error);
    match code {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure,
        ) => DbError::Transient { what: message, source: Some(cause) },
        _ => DbError::Driver(cause),
    }
}

/// Whether another process holds the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Any error of a statement on `conn`, where the names of indexes can be looked up.
pub(super) fn explain(error: rusqlite::Error, conn: &Connection) -> DbError {
    let rusqlite::Error::SqliteFailure(code, Some(message)) = &error else { return plain(error) };
    let subject = message.split_once(" failed: ").map(|(_, subject)| subject.to_owned());
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            let names = names_of(conn, &subject.unwrap_or_default());
            DbError::Unique { names, source: Arc::new(error) }
        }
        ffi::SQLITE_CONSTRAINT_CHECK => {
            DbError::Check { name: subject.unwrap_or_default(), source: Arc::new(error) }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => DbError::ForeignKey(Arc::new(error)),
        _ => plain(error),
    }
}

/// The names of the unique indexes behind `index 'name'` or `table.a, table.b`.
fn names_of(conn: &Connection, subject: &str) -> Vec<String> {
    if let Some(name) = subject.strip_prefix("index '") {
        return vec![name.trim_end_matches('\'').to_owned()];
    }
    let Some((table, _)) = subject.split_once('.') else { return vec![subject.to_owned()] };
    let columns: Vec<&str> =
        subject.split(", ").filter_map(|column| column.split_once('.').map(|(_, name)| name)).collect();
    let names = indexes_over(conn, table, &columns).unwrap_or_default();
    if names.is_empty() { vec![subject.to_owned()] } else { names }
}

fn indexes_over(conn: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(
        "SELECT l.name, l.origin, (SELECT group_concat(i.name, ',' ORDER BY i.seqno) FROM pragma_index_info(l.name) i) \
         FROM pragma_index_list(?1) l WHERE l.\"unique\"",
    )?;
    let mut names = Vec::new();
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        let (name, origin): (String, String) = (row.get(0)?, row.get(1)?);
        if row.get::<_, Option<String>>(2)?.as_deref() != Some(&columns.join(",")) {
            continue;
        }
        match origin.as_str() {
            "pk" => names.push(format!("{table}_pkey")),
            "u" => names.push(format!("{table}_{}_key", columns.join("_"))),
            _ => names.push(name),
        }
    }
    // INTEGER PRIMARY KEY has no index of its own.
    if names.is_empty() {
        names.push(format!("{table}_pkey"));
    }
    names.extend(named_constraints(conn, table, columns)?);
    Ok(names)
}

/// The names given by `CONSTRAINT name UNIQUE (columns)`, which SQLite keeps only in the text of
/// the table.
fn named_constraints(conn: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<Vec<String>> {
    let text: String =
        conn.query_row("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1", [table], |row| {
            row.get(0)
        })?;
    let words: Vec<&str> =
        pieces(&text).filter_map(|(_, piece)| Some(piece.trim()).filter(|piece| !piece.is_empty())).collect();
    let wanted = format!("({})", columns.join(","));
    let named = words.windows(2).enumerate().filter(|(_, pair)| pair[0].eq_ignore_ascii_case("CONSTRAINT"));
    let named = named.filter_map(|(index, pair)| {
        let (kind, list) = words[index + 2..].split_at_checked(1)?;
        let list = if kind[0].eq_ignore_ascii_case("PRIMARY") { list.get(1..)? } else { list };
        let unique = ["UNIQUE", "PRIMARY"].iter().any(|word| kind[0].eq_ignore_ascii_case(word));
        let end = list.iter().position(|word| *word == ")")?;
        (unique && list[..=end].concat() == wanted).then(|| pair[1].to_owned())
    });
    Ok(named.collect())
}
