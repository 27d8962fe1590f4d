//! Inventory-service as its callers see it: real service, real database, manual clock.

mod audit;
mod availability;
mod catalogue;
mod crashes;
mod import;
mod items;
mod levels;
mod model;
mod orders;
mod races;
mod repair;
mod reports;
mod reservations;
mod stories;
mod warehouses;
