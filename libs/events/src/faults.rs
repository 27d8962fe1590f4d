//! Crash points for tests: the process "dies" between two commits, and the next one must go on
//! as if nothing had happened. Without the feature `testing` every point is empty.

use base::Result;

/// Where a process may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The outbox row is committed, nothing was sent.
    OutboxCommitted,
    /// The broker has confirmed, the outbox row is not marked.
    Delivered,
    /// A handler has claimed its message, its transaction is not committed.
    Claimed,
    /// The handler has returned, its message is not acknowledged.
    Handled,
    /// A task is claimed, its handler has not begun.
    TaskClaimed,
    /// The handler of a task has returned, the task is still there.
    TaskHandled,
}

/// The crash points of one runtime.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    #[cfg(feature = "testing")]
    plan: std::sync::Arc<std::sync::Mutex<Plan>>,
}

/// How a process dies.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Every later step of the runtime answers an error; build a new one on the same store.
    Simulated,
    /// The operating-system process aborts.
    Abort,
}

#[cfg(feature = "testing")]
#[derive(Debug, Default)]
struct Plan {
    at: Option<(Step, u32, Death)>,
    dead: bool,
}

#[cfg(feature = "testing")]
impl Faults {
    /// Dies when `step` is reached for the `nth` time from now, counted from 1.
    pub fn die_at(&self, step: Step, nth: u32, death: Death) {
        self.lock().at = Some((step, nth, death));
    }

    /// Whether the death happened.
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    pub(crate) fn step(&self, step: Step) -> Result<()> {
        let mut plan = self.lock();
        if let Some((_, left, death)) = plan.at.as_mut().filter(|plan| plan.0 == step) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                if *death == Death::Abort {
                    std::process::abort();
                }
                plan.at = None;
                plan.dead = true;
            }
        }
        alive(&plan)
    }

    pub(crate) fn alive(&self) -> Result<()> {
        alive(&self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(feature = "testing")]
fn alive(plan: &Plan) -> Result<()> {
    if plan.dead { Err(base::Error::unavailable("the process died here, as the test asked")) } else { Ok(()) }
}

#[cfg(not(feature = "testing"))]
#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same calls as with crash points")]
impl Faults {
    pub(crate) fn step(&self, _: Step) -> Result<()> {
        Ok(())
    }

    pub(crate) fn alive(&self) -> Result<()> {
        Ok(())
    }
}
