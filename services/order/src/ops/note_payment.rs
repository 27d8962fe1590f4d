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
use crate::error::{OrderError, Result};
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
    if order == before {
        return Ok(());
    }
    save::save(tx, &mut order).await?;
    match consequence {
        Consequence::Paid => go_on(tx, &mut saga).await,
        Consequence::GiveBack(payment_id) => schedule_give_back(tx, &order, payment_id).await,
        Consequence::Noted | Consequence::Failed => Ok(()),
    }
}

/// Lets the checkout of a paid order go on at once.
async fn go_on(tx: &mut Tx, saga: &mut store::sagas::Saga) -> Result<()> {
    match checkout::note(tx, saga, Outcome::Paid).await {
        Ok(()) => {
            let now = tx.now();
            Ok(tasks::schedule(tx, &AdvanceCheckout { order_id: saga.order_id }, now).await?)
        }
        // It went on already, with an earlier word of the same money.
        Err(OrderError::Stale) if saga.step.after(Outcome::Paid).is_none() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Asks for money to go back, after the commit and until it is accepted.
pub(super) async fn schedule_give_back(tx: &mut Tx, order: &Order, payment_id: PaymentId) -> Result<()> {
    tracing::warn!(order = %order.id, payment = %payment_id, "money that does not belong to the order goes back");
    let now = tx.now();
    Ok(tasks::schedule(tx, &GiveBack { order_id: order.id, payment_id }, now).await?)
}
