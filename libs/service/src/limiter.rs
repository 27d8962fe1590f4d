//! Rate limits: a token bucket per key, as the generic cell rate algorithm (one number per key).

use base::{Clock, Timestamp};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Parts of the table with a lock of their own, so that requests seldom wait for each other.
const SHARDS: usize = 64;

/// Keys remembered per part, some 260,000 in all.
const KEYS_PER_SHARD: usize = 4096;

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Requests per `period`.
    pub limit: u32,
    /// The time in which the bucket refills completely.
    pub period: Duration,
    /// How many may come at once.
    pub burst: u32,
}

impl Rule {
    /// `limit` requests per minute, all of which may come at once.
    pub const fn per_minute(limit: u32) -> Self {
        Self { limit, period: Duration::from_mins(1), burst: limit }
    }

    /// `limit` requests per `period`, all of which may come at once.
    pub const fn per(limit: u32, period: Duration) -> Self {
        Self { limit, period, burst: limit }
    }

    fn interval_micros(&self) -> i64 {
        (self.period.as_micros() as i64 / i64::from(self.limit.max(1))).max(1)
    }
}

/// What the limiter says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request may pass.
    pub allowed: bool,
    /// The bucket's size.
    pub limit: u32,
    /// Requests left right now.
    pub remaining: u32,
    /// Time until the bucket is full again.
    pub reset: Duration,
    /// Time until the next request may pass; zero when allowed.
    pub retry_after: Duration,
}

/// Per key the "theoretical arrival time" in µs: when the bucket will be full again.
type Shard = HashMap<Box<str>, i64, RandomState>;

/// The limits of this process.
#[derive(Clone)]
pub struct Limiter {
    shards: Arc<[Mutex<Shard>]>,
    hasher: RandomState,
    clock: Clock,
}

impl Limiter {
    /// A limiter that reads the time from `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new(), clock }
    }

    fn shard(&self, key: &str) -> &Mutex<Shard> {
        &self.shards[self.hasher.hash_one(key) as usize % SHARDS]
    }

    /// Takes one token of `key` under `rule`, if there is one.
    #[expect(
        clippy::unused_async,
        reason = "a shared limiter answers over the network behind the same function"
    )]
    pub async fn check(&self, key: &str, rule: Rule) -> Decision {
        let now = self.clock.now();
        let mut shard = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        let known = shard.get_mut(key);
        let full_at = known.as_ref().map_or(now, |micros| Timestamp::from_micros(**micros));
        let (decision, next) = decide(now, full_at, rule);
        match (known, next) {
            (Some(micros), Some(next)) => *micros = next.micros(),
            (None, Some(next)) => remember(&mut shard, key, next, now),
            (_, None) => {}
        }
        decision
    }

    /// Gives `key` its full bucket back.
    #[expect(
        clippy::unused_async,
        reason = "a shared limiter answers over the network behind the same function"
    )]
    pub async fn forgive(&self, key: &str) {
        self.shard(key).lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Remembers a new key. When there is no room, buckets that are full again go first: forgetting
/// them changes nothing. If there are none, the one that would be full first goes.
fn remember(shard: &mut Shard, key: &str, full_at: Timestamp, now: Timestamp) {
    if shard.len() >= KEYS_PER_SHARD {
        shard.retain(|_, micros| *micros > now.micros());
    }
    if shard.len() >= KEYS_PER_SHARD {
        let first = shard.iter().min_by_key(|(_, micros)| **micros).map(|(key, _)| key.clone());
        first.and_then(|key| shard.remove(&key));
    }
    shard.insert(key.into(), full_at.micros());
}

fn decide(now: Timestamp, full_at: Timestamp, rule: Rule) -> (Decision, Option<Timestamp>) {
    let interval = rule.interval_micros();
    let capacity = interval * i64::from(rule.burst.max(1));
    let start = full_at.micros().max(now.micros());
    let next = start + interval;
    let over = next - now.micros() - capacity;
    let micros = |value: i64| Duration::from_micros(value.max(0) as u64);
    let allowed = over <= 0;
    let used_until = if allowed { next } else { start };
    let left = (capacity - (used_until - now.micros())).max(0) / interval;
    let decision = Decision {
        allowed,
        limit: rule.burst,
        remaining: left as u32,
        reset: micros(used_until - now.micros()),
        retry_after: if allowed { Duration::ZERO } else { micros(over) },
    };
    (decision, allowed.then(|| Timestamp::from_micros(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bucket_empties_refuses_and_refills_with_time() {
        let clock = Clock::manual(Timestamp::from_micros(1_000_000));
        let limiter = Limiter::new(clock.clone());
        let rule = Rule::per_minute(3);
        for left in [2, 1, 0] {
            let decision = limiter.check("a", rule).await;
            assert!(decision.allowed);
            assert_eq!(decision.remaining, left);
        }
        let refused = limiter.check("a", rule).await;
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after, Duration::from_secs(20));
        assert!(limiter.check("b", rule).await.allowed, "another key has its own bucket");
        clock.advance(Duration::from_secs(20));
        assert!(limiter.check("a", rule).await.allowed);
        assert!(!limiter.check("a", rule).await.allowed);
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded_and_full_buckets_go_first() {
        let clock = Clock::manual(Timestamp::EPOCH);
        let limiter = Limiter::new(clock.clone());
        for index in 0..SHARDS * KEYS_PER_SHARD + 2_000 {
            limiter.check(&format!("old-{index}"), Rule::per_minute(1)).await;
        }
        let remembered = || limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).sum::<usize>();
        assert!(remembered() <= SHARDS * KEYS_PER_SHARD);
        clock.advance(Duration::from_secs(61));
        limiter.check("new", Rule::per_minute(1)).await;
        for index in 0..SHARDS * 10 {
            limiter.check(&format!("later-{index}"), Rule::per_minute(1)).await;
        }
        assert!(!limiter.check("new", Rule::per_minute(1)).await.allowed, "a bucket in use is not forgotten");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_at_once_get_exactly_the_tokens_there_are() {
        let limiter = Limiter::new(Clock::manual(Timestamp::EPOCH));
        let calls = (0..100).map(|_| {
            let limiter = limiter.clone();
            base::spawn("test", async move { limiter.check("a", Rule::per_minute(10)).await.allowed })
        });
        let answers = futures::future::join_all(calls).await;
        assert_eq!(answers.into_iter().filter(|answer| *answer.as_ref().unwrap()).count(), 10);
    }
}
