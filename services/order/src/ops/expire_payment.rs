//! The payment deadline: asks how the money stands, ends what is open, and cancels the order if
//! nothing was paid (contracts §7.2 step 7). Without an answer it waits, up to the grace time;
//! money that still comes afterwards goes back (step L).

use super::checkout;
use super::find;
use super::note_payment::apply_asked;
use super::save;
use crate::App;
use crate::domain::order::Order;
use crate::domain::payment::PaymentNews;
use crate::domain::saga::Outcome;
use crate::domain::status::{self, Mover};
use crate::error::Result;
use crate::store;
use api::ids::OrderId;
use api::order::CancellationReason;
use api::payment::{CancelPayment, Payment, PaymentStatus};
use api::shared::Actor;
use events::{Task, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long to wait before asking again about an undecided payment.
const ASK_AGAIN: Duration = Duration::from_mins(1);

/// Ends an order that was not paid in time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpirePayment {
    pub(crate) order_id: OrderId,
}

impl Task for ExpirePayment {
    const KIND: &'static str = "expire-payment";
    const MAX_ATTEMPTS: u32 = u32::MAX;

    fn key(&self) -> String {
        self.order_id.to_string()
    }
}

/// How the money stands, as far as anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Money {
    None,
    /// The gateway is at work, or nobody answers.
    Undecided,
}

/// The task [`ExpirePayment`].
///
/// # Errors
/// Those of the store; the task is tried again.
pub(crate) async fn expire_payment(app: &App, order_id: OrderId) -> Result<()> {
    let order = find::read(app, order_id).await?;
    let Some(deadline) = order.payment_deadline.filter(|_| waits(&order)) else { return Ok(()) };
    let now = app.clock.now();
    if now < deadline {
        return look_again(app, order_id, deadline.since(now)).await;
    }
    let last_chance = now >= deadline + app.config.payment_grace.0;
    let money = end_payments(app, order_id, last_chance).await?;
    if money == Money::Undecided && !last_chance {
        return look_again(app, order_id, ASK_AGAIN).await;
    }
    find::again(|| cancel(app, order_id)).await
}

fn waits(order: &Order) -> bool {
    status::is_payable(order.status) && !order.is_paid()
}

async fn look_again(app: &App, order_id: OrderId, after: Duration) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let at = tx.now() + after;
    tasks::schedule(&mut tx, &ExpirePayment { order_id }, at).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks for the order's payments and ends those that are open.
async fn end_payments(app: &App, order_id: OrderId, last_chance: bool) -> Result<Money> {
    let Ok(payments) = app.payment.by_order(order_id).await else { return Ok(Money::Undecided) };
    let mut news: Vec<PaymentNews> = Vec::new();
    let mut money = Money::None;
    for payment in payments.into_iter().rev() {
        let undecided = payment.status == PaymentStatus::Processing && !last_chance;
        let end = payment.status.is_open() && payment.status != PaymentStatus::Authorized && !undecided;
        let payment = if end { end_payment(app, payment).await } else { Some(payment) };
        match payment {
            Some(payment) => {
                if payment.status == PaymentStatus::Processing {
                    money = Money::Undecided;
                }
                news.push(payment.into());
            }
            None => money = Money::Undecided,
        }
    }
    apply_asked(app, order_id, &news).await?;
    Ok(money)
}

/// Ends an open payment; `None` if nobody knows whether it ended.
async fn end_payment(app: &App, payment: Payment) -> Option<Payment> {
    let key = format!("expire:{}", payment.id);
    let body = CancelPayment { reason: "the time to pay is over".to_owned() };
    match app.payment.cancel(payment.id, &body, &key).await {
        Ok(ended) if !ended.status.is_open() => Some(ended),
        // It was paid in the last moment, or the gateway does not answer: ask.
        _ => app.payment.get(payment.id).await.ok().filter(|payment| !payment.status.is_open()),
    }
}

async fn cancel(app: &App, order_id: OrderId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut order = find::by_id(&mut tx, order_id).await?;
    if !waits(&order) {
        return Ok(());
    }
    let mut saga = store::sagas::by_order(&mut tx, order_id).await?;
    checkout::note(&mut tx, &mut saga, Outcome::Cancelled).await?;
    order.cancel(CancellationReason::PaymentTimeout, None, Mover::System, &Actor::system())?;
    save::save(&mut tx, &mut order).await?;
    tx.commit().await?;
    Ok(())
}
