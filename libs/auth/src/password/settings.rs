//! Settings of password hashing, with the values of security.md §3.

use super::capacity;
use super::phc::{MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES, Recipe};
use argon2::{Algorithm, KeyId, ParamsBuilder, Version};
use base::config::Span;
use base::{Error, Kind, Result, Secret};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// How passwords are hashed, and how many at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashSettings {
    /// Memory per hash in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Hashes at once; 0 = one per core but one, and at most a quarter of the memory.
    pub permits: usize,
    /// Callers that may wait.
    pub queue: usize,
    /// How long one may wait.
    pub wait: Span,
    /// Secrets that go into every hash and are not in the database. The first is for new hashes,
    /// the others are for verifying old ones.
    pub peppers: Vec<Pepper>,
}

/// A secret that goes into hashes, argon2's own parameter `K`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pepper {
    /// Its name, stored with each hash; 1–8 bytes.
    pub id: String,
    /// The secret.
    pub secret: Secret<String>,
}

impl Default for HashSettings {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
            permits: 0,
            queue: 64,
            wait: Span(Duration::from_secs(2)),
            peppers: Vec::new(),
        }
    }
}

impl HashSettings {
    /// How new hashes are made.
    pub(super) fn recipe(&self) -> Result<Recipe> {
        if self.memory_kib > MAX_MEMORY_KIB || self.passes > MAX_PASSES || self.lanes > MAX_LANES {
            return Err(bad("memory_kib ≤ 262144, passes ≤ 10 and lanes ≤ 16"));
        }
        if self.peppers.iter().any(|pepper| pepper.id.is_empty() || pepper.secret.expose().is_empty()) {
            return Err(bad("a pepper has an id and a secret"));
        }
        let ids: BTreeSet<&str> = self.peppers.iter().map(|pepper| pepper.id.as_str()).collect();
        if ids.len() < self.peppers.len() {
            return Err(bad("two peppers have the same id"));
        }
        let mut params = ParamsBuilder::new();
        params.m_cost(self.memory_kib).t_cost(self.passes).p_cost(self.lanes);
        if let Some(pepper) = self.peppers.first() {
            params.keyid(
                KeyId::new(pepper.id.as_bytes()).map_err(|_| bad("the id of a pepper has 1–8 bytes"))?,
            );
        }
        let params = params.build().map_err(|error| bad(&error.to_string()))?;
        Ok(Recipe { algorithm: Algorithm::Argon2id, version: Version::V0x13, params })
    }

    /// Hashes at once.
    pub(super) fn permits(&self) -> usize {
        if self.permits == 0 { capacity::permits(self.memory_kib) } else { self.permits }
    }
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Invalid, "settings", format!("password hashing: {what}"))
}
