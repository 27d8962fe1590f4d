//! Forgets orders that were never placed: their addresses and notes are of no use to anybody.

use crate::App;
use crate::error::Result;
use crate::store;
use std::time::Duration;

/// How long a rejected order is kept: as long as its idempotency key.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Orders removed in one transaction.
const BATCH: i64 = 200;

/// Removes rejected orders whose time is over.
///
/// # Errors
/// Those of the store.
pub(crate) async fn prune_rejected(app: &App) -> Result<()> {
    loop {
        let mut tx = app.db.begin().await?;
        let before = tx.now() - KEPT;
        let gone = store::orders::prune_rejected(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        if (gone as i64) < BATCH {
            return Ok(());
        }
    }
}
