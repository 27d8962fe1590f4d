//! Repairs what breaks an invariant: what is stuck or was forgotten is taken up again by the same
//! work that sends everything (contracts §0.3). Nothing is sent that may have arrived already.

use super::dispatch::Dispatch;
use super::invariants::{TOLERATED, invariants};
use crate::AppState;
use crate::error::Result;
use crate::store::checks;
use api::repair::{RepairInvariants, Repairs};
use events::tasks;

const AGAIN: &str = "it is taken up again";

/// Repairs what can be, or says what would be repaired; the rest needs a person.
///
/// # Errors
/// Those of the store.
pub(crate) async fn repair(app: &AppState, wish: RepairInvariants) -> Result<Repairs> {
    let mut repairs = Repairs::default();
    for violation in invariants(app).await?.violations {
        let (rule, id) = (violation.rule.as_str(), violation.id);
        match rule {
            "no-stuck-notification" | "no-forgotten-notification" => {
                repairs.repaired(wish, rule, id, AGAIN);
            }
            "one-confirmation-per-order" => {
                repairs.by_hand(
                    rule,
                    id,
                    "look in the log; tell the customer, or say sorry for the second mail",
                );
            }
            "sent-means-arrived" => repairs.by_hand(rule, id, "send it again from the log if it matters"),
            _ => repairs.by_hand(
                rule,
                id,
                "look at its attempts, and send it again from the log if it matters",
            ),
        }
    }
    if !wish.dry_run {
        take_up(app).await?;
    }
    Ok(repairs)
}

/// Gives everything that is late a task that is due.
async fn take_up(app: &AppState) -> Result<()> {
    let late = app.clock.now() - TOLERATED;
    let mut conn = app.db.conn().await?;
    let mut overdue = checks::stuck(&mut conn, late).await?;
    overdue.extend(checks::forgotten(&mut conn, late).await?);
    drop(conn);
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    for (notification_id, _) in overdue {
        tracing::warn!(id = %notification_id, "repairing: {AGAIN}");
        tasks::schedule(&mut tx, &Dispatch { notification_id }, now).await?;
    }
    Ok(tx.commit().await?)
}
