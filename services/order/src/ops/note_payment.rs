//! Applies news of a payment to its order: books the money, lets the checkout go on, or gives
//! back money that does not belong to the order.

use super::checkout::{self, AdvanceCheckout};
use super::find;
use super::give_back::GiveBack;
use super::save;
use crate::App;
use crate::domain::order::Order;
use crate::domain::payment::{Consequence, PaymentNews};
use crate::domain::saga::{Outcome, Step};
use crate::domain::status;
use crate::error::Result;
use crate::store;
use api::ids::{OrderId, PaymentId};
use db::Tx;
use events::{Delivery, tasks};

/// Applies news that came as a message.
///
/// # Errors
/// Those of the store, and losing a race; the message comes again.
pub(crate) async fn note_payment<M>(
    app: &App,
    delivery: &Delivery<M>,
    order_id: OrderId,
    news: &PaymentNews,
) -> Result<()> {
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        if !delivery.claim(&mut tx).await? {
            return Ok(());
        }
        apply(&mut tx, order_id, news).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// Applies news that were asked for.
///
/// # Errors
/// Those of the store, and losing a race.
pub(super) async fn apply_asked(app: &App, order_id: OrderId, news: &[PaymentNews]) -> Result<()> {
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        for news in news {
            apply(&mut tx, order_id, news).await?;
        }
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn apply(tx: &mut Tx, order_id: OrderId, news: &PaymentNews) -> Result<()> {
    let Some(mut order) = store::orders::by_id(tx, order_id).await? else {
        tracing::warn!(order = %order_id, payment = %news.payment_id, "news of a payment for an order nobody knows");
        return Ok(());
    };
    let before = order.clone();
    let mut saga = store::sagas::by_order(tx, order_id).await?;
    let consequence = order.apply_payment(news, saga.step == Step::StartPayment);
    if order != before {
        book_earlier_refunds(tx, &before, &mut order).await?;
        save::save(tx, &mut order).await?;
    }
    // A checkout that missed the money, whatever the reason, goes on now.
    let missed = order.is_paid() && status::is_payable(order.status) && saga.step == Step::AwaitPayment;
    match consequence {
        Consequence::Paid => go_on(tx, &mut saga).await,
        Consequence::GiveBack(payment_id) => schedule_give_back(tx, &order, payment_id).await,
        Consequence::Noted | Consequence::Failed if missed => go_on(tx, &mut saga).await,
        Consequence::Noted | Consequence::Failed => Ok(()),
    }
}

/// News of a refund may overtake the news of the money: what came back before is booked with it.
async fn book_earlier_refunds(tx: &mut Tx, before: &Order, order: &mut Order) -> Result<()> {
    let Some(payment_id) = order.paid_by.filter(|_| before.paid_by.is_none()) else { return Ok(()) };
    let minor = store::orders::refunded(tx, payment_id).await?;
    if minor > 0 {
        order.book_refund(minor);
    }
    Ok(())
}

/// Lets the checkout of a paid order go on at once.
async fn go_on(tx: &mut Tx, saga: &mut store::sagas::Saga) -> Result<()> {
    if saga.step.after(Outcome::Paid).is_none() {
        // It went on already, with an earlier word of the same money.
        return Ok(());
    }
    checkout::note(tx, saga, Outcome::Paid).await?;
    let now = tx.now();
    Ok(tasks::schedule(tx, &AdvanceCheckout { order_id: saga.order_id }, now).await?)
}

/// Asks for money to go back, after the commit and until it is accepted.
pub(super) async fn schedule_give_back(tx: &mut Tx, order: &Order, payment_id: PaymentId) -> Result<()> {
    tracing::warn!(order = %order.id, payment = %payment_id, "money that does not belong to the order goes back");
    let now = tx.now();
    Ok(tasks::schedule(tx, &GiveBack { order_id: order.id, payment_id }, now).await?)
}
