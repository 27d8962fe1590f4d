//! Enums as the words of the contract.

use db::{Cell, DbError, FromValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An enum read from a TEXT column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<T>(pub(super) T);

impl<T: DeserializeOwned> FromValue for Word<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        let text = String::from_value(cell)?;
        serde_json::from_value(Value::String(text)).map(Word).map_err(DbError::decode)
    }
}

/// The word of an enum without fields.
pub(super) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        other => unreachable!("enums without fields are written as texts, not {other:?}"),
    }
}
