//! What happens by itself: locks end, keys rotate, old rows go.

use super::announce::{self, Why};
use super::{Result, prove};
use crate::AppState;
use crate::store;
use api::ids::UserId;
use events::Task;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Ends the lock of an account when its time is over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UnlockAccount {
    /// The account.
    pub(crate) user_id: UserId,
}

impl Task for UnlockAccount {
    const KIND: &'static str = "unlock-account";
    const MAX_ATTEMPTS: u32 = 20;

    fn key(&self) -> String {
        self.user_id.to_string()
    }
}

/// Ends the lock unless it was prolonged or has ended otherwise.
pub(crate) async fn unlock(app: &AppState, user: UserId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    let over = account.locked_until.is_some_and(|until| until <= tx.now());
    if !over {
        return Ok(());
    }
    let why = Why { code: Some("LOCK_ENDED"), text: None };
    prove::unlock(&mut tx, &mut account, &announce::system(), why).await?;
    Ok(tx.commit().await?)
}

/// How long ended sessions and links are kept, for those who look into an incident.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// How long a device is remembered (contracts P-15, login history).
const DEVICE_KEPT: Duration = Duration::from_hours(180 * 24);
/// Sessions removed in one transaction.
const BATCH: i64 = 1000;

/// Removes what is too old to matter.
pub(crate) async fn prune(app: &AppState) -> Result<()> {
    let now = app.clock.now();
    loop {
        let mut tx = app.db.begin().await?;
        let gone = store::session::prune(&mut tx, now - KEPT, BATCH).await?;
        tx.commit().await?;
        if (gone as i64) < BATCH {
            break;
        }
    }
    let mut tx = app.db.begin().await?;
    store::claim::prune(&mut tx, now - KEPT).await?;
    store::throttle::prune(&mut tx, now - app.config.lockout_window.0).await?;
    store::source::prune(&mut tx, now - app.config.network_window.0, now).await?;
    store::session::forget_devices(&mut tx, now - DEVICE_KEPT).await?;
    Ok(tx.commit().await?)
}
