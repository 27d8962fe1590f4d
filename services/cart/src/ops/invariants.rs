//! Looks for what must not be, and repairs it: carts that are locked for an order that is over.

use super::sweep::{Fate, end_lock, fate};
use crate::App;
use crate::error::CartError;
use crate::store;
use api::ids::{CartId, OrderId};
use api::order::{Violation, Violations};
use api::repair::{RepairInvariants, Repairs};
use std::time::Duration;

const RULE: &str = "lock-without-order";

/// How much later than its time a lock may be ended.
const TOLERATED: Duration = Duration::from_mins(10);

/// The most locks looked at in one go.
const MOST: i64 = 1000;

/// Everything that must not be, empty when all is well.
///
/// # Errors
/// Those of the store.
pub(crate) async fn invariants(app: &App) -> Result<Violations, CartError> {
    let broken = broken(app).await?;
    let violation = |(cart, order, fate)| Violation {
        rule: RULE.to_owned(),
        id: CartId::to_string(&cart),
        detail: format!("it is locked for the order {order}, which {}", became(fate)),
    };
    Ok(Violations { violations: broken.into_iter().map(violation).collect() })
}

/// Ends the locks that lead nowhere, as the timer should have done, or says which it would end.
///
/// # Errors
/// Those of the store.
pub(crate) async fn repair(app: &App, wish: RepairInvariants) -> Result<Repairs, CartError> {
    let mut repairs = Repairs::default();
    for (cart, order, fate) in broken(app).await? {
        if !wish.dry_run {
            end_lock(app, cart, order, fate).await?;
        }
        let words = if fate == Fate::Paid { "the cart is emptied" } else { "the cart is unlocked" };
        repairs.repaired(wish, RULE, cart, words);
    }
    Ok(repairs)
}

/// Carts that are locked for longer than they may be, for an order that is over. Nothing is known
/// of orders that cannot be asked.
async fn broken(app: &App) -> Result<Vec<(CartId, OrderId, Fate)>, CartError> {
    let before = app.clock.now() - app.config.lock_timeout.0 - TOLERATED;
    let mut conn = app.db.conn().await?;
    let locked = store::long_locked(&mut conn, before, MOST).await?;
    drop(conn);
    let mut broken = Vec::new();
    for (cart_id, order_id) in locked {
        match fate(app, order_id).await {
            Fate::Open => {}
            over => broken.push((cart_id, order_id, over)),
        }
    }
    Ok(broken)
}

fn became(fate: Fate) -> &'static str {
    match fate {
        Fate::Open => "is open",
        Fate::Nothing => "came to nothing",
        Fate::Paid => "is paid",
    }
}
