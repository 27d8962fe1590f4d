//! Forgets what can make no difference any more.

use crate::App;
use crate::error::InventoryError;
use crate::store;
use std::time::Duration;

/// How long applied shipments are remembered; longer than a message is known by its id.
const KEEP_SOURCES: Duration = Duration::from_hours(30 * 24);

/// Rows removed in one transaction.
const BATCH: i64 = 500;

/// Forgets shipments applied long ago of orders that hold nothing any more.
///
/// # Errors
/// Those of the store; what was forgotten before stays so.
pub(crate) async fn forget_sources(app: &App) -> Result<(), InventoryError> {
    let before = app.clock.now() - KEEP_SOURCES;
    loop {
        let mut tx = app.db.begin().await?;
        let gone = store::stock::forget_sources(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        if gone < BATCH as u64 {
            return Ok(());
        }
    }
}
