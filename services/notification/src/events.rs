//! What notification-service hears and does later.

use crate::App;
use crate::domain::draft::{self, Draft};
use crate::ops::{self, Dispatch};
use api::order::{OrderCancelled, OrderPlaced, OrderShipped};
use api::payment::{PaymentFailed, RefundSucceeded};
use api::user::{
    UserAccountStatusChanged, UserCreated, UserEmailChanged, UserEmailVerificationRequested,
    UserEmailVerified, UserPasswordChanged, UserPasswordResetRequested, UserRegistered, UserStatus,
    UserUpdated,
};
use base::Result;
use events::{Consumers, Delivery, Message, Queue, TaskRun, Tasks};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How often somebody looks for notifications whose task was lost.
const RECOVER: Duration = Duration::from_mins(1);
/// How often old contents are forgotten.
const FORGET: Duration = Duration::from_hours(1);

/// What comes of handling a message.
type Handled = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

pub(crate) fn consumers(app: &App) -> Consumers {
    let of_users = [
        "user.account.*.v1",
        "user.auth.email-verification-requested.v1",
        "user.auth.password-reset-requested.v1",
        "user.auth.password-changed.v1",
    ];
    let users = Queue::named("notification.user.events")
        .bind("user.events", &of_users)
        .on(with(app, user_created))
        .on(with(app, user_updated))
        .on(with(app, user_verified))
        .on(with(app, user_status))
        .on(mail(app, |event: &UserRegistered| vec![draft::welcome(event)]))
        .on(mail(app, |event: &UserEmailVerificationRequested| vec![draft::verify_email(event)]))
        .on(mail(app, |event: &UserPasswordResetRequested| vec![draft::password_reset(event)]))
        .on(mail(app, |event: &UserPasswordChanged| vec![draft::password_changed(event)]))
        .on(mail(app, |event: &UserEmailChanged| draft::email_changed(event).into()));
    let of_orders = ["order.order.placed.v1", "order.order.cancelled.v1", "order.shipment.shipped.v1"];
    let orders = Queue::named("notification.order.events")
        .bind("order.events", &of_orders)
        .on(mail(app, |event: &OrderPlaced| vec![draft::order_confirmation(event)]))
        .on(mail(app, |event: &OrderCancelled| vec![draft::order_cancelled(event)]))
        .on(mail(app, |event: &OrderShipped| vec![draft::order_shipped(event)]));
    let payments = Queue::named("notification.payment.events")
        .bind("payment.events", &["payment.payment.failed.v1", "payment.refund.succeeded.v1"])
        .on(mail(app, |event: &PaymentFailed| vec![draft::payment_failed(event)]))
        .on(mail(app, |event: &RefundSucceeded| vec![draft::refund_confirmation(event)]));
    Consumers::new().queue(users).queue(orders).queue(payments)
}

pub(crate) fn tasks(app: &App) -> Tasks {
    let (sender, finder, forgetter) = (app.clone(), app.clone(), app.clone());
    Tasks::new()
        .on(move |run: TaskRun<Dispatch>| {
            let app = sender.clone();
            async move { ops::dispatch(&app, run.task.notification_id).await }
        })
        .every("recover-notifications", RECOVER, move || {
            let app = finder.clone();
            async move { ops::recover(&app).await }
        })
        .every("forget-old-notifications", FORGET, move || {
            let app = forgetter.clone();
            async move { ops::forget_old(&app).await }
        })
}

/// Gives a handler its state.
fn with<M, F, H>(app: &App, handle: H) -> impl Fn(Delivery<M>) -> F + use<M, F, H>
where
    M: Message,
    F: Future<Output = Result<()>>,
    H: Fn(App, Delivery<M>) -> F,
{
    let app = app.clone();
    move |delivery| handle(app.clone(), delivery)
}

/// The handler of an event that causes mails and nothing else.
fn mail<M: Message>(app: &App, drafts: fn(&M) -> Vec<Draft>) -> impl Fn(Delivery<M>) -> Handled + use<M> {
    let app = app.clone();
    move |delivery| {
        let app = app.clone();
        Box::pin(async move {
            let mut tx = app.db.begin().await?;
            if !delivery.claim(&mut tx).await? {
                return Ok(());
            }
            for draft in drafts(&delivery.message.payload) {
                ops::accept(&app, &mut tx, delivery.message.message_id, draft).await?;
            }
            Ok(tx.commit().await?)
        })
    }
}

async fn user_created(app: App, delivery: Delivery<UserCreated>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::note_created(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn user_updated(app: App, delivery: Delivery<UserUpdated>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::note_updated(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn user_verified(app: App, delivery: Delivery<UserEmailVerified>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::note_verified(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn user_status(app: App, delivery: Delivery<UserAccountStatusChanged>) -> Result<()> {
    if delivery.message.payload.new_status == UserStatus::Deleted {
        return ops::erase_person(&app, delivery).await;
    }
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::note_status(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}
