//! The rules of carts: what may be put in, who may change it when, what it costs. Pure.

mod cart;
mod line;

pub(crate) use cart::{Cart, Guest, Owner};
pub(crate) use line::{Line, Offer};

/// The most pieces of one line.
pub(crate) const MAX_QUANTITY: i64 = 99;

/// The most lines of a cart.
pub(crate) const MAX_LINES: usize = 100;
