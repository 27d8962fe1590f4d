//! Adds, replaces and removes variants of a product.

use super::change::{Hand, change};
use super::shelf::find;
use crate::App;
use crate::domain::product::{MAX_OPTIONS, MAX_VARIANTS, Product, variant_name};
use crate::domain::write::{self, Shop};
use crate::error::ProductError;
use api::ids::VariantId;
use api::product::WriteVariant;
use auth::Caller;
use base::Check;
use std::collections::BTreeMap;

/// Adds a variant; answers the product and the variant's id.
///
/// # Errors
/// [`ProductError::NoProduct`]; 412; 422; [`ProductError::SkuTaken`]; more than 100 variants.
pub(crate) async fn add_variant(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<i64>,
    body: &WriteVariant,
) -> Result<(Product, VariantId), ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.variant.create");
    let mut added = None;
    let product = change(app, &hand, id, seen, |product| {
        if product.variants.len() >= MAX_VARIANTS {
            return Err(ProductError::TooMany("100 variants of a product"));
        }
        added = Some(put(product, body, None, &hand)?);
        Ok(())
    })
    .await?;
    added.map(|id| (product, id)).ok_or(ProductError::NoVariant)
}

/// Makes a variant what `body` says.
///
/// # Errors
/// [`ProductError::NoProduct`], [`ProductError::NoVariant`]; 412; 422; [`ProductError::SkuTaken`].
pub(crate) async fn replace_variant(
    app: &App,
    caller: &Caller,
    name: &str,
    variant: VariantId,
    seen: Option<i64>,
    body: &WriteVariant,
) -> Result<Product, ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.variant.update");
    change(app, &hand, id, seen, |product| put(product, body, Some(variant), &hand).map(drop)).await
}

/// Removes a variant; the last one stays.
///
/// # Errors
/// [`ProductError::NoProduct`], [`ProductError::NoVariant`], [`ProductError::LastVariant`]; 412.
pub(crate) async fn remove_variant(
    app: &App,
    caller: &Caller,
    name: &str,
    variant: VariantId,
    seen: Option<i64>,
) -> Result<(), ProductError> {
    let id = find(app, name).await?.id;
    let hand = Hand::of(app, caller, "product.variant.delete");
    change(app, &hand, id, seen, |product| {
        product.variant(variant).ok_or(ProductError::NoVariant)?;
        if product.is_simple() {
            return Err(ProductError::LastVariant);
        }
        product.variants.retain(|own| own.id != variant);
        product.number_variants();
        Ok(())
    })
    .await
    .map(drop)
}

/// Puts the variant `body` describes in the place of `target`, or at the end.
fn put(
    product: &mut Product,
    body: &WriteVariant,
    target: Option<VariantId>,
    hand: &Hand,
) -> Result<VariantId, ProductError> {
    let before = match target {
        Some(id) => Some(product.variant(id).ok_or(ProductError::NoVariant)?.clone()),
        None => None,
    };
    let mut check = Check::new();
    check.that(
        body.variant_id.is_none() || body.variant_id == target,
        "/variantId",
        "read-only",
        "is given by the address",
    );
    let shop = Shop { currency: hand.currency, now: hand.now };
    let mut variant = write::variant(&mut check, "", body, before.as_ref(), shop);
    check_options(&mut check, product, &variant.attributes, variant.id);
    check.finish()?;
    variant.name = body
        .name
        .clone()
        .unwrap_or_else(|| variant_name(&product.name, &product.options, &variant.attributes));
    let last = product.variants.len() as i64;
    variant.position =
        body.position.unwrap_or_else(|| before.as_ref().map_or(last, |before| before.position));
    let id = variant.id;
    product.variants.retain(|own| own.id != id);
    // Among equal positions the one just written comes first.
    product.variants.insert(0, variant);
    product.number_variants();
    Ok(id)
}

/// Adds new option names to the product's; the values must differ from those of other variants.
fn check_options(
    check: &mut Check,
    product: &mut Product,
    attributes: &BTreeMap<String, String>,
    own: VariantId,
) {
    for option in attributes.keys() {
        if !product.options.contains(option) {
            product.options.push(option.clone());
        }
    }
    let used = |option: &String| {
        attributes.contains_key(option)
            || product.variants.iter().any(|other| other.id != own && other.attributes.contains_key(option))
    };
    let options: Vec<String> = product.options.iter().filter(|option| used(option)).cloned().collect();
    check.that(
        options.len() <= MAX_OPTIONS,
        "/attributes",
        "too-many",
        "variants can differ in at most 3 options",
    );
    let double = product.variants.iter().any(|other| other.id != own && other.attributes == *attributes);
    check.that(!double, "/attributes", "duplicate", "another variant has these option values");
    product.options = options;
}
