//! Values on their way into a statement.

use base::{Currency, Id, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// A value bound to a placeholder. `None` is NULL of that type, which PostgreSQL wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// BOOLEAN.
    Bool(Option<bool>),
    /// BIGINT.
    Int(Option<i64>),
    /// DOUBLE PRECISION.
    Float(Option<f64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA.
    Bytes(Option<Vec<u8>>),
    /// UUID.
    Uuid(Option<Uuid>),
    /// TIMESTAMPTZ.
    Time(Option<Timestamp>),
    /// JSONB, as its text.
    Json(Option<String>),
    /// A value that could not be serialised; the statement it is bound to fails with this text.
    Invalid(String),
}

/// `value` as JSON.
///
/// A value that has no JSON form (a map whose keys are not texts) makes the statement fail.
pub fn json<T: Serialize>(value: &T) -> Arg {
    match serde_json::to_string(value) {
        Ok(text) => Arg::Json(Some(text)),
        Err(error) => Arg::Invalid(format!("{} has no JSON form: {error}", std::any::type_name::<T>())),
    }
}

/// `value` as JSON, or NULL of that type; [`json`] of `None` is the JSON text `null`.
pub fn json_opt<T: Serialize>(value: Option<&T>) -> Arg {
    value.map_or(Arg::Json(None), json)
}

/// A type whose absence has a type too: `Option<T>` can be bound.
pub trait Nullable: Into<Arg> {
    /// NULL of this type.
    const NULL: Arg;
}

impl<T: Nullable> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(T::NULL, Into::into)
    }
}

/// References to small values, so that iterating over a list needs no copying by hand.
impl<T: Nullable + Clone> From<&T> for Arg {
    fn from(value: &T) -> Self {
        value.clone().into()
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Arg::Bool(Some(value))
    }
}

impl Nullable for bool {
    const NULL: Arg = Arg::Bool(None);
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Arg::Int(Some(value))
    }
}

impl Nullable for i64 {
    const NULL: Arg = Arg::Int(None);
}

impl From<i32> for Arg {
    fn from(value: i32) -> Self {
        Arg::Int(Some(value.into()))
    }
}

impl Nullable for i32 {
    const NULL: Arg = Arg::Int(None);
}

impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Arg::Int(Some(value.into()))
    }
}

impl Nullable for u32 {
    const NULL: Arg = Arg::Int(None);
}

impl From<u16> for Arg {
    fn from(value: u16) -> Self {
        Arg::Int(Some(value.into()))
    }
}

impl Nullable for u16 {
    const NULL: Arg = Arg::Int(None);
}

impl From<f64> for Arg {
    fn from(value: f64) -> Self {
        Arg::Float(Some(value))
    }
}

impl Nullable for f64 {
    const NULL: Arg = Arg::Float(None);
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Arg::Text(Some(value.to_owned()))
    }
}

impl Nullable for &str {
    const NULL: Arg = Arg::Text(None);
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(Some(value))
    }
}

impl Nullable for String {
    const NULL: Arg = Arg::Text(None);
}

impl From<Vec<u8>> for Arg {
    fn from(value: Vec<u8>) -> Self {
        Arg::Bytes(Some(value))
    }
}

impl Nullable for Vec<u8> {
    const NULL: Arg = Arg::Bytes(None);
}

impl From<&[u8]> for Arg {
    fn from(value: &[u8]) -> Self {
        Arg::Bytes(Some(value.to_vec()))
    }
}

impl Nullable for &[u8] {
    const NULL: Arg = Arg::Bytes(None);
}

impl From<[u8; 32]> for Arg {
    fn from(value: [u8; 32]) -> Self {
        Arg::Bytes(Some(value.to_vec()))
    }
}

impl Nullable for [u8; 32] {
    const NULL: Arg = Arg::Bytes(None);
}

impl From<Uuid> for Arg {
    fn from(value: Uuid) -> Self {
        Arg::Uuid(Some(value))
    }
}

impl Nullable for Uuid {
    const NULL: Arg = Arg::Uuid(None);
}

impl<K> From<Id<K>> for Arg {
    fn from(value: Id<K>) -> Self {
        Arg::Uuid(Some(value.uuid()))
    }
}

impl<K> Nullable for Id<K> {
    const NULL: Arg = Arg::Uuid(None);
}

impl From<Timestamp> for Arg {
    fn from(value: Timestamp) -> Self {
        Arg::Time(Some(value))
    }
}

impl Nullable for Timestamp {
    const NULL: Arg = Arg::Time(None);
}

impl From<serde_json::Value> for Arg {
    fn from(value: serde_json::Value) -> Self {
        Arg::Json(Some(value.to_string()))
    }
}

impl Nullable for serde_json::Value {
    const NULL: Arg = Arg::Json(None);
}

impl From<Currency> for Arg {
    fn from(value: Currency) -> Self {
        Arg::Text(Some(value.code().to_owned()))
    }
}

impl Nullable for Currency {
    const NULL: Arg = Arg::Text(None);
}
