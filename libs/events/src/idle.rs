//! How background loops wait: for a wake-up, for the next thing due, and for the end.

use base::{Clock, Timestamp};
use db::Listener;
use std::time::Duration;
use tokio::sync::watch;

/// The longest wait; wake-ups of other processes can be lost.
const SAFETY_POLL: Duration = Duration::from_secs(5);

/// With a manual clock nobody knows when something is due, so the loops look often.
const MANUAL_POLL: Duration = Duration::from_millis(20);

/// Waits for work.
pub(crate) struct Idle {
    pub(crate) listener: Listener,
    pub(crate) clock: Clock,
}

impl Idle {
    /// Returns at a wake-up, when `due` has come, or after a while. May be dropped at any time.
    pub(crate) async fn wait(&mut self, due: Option<Timestamp>) {
        let until_due = due.map_or(SAFETY_POLL, |due| due.since(self.clock.now()));
        let pause = if self.clock.is_manual() {
            MANUAL_POLL
        } else {
            until_due.clamp(Duration::from_millis(1), SAFETY_POLL)
        };
        tokio::select! {
            () = self.listener.wait() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whether the loops should end.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    /// Never.
    pub(crate) fn never() -> Self {
        Self(None)
    }

    /// When the sender says so or is gone.
    pub(crate) fn when(receiver: watch::Receiver<bool>) -> Self {
        Self(Some(receiver))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.as_ref().is_some_and(|stop| *stop.borrow() || stop.has_changed().is_err())
    }

    pub(crate) async fn wait(&mut self) {
        match &mut self.0 {
            Some(stop) => drop(stop.wait_for(|set| *set).await),
            None => std::future::pending().await,
        }
    }
}

/// `first`, doubled with every further attempt, at most `most`.
pub(crate) fn backoff(attempt: u32, first: Duration, most: Duration) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    first.checked_mul(1 << doublings).unwrap_or(most).min(most)
}

/// An error text as it is stored: no NUL, at most 1000 characters.
pub(crate) fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound() {
        let (first, most) = (Duration::from_secs(1), Duration::from_secs(60));
        let waits: Vec<u64> = (1..=9).map(|n| backoff(n, first, most).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff(u32::MAX, first, most), most);
    }
}
