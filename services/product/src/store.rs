//! Rows and rules, both ways: every statement of the service, and the files of pictures.

pub(crate) mod categories;
pub(crate) mod pictures;
pub(crate) mod products;
pub(crate) mod save;
pub(crate) mod stock;

/// The channel that tells other processes that the catalogue changed.
pub(crate) const CHANNEL: &str = "catalog";
