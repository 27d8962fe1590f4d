//! The way back of a checkout that cannot be completed: release the stock, unlock the cart,
//! reject the order. Nobody has heard of the order yet, so it is undone by calls.

use super::{Answer, Tried, lock_cart, note, noted, unanswered};
use crate::App;
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::Result;
use crate::ops::{find, save};
use crate::store;
use crate::store::sagas::Saga;
use api::order::OrderStatus;
use api::shared::Actor;
use base::{Error, Kind};

/// Gives the stock back, also when nobody knows whether it is held.
pub(super) async fn release_stock(app: &App, saga: &mut Saga) -> Result<Tried> {
    let reason = saga.data.problem.as_ref().map(|problem| problem.code.clone());
    done_when_gone(app, saga, app.inventory.cancel(saga.order_id, reason).await).await
}

/// Gives the cart back. If the answer to the lock was lost, locking again tells which cart it is.
pub(super) async fn unlock_cart(app: &App, saga: &mut Saga) -> Result<Tried> {
    if saga.data.cart_id.is_none() {
        let order = find::read(app, saga.order_id).await?;
        match app.cart.lock(&lock_cart::lock(order.customer.user_id, saga)).await.into() {
            Answer::Yes(snapshot) => saga.data.cart_id = Some(snapshot.cart_id),
            Answer::No(_) => {}
            Answer::Unknown(error) => return unanswered(app, saga, &error).await,
        }
    }
    match saga.data.cart_id {
        Some(cart_id) => done_when_gone(app, saga, app.cart.unlock(cart_id, saga.order_id).await).await,
        None => noted(app, saga, Outcome::Succeeded).await,
    }
}

/// What is not there needs no undoing; anything else is tried until it works.
async fn done_when_gone<T>(app: &App, saga: &mut Saga, answer: base::Result<T>) -> Result<Tried> {
    match answer.into() {
        Answer::Yes(_) => noted(app, saga, Outcome::Succeeded).await,
        Answer::No(error) if matches!(error.kind(), Kind::NotFound | Kind::Conflict) => {
            noted(app, saga, Outcome::Succeeded).await
        }
        Answer::No(error) | Answer::Unknown(error) => unanswered(app, saga, &error).await,
    }
}

/// Ends the order. A key is given free if the same request may succeed later.
pub(super) async fn reject_order(app: &App, saga: &mut Saga) -> Result<Tried> {
    let unavailable = || Error::unavailable("the order could not be placed now; try again").to_problem();
    let problem = saga.data.problem.get_or_insert_with(unavailable).clone();
    saga.data.cart_token = None;
    saga.data.snapshot = None;
    saga.data.offer = None;
    let mut tx = app.db.begin().await?;
    note(&mut tx, saga, Outcome::Succeeded).await?;
    let mut order = find::by_id(&mut tx, saga.order_id).await?;
    order.move_to(OrderStatus::Rejected, Mover::System, &Actor::system(), Some(&problem.code))?;
    save::save(&mut tx, &mut order).await?;
    if problem.status >= 500 {
        store::orders::release_key(&mut tx, order.id).await?;
    }
    tx.commit().await?;
    Ok(Tried::Moved)
}
