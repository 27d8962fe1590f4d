//! Gives a cart to an order, and takes it back.

use super::tell::save;
use crate::App;
use crate::domain::{Cart, Owner};
use crate::error::CartError;
use crate::store;
use api::cart::{CartCheckedOut, CartSnapshot};
use api::ids::{CartId, OrderId};
use db::Tx;
use events::outbox;

/// Locks the shopper's cart for an order and says what is in it. The same order gets the same
/// answer, even after it was paid.
///
/// # Errors
/// [`CartError::Empty`], [`CartError::Locked`] with the order that holds it.
pub(crate) async fn lock_cart(app: &App, owner: Owner, order_id: OrderId) -> Result<CartSnapshot, CartError> {
    let mut tx = app.db.begin().await?;
    let cart = match store::open_by_order(&mut tx, order_id).await? {
        Some(cart) => Some(cart),
        None => store::open_of(&mut tx, owner).await?,
    };
    let mut cart = cart.ok_or(CartError::Empty)?;
    let now = tx.now();
    let is_held = cart.order_id == Some(order_id);
    let snapshot = cart.lock(order_id, now)?;
    if !is_held {
        save(&mut tx, &mut cart).await?;
        outbox::publish(&mut tx, &checked_out(&cart, &snapshot)).await?;
    }
    tx.commit().await?;
    Ok(snapshot)
}

fn checked_out(cart: &Cart, snapshot: &CartSnapshot) -> CartCheckedOut {
    CartCheckedOut {
        aggregate_version: cart.version,
        cart_id: cart.id,
        cart_version: snapshot.cart_version,
        user_id: snapshot.user_id,
        order_id: snapshot.order_id,
        items: snapshot.items.clone(),
        subtotal: snapshot.totals.subtotal,
        discount_amount: snapshot.totals.discount_amount,
        total_amount: snapshot.totals.total_amount,
        checked_out_at: cart.updated_at,
    }
}

/// Gives a cart back to its owner; nothing happens if this order does not hold it.
///
/// # Errors
/// Those of the store.
pub(crate) async fn unlock_cart(app: &App, cart_id: CartId, order_id: OrderId) -> Result<(), CartError> {
    let mut tx = app.db.begin().await?;
    unlock(&mut tx, cart_id, order_id).await?;
    Ok(tx.commit().await?)
}

/// As [`unlock_cart`], in a transaction of the caller's.
pub(super) async fn unlock(tx: &mut Tx, cart_id: CartId, order_id: OrderId) -> Result<(), CartError> {
    let now = tx.now();
    if let Some(mut cart) = store::open(tx, cart_id).await?
        && cart.unlock(order_id, now)
    {
        save(tx, &mut cart).await?;
    }
    Ok(())
}
