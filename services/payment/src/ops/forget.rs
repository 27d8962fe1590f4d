//! Forgets what nobody asks for any more. The books stay: payments, refunds, the ledger.

use crate::App;
use crate::store;
use base::{Error, Result};
use std::time::Duration;

/// Gateways repeat a webhook for some days; one that came again later would only be a reason to ask.
const KEEP_WEBHOOKS: Duration = Duration::from_hours(30 * 24);

/// How long an answered call is kept after its answer, and as long as its payment is open.
const KEEP_OPERATIONS: Duration = Duration::from_hours(30 * 24);

/// Rows removed in one transaction.
const BATCH: i64 = 500;

/// Forgets old webhooks, answered calls, and the simulator's keys.
///
/// # Errors
/// Those of the stores; what was forgotten before stays so.
pub(crate) async fn forget(app: &App) -> Result<()> {
    let now = app.clock.now();
    loop {
        let mut tx = app.db.begin().await?;
        let gone = store::webhook::forget(&mut tx, now - KEEP_WEBHOOKS, BATCH).await?;
        tx.commit().await?;
        if gone < BATCH as u64 {
            break;
        }
    }
    loop {
        let mut tx = app.db.begin().await?;
        let gone = store::operation::forget(&mut tx, now - KEEP_OPERATIONS, BATCH).await?;
        tx.commit().await?;
        if gone < BATCH as u64 {
            break;
        }
    }
    match app.gateway.simulator() {
        Some(simulator) => simulator.forget_keys().await.map_err(Error::internal),
        None => Ok(()),
    }
}
