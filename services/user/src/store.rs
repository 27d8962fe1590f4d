//! Rows ↔ domain, every statement of the service.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod claim;
pub(crate) mod history;
pub(crate) mod preference;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod shopping;
pub(crate) mod signing_key;
pub(crate) mod source;
pub(crate) mod throttle;

use db::{DbError, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An enum of the contract as its wire name.
fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => unreachable!("enums of the contract are written as texts"),
    }
}

/// The enum of the contract in `column`.
fn named<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    parse(row.get(column)?, column)
}

/// The enum of the contract in `column`, which may be NULL.
fn opt_named<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<Option<T>, DbError> {
    row.get::<Option<String>>(column)?.map(|name| parse(name, column)).transpose()
}

fn parse<T: DeserializeOwned>(name: String, column: &str) -> Result<T, DbError> {
    serde_json::from_value(Value::String(name))
        .map_err(|error| DbError::decode(format!("column {column}: {error}")))
}

/// `text` as a pattern for `LIKE … ESCAPE '\'` that matches it anywhere.
fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
