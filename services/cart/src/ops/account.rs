//! What becomes of a cart when its owner's account is closed.

use crate::domain::{Cart, Owner};
use crate::error::CartError;
use crate::ops::tell::save_cleared;
use crate::store;
use api::cart::CartClearReason;
use api::ids::UserId;
use db::Tx;

/// Empties the cart of a closed account. One that an order holds stays until the order ends.
///
/// # Errors
/// Those of the store.
pub(crate) async fn close_account(tx: &mut Tx, user_id: UserId) -> Result<(), CartError> {
    let cart = store::open_of(tx, Owner::User(user_id)).await?;
    let Some(mut cart) = cart.filter(Cart::is_open) else { return Ok(()) };
    cart.expire();
    save_cleared(tx, &mut cart, CartClearReason::AccountClosed).await
}
