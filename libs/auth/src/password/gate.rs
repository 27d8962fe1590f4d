//! The door: a bounded number of hashes at once, a bounded queue, a bounded wait.
//!
//! tokio would start 512 blocking threads of 19 MiB each; a flood of sign-ins would then take the
//! memory and every core. Whoever does not fit is told to come back in a second.

use super::memory::Pool;
use super::phc::{Recipe, Stored, new_salt, output_bytes};
use super::settings::HashSettings;
use super::text::{self, Text};
use argon2::Argon2;
use argon2::password_hash::phc::{Output, Salt};
use base::{Error, Kind, Result, Secret};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hashes and verifies passwords. Clones share the door.
#[derive(Clone)]
pub struct HashGate(Arc<Inner>);

struct Inner {
    recipe: Recipe,
    peppers: BTreeMap<Vec<u8>, Secret<String>>,
    decoy: Stored,
    permits: usize,
    queue: usize,
    wait: Duration,
    door: Arc<Semaphore>,
    pool: Pool,
    waiting: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    operations: AtomicU64,
    refused: AtomicU64,
}

/// What goes on at the door, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLoad {
    /// Hashes that may run at once.
    pub permits: usize,
    /// Hashes that run.
    pub running: usize,
    /// The most that ever ran at once.
    pub most_running: usize,
    /// Callers that wait.
    pub waiting: usize,
    /// Hash operations since the start.
    pub operations: u64,
    /// Callers refused since the start.
    pub refused: u64,
}

impl HashGate {
    /// A door with these settings.
    ///
    /// # Errors
    /// 422 `settings` for parameters argon2 does not know or that exceed the ceilings.
    pub fn new(settings: &HashSettings) -> Result<Self> {
        let recipe = settings.recipe()?;
        let permits = settings.permits();
        let peppers =
            settings.peppers.iter().map(|pepper| (pepper.id.as_bytes().to_vec(), pepper.secret.clone()));
        Ok(Self(Arc::new(Inner {
            decoy: recipe.decoy(),
            pool: Pool::new(recipe.params.block_count(), permits),
            peppers: peppers.collect(),
            permits,
            queue: settings.queue,
            wait: settings.wait.0,
            door: Arc::new(Semaphore::new(permits)),
            waiting: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            operations: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            recipe,
        })))
    }

    /// The PHC string to store for `password`.
    ///
    /// # Errors
    /// 422 `validation` (`/password`, `too-long`); 503 `busy` with `Retry-After: 1`.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let text = text::normalised(password).ok_or_else(|| {
            Error::field("/password", "too-long", "a password has at most 128 characters and 512 bytes")
        })?;
        let recipe = self.0.recipe.clone();
        self.run(recipe, move |inner, recipe| {
            let salt = new_salt();
            let output = inner.compute(recipe, &salt, &text, output_bytes())?;
            Ok(Stored { recipe: recipe.clone(), salt, output }.to_text())
        })
        .await
    }

    /// Whether `password` belongs to the stored PHC string.
    ///
    /// `None` (there is no such account, or it has no password) takes the same path, the same
    /// place in the queue and the same work as a hash of the present settings, and is never true.
    /// Passwords that are too long are never right and take no work, account or not.
    ///
    /// # Errors
    /// 503 `busy` with `Retry-After: 1`; 500 `internal` for a stored string that is no argon2
    /// hash, exceeds a ceiling or names a pepper that is not configured.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let Some(candidates) = text::candidates(password) else { return Ok(false) };
        let stored = match stored {
            Some(text) => Stored::parse(text)?,
            None => self.0.decoy.clone(),
        };
        self.0.pepper(&stored.recipe)?;
        self.run(stored.recipe, move |inner, recipe| {
            inner.any_matches(recipe, &stored.salt, &stored.output, &candidates)
        })
        .await
    }

    /// Whether a stored hash should be replaced by a new one at the next right password, since
    /// it was made with other settings or another pepper.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        let Ok(stored) = Stored::parse(stored) else { return true };
        !self.0.recipe.is_matched_by(&stored.recipe) || stored.output.len() != output_bytes()
    }

    /// What goes on at the door.
    pub fn load(&self) -> GateLoad {
        GateLoad {
            permits: self.0.permits,
            running: self.0.running.load(Ordering::Relaxed),
            most_running: self.0.most_running.load(Ordering::Relaxed),
            waiting: self.0.waiting.load(Ordering::Relaxed),
            operations: self.0.operations.load(Ordering::Relaxed),
            refused: self.0.refused.load(Ordering::Relaxed),
        }
    }

    /// Runs `work` on a blocking thread once there is room. The permit travels with the work, so
    /// it comes back when the work ends, also if the caller has gone away or the work panics.
    async fn run<T, W>(&self, recipe: Recipe, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Inner, &Recipe) -> Result<T> + Send + 'static,
    {
        let permit = self.enter(self.0.weight(&recipe)).await?;
        let inner = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || {
            let _until_the_end = (Running::new(&inner), permit);
            work(&inner, &recipe)
        });
        task.await.map_err(Error::internal)?
    }

    async fn enter(&self, weight: u32) -> Result<OwnedSemaphorePermit> {
        let inner = &self.0;
        if let Ok(permit) = Arc::clone(&inner.door).try_acquire_many_owned(weight) {
            return Ok(permit);
        }
        let place = Waiting::new(inner);
        if place.number > inner.queue {
            return Err(inner.busy());
        }
        let permit =
            tokio::time::timeout(inner.wait, Arc::clone(&inner.door).acquire_many_owned(weight)).await;
        permit.map_err(|_| inner.busy())?.map_err(Error::internal)
    }
}

