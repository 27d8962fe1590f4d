//! Takes the cart a shopper filled as a guest into their own.

use super::tell::{save, save_updated};
use crate::App;
use crate::domain::{Cart, Owner};
use crate::error::CartError;
use crate::store;
use api::ids::UserId;

/// How often a first cart is tried to be made when several requests make one at once.
const ATTEMPTS: usize = 3;

/// Adds the lines of the guest's cart to the user's. A guest's cart is merged once: whoever comes
/// later with its token finds nothing in it.
///
/// # Errors
/// [`CartError::Locked`] if an order holds one of both, [`CartError::CurrencyMismatch`],
/// [`CartError::TooManyLines`].
pub(crate) async fn merge_cart(app: &App, user_id: UserId, guest: Owner) -> Result<Cart, CartError> {
    for _ in 1..ATTEMPTS {
        match merge(app, user_id, guest).await {
            Err(CartError::Stale) => {}
            done => return done,
        }
    }
    merge(app, user_id, guest).await
}

/// Merges the cart of the guest a signed-in shopper still brings the token of. Carts that do not go
/// together, or of which an order holds one, stay apart: that is no reason to refuse the request.
///
/// # Errors
/// Those of the store.
pub(crate) async fn bring_along(app: &App, user_id: UserId, guest: Owner) -> Result<(), CartError> {
    if store::currency_of(&mut app.db.conn().await?, guest).await?.is_none() {
        return Ok(());
    }
    match merge_cart(app, user_id, guest).await {
        Ok(_) => Ok(()),
        Err(
            error @ (CartError::Locked(_)
            | CartError::CurrencyMismatch
            | CartError::TooManyLines
            | CartError::Stale),
        ) => {
            tracing::debug!(%error, "a guest's cart is not merged yet");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn merge(app: &App, user_id: UserId, guest: Owner) -> Result<Cart, CartError> {
    let owner = Owner::User(user_id);
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let theirs = store::open_of(&mut tx, guest).await?;
    let mine = store::open_of(&mut tx, owner).await?;
    let mut mine = mine.unwrap_or_else(|| Cart::new(owner, app.currency, now));
    if let Some(mut theirs) = theirs.filter(|cart| !cart.lines.is_empty()) {
        mine.merge(&mut theirs, now)?;
        save(&mut tx, &mut theirs).await?;
        save_updated(&mut tx, &mut mine).await?;
    }
    tx.commit().await?;
    Ok(mine)
}
