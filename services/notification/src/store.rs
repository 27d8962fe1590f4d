//! Every statement of notification-service, one file per group of tables.

pub(crate) mod attempt;
pub(crate) mod checks;
pub(crate) mod contact;
pub(crate) mod log;
pub(crate) mod mailbox;
pub(crate) mod notification;
pub(crate) mod settings;
pub(crate) mod suppression;

use db::{Cell, DbError, FromValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StringDeserializer};

/// An enum of the contract, stored as its word on the wire.
struct Word<T>(T);

impl<T: DeserializeOwned> FromValue for Word<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        let text = StringDeserializer::<Error>::new(String::from_value(cell)?);
        T::deserialize(text).map(Word).map_err(DbError::decode)
    }
}

/// The word an enum of the contract is stored as.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
