//! Consumed messages → operations, and the durable work of the service.

use crate::App;
use crate::ops::housekeeping::{self, UnlockAccount};
use crate::ops::password_reset::{self, SendResetLink};
use crate::ops::{keys, shopping, wishes};
use api::notification::{CommunicationPreferenceUpdated, NotificationDeliveryUpdate};
use api::order::{OrderCancelled, OrderPlaced};
use api::payment::PaymentFailed;
use base::Result;
use events::{Consumers, Delivery, Queue, TaskRun, Tasks};
use std::time::Duration;

/// What the service consumes.
pub(crate) fn consumers(app: &App) -> Consumers {
    let (placed, cancelled, failed) = (app.clone(), app.clone(), app.clone());
    let orders = Queue::named("user.order.events")
        .bind("order.events", &["order.order.placed.v1", "order.order.cancelled.v1"])
        .on(move |delivery| order_placed(placed.clone(), delivery))
        .on(move |delivery| order_cancelled(cancelled.clone(), delivery));
    let payments = Queue::named("user.payment.events")
        .bind("payment.events", &["payment.payment.failed.v1"])
        .on(move |delivery| payment_failed(failed.clone(), delivery));
    let (wished, fared) = (app.clone(), app.clone());
    let of_notifications = ["notification.preference.updated.v1", "notification.delivery.updated.v1"];
    let notifications = Queue::named("user.notification.events")
        .bind("notification.events", &of_notifications)
        .on(move |delivery| preference_updated(wished.clone(), delivery))
        .on(move |delivery| delivery_updated(fared.clone(), delivery));
    Consumers::new().queue(orders).queue(payments).queue(notifications)
}

async fn preference_updated(app: App, delivery: Delivery<CommunicationPreferenceUpdated>) -> Result<()> {
    Ok(wishes::preference_updated(&app, &delivery).await?)
}

async fn delivery_updated(app: App, delivery: Delivery<NotificationDeliveryUpdate>) -> Result<()> {
    Ok(wishes::delivery_updated(&app, &delivery).await?)
}

async fn order_placed(app: App, delivery: Delivery<OrderPlaced>) -> Result<()> {
    Ok(shopping::order_placed(&app, &delivery).await?)
}

async fn order_cancelled(app: App, delivery: Delivery<OrderCancelled>) -> Result<()> {
    Ok(shopping::order_cancelled(&app, &delivery).await?)
}

async fn payment_failed(app: App, delivery: Delivery<PaymentFailed>) -> Result<()> {
    Ok(shopping::payment_failed(&app, &delivery).await?)
}

/// The durable work of the service.
pub(crate) fn tasks(app: &App) -> Tasks {
    let (unlocking, sending, rotating, pruning) = (app.clone(), app.clone(), app.clone(), app.clone());
    Tasks::new()
        .on(move |run| unlock_account(unlocking.clone(), run))
        .on(move |run| send_reset_link(sending.clone(), run))
        .every("rotate-signing-keys", Duration::from_hours(1), move || rotate_signing_keys(rotating.clone()))
        .every("prune", Duration::from_hours(1), move || prune(pruning.clone()))
}

async fn unlock_account(app: App, run: TaskRun<UnlockAccount>) -> Result<()> {
    Ok(housekeeping::unlock(&app, run.task.user_id).await?)
}

async fn send_reset_link(app: App, run: TaskRun<SendResetLink>) -> Result<()> {
    Ok(password_reset::send(&app, &run).await?)
}

async fn rotate_signing_keys(app: App) -> Result<()> {
    Ok(keys::rotate(&app).await?)
}

async fn prune(app: App) -> Result<()> {
    Ok(housekeeping::prune(&app).await?)
}
