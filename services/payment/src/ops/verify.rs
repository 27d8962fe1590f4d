//! Looks for what must never be: `emporion ledger verify` and `emporion invariants`.

use super::reconcile::differences;
use crate::App;
use crate::store;
use api::payment::Violations;
use base::{Result, Timestamp};
use std::time::Duration;

/// How long after its time something may still be under way.
const GRACE: Duration = Duration::from_mins(10);

/// Everything that is wrong with the ledger.
///
/// # Errors
/// When the store fails.
pub(crate) async fn verify_ledger(app: &App) -> Result<Violations> {
    let violations = store::checks::ledger(&mut app.db.conn().await?).await?;
    Ok(Violations { violations })
}

/// Everything that is wrong: ledger, payments, refunds, and the gateway's books against ours.
///
/// # Errors
/// When the store fails or the gateway gives no answer.
pub(crate) async fn check_invariants(app: &App) -> Result<Violations> {
    let mut violations = verify_ledger(app).await?.violations;
    let overdue_before = app.clock.now() - GRACE;
    violations.extend(store::checks::payments(&mut app.db.conn().await?, overdue_before).await?);
    differences(app, Timestamp::EPOCH, false, &mut violations).await?;
    Ok(Violations { violations })
}
