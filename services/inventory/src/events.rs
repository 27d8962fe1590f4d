//! What inventory-service hears and does later.

use crate::App;
use crate::ops::{self, RecheckWarehouse};
use api::order::{OrderCancelled, OrderShipped};
use api::product::{
    ProductCreated, ProductDeleted, ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated,
};
use base::Result;
use events::{Consumers, Delivery, Message, Queue, TaskRun, Tasks};
use std::future::Future;
use std::time::Duration;

/// How often what can make no difference any more is forgotten.
const FORGET_RHYTHM: Duration = Duration::from_hours(1);

pub(crate) fn consumers(app: &App) -> Consumers {
    let of_products = ["product.product.created.v1", "product.product.deleted.v1", "product.variant.*.v1"];
    let products = Queue::named("inventory.product.events")
        .bind("product.events", &of_products)
        .on(with(app, product_created))
        .on(with(app, product_deleted))
        .on(with(app, variant_added))
        .on(with(app, variant_updated))
        .on(with(app, variant_removed));
    let of_orders = ["order.order.cancelled.v1", "order.shipment.shipped.v1", "order.return.received.v1"];
    let orders = Queue::named("inventory.order.events")
        .bind("order.events", &of_orders)
        .on(with(app, order_cancelled))
        .on(with(app, order_shipped));
    Consumers::new().queue(products).queue(orders)
}

pub(crate) fn tasks(app: &App) -> Tasks {
    let expire = app.clone();
    let forget = app.clone();
    let recheck = app.clone();
    Tasks::new()
        .every("expire-reservations", app.config.expiry_interval.0, move || {
            let app = expire.clone();
            async move { Ok(ops::expire_reservations(&app).await?) }
        })
        .every("forget-sources", FORGET_RHYTHM, move || {
            let app = forget.clone();
            async move { Ok(ops::forget_sources(&app).await?) }
        })
        .on(move |run: TaskRun<RecheckWarehouse>| {
            let app = recheck.clone();
            async move { Ok(ops::recheck_warehouse(&app, &run.task).await?) }
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

async fn product_created(app: App, delivery: Delivery<ProductCreated>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::product_created(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn product_deleted(app: App, delivery: Delivery<ProductDeleted>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::product_deleted(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn variant_added(app: App, delivery: Delivery<ProductVariantAdded>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::variant_added(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn variant_updated(app: App, delivery: Delivery<ProductVariantUpdated>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::variant_updated(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn variant_removed(app: App, delivery: Delivery<ProductVariantRemoved>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::variant_removed(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn order_cancelled(app: App, delivery: Delivery<OrderCancelled>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::cancel_order(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn order_shipped(app: App, delivery: Delivery<OrderShipped>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if delivery.claim(&mut tx).await? {
        ops::ship(&app, &mut tx, delivery.message.payload).await?;
        tx.commit().await?;
    }
    Ok(())
}
