//! How failed logins slow down whoever types an address, whether an account has it or not.
//!
//! Four failures are free; the fifth closes the address for 30 s, each further one for twice as
//! long up to 15 min, the hundredth for 12 h. Twelve quiet hours, a login or a reset link start
//! anew (security.md §3, after NIST 800-63B §5.2.2).

use base::Timestamp;
use std::time::Duration;

/// The numbers of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The failure that closes the address first.
    pub(crate) attempts: i64,
    /// For how long.
    pub(crate) first: Duration,
    /// The longest time before the hundredth failure.
    pub(crate) longest: Duration,
    /// The quiet time after which failures are forgotten.
    pub(crate) window: Duration,
}

/// From this failure on the address stays closed for the whole window.
const HARD_LIMIT: i64 = 100;

/// The failures at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    /// In a row.
    pub(crate) failures: i64,
    /// The last one.
    pub(crate) last_failure_at: Timestamp,
    /// Until when logins are refused.
    pub(crate) locked_until: Option<Timestamp>,
}

impl Throttle {
    /// Until when logins are refused, if they are now.
    pub(crate) fn locked(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }
}

/// The failures after one more.
pub(crate) fn after_failure(before: Option<&Throttle>, now: Timestamp, rules: Rules) -> Throttle {
    let counted = before.filter(|before| now.since(before.last_failure_at) < rules.window);
    let failures = counted.map_or(0, |before| before.failures) + 1;
    let locked_until = lock_time(failures, rules).map(|time| now + time);
    Throttle { failures, last_failure_at: now, locked_until }
}

fn lock_time(failures: i64, rules: Rules) -> Option<Duration> {
    if failures >= HARD_LIMIT {
        return Some(rules.window);
    }
    let doublings = u32::try_from(failures - rules.attempts).ok()?;
    let factor = 2_u32.saturating_pow(doublings);
    Some(rules.first.saturating_mul(factor).min(rules.longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        attempts: 5,
        first: Duration::from_secs(30),
        longest: Duration::from_secs(900),
        window: Duration::from_secs(12 * 3600),
    };

    fn after(failures: i64) -> Option<u64> {
        let before =
            Throttle { failures: failures - 1, last_failure_at: Timestamp::EPOCH, locked_until: None };
        let after = after_failure(Some(&before), Timestamp::EPOCH, RULES);
        assert_eq!(after.failures, failures);
        after.locked(Timestamp::EPOCH).map(|until| until.since(Timestamp::EPOCH).as_secs())
    }

    #[test]
    fn the_fifth_failure_locks_and_each_further_one_twice_as_long() {
        assert_eq!(after_failure(None, Timestamp::EPOCH, RULES).locked_until, None);
        let locks: Vec<_> = (4..=12).map(after).collect();
        let seconds = [30, 60, 120, 240, 480, 900, 900, 900];
        let expected: Vec<_> = std::iter::once(None).chain(seconds.map(Some)).collect();
        assert_eq!(locks, expected);
        assert_eq!(after(99), Some(900));
        assert_eq!(after(100), Some(12 * 3600));
        assert_eq!(after(i64::from(u32::MAX) + 100), Some(12 * 3600));
    }

    #[test]
    fn twelve_quiet_hours_start_anew() {
        let before = Throttle { failures: 60, last_failure_at: Timestamp::EPOCH, locked_until: None };
        let almost = Timestamp::EPOCH + RULES.window - Duration::from_micros(1);
        assert_eq!(after_failure(Some(&before), almost, RULES).failures, 61);
        assert_eq!(after_failure(Some(&before), Timestamp::EPOCH + RULES.window, RULES).failures, 1);
    }
}
