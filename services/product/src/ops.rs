//! What the catalogue can do. Each operation reads peers, begins, loads, lets the rules decide,
//! saves with events and tasks, commits, brings the catalogue in memory up to date, and returns.

pub(crate) mod availability;
pub(crate) mod categories;
pub(crate) mod change;
pub(crate) mod export;
pub(crate) mod images;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod read;
pub(crate) mod shelf;
pub(crate) mod stock;
pub(crate) mod variants;
