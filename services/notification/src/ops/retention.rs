//! Forgets what is older than the settings allow (contracts P-15), and gives addresses that came
//! back another chance.

use crate::AppState;
use crate::providers::Provider;
use crate::store;
use base::Result;

/// Rows per transaction.
const BATCH: u32 = 500;

/// Forgets contents, then whole rows, suppressed addresses, and mails of the built-in mailbox.
pub(crate) async fn forget_old(app: &AppState) -> Result<()> {
    let now = app.clock.now();
    let bodies = now - app.config.body_retention.0;
    loop {
        let mut tx = app.db.begin().await?;
        let touched = store::notification::redact_before(&mut tx, bodies, BATCH).await?;
        tx.commit().await?;
        if touched < u64::from(BATCH) {
            break;
        }
    }
    loop {
        let mut tx = app.db.begin().await?;
        let limit = now - app.config.log_retention.0;
        let touched = store::notification::prune_before(&mut tx, limit, BATCH).await?;
        tx.commit().await?;
        if touched < u64::from(BATCH) {
            break;
        }
    }
    let mut tx = app.db.begin().await?;
    store::suppression::prune(&mut tx, now - app.config.suppression.0).await?;
    tx.commit().await?;
    if let Provider::Mailbox(mailbox) = &app.provider {
        mailbox.prune(bodies).await?;
    }
    Ok(())
}
