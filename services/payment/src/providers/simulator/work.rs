//! What the simulator does later, from its own store: webhooks, delayed decisions, ends of pages.

use super::Simulator;
use super::cards::Method;
use super::objects::{CallError, Intent};
use super::webhook;
use crate::store::simulator::{self as store, Work};
use futures::future::join_all;
use std::time::Duration;

/// How long a piece of work belongs to the one who took it.
const LEASE: Duration = Duration::from_mins(1);

/// How long a key stands for the answer it got.
const KEEP_KEYS: Duration = Duration::from_hours(7 * 24);

/// Keys forgotten in one transaction.
const BATCH: i64 = 500;

impl Simulator {
    /// Does everything that is due. Events of one moment are delivered side by side.
    ///
    /// # Errors
    /// When the simulator's own store fails; what was not done stays due.
    pub(crate) async fn run_due(&self) -> Result<(), CallError> {
        loop {
            let mut tx = self.db.begin().await?;
            let taken = store::take_work(&mut tx, self.now(), LEASE).await?;
            tx.commit().await?;
            if taken.is_empty() {
                return Ok(());
            }
            for outcome in join_all(taken.iter().map(|work| self.work(work))).await {
                outcome?;
            }
        }
    }

    /// Forgets idempotency keys of long ago; what was charged and given back stays in the books.
    ///
    /// # Errors
    /// When the simulator's own store fails.
    pub(crate) async fn forget_keys(&self) -> Result<(), CallError> {
        let before = self.now() - KEEP_KEYS;
        loop {
            let mut tx = self.db.begin().await?;
            let gone = store::forget_keys(&mut tx, before, BATCH).await?;
            tx.commit().await?;
            if gone < BATCH as u64 {
                return Ok(());
            }
        }
    }

    /// Starts what is due, and what falls due soon, without being waited for. Tests with a manual
    /// clock call [`Simulator::run_due`] instead; a restart finds the rest by its timer.
    pub(super) fn wake(&self) {
        if self.clock.is_manual() {
            return;
        }
        let simulator = self.clone();
        let _runs_alone = base::spawn("simulator", async move {
            if let Err(error) = simulator.run_soon().await {
                tracing::warn!(error = %base::Error::internal(error).chain(), "the payment simulator has to try again later");
            }
        });
    }

    async fn run_soon(&self) -> Result<(), CallError> {
        self.run_due().await?;
        let next = store::next_due(&mut self.db.conn().await?).await?;
        let wait = next.map(|at| at.since(self.now())).filter(|wait| *wait <= super::cards::DELAY);
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
            self.run_due().await?;
        }
        Ok(())
    }

    async fn work(&self, work: &Work) -> Result<(), CallError> {
        match (&work.event, work.kind.as_str()) {
            (Some(event), _) => return self.tell_now(work, event).await,
            (None, "settle") => self.settle(work).await,
            (None, "settle-refund") => self.settle_refund(work).await,
            (None, _) => self.expire(work).await,
        }
        .or_else(|error| match error {
            // Somebody else is at the same intent; the lease brings it back.
            CallError::Conflict => Ok(()),
            other => Err(other),
        })
    }

    async fn tell_now(&self, work: &Work, event: &(String, String)) -> Result<(), CallError> {
        let delivered = self.deliver(&work.subject, event).await;
        let mut tx = self.db.begin().await?;
        match delivered {
            Ok(()) => store::finish_work(&mut tx, work).await?,
            Err(error) if work.attempts + 1 >= webhook::MAX_ATTEMPTS => {
                tracing::warn!(
                    event = event.0,
                    error = error.chain(),
                    "the payment simulator gives a webhook up"
                );
                store::finish_work(&mut tx, work).await?;
            }
            Err(_) => store::postpone_work(&mut tx, work, self.now() + webhook::wait(work.attempts)).await?,
        }
        Ok(tx.commit().await?)
    }

    /// Decides a delayed charge.
    async fn settle(&self, work: &Work) -> Result<(), CallError> {
        let mut tx = self.db.begin().await?;
        let intent = store::intent(&mut tx, &work.subject).await?;
        if let Some(mut intent) = intent.filter(|intent| intent.status == "processing")
            && let Some(method) = intent.method.as_deref().and_then(Method::of)
        {
            self.take(&mut tx, &mut intent, method).await?;
        }
        store::finish_work(&mut tx, work).await?;
        Ok(tx.commit().await?)
    }

    /// Decides a delayed refund.
    async fn settle_refund(&self, work: &Work) -> Result<(), CallError> {
        let mut tx = self.db.begin().await?;
        if store::decide_refund(&mut tx, &work.subject, "succeeded").await? {
            self.tell(&mut tx, &work.subject, "refund.updated", 1).await?;
        }
        store::finish_work(&mut tx, work).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a page nobody paid on.
    async fn expire(&self, work: &Work) -> Result<(), CallError> {
        let mut tx = self.db.begin().await?;
        let intent = store::intent(&mut tx, &work.subject).await?;
        if let Some(mut intent) = intent.filter(Intent::is_unpaid) {
            self.end(&mut tx, &mut intent).await?;
        }
        store::finish_work(&mut tx, work).await?;
        Ok(tx.commit().await?)
    }
}

impl Intent {
    pub(super) fn is_unpaid(&self) -> bool {
        matches!(self.status.as_str(), "requires_payment_method" | "requires_action")
    }
}
