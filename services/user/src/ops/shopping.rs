//! What orders and payments tell of a customer. Orders of guests and of accounts that are not
//! ours leave no trace here.

use super::Result;
use crate::AppState;
use crate::store;
use api::ids::UserId;
use api::order::{OrderCancelled, OrderPlaced};
use api::payment::PaymentFailed;
use api::shared::{Actor, ActorKind};
use api::user::{HistoryEntry, HistoryKind};
use base::Money;
use db::Tx;
use events::Delivery;
use std::time::Duration;

/// So many declined payments within [`FAILURE_WINDOW`] raise a flag.
const FAILURES: i64 = 5;
const FAILURE_WINDOW: Duration = Duration::from_hours(24);
const FAILURE_FLAG: &str = "PAYMENT_FAILURES";

/// A transaction in which the delivery is handled for the account it is about; nothing if there
/// is nothing to do.
pub(super) async fn begin<M>(
    app: &AppState,
    delivery: &Delivery<M>,
    user: Option<UserId>,
) -> Result<Option<(Tx, UserId)>> {
    let mut tx = app.db.begin().await?;
    if !delivery.claim(&mut tx).await? {
        return Ok(None);
    }
    let account = match user {
        Some(user) => store::account::find(&mut tx, user).await?,
        None => None,
    };
    match account {
        Some(account) => Ok(Some((tx, account.id))),
        None => {
            tx.commit().await?;
            Ok(None)
        }
    }
}

fn entry(
    kind: HistoryKind,
    at: base::Timestamp,
    summary: String,
    about: String,
    actor: Actor,
) -> HistoryEntry {
    HistoryEntry { kind, at, summary, ref_id: Some(about), actor }
}

fn spelled(amount: Money) -> String {
    format!("{} {}", amount.to_decimal(), amount.currency.code())
}

/// An order counts once it is placed.
pub(crate) async fn order_placed(app: &AppState, delivery: &Delivery<OrderPlaced>) -> Result<()> {
    let placed = &delivery.message.payload;
    let Some((mut tx, user)) = begin(app, delivery, placed.order.user_id).await? else { return Ok(()) };
    let total = placed.totals.total_amount;
    let order = placed.order.order_id;
    store::shopping::order_placed(&mut tx, user, order, total, placed.placed_at).await?;
    let summary = format!("Order {} over {} was placed", placed.order.order_number, spelled(total));
    let actor = super::owner(user);
    let entry = entry(HistoryKind::OrderPlaced, placed.placed_at, summary, order.to_string(), actor);
    store::history::insert(&mut tx, user, &entry).await?;
    Ok(tx.commit().await?)
}

/// A placed order that is cancelled counts no more; one that was never placed never counted.
pub(crate) async fn order_cancelled(app: &AppState, delivery: &Delivery<OrderCancelled>) -> Result<()> {
    let cancelled = &delivery.message.payload;
    let Some((mut tx, user)) = begin(app, delivery, cancelled.order.user_id).await? else { return Ok(()) };
    let order = cancelled.order.order_id;
    let at = cancelled.cancelled_at;
    let total = cancelled.original_order_total;
    if store::shopping::order_cancelled(&mut tx, user, order, total, at).await? {
        let summary = format!("Order {} was cancelled", cancelled.order.order_number);
        let actor = cancelled.cancelled_by.clone();
        let entry = entry(HistoryKind::OrderCancelled, at, summary, order.to_string(), actor);
        store::history::insert(&mut tx, user, &entry).await?;
    }
    Ok(tx.commit().await?)
}

/// Five declined payments within a day raise a flag that only staff see.
pub(crate) async fn payment_failed(app: &AppState, delivery: &Delivery<PaymentFailed>) -> Result<()> {
    let failed = &delivery.message.payload;
    let Some((mut tx, user)) = begin(app, delivery, failed.user_id).await? else { return Ok(()) };
    let at = failed.failed_at;
    let attempt = (failed.payment_id, failed.attempt);
    let recent = store::shopping::payment_failed(&mut tx, user, attempt, at, at - FAILURE_WINDOW).await?;
    if recent >= FAILURES {
        let now = tx.now();
        store::shopping::raise_flag(&mut tx, user, FAILURE_FLAG, now).await?;
    }
    let summary =
        format!("A payment of {} for order {} was declined", spelled(failed.amount), failed.order_number);
    let actor = Actor { kind: ActorKind::Provider, id: None };
    let entry = entry(HistoryKind::PaymentFailed, at, summary, failed.payment_id.to_string(), actor);
    store::history::insert(&mut tx, user, &entry).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_spelled_for_people() {
        assert_eq!(spelled(Money::new(1999, base::Currency::EUR)), "19.99 EUR");
    }
}
