//! Sets prices, and lets planned ones begin and end.

use super::change::{ChangePrices, Hand, change};
use super::shelf::find;
use crate::App;
use crate::domain::product::{MAX_CURRENCIES, Product};
use crate::domain::write;
use crate::error::ProductError;
use api::ids::VariantId;
use api::product::SetPrice;
use auth::Caller;
use base::Check;
use events::tasks;

/// Sets the price of a variant in the currency of `wish`; it may start later and end again.
///
/// # Errors
/// [`ProductError::NoProduct`], [`ProductError::NoVariant`]; 412; 422.
pub(crate) async fn set_price(
    app: &App,
    caller: &Caller,
    name: &str,
    variant: VariantId,
    seen: Option<i64>,
    wish: &SetPrice,
) -> Result<Product, ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.price.write");
    change(app, &hand, id, seen, |product| {
        let variant = product.variant_mut(variant).ok_or(ProductError::NoVariant)?;
        let mut check = Check::new();
        write::set_price(&mut check, "", variant.line_mut(wish.base.currency), wish, hand.now);
        check.that(
            variant.prices.len() <= MAX_CURRENCIES,
            "/base/currency",
            "too-many",
            "at most 20 currencies",
        );
        Ok(check.finish()?)
    })
    .await
}

/// Tells others of prices that have begun or ended, and plans the next look. Looking again
/// changes nothing.
///
/// # Errors
/// Those of the store.
pub(crate) async fn change_prices(app: &App, task: &ChangePrices) -> base::Result<()> {
    let hand = Hand::of_platform(app);
    let product = match change(app, &hand, task.product_id, None, |_| Ok(())).await {
        Ok(product) => product,
        // Nobody buys what is archived or gone.
        Err(ProductError::Archived | ProductError::NoProduct) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if let Some(next) = product.next_price_change(hand.now) {
        let mut tx = app.db.begin().await?;
        tasks::schedule(&mut tx, task, next).await?;
        tx.commit().await?;
    }
    Ok(())
}
