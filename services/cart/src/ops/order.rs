//! What becomes of a cart when its order is paid or given up.

use super::lock::unlock;
use super::tell::{save_cleared, save_updated};
use crate::App;
use crate::error::CartError;
use crate::store;
use api::cart::CartClearReason;
use api::ids::{CartId, OrderId};
use api::order::{OrderCancelled, OrderPlaced};
use db::Tx;

/// An order was paid: its cart is used up. If the order had lost its hold on the cart meanwhile,
/// only what was bought is taken out; what was put in later stays.
///
/// # Errors
/// Those of the store.
pub(crate) async fn order_placed(tx: &mut Tx, placed: OrderPlaced) -> Result<(), CartError> {
    let order_id = placed.order.order_id;
    let Some(mut cart) = store::open(tx, placed.cart_id).await? else { return Ok(()) };
    if cart.convert(order_id) {
        return save_cleared(tx, &mut cart, CartClearReason::OrderPlaced).await;
    }
    let bought = placed.items.iter().map(|item| (item.product_id, item.variant_id, item.quantity));
    cart.take_bought(&bought.collect::<Vec<_>>());
    if cart.changes.is_empty() {
        return Ok(());
    }
    tracing::warn!(cart_id = %cart.id, %order_id, "an order was paid that did not hold its cart any more");
    save_updated(tx, &mut cart).await
}

/// The order that holds a cart was paid: uses the cart up; nothing happens if it holds it no more.
///
/// # Errors
/// Those of the store.
pub(super) async fn use_up(app: &App, cart_id: CartId, order_id: OrderId) -> Result<(), CartError> {
    let mut tx = app.db.begin().await?;
    if let Some(mut cart) = store::open(&mut tx, cart_id).await?
        && cart.convert(order_id)
    {
        save_cleared(&mut tx, &mut cart, CartClearReason::OrderPlaced).await?;
    }
    Ok(tx.commit().await?)
}

/// An order was given up: its owner has the cart back.
///
/// # Errors
/// Those of the store.
pub(crate) async fn order_cancelled(tx: &mut Tx, cancelled: OrderCancelled) -> Result<(), CartError> {
    unlock(tx, cancelled.cart_id, cancelled.order.order_id).await
}
