//! What order-service hears from others, and what it does by itself later.

use crate::App;
use crate::domain::payment::PaymentNews;
use crate::ops::{
    self, AccountStatus, AdvanceCheckout, AskPayment, ExpirePayment, GiveBack, NoteAddress, RefundNews,
};
use crate::store::customers::Known;
use api::inventory::InventoryReservationExpired;
use api::payment::{NextAction, NextActionType};
use api::payment::{
    PaymentAuthorized, PaymentCancelled, PaymentCaptured, PaymentFailed, PaymentInitiated, PaymentProcessing,
    PaymentRequiresAction, PaymentStatus, PaymentSucceeded, RefundFailed, RefundSucceeded,
};
use api::user::{
    UserAccountStatusChanged, UserAddressAdded, UserAddressDeleted, UserAddressUpdated, UserCreated,
    UserEmailVerified, UserStatus, UserUpdated,
};
use base::Result;
use events::{Consumers, Delivery, Message, Queue, TaskRun, Tasks};
use std::future::Future;
use std::time::Duration;

pub(crate) fn consumers(app: &App) -> Consumers {
    let payments = Queue::named("order.payment.events")
        .bind("payment.events", &["payment.payment.*.v1", "payment.refund.*.v1"])
        .on(with(app, payment_initiated))
        .on(with(app, payment_requires_action))
        .on(with(app, payment_processing))
        .on(with(app, payment_authorized))
        .on(with(app, payment_captured))
        .on(with(app, payment_succeeded))
        .on(with(app, payment_failed))
        .on(with(app, payment_cancelled))
        .on(with(app, refund_succeeded))
        .on(with(app, refund_failed));
    let inventory = Queue::named("order.inventory.events")
        .bind("inventory.events", &["inventory.reservation.expired.v1"])
        .on(with(app, reservation_expired));
    let keys = [
        "user.account.created.v1",
        "user.account.updated.v1",
        "user.account.status-changed.v1",
        "user.account.deleted.v1",
        "user.account.email-verified.v1",
        "user.address.*.v1",
    ];
    let users = Queue::named("order.user.events")
        .bind("user.events", &keys)
        .on(with(app, user_created))
        .on(with(app, user_updated))
        .on(with(app, user_email_verified))
        .on(with(app, user_status_changed))
        .on(with(app, address_added))
        .on(with(app, address_updated))
        .on(with(app, address_deleted));
    Consumers::new().queue(payments).queue(inventory).queue(users)
}

pub(crate) fn tasks(app: &App) -> Tasks {
    Tasks::new()
        .on(run(app, |app, run: TaskRun<AdvanceCheckout>| async move {
            Ok(ops::advance_checkout(&app, run.task.order_id).await?)
        }))
        .on(run(app, |app, run: TaskRun<ExpirePayment>| async move {
            Ok(ops::expire_payment(&app, run.task.order_id).await?)
        }))
        .on(run(app, |app, run: TaskRun<AskPayment>| async move {
            Ok(ops::ask_payment(&app, run.task.order_id).await?)
        }))
        .on(run(app, |app, run: TaskRun<GiveBack>| async move { Ok(ops::give_back(&app, &run).await?) }))
        .every(
            "ask-payments",
            Duration::from_mins(1),
            job(app, |app| async move { Ok(ops::schedule_questions(&app).await?) }),
        )
        .every(
            "wake-checkouts",
            Duration::from_mins(1),
            job(app, |app| async move { Ok(ops::wake_checkouts(&app).await?) }),
        )
        .every(
            "complete-orders",
            Duration::from_hours(1),
            job(app, |app| async move { Ok(ops::complete_orders(&app).await?) }),
        )
        .every(
            "prune-rejected",
            Duration::from_hours(1),
            job(app, |app| async move { Ok(ops::prune_rejected(&app).await?) }),
        )
}

/// Gives a handler its state.
fn with<M, H, F>(app: &App, handle: H) -> impl Fn(Delivery<M>) -> F + use<M, H, F>
where
    M: Message,
    H: Fn(App, Delivery<M>) -> F,
    F: Future<Output = Result<()>>,
{
    let app = app.clone();
    move |delivery| handle(app.clone(), delivery)
}

/// Gives a task its state.
fn run<T, H, F>(app: &App, handle: H) -> impl Fn(TaskRun<T>) -> F + use<T, H, F>
where
    H: Fn(App, TaskRun<T>) -> F,
    F: Future<Output = Result<()>>,
{
    let app = app.clone();
    move |run| handle(app.clone(), run)
}

/// Gives a recurring task its state.
fn job<H, F>(app: &App, handle: H) -> impl Fn() -> F + use<H, F>
where
    H: Fn(App) -> F,
    F: Future<Output = Result<()>>,
{
    let app = app.clone();
    move || handle(app.clone())
}

