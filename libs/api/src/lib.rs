//! The contract: everything that can break a neighbour is in this folder.
//!
//! One file per service with its DTOs, its messages and its typed client; `shared` and `ids`
//! hold what several of them use (contracts §3.13, §3.14).

pub mod ids;
pub mod registry;
pub mod repair;
pub mod shared;

pub mod audit;
pub mod cart;
pub mod inventory;
pub mod notification;
pub mod order;
pub mod payment;
pub mod product;
pub mod user;
