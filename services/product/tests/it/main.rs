//! Product-service as its callers see it: real service, real database, manual clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod access;
mod audit;
mod availability;
mod categories;
mod export;
mod hostile;
mod images;
mod import;
mod list;
mod prices;
mod products;
mod races;
mod restart;
mod search;
mod status;
mod stock;
mod support;
mod variants;
