//! Creates, replaces, patches, publishes and archives products.

use super::change::{Hand, change, insert, update};
use super::shelf::find;
use crate::App;
use crate::domain::product::Product;
use crate::domain::write::{self, Shop};
use crate::domain::{status, view};
use crate::error::ProductError;
use crate::store;
use api::product::{ProductStatus, WriteProduct};
use auth::{Caller, Permission};
use base::{Check, Error};

fn shop(hand: &Hand) -> Shop {
    Shop { currency: hand.currency, now: hand.now }
}

/// Stores a new product.
///
/// # Errors
/// 422 for its fields; [`ProductError::SkuTaken`], [`ProductError::SlugTaken`]; 403 to start it
/// as ACTIVE without `product:publish`.
pub(crate) async fn create_product(
    app: &App,
    caller: &Caller,
    body: &WriteProduct,
) -> Result<Product, ProductError> {
    let hand = Hand::of(app, caller, "product.create");
    let mut product = write::product(body, None, shop(&hand))?;
    if product.status == ProductStatus::Active && !caller.has(Permission::ProductPublish) {
        return Err(Error::forbidden().into());
    }
    let mut tx = app.db.begin().await?;
    insert(&mut tx, &mut product, &hand).await?;
    hand.note_product(&mut tx, None, &product, None).await?;
    tx.commit().await?;
    app.shelf.refresh(&app.db, &[product.id], false).await;
    Ok(product)
}

/// Makes a product what `body` says; fields left out are cleared, variants left out removed.
///
/// # Errors
/// [`ProductError::NoProduct`]; 412; 422; [`ProductError::SkuTaken`], [`ProductError::SlugTaken`],
/// [`ProductError::Archived`].
pub(crate) async fn replace_product(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    body: &WriteProduct,
) -> Result<Product, ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.update");
    change(app, &hand, id, seen, |product| {
        *product = write::product(body, Some(product), shop(&hand))?;
        Ok(())
    })
    .await
}

/// Lays a merge patch over a product; `patch` makes the new representation of the present one.
///
/// # Errors
/// As [`replace_product`].
pub(crate) async fn patch_product(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    patch: impl FnOnce(&WriteProduct) -> base::Result<WriteProduct>,
) -> Result<Product, ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.update");
    change(app, &hand, id, seen, |product| {
        let body = patch(&view::writable(product, hand.currency, hand.now))?;
        *product = write::product(&body, Some(product), shop(&hand))?;
        Ok(())
    })
    .await
}

/// Moves a product to another state (contracts §6.9).
///
/// # Errors
/// [`ProductError::NoProduct`]; 412; [`ProductError::InvalidTransition`], [`ProductError::NotPublishable`].
pub(crate) async fn set_status(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    to: ProductStatus,
) -> Result<Product, ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.status.write");
    change(app, &hand, id, seen, |product| status::move_to(product, to)).await
}

/// Archives a product from whatever state; doing it again is fine.
///
/// # Errors
/// [`ProductError::NoProduct`]; 412; 422 for a reason of more than 500 characters.
pub(crate) async fn delete_product(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    reason: Option<String>,
) -> Result<(), ProductError> {
    let mut check = Check::new();
    check.opt_multiline("/reason", reason.as_deref(), 1..=500);
    check.finish()?;
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.delete");
    let mut tx = app.db.begin().await?;
    let before = store::products::locked(&mut tx, id).await?.ok_or(ProductError::NoProduct)?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(Error::stale().into());
    }
    let mut after = before.clone();
    after.status = ProductStatus::Archived;
    if update(&mut tx, &before, &mut after, &hand, reason.clone()).await? {
        hand.note_product(&mut tx, Some(&before), &after, reason.as_deref()).await?;
        tx.commit().await?;
        app.shelf.refresh(&app.db, &[id], false).await;
    }
    Ok(())
}
