//! The checkout: loads where an order stands, does the next step, notes how it ended, and so on
//! until there is nothing to do (contracts §7.2).
//!
//! A step is durable before its call: the step column names it. Its outcome is noted only if
//! nobody else has moved the checkout since, so any number of runners may work on one order:
//! calls are repeated harmlessly, outcomes count once. A runner that dies is followed by the
//! task [`AdvanceCheckout`].

mod check_products;
mod confirm_stock;
mod hold_stock;
mod lock_cart;
mod place;
mod price_order;
mod start_payment;
mod undo;

use crate::App;
use crate::domain::saga::{Outcome, Step, backoff};
use crate::error::{OrderError, Result};
use crate::store;
use crate::store::sagas::Saga;
use api::ids::OrderId;
use base::{Error, Kind, Timestamp};
use db::Tx;
use events::{Task, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a runner that lost a race looks again.
const RACES: u32 = 50;

/// How long the payment of a waiting order is left alone before it is asked for.
const ASK_AFTER: Duration = Duration::from_mins(5);

/// Goes on with a checkout that nobody works on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdvanceCheckout {
    pub(crate) order_id: OrderId,
}

impl Task for AdvanceCheckout {
    const KIND: &'static str = "advance-checkout";
    // The steps themselves know when to give up.
    const MAX_ATTEMPTS: u32 = u32::MAX;

    fn key(&self) -> String {
        self.order_id.to_string()
    }
}

/// Who works on a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    /// The customer's request: waits between tries, and is cut off by its budget.
    Request,
    /// The task: comes back later instead of waiting.
    Task,
}

/// What became of one try of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// Another step is next.
    Moved,
    /// There was no answer; the step is tried again.
    Unanswered,
}

/// What a peer's answer means.
enum Answer<T> {
    Yes(T),
    /// It will say so again.
    No(Error),
    /// Nobody knows whether it was done.
    Unknown(Error),
}

impl<T> From<base::Result<T>> for Answer<T> {
    fn from(result: base::Result<T>) -> Self {
        match result {
            Ok(value) => Self::Yes(value),
            Err(error) if error.kind().is_transient() => Self::Unknown(error),
            Err(error) => Self::No(error),
        }
    }
}