impl Inner {
    /// How many permits a hash takes: one of the usual size, more for imported ones that need
    /// more memory, at most all.
    fn weight(&self, recipe: &Recipe) -> u32 {
        let usual = self.recipe.params.block_count();
        recipe.params.block_count().div_ceil(usual).clamp(1, self.permits) as u32
    }

    fn busy(&self) -> Error {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Error::new(Kind::Unavailable, "busy", "too many people are signing in; try again in a second")
            .retry_after(Duration::from_secs(1))
    }

    fn pepper(&self, recipe: &Recipe) -> Result<Option<&Secret<String>>> {
        let id = recipe.params.keyid();
        if id.is_empty() {
            return Ok(None);
        }
        let unknown =
            || Error::internal("a stored password hash was made with a pepper that is not configured");
        self.peppers.get(id).map(Some).ok_or_else(unknown)
    }

    fn any_matches(
        &self,
        recipe: &Recipe,
        salt: &Salt,
        expected: &Output,
        candidates: &[Text],
    ) -> Result<bool> {
        for candidate in candidates {
            let output = self.compute(recipe, salt, candidate, expected.len())?;
            if bool::from(output.as_bytes().ct_eq(expected.as_bytes())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn compute(&self, recipe: &Recipe, salt: &Salt, password: &Text, length: usize) -> Result<Output> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let argon2 = match self.pepper(recipe)? {
            None => Argon2::new(recipe.algorithm, recipe.version, recipe.params.clone()),
            Some(pepper) => {
                let secret = pepper.expose().as_bytes();
                Argon2::new_with_secret(secret, recipe.algorithm, recipe.version, recipe.params.clone())
                    .map_err(Error::internal)?
            }
        };
        let mut bytes = [0; Output::MAX_LENGTH];
        let bytes = &mut bytes[..length];
        let result = self.pool.with(recipe.params.block_count(), |blocks| {
            argon2.hash_password_into_with_memory(password, salt, bytes, blocks)
        });
        result.map_err(Error::internal)?;
        Output::new(bytes).map_err(Error::internal)
    }
}

/// A place in the queue, given up when dropped.
struct Waiting<'a> {
    inner: &'a Inner,
    number: usize,
}

impl<'a> Waiting<'a> {
    fn new(inner: &'a Inner) -> Self {
        Self { inner, number: inner.waiting.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inner.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts a running hash until dropped.
struct Running(Arc<Inner>);

impl Running {
    fn new(inner: &Arc<Inner>) -> Self {
        let running = inner.running.fetch_add(1, Ordering::Relaxed) + 1;
        inner.most_running.fetch_max(running, Ordering::Relaxed);
        Self(Arc::clone(inner))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
impl HashGate {
    /// Takes every permit.
    pub(super) fn occupy(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.0.door).try_acquire_many_owned(self.0.permits as u32).unwrap()
    }

    /// Waits until all permits are back.
    pub(super) async fn until_idle(&self) {
        let all = self.0.door.acquire_many(self.0.permits as u32);
        let all = tokio::time::timeout(Duration::from_secs(60), all).await;
        drop(all.expect("a permit was lost"));
    }

    pub(super) fn weight_of(&self, stored: &Stored) -> u32 {
        self.0.weight(&stored.recipe)
    }
}
