//! Another attempt to pay, until the payment deadline.

use super::accept::check_choice;
use super::checkout::{self, AdvanceCheckout, Runner};
use super::find;
use super::place_order::patience;
use super::save;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::Order;
use crate::domain::saga::{Outcome, Step};
use crate::domain::status::Mover;
use crate::error::{OrderError, Result};
use crate::store;
use api::ids::OrderId;
use api::order::{OrderStatus, PayOrder, PaymentChoice};
use api::payment::Payment;
use auth::{Caller, Permission};
use base::{Check, Error};
use events::tasks;
use std::time::Duration;

/// What became of the attempt.
#[derive(Debug)]
pub(crate) enum Paying {
    /// The payment to go on with.
    Payment(Box<Payment>),
    /// It takes longer; the order tells how it stands.
    Started(Box<Order>, Viewer),
}

/// Starts to pay an order.
///
/// # Errors
/// [`OrderError::NotFound`], [`OrderError::AlreadyPaid`], [`OrderError::PaymentWindowClosed`];
/// 402 `payment-declined`; 422.
pub(crate) async fn pay_order(
    app: &App,
    caller: &Caller,
    key: &str,
    token: Option<&str>,
    body: PayOrder,
) -> Result<Paying> {
    let choice = PaymentChoice {
        flow: body.flow,
        payment_method_id: body.payment_method_id,
        return_url: body.return_url,
        cancel_url: body.cancel_url,
    };
    let mut check = Check::new();
    check_choice(app, &mut check, &choice, "");
    check.finish()?;
    let (order_id, viewer) = find::again(|| begin(app, caller, key, token, &choice)).await?;
    let work = checkout::drive(app, order_id, Runner::Request);
    match tokio::time::timeout(patience(app), work).await {
        Ok(done) => done?,
        Err(_) => return Ok(Paying::Started(Box::new(find::read(app, order_id).await?), viewer)),
    }
    answer(app, order_id, viewer).await
}

/// Notes the attempt; its number makes a key of its own.
async fn begin(
    app: &App,
    caller: &Caller,
    key: &str,
    token: Option<&str>,
    choice: &PaymentChoice,
) -> Result<(OrderId, Viewer)> {
    let mut tx = app.db.begin().await?;
    let mut order = find::find(&mut tx, key).await?;
    // Nobody pays for others: staff are no exception, so no right is enough.
    let viewer = Viewer::of(&order, caller, token, &app.keys, Permission::OrderRead)?;
    if viewer.mover() != Mover::Owner {
        return Err(OrderError::NotFound);
    }
    order.check_payable(tx.now())?;
    let mut saga = store::sagas::by_order(&mut tx, order.id).await?;
    saga.data.payment = choice.clone();
    saga.data.payment_attempt += 1;
    saga.data.problem = None;
    checkout::note(&mut tx, &mut saga, Outcome::PayAgain).await?;
    if order.status == OrderStatus::PaymentFailed {
        order.move_to(OrderStatus::PendingPayment, Mover::Owner, &viewer.actor(), None)?;
        save::save(&mut tx, &mut order).await?;
    }
    let later = tx.now() + app.config.checkout_budget.0 + Duration::from_secs(2);
    tasks::schedule(&mut tx, &AdvanceCheckout { order_id: order.id }, later).await?;
    tx.commit().await?;
    Ok((order.id, viewer))
}

async fn answer(app: &App, order_id: OrderId, viewer: Viewer) -> Result<Paying> {
    let mut c = app.db.conn().await?;
    let order = find::by_id(&mut c, order_id).await?;
    let saga = store::sagas::by_order(&mut c, order_id).await?;
    drop(c);
    if let Some(problem) = saga.data.problem {
        return Err(Error::from(problem).into());
    }
    let Some(attempt) = order.attempt().cloned().filter(|_| saga.step != Step::StartPayment) else {
        return Ok(Paying::Started(Box::new(order), viewer));
    };
    let mut payment = app.payment.get(attempt.payment_id).await?;
    payment.next_action = attempt.next_action.or(payment.next_action);
    Ok(Paying::Payment(Box::new(payment)))
}
