//! Step 5: price the order, let it wait for its money, and announce it. No peer is called.

use super::{Tried, note, refused};
use crate::App;
use crate::domain::order::{Amounts, CartRef, Line, Order};
use crate::domain::price::Price;
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::{OrderError, Result};
use crate::ops::expire_payment::ExpirePayment;
use crate::ops::{find, quote, save};
use crate::store;
use crate::store::sagas::{Offer, Saga};
use api::order::{OrderPaymentStatus, OrderStatus};
use api::shared::Actor;
use base::Error;
use events::tasks;

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let (Some(snapshot), Some(offer)) = (saga.data.snapshot.take(), saga.data.offer.take()) else {
        return Err(Error::internal("the snapshot and offer of a checkout are missing").into());
    };
    let order = find::read(app, saga.order_id).await?;
    let price = match quote::of_offer(app, &order, &snapshot, &offer).await {
        Ok(price) => price,
        Err(OrderError::Db(error)) => return Err(error.into()),
        Err(why) => return refused(app, saga, why).await,
    };
    let outcome = if price.total == 0 { Outcome::Paid } else { Outcome::Succeeded };
    saga.data.cart_token = None;
    let mut tx = app.db.begin().await?;
    note(&mut tx, saga, outcome).await?;
    let mut order = find::by_id(&mut tx, saga.order_id).await?;
    let now = tx.now();
    order.cart = Some(CartRef { id: snapshot.cart_id, version: snapshot.cart_version });
    order.coupons = snapshot.coupons.into_iter().chain(saga.data.coupon.clone()).collect();
    order.reservation_id = saga.data.reservation_id;
    order.payment_deadline = Some(now + app.config.payment_window.0);
    apply(&mut order, saga, &offer, price);
    order.move_to(OrderStatus::PendingPayment, Mover::System, &Actor::system(), None)?;
    store::orders::insert_lines(&mut tx, &order).await?;
    if outcome == Outcome::Paid {
        order.payment_status = OrderPaymentStatus::Paid;
    }
    save::save(&mut tx, &mut order).await?;
    let deadline = now + app.config.payment_window.0;
    tasks::schedule(&mut tx, &ExpirePayment { order_id: order.id }, deadline).await?;
    tx.commit().await?;
    Ok(Tried::Moved)
}

fn apply(order: &mut Order, saga: &Saga, offer: &Offer, price: Price) {
    order.currency = price.currency;
    order.amounts = Amounts {
        subtotal: price.subtotal,
        discount: price.discount,
        tax: price.tax,
        shipping: price.shipping,
        total: price.total,
        refunded: 0,
        tax_included: price.tax_included,
    };
    order.explanation = price.explanation;
    let lines = offer.lines.iter().zip(&saga.data.line_ids).zip(price.lines);
    let lines = lines.map(|((line, id), price)| Line {
        id: *id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        sku: line.sku.clone(),
        name: line.name.clone(),
        attributes: line.attributes.clone(),
        quantity: line.quantity,
        list_minor: quote::list_minor(line),
        unit_minor: quote::unit_minor(line),
        discount_minor: price.discount,
        tax_minor: price.tax,
        total_minor: price.total,
        tax_class: line.tax_class.clone(),
        weight_grams: line.weight_grams.unwrap_or(0),
        shipped: 0,
    });
    order.lines = lines.collect();
}
