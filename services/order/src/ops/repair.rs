//! Repairs what breaks an invariant by the operation that should have prevented it: whatever is
//! woken here decides anew from what is stored, so repeating it is harmless (contracts §0.3).

use super::ask_payments::AskPayment;
use super::checkout::AdvanceCheckout;
use super::expire_payment::ExpirePayment;
use super::find;
use super::give_back::GiveBack;
use crate::App;
use crate::error::Result;
use crate::store::checks;
use api::ids::OrderId;
use api::inventory::ReservationStatus;
use api::repair::{RepairInvariants, Repairs};
use base::Kind;
use events::tasks;
use std::time::Duration;

/// Rule of orders that are over and still hold stock.
pub(super) const HOLDS_STOCK: &str = "ended-holds-stock";

/// How far back cancelled orders are looked at, and how many.
const LOOK_BACK: Duration = Duration::from_hours(30 * 24);
const MOST: i64 = 1000;

/// What is done about a broken rule.
enum Remedy {
    /// The checkout goes on.
    Advance,
    /// The order is ended, or paid after all.
    Expire,
    /// The payment service is asked how the money stands.
    Ask,
    /// The money goes back.
    GiveBack,
    /// The facts contradict each other.
    Person(&'static str),
}

fn remedy(rule: &str) -> Remedy {
    match rule {
        "pending-too-long" => Remedy::Advance,
        "unpaid-too-long" => Remedy::Expire,
        "paid-but-waiting" => Remedy::Ask,
        "kept-money" => Remedy::GiveBack,
        "placed-without-money" => Remedy::Person(
            "look for the payment at the gateway; if there is none, put the order on hold and ask the customer",
        ),
        "placed-without-stock" => {
            Remedy::Person("look whether there is stock; put the order on hold or cancel it")
        }
        "checkout-lost" => Remedy::Person("look at the history of the order, then cancel it"),
        _ => Remedy::Person("the rows of the order were changed by hand; compare them with a backup"),
    }
}

impl Remedy {
    fn words(&self) -> &'static str {
        match self {
            Self::Advance => "the checkout goes on",
            Self::Expire => "the order is cancelled unless its payment turns out to be paid",
            Self::Ask => "the payment service is asked how the money stands",
            Self::GiveBack => "the money goes back",
            Self::Person(what) => what,
        }
    }
}

/// Repairs what can be, or says what would be repaired; the rest needs a person.
///
/// # Errors
/// Those of the store, and 503 while the inventory service gives no answer.
pub(crate) async fn repair(app: &App, wish: RepairInvariants) -> Result<Repairs> {
    let mut repairs = Repairs::default();
    for check in checks::all(app.clock.now()) {
        let rule = check.rule;
        let broken = checks::violations(&mut app.db.conn().await?, check).await?;
        for id in broken {
            let remedy = remedy(rule);
            if matches!(remedy, Remedy::Person(_)) {
                repairs.by_hand(rule, id, remedy.words());
                continue;
            }
            if !wish.dry_run {
                tracing::warn!(order = %id, rule, "repairing: {}", remedy.words());
                apply(app, id, &remedy).await?;
            }
            repairs.repaired(wish, rule, id, remedy.words());
        }
    }
    for id in holding(app).await? {
        if !wish.dry_run {
            tracing::warn!(order = %id, rule = HOLDS_STOCK, "repairing: the stock is released");
            app.inventory.cancel(id, Some("the order is over".to_owned())).await?;
        }
        repairs.repaired(wish, HOLDS_STOCK, id, "the stock is released");
    }
    Ok(repairs)
}

async fn apply(app: &App, order_id: OrderId, remedy: &Remedy) -> Result<()> {
    let order = find::read(app, order_id).await?;
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    match remedy {
        Remedy::Advance => tasks::schedule(&mut tx, &AdvanceCheckout { order_id }, now).await?,
        Remedy::Expire => tasks::schedule(&mut tx, &ExpirePayment { order_id }, now).await?,
        Remedy::Ask => tasks::schedule(&mut tx, &AskPayment { order_id }, now).await?,
        Remedy::GiveBack => {
            if let Some(payment_id) = order.paid_by {
                tasks::schedule(&mut tx, &GiveBack { order_id, payment_id }, now).await?;
            }
        }
        Remedy::Person(_) => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Cancelled orders for which the inventory service still holds stock.
///
/// # Errors
/// Those of the store, and 503 while the inventory service gives no answer.
pub(super) async fn holding(app: &App) -> Result<Vec<OrderId>> {
    let now = app.clock.now();
    let ended = (now - LOOK_BACK, now - Duration::from_mins(10));
    let cancelled = checks::cancelled(&mut app.db.conn().await?, ended, MOST).await?;
    let mut holding = Vec::new();
    for id in cancelled {
        match app.inventory.reservation(id).await {
            Ok(held) => {
                if matches!(held.status, ReservationStatus::Pending | ReservationStatus::Confirmed) {
                    holding.push(id);
                }
            }
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(holding)
}
