//! A lease: what only one process may do at a time. It costs one commit when work begins and
//! then one every few seconds, instead of one per batch for claiming rows.
//!
//! The order of messages depends on it, exactly-once effects do not: a process that was stopped
//! for longer than its lease and goes on is caught by the inbox.

use base::{Result, Timestamp};
use db::{Db, Tx, sql};
use std::time::Duration;
use uuid::Uuid;

/// How long a lease lasts; after a crash others wait that long.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// A lease this process may hold.
#[derive(Debug)]
pub(crate) struct Lease {
    name: String,
    owner: Uuid,
    until: Option<Timestamp>,
}

/// The answer to asking for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Somebody else has it.
    No,
    /// It is ours.
    Yes,
    /// It is ours, and its last owner never gave it back: that process crashed.
    AfterCrash,
}

impl Lease {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), owner: base::Id::<()>::new().uuid(), until: None }
    }

    /// Whether it is ours for a while yet, as far as this process knows.
    pub(crate) fn is_held(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now + LEASE / 2 < until)
    }

    /// Takes the lease or prolongs it when half of it is over.
    pub(crate) async fn hold(&mut self, db: &Db) -> Result<Held> {
        if self.is_held(db.clock().now()) {
            return Ok(Held::Yes);
        }
        self.until = None;
        let mut tx = db.begin().await?;
        let now = tx.now();
        let before: Option<(Uuid, Timestamp)> =
            sql("SELECT owner, held_until FROM event_lease WHERE name = $1")
                .bind(self.name.as_str())
                .opt(&mut tx)
                .await?;
        let others = before.filter(|(owner, _)| *owner != self.owner);
        if others.is_some_and(|(_, until)| until > now) || !self.take(&mut tx, now).await? {
            return Ok(Held::No);
        }
        tx.commit().await?;
        self.until = Some(now + LEASE);
        Ok(if others.is_some() { Held::AfterCrash } else { Held::Yes })
    }

    async fn take(&self, tx: &mut Tx, now: Timestamp) -> Result<bool> {
        let taken = sql("INSERT INTO event_lease (name, owner, held_until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
             WHERE event_lease.owner = excluded.owner OR event_lease.held_until <= $4")
        .bind(self.name.as_str())
        .bind(self.owner)
        .bind(now + LEASE)
        .bind(now);
        Ok(taken.run(tx).await? == 1)
    }

    /// Gives it back.
    pub(crate) async fn release(&mut self, db: &Db) -> Result<()> {
        if self.until.take().is_some() {
            let mut tx = db.begin().await?;
            sql("DELETE FROM event_lease WHERE name = $1 AND owner = $2")
                .bind(self.name.as_str())
                .bind(self.owner)
                .run(&mut tx)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Ends all leases: the caller knows that it is the only process.
pub(crate) async fn end_all(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    sql("UPDATE event_lease SET held_until = $1 WHERE held_until > $1").bind(now).run(tx).await?;
    Ok(())
}
