//! Rate limits: a token bucket per key, as the generic cell rate algorithm (one number per key).

use base::{Clock, Timestamp};
use moka::ops::compute::Op;
use std::time::Duration;

/// Keys remembered at once; the longest unused is forgotten first.
const MAX_KEYS: u64 = 200_000;

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

/// The limits of this process.
#[derive(Clone)]
pub struct Limiter {
    // Per key the "theoretical arrival time": when the bucket will be full again.
    full_at: moka::sync::Cache<String, Timestamp>,
    clock: Clock,
}

impl Limiter {
    /// A limiter that reads the time from `clock`.
    pub fn new(clock: Clock) -> Self {
        let full_at = moka::sync::Cache::builder()
            .max_capacity(MAX_KEYS)
            .time_to_idle(Duration::from_hours(24))
            .build();
        Self { full_at, clock }
    }

    /// Takes one token of `key` under `rule`, if there is one.
    #[expect(
        clippy::unused_async,
        reason = "a shared limiter answers over the network behind the same function"
    )]
    pub async fn check(&self, key: &str, rule: Rule) -> Decision {
        let now = self.clock.now();
        let mut decision = None;
        self.full_at.entry_by_ref(key).and_compute_with(|entry| {
            let full_at = entry.map_or(now, moka::Entry::into_value);
            let (answer, next) = decide(now, full_at, rule);
            decision = Some(answer);
            next.map_or(Op::Nop, Op::Put)
        });
        decision.expect("the closure above always runs")
    }

    /// Gives `key` its full bucket back.
    #[expect(
        clippy::unused_async,
        reason = "a shared limiter answers over the network behind the same function"
    )]
    pub async fn forgive(&self, key: &str) {
        self.full_at.invalidate(key);
    }
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
