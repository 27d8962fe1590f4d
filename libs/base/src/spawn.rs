//! The only way to start a task: named, and under the request context of its parent.

use crate::context;
use std::future::Future;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// Starts `work` on its own task under the present request context.
pub fn spawn<F>(name: &'static str, work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let context = context::current();
    let span = tracing::debug_span!("task", name);
    #[expect(clippy::disallowed_methods, reason = "this is the one place that spawns")]
    tokio::spawn(context::scope(context, work).instrument(span))
}
