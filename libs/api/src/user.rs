//! Contract of the user service: accounts, sign-in, addresses, roles, keys.
//!
//! `account`, `addresses`, `roles` and `sign_in` hold the DTOs, the three `…messages` files the
//! events, `client` what other services may call.

mod account;
mod addresses;
mod auth_messages;
mod client;
mod messages;
mod profile_messages;
mod roles;
mod sign_in;

pub use account::*;
pub use addresses::*;
pub use auth_messages::*;
pub use client::UserClient;
pub use messages::*;
pub use profile_messages::*;
pub use roles::*;
pub use sign_in::*;
