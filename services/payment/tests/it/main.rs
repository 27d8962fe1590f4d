//! The payment service from outside: a real service with its real stores, the real simulator, and
//! an order service of which only the price of orders is real.

mod access;
mod cancel;
mod capture;
mod confirm;
mod cost;
mod crash;
mod create;
mod faults;
mod forget;
mod gateway;
mod guest;
mod ledger;
mod lists;
mod order_cancelled;
mod pages;
mod race;
mod real_time;
mod refund;
mod repair;
mod shop;
mod webhooks;
