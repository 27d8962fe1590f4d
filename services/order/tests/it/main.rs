//! The order service from outside, with models of its neighbours.

mod checkout;
mod checkout_faults;
mod checkout_races;
mod crashes;
mod frugality;
mod guests;
mod late_news;
mod payments;
mod quotes;
mod reading;
mod repair;
mod shop;
mod simulation;
mod staff;
mod world;
