//! Cart-service as its callers see it: real service, real database, manual clock, a stub
//! catalogue and a stub order-service.

mod catalogue;
mod checkout;
mod crashes;
mod estimate;
mod guests;
mod items;
mod merge;
mod orders;
mod races;
mod stories;
mod time;
