//! Puts more of a product into a cart.

use super::offers::offer;
use super::tell::save_updated;
use crate::App;
use crate::domain::{Cart, MAX_QUANTITY, Offer, Owner};
use crate::error::CartError;
use crate::store;
use api::cart::AddItem;
use base::{Check, Currency};

/// How often a first cart is tried to be made when several requests make one at once.
const ATTEMPTS: usize = 3;

/// Puts `quantity` more of a product into the shopper's cart. The flag says whether it became a
/// line of its own.
///
/// # Errors
/// [`CartError::ProductNotFound`], [`CartError::NotSellable`], [`CartError::InsufficientStock`],
/// [`CartError::TooManyPieces`], [`CartError::TooManyLines`], [`CartError::CurrencyMismatch`],
/// [`CartError::Locked`]; 422; those of the peer.
pub(crate) async fn add_item(app: &App, owner: Owner, item: AddItem) -> Result<(Cart, bool), CartError> {
    let mut check = Check::new();
    check.number("/quantity", item.quantity, 1..=MAX_QUANTITY);
    check.finish()?;
    let currency = currency(app, owner, item.currency).await?;
    let offer = offer(app, item.product_id, item.variant_id, item.quantity, currency).await?;
    for _ in 1..ATTEMPTS {
        match put(app, owner, &offer, item.quantity, currency).await {
            Err(CartError::Stale) => {}
            done => return done,
        }
    }
    put(app, owner, &offer, item.quantity, currency).await
}

async fn put(
    app: &App,
    owner: Owner,
    offer: &Offer,
    quantity: i64,
    currency: Currency,
) -> Result<(Cart, bool), CartError> {
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let cart = store::open_of(&mut tx, owner).await?;
    let mut cart = cart.unwrap_or_else(|| Cart::new(owner, currency, now));
    let is_new = cart.add(offer, quantity, currency, now)?;
    save_updated(&mut tx, &mut cart).await?;
    tx.commit().await?;
    Ok((cart, is_new))
}

/// The currency to ask prices in: that of the cart if it has lines, else the wished one.
async fn currency(app: &App, owner: Owner, wished: Option<Currency>) -> Result<Currency, CartError> {
    let mut conn = app.db.conn().await?;
    match store::currency_of(&mut conn, owner).await? {
        Some(kept) if wished.is_some_and(|wished| wished != kept) => Err(CartError::CurrencyMismatch),
        Some(kept) => Ok(kept),
        None => Ok(wished.unwrap_or(app.currency)),
    }
}
