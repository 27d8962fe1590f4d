//! Tuples as rows, for the small queries that do not deserve a struct.

use crate::row::{FromRow, Row};
use crate::{DbError, FromValue};

impl<A: FromValue> FromRow for (A,) {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?,))
    }
}

impl<A: FromValue, B: FromValue> FromRow for (A, B) {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?))
    }
}

impl<A: FromValue, B: FromValue, C: FromValue> FromRow for (A, B, C) {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?))
    }
}

impl<A: FromValue, B: FromValue, C: FromValue, D: FromValue> FromRow for (A, B, C, D) {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?))
    }
}

impl<A: FromValue, B: FromValue, C: FromValue, D: FromValue, E: FromValue> FromRow for (A, B, C, D, E) {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?))
    }
}

impl<A: FromValue, B: FromValue, C: FromValue, D: FromValue, E: FromValue, F: FromValue> FromRow
    for (A, B, C, D, E, F)
{
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?, row.at(5)?))
    }
}

impl<A: FromValue, B: FromValue, C: FromValue, D: FromValue, E: FromValue, F: FromValue, G: FromValue> FromRow
    for (A, B, C, D, E, F, G)
{
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?, row.at(5)?, row.at(6)?))
    }
}

impl<
    A: FromValue,
    B: FromValue,
    C: FromValue,
    D: FromValue,
    E: FromValue,
    F: FromValue,
    G: FromValue,
    H: FromValue,
> FromRow for (A, B, C, D, E, F, G, H)
{
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?, row.at(4)?, row.at(5)?, row.at(6)?, row.at(7)?))
    }
}
