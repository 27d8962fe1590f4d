//! Changes quantities, takes lines out, empties a cart.

use super::offers::offer;
use super::tell::{save_cleared, save_updated};
use crate::App;
use crate::domain::{Cart, MAX_QUANTITY, Offer, Owner};
use crate::error::CartError;
use crate::store;
use api::cart::{CartClearReason, UpdateItem};
use api::ids::CartLineId;
use base::Check;
use db::Tx;

/// Sets the quantity of a line; 0 removes it. `seen` is the version the shopper has seen, if they
/// said so.
///
/// # Errors
/// [`CartError::LineNotFound`], [`CartError::ProductNotFound`], [`CartError::NotSellable`],
/// [`CartError::InsufficientStock`], [`CartError::Locked`], [`CartError::Stale`]; 422; those of
/// the peer.
pub(crate) async fn update_item(
    app: &App,
    owner: Owner,
    id: CartLineId,
    seen: Option<i64>,
    item: UpdateItem,
) -> Result<Cart, CartError> {
    let mut check = Check::new();
    check.number("/quantity", item.quantity, 0..=MAX_QUANTITY);
    check.finish()?;
    let offer = if item.quantity > 0 { Some(offer_for(app, owner, id, item.quantity).await?) } else { None };
    let mut tx = app.db.begin().await?;
    let mut cart = open(&mut tx, owner, seen).await?.ok_or(CartError::LineNotFound)?;
    let now = tx.now();
    cart.set_quantity(id, item.quantity, offer.as_ref(), now)?;
    save_updated(&mut tx, &mut cart).await?;
    tx.commit().await?;
    Ok(cart)
}

async fn offer_for(app: &App, owner: Owner, id: CartLineId, quantity: i64) -> Result<Offer, CartError> {
    let mut conn = app.db.conn().await?;
    let cart = store::of_owner(&mut conn, owner).await?.ok_or(CartError::LineNotFound)?;
    drop(conn);
    let line = cart.lines.iter().find(|line| line.id == id).ok_or(CartError::LineNotFound)?;
    offer(app, line.product_id, line.variant_id, quantity, cart.currency).await
}

/// Takes a line out.
///
/// # Errors
/// [`CartError::LineNotFound`], [`CartError::Locked`], [`CartError::Stale`].
pub(crate) async fn remove_item(
    app: &App,
    owner: Owner,
    id: CartLineId,
    seen: Option<i64>,
) -> Result<Cart, CartError> {
    let mut tx = app.db.begin().await?;
    let mut cart = open(&mut tx, owner, seen).await?.ok_or(CartError::LineNotFound)?;
    let now = tx.now();
    cart.remove(id, now)?;
    save_updated(&mut tx, &mut cart).await?;
    tx.commit().await?;
    Ok(cart)
}

/// Takes everything out.
///
/// # Errors
/// [`CartError::Locked`], [`CartError::Stale`].
pub(crate) async fn clear_cart(app: &App, owner: Owner, seen: Option<i64>) -> Result<Cart, CartError> {
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let Some(mut cart) = open(&mut tx, owner, seen).await? else {
        return Ok(Cart::new(owner, app.currency, now));
    };
    cart.clear(now)?;
    if !cart.changes.is_empty() {
        save_cleared(&mut tx, &mut cart, CartClearReason::User).await?;
    }
    tx.commit().await?;
    Ok(cart)
}

async fn open(tx: &mut Tx, owner: Owner, seen: Option<i64>) -> Result<Option<Cart>, CartError> {
    let cart = store::open_of(tx, owner).await?;
    let version = cart.as_ref().map_or(0, |cart| cart.version);
    if seen.is_some_and(|seen| seen != version) { Err(CartError::Stale) } else { Ok(cart) }
}
