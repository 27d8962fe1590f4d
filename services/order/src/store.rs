//! Every statement of the order service: rows in, domain values out, and back.

pub(crate) mod checks;
pub(crate) mod customers;
pub(crate) mod lists;
pub(crate) mod orders;
mod parts;
pub(crate) mod sagas;
pub(crate) mod tariffs;
mod words;
