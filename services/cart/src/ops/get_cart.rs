//! Shows a cart with what has become of prices and stock.

use super::offers::offers;
use super::tell::save_updated;
use crate::App;
use crate::domain::{Cart, Offer, Owner};
use crate::error::CartError;
use crate::store;
use api::audit::Deed;
use api::cart::CartAuditRecorded;
use api::ids::UserId;
use auth::Caller;

/// The shopper's cart, compared with the catalogue. What is new is kept, so that an order is made
/// of the prices the shopper has seen. If the catalogue cannot be asked, the cart is shown as it
/// was known last.
///
/// # Errors
/// Those of the store.
pub(crate) async fn get_cart(app: &App, owner: Owner) -> Result<Cart, CartError> {
    let mut cart = known_cart(app, owner).await?;
    if cart.lines.is_empty() || !cart.is_open() {
        return Ok(cart);
    }
    match offers(app, &cart).await {
        Ok(offers) if cart.refresh(&offers) => keep(app, owner, &offers).await,
        Ok(_) => Ok(cart),
        Err(error) => {
            tracing::warn!(%error, "a cart is shown without asking the catalogue");
            Ok(cart)
        }
    }
}

/// The present cart of a user as it is known. That somebody else reads it is noted, also of a
/// service: no shopper asks it to.
///
/// # Errors
/// Those of the store.
pub(crate) async fn cart_of_user(app: &App, caller: &Caller, user_id: UserId) -> Result<Cart, CartError> {
    let mut tx = app.db.begin().await?;
    let deed = Deed::new("cart.read", "user").to(user_id);
    CartAuditRecorded::write(&mut tx, caller.into(), deed).await?;
    tx.commit().await?;
    known_cart(app, Owner::User(user_id)).await
}

/// The shopper's cart as it is known; an empty one that is not stored if there is none.
pub(super) async fn known_cart(app: &App, owner: Owner) -> Result<Cart, CartError> {
    let mut conn = app.db.conn().await?;
    let cart = store::of_owner(&mut conn, owner).await?;
    Ok(cart.unwrap_or_else(|| Cart::new(owner, app.currency, app.clock.now())))
}

async fn keep(app: &App, owner: Owner, offers: &[Offer]) -> Result<Cart, CartError> {
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let cart = store::open_of(&mut tx, owner).await?;
    let mut cart = cart.unwrap_or_else(|| Cart::new(owner, app.currency, now));
    if cart.is_open() && cart.refresh(offers) {
        save_updated(&mut tx, &mut cart).await?;
    }
    tx.commit().await?;
    Ok(cart)
}
