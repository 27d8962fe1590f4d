//! What happens after commit: messages and durable work.
//!
//! A service publishes with [`outbox::publish`] and schedules with [`tasks::schedule`], both in
//! the transaction of the change. It consumes with [`Consumers`] and works with [`Tasks`]; its
//! [`Runtime`] runs them. Every message is delivered at least once and has its effect once,
//! because a handler notes it in the transaction of its effect ([`Delivery::claim`]).
//!
//! ```no_run
//! # use events::*;
//! # use serde::{Serialize, Deserialize};
//! # #[derive(Serialize, Deserialize, schemars::JsonSchema)]
//! # struct OrderPlaced { order_id: String }
//! # impl Message for OrderPlaced {
//! #     const NAME: &'static str = "OrderPlaced";
//! #     const EXCHANGE: &'static str = "order.events";
//! #     const ROUTING_KEY: &'static str = "order.order.placed.v1";
//! #     const SOURCE: &'static str = "OrderService";
//! #     fn partition_key(&self) -> String { self.order_id.clone() }
//! # }
//! # fn example(db: db::Db, broker: LocalBroker) {
//! let store = db.clone();
//! let empty_the_cart = move |delivery: Delivery<OrderPlaced>| {
//!     let store = store.clone();
//!     async move {
//!         let mut tx = store.begin().await?;
//!         if !delivery.claim(&mut tx).await? {
//!             return Ok(());
//!         }
//!         // … the effect, in the same transaction …
//!         Ok(tx.commit().await?)
//!     }
//! };
//! let queue = Queue::named("cart.order.events").bind("order.events", &["order.order.placed.v1"]);
//! let consumers = Consumers::new().queue(queue.on::<OrderPlaced, _, _>(empty_the_cart));
//! let runtime = Runtime::new("cart", db, broker, consumers, Tasks::new());
//! runtime.start();
//! # }
//! ```

#![warn(missing_docs)]

pub mod broker;
pub mod compat;
mod consumer;
pub mod envelope;
mod faults;
mod idle;
pub mod inbox;
mod lease;
mod local;
pub mod message;
mod name;
pub mod outbox;
mod pump;
mod relay;
mod runtime;
mod stats;
pub mod tasks;
pub mod topic;
pub mod topology;
mod worker;

pub use broker::Broker;
pub use consumer::{Consumers, Delivery, Queue};
pub use envelope::{Envelope, StandardMessage};
#[cfg(feature = "testing")]
pub use faults::Death;
pub use faults::{Faults, Step};
pub use local::LocalBroker;
pub use message::{Message, MessageInfo};
pub use name::{ALIASES, BadName, MessageKind, TypeName};
pub use runtime::{Retention, Runtime, Settled};
pub use stats::{Count, EventStats, Gauges, Outcome};
pub use tasks::{Task, TaskRun, Tasks};

/// The tables of this crate; a service applies them before its own migrations.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration::new("events/0001_events", include_str!("../migrations/0001_events.sql"))];