async fn payment_initiated(app: App, delivery: Delivery<PaymentInitiated>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews {
        number: Some(told.attempt),
        amount_minor: Some(told.amount.minor),
        ..PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Pending)
    };
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_requires_action(app: App, delivery: Delivery<PaymentRequiresAction>) -> Result<()> {
    let told = &delivery.message.payload;
    let redirect = told.next_action_type == NextActionType::RedirectToUrl;
    let next_action = redirect.then(|| NextAction {
        kind: told.next_action_type,
        url: told.next_action_url.clone(),
        client_secret: None,
    });
    let news = PaymentNews {
        next_action,
        ..PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::RequiresAction)
    };
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_processing(app: App, delivery: Delivery<PaymentProcessing>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Processing);
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_authorized(app: App, delivery: Delivery<PaymentAuthorized>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews {
        amount_minor: Some(told.amount.minor),
        ..PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Authorized)
    };
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_captured(app: App, delivery: Delivery<PaymentCaptured>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Succeeded);
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_succeeded(app: App, delivery: Delivery<PaymentSucceeded>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews {
        amount_minor: Some(told.amount_paid.minor),
        details: Some(told.payment_method_details.clone()),
        ..PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Succeeded)
    };
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_failed(app: App, delivery: Delivery<PaymentFailed>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews {
        number: Some(told.attempt),
        failure: Some(told.failure_reason),
        ..PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Failed)
    };
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn payment_cancelled(app: App, delivery: Delivery<PaymentCancelled>) -> Result<()> {
    let told = &delivery.message.payload;
    let news = PaymentNews::new(told.payment_id, told.aggregate_version, PaymentStatus::Cancelled);
    Ok(ops::note_payment(&app, &delivery, told.order_id, &news).await?)
}

async fn refund_succeeded(app: App, delivery: Delivery<RefundSucceeded>) -> Result<()> {
    let told = &delivery.message.payload;
    let refund = RefundNews {
        order_id: told.order_id,
        payment_id: told.payment_id,
        refund_id: told.refund_id,
        amount: told.amount_refunded,
        succeeded: true,
    };
    Ok(ops::note_refund(&app, &delivery, refund).await?)
}

async fn refund_failed(app: App, delivery: Delivery<RefundFailed>) -> Result<()> {
    let told = &delivery.message.payload;
    let refund = RefundNews {
        order_id: told.order_id,
        payment_id: told.payment_id,
        refund_id: told.refund_id,
        amount: told.amount,
        succeeded: false,
    };
    Ok(ops::note_refund(&app, &delivery, refund).await?)
}

async fn reservation_expired(app: App, delivery: Delivery<InventoryReservationExpired>) -> Result<()> {
    Ok(ops::expire_reservation(&app, &delivery).await?)
}

async fn user_created(app: App, delivery: Delivery<UserCreated>) -> Result<()> {
    let told = &delivery.message.payload;
    // Created active means that the address was proven elsewhere.
    if told.status == UserStatus::Active {
        ops::adopt_orders(&app, told.user_id, &told.email).await?;
    }
    let known = Known {
        user_id: told.user_id,
        version: told.aggregate_version,
        email: told.email.clone(),
        name: full_name(told.first_name.as_deref(), told.last_name.as_deref()),
        status: told.status,
    };
    Ok(ops::note_customer(&app, &delivery, &known).await?)
}

async fn user_updated(app: App, delivery: Delivery<UserUpdated>) -> Result<()> {
    let told = &delivery.message.payload;
    let snapshot = &told.snapshot;
    let known = Known {
        user_id: told.user_id,
        version: told.aggregate_version,
        email: snapshot.email.clone(),
        name: full_name(snapshot.first_name.as_deref(), snapshot.last_name.as_deref()),
        status: snapshot.status,
    };
    Ok(ops::note_customer(&app, &delivery, &known).await?)
}

fn full_name(first: Option<&str>, last: Option<&str>) -> String {
    let parts: Vec<&str> = [first, last].into_iter().flatten().collect();
    parts.join(" ")
}

async fn user_email_verified(app: App, delivery: Delivery<UserEmailVerified>) -> Result<()> {
    let told = &delivery.message.payload;
    Ok(ops::adopt_orders(&app, told.user_id, &told.email).await?)
}

async fn user_status_changed(app: App, delivery: Delivery<UserAccountStatusChanged>) -> Result<()> {
    let told = &delivery.message.payload;
    let status = AccountStatus {
        user_id: told.user_id,
        version: told.aggregate_version,
        email: told.email.clone(),
        status: told.new_status,
    };
    Ok(ops::note_account_status(&app, &delivery, &status).await?)
}

async fn address_added(app: App, delivery: Delivery<UserAddressAdded>) -> Result<()> {
    let told = &delivery.message.payload;
    let note = NoteAddress::Added {
        user_id: told.user_id,
        version: told.aggregate_version,
        address_id: told.address_id,
        address: told.full_address.clone(),
    };
    Ok(ops::note_address(&app, &delivery, &note).await?)
}

async fn address_updated(app: App, delivery: Delivery<UserAddressUpdated>) -> Result<()> {
    let told = &delivery.message.payload;
    let note = NoteAddress::Updated {
        user_id: told.user_id,
        version: told.aggregate_version,
        address_id: told.address_id,
        address: told.full_address.clone(),
    };
    Ok(ops::note_address(&app, &delivery, &note).await?)
}

async fn address_deleted(app: App, delivery: Delivery<UserAddressDeleted>) -> Result<()> {
    let note = NoteAddress::Deleted { address_id: delivery.message.payload.address_id };
    Ok(ops::note_address(&app, &delivery, &note).await?)
}
