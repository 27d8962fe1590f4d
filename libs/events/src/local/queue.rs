//! One consumer's end of a durable queue in its own store.

use super::store;
use crate::broker::{Incoming, Settlement, Source, Verdict};
use crate::consumer::Queue;
use crate::idle::Idle;
use crate::lease::{Held, Lease};
use base::{Result, Timestamp};
use db::Db;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// Of several processes one works on a queue at a time, which keeps the order.
pub(super) struct StoreSource {
    db: Db,
    queue: Arc<Queue>,
    lease: Lease,
    idle: Idle,
    in_hand: HashSet<Uuid>,
    /// Handled, and their rows removed in a transaction that the handler says is committed. A row
    /// that turns up again was not: the handler dropped its transaction after all.
    settled_in_store: HashSet<Uuid>,
    next_due: Option<Timestamp>,
}

impl StoreSource {
    pub(super) fn new(queue: Arc<Queue>, db: Db) -> Self {
        let idle = Idle { listener: db.listen(queue.channel()), clock: db.clock().clone() };
        let lease = Lease::new(format!("queue {}", queue.name()));
        Self {
            db,
            queue,
            lease,
            idle,
            in_hand: HashSet::new(),
            settled_in_store: HashSet::new(),
            next_due: None,
        }
    }

    async fn take_due(&mut self, room: usize) -> Result<Vec<Incoming>> {
        self.next_due = None;
        if room == 0 {
            let _kept_while_handlers_run = self.lease.hold(&self.db).await?;
            return Ok(Vec::new());
        }
        let mut due = Vec::new();
        if self.may_work().await? {
            due = self.read(room).await?;
        }
        if due.is_empty() && self.in_hand.is_empty() {
            self.next_due = store::next_due(&mut self.db.conn().await?, self.queue.name()).await?;
        }
        self.in_hand.extend(due.iter().map(|incoming| incoming.receipt));
        Ok(due)
    }

    /// Whether there is work and it is ours; the lease costs a commit only then.
    async fn may_work(&mut self) -> Result<bool> {
        if self.lease.is_held(self.db.clock().now()) {
            return Ok(true);
        }
        let busy = !self.in_hand.is_empty();
        if !busy && !store::any_due(&mut self.db.conn().await?, self.queue.name()).await? {
            return Ok(false);
        }
        let held = self.lease.hold(&self.db).await?;
        if held == Held::AfterCrash {
            let mut tx = self.db.begin().await?;
            store::count_crash(&mut tx, self.queue.name()).await?;
            tx.commit().await?;
        }
        Ok(held != Held::No)
    }

    async fn read(&mut self, room: usize) -> Result<Vec<Incoming>> {
        let name = self.queue.name();
        let mut due = store::due(&mut self.db.conn().await?, name, &self.in_hand, room).await?;
        let settled = std::mem::take(&mut self.settled_in_store);
        let back: Vec<Uuid> =
            due.iter().map(|incoming| incoming.receipt).filter(|id| settled.contains(id)).collect();
        if !back.is_empty() {
            let mut tx = self.db.begin().await?;
            store::remove(&mut tx, &back).await?;
            tx.commit().await?;
            due.retain(|incoming| !settled.contains(&incoming.receipt));
        }
        Ok(due)
    }

    async fn write(&mut self, done: Vec<Settlement>) -> Result<()> {
        for settlement in &done {
            self.in_hand.remove(&settlement.receipt);
        }
        let (in_store, rest): (Vec<_>, Vec<_>) =
            done.into_iter().partition(|settlement| settlement.verdict == Verdict::DoneInStore);
        self.settled_in_store.extend(in_store.iter().map(|settlement| settlement.receipt));
        if rest.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        store::settle(&mut tx, rest).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Source for StoreSource {
    fn take(&mut self, room: usize) -> BoxFuture<'_, Result<Vec<Incoming>>> {
        self.take_due(room).boxed()
    }

    fn ready(&mut self) -> BoxFuture<'_, ()> {
        let due = self.next_due;
        self.idle.wait(due).boxed()
    }

    fn settle(&mut self, done: Vec<Settlement>) -> BoxFuture<'_, Result<()>> {
        self.write(done).boxed()
    }

    fn release(&mut self) -> BoxFuture<'_, Result<()>> {
        self.in_hand.clear();
        self.lease.release(&self.db).boxed()
    }
}
