//! The public keys a verifier knows, and when it asks for them again.

use super::key::JwkSet;
use arc_swap::ArcSwap;
use base::context::{self, RequestContext};
use base::{Clock, Error, Result, Timestamp};
use futures::future::BoxFuture;
use jsonwebtoken::DecodingKey;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Keys older than this are fetched again, in the background.
const REFRESH_AFTER: Duration = Duration::from_secs(300);
/// Keys older than this are not believed: a key may have been withdrawn in the meantime.
const USELESS_AFTER: Duration = Duration::from_secs(3600);
/// Two fetches are at least this far apart, however many unknown key ids arrive.
const PAUSE: Duration = Duration::from_secs(5);
/// The same after a failure, since until then nobody can be let in.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long one fetch may take.
const TIME_OUT: Duration = Duration::from_secs(3);
/// More keys than this are not looked at.
const MAX_KEYS: usize = 32;

/// Fetches the key set, usually from user-service.
pub(super) type Source = Box<dyn Fn() -> BoxFuture<'static, Result<JwkSet>> + Send + Sync>;

pub(super) struct KeyCache {
    clock: Clock,
    source: Source,
    known: ArcSwap<Known>,
    /// Held during a fetch, so that there is one at a time.
    last_fetch: Mutex<Option<Fetch>>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Fetch {
    at: Timestamp,
    succeeded: bool,
}

impl KeyCache {
    pub(super) fn new(clock: Clock, source: Source) -> Self {
        Self { clock, source, known: ArcSwap::default(), last_fetch: Mutex::new(None) }
    }

    /// Whether the key is known and still believed.
    pub(super) fn knows(&self, kid: &str) -> bool {
        let known = self.known.load();
        known.keys.contains_key(kid) && !known.is_older_than(USELESS_AFTER, self.clock.now())
    }

    /// Starts a fetch in the background if the keys are old.
    pub(super) fn keep_fresh(self: &Arc<Self>) {
        let now = self.clock.now();
        let old = self.known.load().is_older_than(REFRESH_AFTER, now);
        let due = || self.last_fetch.try_lock().is_ok_and(|last| is_due(*last, now));
        if old && due() {
            let cache = Arc::clone(self);
            base::spawn("key-set", async move { cache.fetch().await });
        }
    }

    /// The key with this id, fetched if it is unknown; nothing if it does not exist.
    ///
    /// # Errors
    /// 503 `unavailable` if the keys cannot be fetched.
    pub(super) async fn find(self: &Arc<Self>, kid: &str) -> Result<Option<DecodingKey>> {
        if !self.knows(kid) {
            // On its own task: a client that hangs up must not cut off the fetch of all others.
            let cache = Arc::clone(self);
            let wanted = kid.to_owned();
            let fetch = base::spawn("key-set", async move { cache.fetch_unless_known(&wanted).await });
            if !fetch.await.map_err(Error::internal)? {
                return Err(Error::unavailable("access tokens cannot be verified at the moment"));
            }
        }
        Ok(self.known.load().keys.get(kid).cloned())
    }

    /// Whether the key is known now or a recent fetch shows that it does not exist.
    async fn fetch_unless_known(&self, kid: &str) -> bool {
        self.fetch().await || self.knows(kid)
    }

    /// Fetches the keys, unless that was done just now; says whether the last fetch succeeded.
    async fn fetch(&self) -> bool {
        let mut last = self.last_fetch.lock().await;
        let now = self.clock.now();
        if let Some(recent) = last.filter(|_| !is_due(*last, now)) {
            return recent.succeeded;
        }
        *last = Some(Fetch { at: now, succeeded: false });
        let answer = context::scope(RequestContext::background(), (self.source)());
        match tokio::time::timeout(TIME_OUT, answer).await {
            Ok(Ok(set)) => {
                self.known.store(Arc::new(Known::new(&set, now)));
                *last = Some(Fetch { at: now, succeeded: true });
            }
            Ok(Err(error)) => tracing::warn!(error = error.chain(), "cannot fetch the keys of access tokens"),
            Err(_) => tracing::warn!("fetching the keys of access tokens took too long"),
        }
        last.is_some_and(|fetch| fetch.succeeded)
    }
}

/// Whether the last fetch is long enough ago. A clock that was set back does not stop fetches.
fn is_due(last: Option<Fetch>, now: Timestamp) -> bool {
    last.is_none_or(|fetch| {
        let pause = if fetch.succeeded { PAUSE } else { PAUSE_AFTER_FAILURE };
        now < fetch.at || now.since(fetch.at) >= pause
    })
}

impl Known {
    fn new(set: &JwkSet, now: Timestamp) -> Self {
        let usable =
            set.keys.iter().take(MAX_KEYS).filter_map(|jwk| Some((jwk.kid.clone(), jwk.decoding()?)));
        Self { keys: usable.collect(), fetched_at: Some(now) }
    }

    fn is_older_than(&self, age: Duration, now: Timestamp) -> bool {
        self.fetched_at.is_none_or(|fetched_at| now.since(fetched_at) > age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_is_due_after_a_pause_and_when_the_clock_was_set_back() {
        let at = Timestamp::from_micros(1_000_000_000);
        let seconds = Duration::from_secs;
        let after = |succeeded, wait| is_due(Some(Fetch { at, succeeded }), at + wait);
        assert!(is_due(None, at));
        assert!(!after(true, seconds(0)) && !after(true, seconds(4)) && after(true, seconds(5)));
        assert!(!after(false, seconds(0)) && after(false, seconds(1)));
        assert!(is_due(Some(Fetch { at, succeeded: true }), at - seconds(1)));
    }
}
