//! What cart-service hears and does later.

use crate::App;
use crate::ops::{self, LineChange, TouchLines};
use api::order::{OrderCancelled, OrderPlaced};
use api::product::{
    ProductDeleted, ProductPriceUpdated, ProductStatus, ProductStatusChanged, ProductVariantRemoved,
};
use api::user::UserDeactivated;
use base::Result;
use db::Tx;
use events::{Consumers, Delivery, Message, Queue, TaskRun, Tasks, tasks};
use std::future::Future;

pub(crate) fn consumers(app: &App) -> Consumers {
    let orders = Queue::named("cart.order.events")
        .bind("order.events", &["order.order.placed.v1", "order.order.cancelled.v1"])
        .on(with(app, order_placed))
        .on(with(app, order_cancelled));
    let of_products = [
        "product.price.updated.v1",
        "product.product.status-changed.v1",
        "product.product.deleted.v1",
        "product.variant.removed.v1",
        "product.discount.*.v1",
    ];
    let products = Queue::named("cart.product.events")
        .bind("product.events", &of_products)
        .on(with(app, price_updated))
        .on(with(app, status_changed))
        .on(with(app, product_deleted))
        .on(with(app, variant_removed));
    let users = Queue::named("cart.user.events")
        .bind("user.events", &["user.account.deactivated.v1", "user.account.deleted.v1"])
        .on(with(app, user_deactivated));
    Consumers::new().queue(orders).queue(products).queue(users)
}

pub(crate) fn tasks(app: &App) -> Tasks {
    let (sweeper, toucher) = (app.clone(), app.clone());
    Tasks::new()
        .every("sweep-carts", app.config.sweep_interval.0, move || {
            let app = sweeper.clone();
            async move { Ok(ops::sweep(&app).await?) }
        })
        .on(move |run: TaskRun<TouchLines>| {
            let app = toucher.clone();
            async move { Ok(ops::touch_lines(&app, &run.task).await?) }
        })
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

async fn order_placed(app: App, delivery: Delivery<OrderPlaced>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::order_placed(&mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn order_cancelled(app: App, delivery: Delivery<OrderCancelled>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::order_cancelled(&mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn user_deactivated(app: App, delivery: Delivery<UserDeactivated>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::close_account(&mut tx, delivery.message.payload.user_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn price_updated(app: App, delivery: Delivery<ProductPriceUpdated>) -> Result<()> {
    let event = &delivery.message.payload;
    let price = event.new_price.sale.unwrap_or(event.new_price.base);
    let change = LineChange::Price { variant_id: event.variant_id, price, at: event.updated_at };
    touch_later(&app, &delivery, TouchLines { product_id: event.product_id, change }).await
}

async fn status_changed(app: App, delivery: Delivery<ProductStatusChanged>) -> Result<()> {
    let event = &delivery.message.payload;
    let available = matches!(event.new_status, ProductStatus::Active | ProductStatus::Discontinued);
    let change = LineChange::Available { variant_id: None, available };
    touch_later(&app, &delivery, TouchLines { product_id: event.product_id, change }).await
}

async fn product_deleted(app: App, delivery: Delivery<ProductDeleted>) -> Result<()> {
    let change = LineChange::Available { variant_id: None, available: false };
    let product_id = delivery.message.payload.product_id;
    touch_later(&app, &delivery, TouchLines { product_id, change }).await
}

async fn variant_removed(app: App, delivery: Delivery<ProductVariantRemoved>) -> Result<()> {
    let event = &delivery.message.payload;
    let change = LineChange::Available { variant_id: Some(event.variant_id), available: false };
    touch_later(&app, &delivery, TouchLines { product_id: event.product_id, change }).await
}

/// Lines may be in thousands of carts: they are changed in batches, by a task.
async fn touch_later<M: Message>(app: &App, delivery: &Delivery<M>, task: TouchLines) -> Result<()> {
    let mut tx: Tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        let now = tx.now();
        tasks::schedule(&mut tx, &task, now).await?;
        tx.commit().await?;
    }
    Ok(())
}
