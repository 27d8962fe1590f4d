//! Every statement of the payment service, one file per table, and those of the simulator's own
//! store.

pub(crate) mod checks;
pub(crate) mod ledger;
pub(crate) mod operation;
pub(crate) mod payment;
pub(crate) mod refund;
pub(crate) mod simulator;
pub(crate) mod webhook;

use db::{Arg, DbError, FromValue, Json, Row, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// NULL, or the value as JSON.
fn optional_json<T: Serialize>(value: Option<&T>) -> Arg {
    value.map_or(Arg::Json(None), json)
}

/// A column of a contract's enumeration, stored as its wire name.
fn word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    let text: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(DbError::decode)
}

/// A contract's enumeration as its wire name.
fn wire<T: Serialize>(value: &T) -> Arg {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Arg::from(text),
        _ => Arg::Invalid("only enumerations without data have a wire name".into()),
    }
}

fn unjson<T>(value: Option<Json<T>>) -> Option<T>
where
    Json<T>: FromValue,
{
    value.map(|json| json.0)
}
