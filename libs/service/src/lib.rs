//! What a service is: context, routes, HTTP stack, health, metrics, cache, limiter, run and stop.
//!
//! A service crate exports one [`Definition`]; [`Host`] builds any number of them in this
//! process, connects them as local peers and runs their events and tasks.

#![warn(missing_docs)]

mod audit;
mod cache;
mod context;
mod describe;
mod host;
pub mod http;
mod limiter;
mod metrics;
mod ops;
mod revocation;
mod routes;
pub mod server;

pub use audit::Auditor;
pub use cache::Cache;
pub use context::{Context, Definition, Service, Store, all_migrations};
pub use host::{Host, HostOptions};
pub use limiter::{Decision, Limiter, Rule};
pub use metrics::Metrics;
pub use ops::ops_router;
pub use routes::{ACCESS_EXTENSION, BuiltRoutes, Routes, operations};
pub use utoipa_axum::routes;
