//! The rules of stock: what a level may be, which warehouse serves a line, what a reservation may
//! become. Pure: no clock, no database.

mod reservation;
mod stock;

pub(crate) use reservation::{Held, Next, Reservation, Wanted};
pub(crate) use stock::{Change, Level, Movement, Stock, Turn, Unit};

/// The most pieces one item may have.
pub(crate) const MAX_PIECES: i64 = 1_000_000_000;
