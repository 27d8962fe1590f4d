//! The vocabulary of the platform: errors, ids, money, time, pages, settings, request context.
//!
//! Nothing here does input or output except reading settings at start and writing log lines.
//! `base` depends on no other crate of the workspace.

#![warn(missing_docs)]

pub mod check;
pub mod config;
pub mod context;
pub mod country;
pub mod error;
pub mod id;
pub mod keys;
pub mod money;
pub mod page;
pub mod spawn;
pub mod telemetry;
pub mod time;

pub use check::Check;
pub use config::Config;
pub use error::{Error, FieldError, Kind, Result};
pub use id::Id;
pub use keys::{Keys, Secret};
pub use money::{Currency, Money};
pub use spawn::spawn;
pub use time::{Clock, Timestamp};
