//! A payment provider of our own, for shops that try the platform out and for tests.
//!
//! It is honest: it calls itself `simulator` everywhere, shows a banner on its page, and keeps
//! books of its own in a store of its own. It behaves like Stripe's test mode (idempotency keys,
//! statuses, signed webhooks that are repeated until they are taken) and is stricter than the
//! doubles people usually test with: nothing is charged twice, nothing refunded beyond the charge.

mod adapter;
pub(crate) mod cards;
pub(crate) mod http;
pub(crate) mod objects;
mod ops;
mod page;
#[cfg(test)]
mod tests;
mod webhook;
mod work;

use base::{Clock, Keys, Timestamp};
use db::{Db, Migration};
use peer::Peer;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Its tables; they go into a store of their own.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration::new("simulator/0001", include_str!("../../migrations/simulator_0001.sql"))];

/// What the gateway is called in payments and paths.
pub(crate) const NAME: &str = "simulator";

/// What it signs its webhooks with, the same for it and for those who check.
pub(crate) fn secret(keys: &Keys) -> String {
    base::keys::hex(&keys.derive("payment-simulator-webhook"))
}

/// What it keeps of every charge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fee {
    pub(crate) basis_points: i64,
    pub(crate) fixed_minor: i64,
}

impl Fee {
    fn of(self, minor: i64) -> i64 {
        (base::money::fraction_half_up(minor, self.basis_points, 10_000) + self.fixed_minor).min(minor)
    }
}

/// The simulator. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Simulator {
    db: Db,
    clock: Clock,
    /// Signs webhooks.
    secret: String,
    /// Base of the addresses of its pages.
    public_url: String,
    fee: Fee,
    /// Who gets the webhooks.
    receiver: Peer,
    in_flight: Arc<Mutex<HashSet<String>>>,
}

/// What the simulator is made of.
pub(crate) struct Parts {
    pub(crate) db: Db,
    pub(crate) secret: String,
    pub(crate) public_url: String,
    pub(crate) fee: Fee,
    pub(crate) receiver: Peer,
}

impl Simulator {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { db, secret, public_url, fee, receiver } = parts;
        let clock = db.clock().clone();
        Self { db, clock, secret, public_url, fee, receiver, in_flight: Arc::default() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Marks a key as being worked on; `None` when it already is.
    fn enter(&self, key: &str) -> Option<InFlight> {
        let mut keys = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.to_owned()).then(|| InFlight { keys: self.in_flight.clone(), key: key.to_owned() })
    }
}

/// A key being worked on, until it is dropped.
struct InFlight {
    keys: Arc<Mutex<HashSet<String>>>,
    key: String,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
