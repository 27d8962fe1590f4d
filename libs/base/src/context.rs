//! What belongs to the request (or message) being handled: ids, deadline, open-transaction mark.
//!
//! It travels as a task-local, is copied to spawned tasks by [`crate::spawn`], into calls to
//! peers by `peer`, and into messages by `events`.

use std::cell::Cell;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Ids and deadline of the operation in progress. Every hop has a copy, so texts are shared.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// Id of this request, made by the gateway.
    pub request_id: Arc<str>,
    /// Id of the whole business operation, carried through calls and messages.
    pub correlation_id: Arc<str>,
    /// W3C trace context, passed on unchanged.
    pub traceparent: Option<Arc<str>>,
    /// messageId or requestId that caused this work.
    pub causation_id: Option<Arc<str>>,
    /// When the answer is useless.
    pub deadline: Option<Instant>,
    /// Whether nobody waits for this work, so that its commits may wait a moment for others to
    /// share the disk with.
    pub patient: bool,
    /// The address of the client who asked, for audit records.
    pub client_address: Option<IpAddr>,
    /// What the client's software calls itself, at most 512 characters, for audit records.
    pub client_agent: Option<Arc<str>>,
}

impl RequestContext {
    /// A context for work that nobody asked for, such as a timer.
    pub fn background() -> Self {
        let id: Arc<str> = crate::Id::<()>::new().to_string().into();
        Self { request_id: id.clone(), correlation_id: id, ..Self::default() }
    }

    /// The time that is left, if there is a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

tokio::task_local! {
    static CURRENT: RequestContext;
    static OPEN_TRANSACTIONS: Cell<u32>;
}

/// The context of the work in progress, or an empty one outside of any.
pub fn current() -> RequestContext {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs `work` under `context`.
pub async fn scope<F: Future>(context: RequestContext, work: F) -> F::Output {
    OPEN_TRANSACTIONS.scope(Cell::new(0), CURRENT.scope(context, work)).await
}

/// Notes that a transaction was opened (`true`) or ended (`false`) in this task.
pub fn mark_transaction(open: bool) {
    let change = |count: &Cell<u32>| {
        let next = if open { count.get() + 1 } else { count.get().saturating_sub(1) };
        count.set(next);
    };
    let _outside_of_any_request = OPEN_TRANSACTIONS.try_with(change);
}

/// Whether nobody waits for the work in progress.
pub fn is_patient() -> bool {
    CURRENT.try_with(|context| context.patient).unwrap_or(false)
}

/// Whether a transaction is open in this task; no peer or provider may be called then.
pub fn in_transaction() -> bool {
    OPEN_TRANSACTIONS.try_with(|count| count.get() > 0).unwrap_or(false)
}

/// Whether `id` may be used as a correlation id: 1–64 of `[A-Za-z0-9._-]`.
pub fn is_correlation_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_mark_of_an_open_transaction_belongs_to_its_task() {
        scope(RequestContext::background(), async {
            mark_transaction(true);
            assert!(in_transaction());
            let elsewhere = crate::spawn("test", async { in_transaction() });
            assert!(!elsewhere.await.unwrap());
            mark_transaction(false);
            assert!(!in_transaction());
        })
        .await;
    }

    #[tokio::test]
    async fn a_spawned_task_keeps_the_correlation_id() {
        let context = RequestContext { correlation_id: "c-1".into(), ..RequestContext::background() };
        let seen =
            scope(context, async { crate::spawn("test", async { current().correlation_id }).await.unwrap() })
                .await;
        assert_eq!(&*seen, "c-1");
    }
}