/// Works on a checkout until it waits for somebody, is done, or has to be tried again later.
///
/// # Errors
/// Those of the store. Refusals of peers are no errors: they are noted in the checkout.
pub(super) async fn drive(app: &App, order_id: OrderId, runner: Runner) -> Result<()> {
    let mut saga = load(app, order_id).await?;
    let mut races = 0;
    while saga.step.is_work() {
        match run(app, &mut saga).await {
            Ok(Tried::Moved) => races = 0,
            Ok(Tried::Unanswered) if runner == Runner::Request => {
                tokio::time::sleep(backoff(saga.attempts)).await;
            }
            Ok(Tried::Unanswered) => return come_back(app, order_id, saga.next_run_at).await,
            Err(OrderError::Stale) if races < RACES => {
                races += 1;
                saga = load(app, order_id).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn load(app: &App, order_id: OrderId) -> Result<Saga> {
    store::sagas::by_order(&mut app.db.conn().await?, order_id).await
}

async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    match saga.step {
        Step::LockCart => lock_cart::run(app, saga).await,
        Step::CheckProducts => check_products::run(app, saga).await,
        Step::HoldStock => hold_stock::run(app, saga).await,
        Step::PriceOrder => price_order::run(app, saga).await,
        Step::StartPayment => start_payment::run(app, saga).await,
        Step::ConfirmStock => confirm_stock::run(app, saga).await,
        Step::PlaceOrder => place::run(app, saga).await,
        Step::ReleaseStock => undo::release_stock(app, saga).await,
        Step::UnlockCart => undo::unlock_cart(app, saga).await,
        Step::RejectOrder => undo::reject_order(app, saga).await,
        Step::AwaitPayment | Step::Done => Ok(Tried::Moved),
    }
}

/// Notes in `tx` how a step ended.
///
/// # Errors
/// [`OrderError::Stale`] if another runner moved the checkout, or the outcome is none of its step.
pub(super) async fn note(tx: &mut Tx, saga: &mut Saga, outcome: Outcome) -> Result<()> {
    let step = saga.step.after(outcome).ok_or(OrderError::Stale)?;
    let next_run_at = if step == Step::AwaitPayment { tx.now() + ASK_AFTER } else { tx.now() };
    let mut moved = Saga { step, attempts: 0, next_run_at, ..saga.clone() };
    store::sagas::save(tx, &mut moved).await?;
    *saga = moved;
    if !saga.step.is_work() {
        tasks::cancel(tx, AdvanceCheckout::KIND, &saga.order_id.to_string()).await?;
    }
    Ok(())
}

/// Goes on to the next step and notes both outcomes together. For steps that answer the same
/// when they are repeated and are followed by one that changes nothing outside.
fn passed(saga: &mut Saga) -> Result<Tried> {
    saga.step = saga.step.after(Outcome::Succeeded).ok_or(OrderError::Stale)?;
    saga.attempts = 0;
    Ok(Tried::Moved)
}

/// Notes how a step ended, in a transaction of its own.
async fn noted(app: &App, saga: &mut Saga, outcome: Outcome) -> Result<Tried> {
    let mut tx = app.db.begin().await?;
    note(&mut tx, saga, outcome).await?;
    tx.commit().await?;
    Ok(Tried::Moved)
}

/// Notes that a step was refused and what the client is told.
async fn refused(app: &App, saga: &mut Saga, why: impl Into<Error>) -> Result<Tried> {
    saga.data.problem = Some(presentable(why.into()).to_problem());
    noted(app, saga, Outcome::Refused).await
}

/// Notes that there was no answer; gives up when it was the last try.
async fn unanswered(app: &App, saga: &mut Saga, why: &Error) -> Result<Tried> {
    tracing::warn!(order = %saga.order_id, step = ?saga.step, attempt = saga.attempts + 1, error = why.chain(),
        "a step of the checkout got no answer");
    saga.attempts += 1;
    if saga.step.max_attempts().is_some_and(|most| saga.attempts >= most) {
        saga.data.problem =
            Some(Error::unavailable("the order could not be placed now; try again").to_problem());
        return noted(app, saga, Outcome::Exhausted).await;
    }
    let mut tx = app.db.begin().await?;
    saga.next_run_at = tx.now() + backoff(saga.attempts);
    store::sagas::save(&mut tx, saga).await?;
    tx.commit().await?;
    Ok(Tried::Unanswered)
}

/// A peer's refusal as our client may see it: whatever is our own fault is not theirs.
fn presentable(error: Error) -> Error {
    match error.kind() {
        Kind::Conflict | Kind::Invalid | Kind::PaymentRequired => error,
        _ => Error::unavailable("the order could not be placed now; try again").caused_by(error),
    }
}

async fn come_back(app: &App, order_id: OrderId, at: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    tasks::schedule(&mut tx, &AdvanceCheckout { order_id }, at).await?;
    tx.commit().await?;
    Ok(())
}

/// The task [`AdvanceCheckout`].
///
/// # Errors
/// Those of the store; the task is tried again.
pub(crate) async fn advance_checkout(app: &App, order_id: OrderId) -> Result<()> {
    drive(app, order_id, Runner::Task).await
}

/// Finds checkouts that should have moved a minute ago, whatever became of their task.
///
/// # Errors
/// Those of the store.
pub(crate) async fn wake_checkouts(app: &App) -> Result<()> {
    let late = app.clock.now() - Duration::from_mins(1);
    let lost = store::sagas::due(&mut app.db.conn().await?, "RUNNING", late, 100).await?;
    for order_id in lost {
        tracing::warn!(order = %order_id, "a checkout was left alone; going on with it");
        come_back(app, order_id, app.clock.now()).await?;
    }
    Ok(())
}
