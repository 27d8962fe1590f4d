//! Stores a cart together with what its neighbours hear of it.

use crate::domain::Cart;
use crate::error::CartError;
use crate::store;
use api::cart::{CartClearReason, CartCleared, CartUpdated};
use db::Tx;
use events::outbox;

/// Stores a cart.
///
/// # Errors
/// [`CartError::Stale`] if another request was faster.
pub(super) async fn save(tx: &mut Tx, cart: &mut Cart) -> Result<(), CartError> {
    let now = tx.now();
    if store::save(tx, cart, now).await? { Ok(()) } else { Err(CartError::Stale) }
}

/// Stores a cart and tells of the changes of its lines.
///
/// # Errors
/// As [`save`].
pub(super) async fn save_updated(tx: &mut Tx, cart: &mut Cart) -> Result<(), CartError> {
    save(tx, cart).await?;
    let event = CartUpdated {
        aggregate_version: cart.version,
        cart_id: cart.id,
        user_id: cart.owner.user_id(),
        changes: cart.changes.iter().map(Into::into).collect(),
        item_count: cart.item_count(),
        subtotal: cart.subtotal(),
        updated_at: cart.updated_at,
    };
    outbox::publish(tx, &event).await?;
    Ok(())
}

/// Stores an emptied cart and tells why it is empty.
///
/// # Errors
/// As [`save`].
pub(super) async fn save_cleared(
    tx: &mut Tx,
    cart: &mut Cart,
    reason: CartClearReason,
) -> Result<(), CartError> {
    save(tx, cart).await?;
    let event = CartCleared {
        aggregate_version: cart.version,
        cart_id: cart.id,
        user_id: cart.owner.user_id(),
        order_id: cart.order_id,
        reason,
        cleared_at: cart.updated_at,
    };
    outbox::publish(tx, &event).await?;
    Ok(())
}
