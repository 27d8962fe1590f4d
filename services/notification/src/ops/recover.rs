//! Looks for notifications whose task was lost or parked and gives them a new one.

use super::dispatch::Dispatch;
use crate::AppState;
use crate::store;
use base::Result;
use events::tasks;
use std::time::Duration;

/// How late a notification must be before somebody looks after it.
pub(super) const LATE: Duration = Duration::from_mins(2);
/// Notifications looked after at once.
const MOST: u32 = 200;

/// Schedules what is overdue.
pub(crate) async fn recover(app: &AppState) -> Result<()> {
    let late = app.clock.now() - LATE;
    let overdue = store::notification::overdue(&mut app.db.conn().await?, late, MOST).await?;
    if overdue.is_empty() {
        return Ok(());
    }
    tracing::warn!(notifications = overdue.len(), "notifications are overdue and begin again");
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    for notification_id in overdue {
        tasks::schedule(&mut tx, &Dispatch { notification_id }, now).await?;
    }
    Ok(tx.commit().await?)
}
