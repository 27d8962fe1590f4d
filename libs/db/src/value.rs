//! Values on their way out of a row.

use crate::DbError;
use base::{Currency, Id, Timestamp};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// One value of a row, borrowed from the driver. SQLite knows fewer types: there a boolean and a
/// time are `Int`, an id is `Bytes`, JSON is `Text`; the [`FromValue`] types accept both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// BIGINT and smaller integers.
    Int(i64),
    /// DOUBLE PRECISION.
    Float(f64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Bytes(&'a [u8]),
    /// UUID.
    Uuid(Uuid),
    /// TIMESTAMPTZ.
    Time(Timestamp),
    /// JSONB, as its text.
    Json(&'a str),
}

/// A type that can be read from a column. Implement it for enums stored as text by reading a
/// `String` and parsing it.
pub trait FromValue: Sized {
    /// The value of `cell`.
    ///
    /// # Errors
    /// [`DbError::Decode`] if the cell holds something else.
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError>;
}

fn wrong<T>(wanted: &str, cell: Cell<'_>) -> Result<T, DbError> {
    let found = match cell {
        Cell::Null => "NULL",
        Cell::Bool(_) => "a boolean",
        Cell::Int(_) => "an integer",
        Cell::Float(_) => "a float",
        Cell::Text(_) => "a text",
        Cell::Bytes(_) => "bytes",
        Cell::Uuid(_) => "a uuid",
        Cell::Time(_) => "a time",
        Cell::Json(_) => "JSON",
    };
    Err(DbError::decode(format!("expected {wanted}, found {found}")))
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        if cell == Cell::Null { Ok(None) } else { T::from_value(cell).map(Some) }
    }
}

impl FromValue for bool {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Bool(value) => Ok(value),
            Cell::Int(value @ 0..=1) => Ok(value == 1),
            other => wrong("a boolean", other),
        }
    }
}

impl FromValue for i64 {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Int(value) => Ok(value),
            other => wrong("an integer", other),
        }
    }
}

fn narrow<T: TryFrom<i64>>(cell: Cell<'_>) -> Result<T, DbError> {
    let wide = i64::from_value(cell)?;
    T::try_from(wide)
        .map_err(|_| DbError::decode(format!("{wide} does not fit into {}", std::any::type_name::<T>())))
}

impl FromValue for i32 {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        narrow(cell)
    }
}

impl FromValue for u32 {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        narrow(cell)
    }
}

impl FromValue for u16 {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        narrow(cell)
    }
}

impl FromValue for f64 {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Float(value) => Ok(value),
            Cell::Int(value) => Ok(value as f64),
            other => wrong("a float", other),
        }
    }
}

impl FromValue for String {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Text(value) => Ok(value.to_owned()),
            other => wrong("a text", other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Bytes(value) => Ok(value.to_vec()),
            other => wrong("bytes", other),
        }
    }
}

impl FromValue for [u8; 32] {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Bytes(value) => value
                .try_into()
                .map_err(|_| DbError::decode(format!("expected 32 bytes, found {}", value.len()))),
            other => wrong("32 bytes", other),
        }
    }
}

impl FromValue for Uuid {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Uuid(value) => Ok(value),
            Cell::Bytes(value) => Uuid::from_slice(value).map_err(|_| {
                DbError::decode(format!("expected the 16 bytes of a uuid, found {}", value.len()))
            }),
            other => wrong("a uuid", other),
        }
    }
}

impl<K> FromValue for Id<K> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        Uuid::from_value(cell).map(Id::from_uuid)
    }
}

impl FromValue for Timestamp {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Time(value) => Ok(value),
            Cell::Int(micros) => Ok(Timestamp::from_micros(micros)),
            other => wrong("a time", other),
        }
    }
}

impl FromValue for Currency {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Text(code) => code.parse().map_err(DbError::decode),
            other => wrong("a currency code", other),
        }
    }
}

impl FromValue for serde_json::Value {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        Json::from_value(cell).map(|json| json.0)
    }
}

/// A JSONB column read as `T`; bind one with [`crate::json`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match cell {
            Cell::Json(text) | Cell::Text(text) => serde_json::from_str(text).map(Json).map_err(|error| {
                DbError::decode(format!("expected {} as JSON: {error}", std::any::type_name::<T>()))
            }),
            other => wrong("JSON", other),
        }
    }
}
