//! A broadcast queue: bounded, in memory, nothing is repeated.

use crate::broker::{Incoming, Settlement, Source};
use base::Result;
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use tokio::sync::mpsc;

/// Messages that may wait in a broadcast queue.
const CAPACITY: usize = 1024;

#[derive(Debug)]
pub(super) struct MemorySource {
    receiver: mpsc::Receiver<Incoming>,
    /// What `ready` has already taken out.
    next: Option<Incoming>,
}

pub(super) fn channel() -> (mpsc::Sender<Incoming>, MemorySource) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (sender, MemorySource { receiver, next: None })
}

impl Source for MemorySource {
    fn take(&mut self, room: usize) -> BoxFuture<'_, Result<Vec<Incoming>>> {
        let mut taken = Vec::new();
        while taken.len() < room {
            let Some(incoming) = self.next.take().or_else(|| self.receiver.try_recv().ok()) else { break };
            taken.push(incoming);
        }
        ready(Ok(taken)).boxed()
    }

    fn ready(&mut self) -> BoxFuture<'_, ()> {
        async move {
            while self.next.is_none() {
                match self.receiver.recv().await {
                    Some(incoming) => self.next = Some(incoming),
                    None => std::future::pending().await,
                }
            }
        }
        .boxed()
    }

    fn settle(&mut self, _: Vec<Settlement>) -> BoxFuture<'_, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn release(&mut self) -> BoxFuture<'_, Result<()>> {
        ready(Ok(())).boxed()
    }
}
