//! What the payment service hears, and what it does later.

use crate::App;
use crate::ops::{self, Advance, ApplyWebhook, ExpirePayment, RunRefund};
use api::order::OrderCancelled;
use base::Result;
use events::{Consumers, Delivery, Queue, TaskRun, Tasks};
use std::future::Future;
use std::time::Duration;

/// How often the simulator looks for work that a crash left behind; while it lives it wakes itself.
const SIMULATOR_RHYTHM: Duration = Duration::from_secs(10);

/// How often what nobody asks for any more is forgotten.
const FORGET_RHYTHM: Duration = Duration::from_hours(1);

pub(crate) fn consumers(app: &App) -> Consumers {
    let orders = Queue::named("payment.order.events").bind("order.events", &["order.order.cancelled.v1"]);
    Consumers::new().queue(orders.on(with(app, order_cancelled)))
}

pub(crate) fn tasks(app: &App) -> Tasks {
    let tasks = Tasks::new()
        .on(with(app, advance))
        .on(with(app, expire))
        .on(with(app, run_refund))
        .on(with(app, apply_webhook))
        .every("reconcile-payments", app.config.reconcile_every.0, alone(app, reconcile))
        .every("compare-books", app.config.compare_every.0, alone(app, compare_books))
        .every("forget-payments", FORGET_RHYTHM, alone(app, forget));
    match app.gateway.simulator() {
        Some(_) => tasks.every("run-simulator", SIMULATOR_RHYTHM, alone(app, run_simulator)),
        None => tasks,
    }
}

/// Gives a handler its state.
fn with<T, H, F>(app: &App, handle: H) -> impl Fn(T) -> F + use<T, H, F>
where
    H: Fn(App, T) -> F,
    F: Future<Output = Result<()>>,
{
    let app = app.clone();
    move |work| handle(app.clone(), work)
}

/// Gives recurring work its state.
fn alone<H, F>(app: &App, handle: H) -> impl Fn() -> F + use<H, F>
where
    H: Fn(App) -> F,
    F: Future<Output = Result<()>>,
{
    let app = app.clone();
    move || handle(app.clone())
}

async fn order_cancelled(app: App, delivery: Delivery<OrderCancelled>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::order_cancelled(&mut tx, &delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn advance(app: App, run: TaskRun<Advance>) -> Result<()> {
    ops::advance(&app, run.task.payment_id).await?;
    Ok(())
}

async fn expire(app: App, run: TaskRun<ExpirePayment>) -> Result<()> {
    ops::expire(&app, run.task.payment_id, app.clock.now()).await
}

async fn run_refund(app: App, run: TaskRun<RunRefund>) -> Result<()> {
    ops::run_refund(&app, run.task.refund_id).await
}

async fn apply_webhook(app: App, run: TaskRun<ApplyWebhook>) -> Result<()> {
    ops::apply_webhook(&app, &run).await
}

async fn reconcile(app: App) -> Result<()> {
    ops::reconcile(&app).await
}

async fn compare_books(app: App) -> Result<()> {
    ops::compare_books(&app).await
}

async fn forget(app: App) -> Result<()> {
    ops::forget(&app).await
}

async fn run_simulator(app: App) -> Result<()> {
    match app.gateway.simulator() {
        Some(simulator) => simulator.run_due().await.map_err(base::Error::internal),
        None => Ok(()),
    }
}
