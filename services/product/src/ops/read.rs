//! Reads one product or category, all categories, and suggestions while typing.

use super::list::visible_currency;
use super::shelf::{Answer, find};
use crate::App;
use crate::domain::catalog::Catalog;
use crate::domain::catalog::entry::Entry;
use crate::domain::catalog::filter::Filter;
use crate::domain::catalog::page::{By, Sort, slice};
use crate::domain::catalog::terms::Term;
use crate::domain::product::Product;
use crate::domain::slug::fold;
use crate::domain::view::{self, Lens};
use crate::error::ProductError;
use crate::store;
use api::ids::CategoryId;
use api::product::{Category, CategoryCount, CategoryList, Product as ProductView, Suggestion, Suggestions};
use auth::{Caller, Permission};
use base::{Check, Currency, Error, Money};
use std::sync::Arc;

/// Suggestions of one kind.
const MAX_SUGGESTIONS: usize = 8;

/// A product as the public sees it, in the currency asked for.
///
/// # Errors
/// [`ProductError::NoProduct`], also for products the public does not see; 422 for a currency.
pub(crate) async fn get_product(
    app: &App,
    name: &str,
    currency: Option<&str>,
) -> Result<Answer, ProductError> {
    let currency = visible_currency(app, currency)?;
    let entry = find(app, name).await?;
    if !entry.is_public() {
        return Err(ProductError::NoProduct);
    }
    let json = if currency == app.currency { entry.json.clone() } else { in_currency(&entry, currency)? };
    Ok(Answer { json, etag: entry.etag.as_ref().into() })
}

/// The answer of `entry` with the prices of `currency` in front.
pub(super) fn in_currency(entry: &Entry, currency: Currency) -> Result<bytes::Bytes, Error> {
    let mut product: ProductView = serde_json::from_slice(&entry.json).map_err(Error::internal)?;
    for variant in &mut product.variants {
        if let Some(place) = variant.other_prices.iter().position(|price| price.base.currency == currency) {
            std::mem::swap(&mut variant.price, &mut variant.other_prices[place]);
            variant.effective_price = variant.price.sale.unwrap_or(variant.price.base);
        }
    }
    Ok(serde_json::to_vec(&product).map_err(Error::internal)?.into())
}

/// A product in any state, with what only staff see.
///
/// # Errors
/// [`ProductError::NoProduct`]; those of the store.
pub(crate) async fn get_product_for_staff(
    app: &App,
    name: &str,
    currency: Option<&str>,
) -> Result<ProductView, ProductError> {
    let currency = visible_currency(app, currency)?;
    let entry = find(app, name).await?;
    let product =
        store::products::by_id(&mut app.db.conn().await?, entry.id).await?.ok_or(ProductError::NoProduct)?;
    Ok(seen_by_staff(app, &product, currency))
}

/// `product` as staff see it.
pub(crate) fn seen_by_staff(app: &App, product: &Product, currency: Currency) -> ProductView {
    let lens = Lens { shop: app.currency, currency, now: app.clock.now(), staff: true };
    view::product(product, &app.shelf.now().tree, lens)
}

/// Whether the caller sees products in every state, and what only staff see of them.
pub(crate) fn is_staff(caller: &Caller) -> bool {
    caller.has(Permission::ProductWrite)
}

/// All categories, parents before their children.
pub(crate) fn list_categories(app: &App) -> CategoryList {
    let catalog = app.shelf.now();
    let items = catalog.tree.in_order().into_iter();
    CategoryList {
        items: items.map(|own| view::category(own, &catalog.tree, catalog.count(own.id))).collect(),
    }
}

/// A category.
///
/// # Errors
/// [`ProductError::NoCategory`].
pub(crate) fn get_category(app: &App, id: CategoryId) -> Result<Category, ProductError> {
    let catalog = app.shelf.now();
    let category = catalog.tree.get(id).ok_or(ProductError::NoCategory)?;
    Ok(view::category(category, &catalog.tree, catalog.count(id)))
}

/// What a shopper who has typed `q` so far may be looking for.
///
/// # Errors
/// 422 for a text that is too long; those of the index.
pub(crate) async fn suggest(app: &App, q: &str) -> Result<Suggestions, ProductError> {
    let mut check = Check::new();
    check.text("/q", q, 0..=super::list::MAX_Q);
    check.finish()?;
    let typed = fold(q);
    let Some(last) = typed.split(|c: char| !c.is_alphanumeric()).rfind(|word| !word.is_empty()) else {
        return Ok(Suggestions::default());
    };
    app.shelf.searchable().await;
    let hits = app.shelf.index.find(q)?;
    let catalog = app.shelf.now();
    let best = Sort { by: By::Relevance, reverse: false };
    let found = slice(&catalog, &Filter::all(app.currency), Some(&hits), best, None, MAX_SUGGESTIONS);
    Ok(Suggestions {
        products: found.entries.iter().map(|entry| suggestion(entry, app.currency)).collect(),
        categories: categories_like(&catalog, last),
        brands: brands_like(&catalog, last),
    })
}

fn suggestion(entry: &Arc<Entry>, currency: Currency) -> Suggestion {
    Suggestion {
        id: entry.id,
        slug: entry.slug.to_string(),
        name: entry.name.to_string(),
        image_url: entry.image_url.as_deref().map(str::to_owned),
        price_from: Money::new(entry.price(currency).unwrap_or(0), currency),
    }
}

fn begins_a_word(text: &str, start: &str) -> bool {
    fold(text).split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(start))
}

fn categories_like(catalog: &Catalog, start: &str) -> Vec<CategoryCount> {
    let all = catalog.tree.in_order().into_iter().filter(|category| begins_a_word(&category.name, start));
    let counted = all.map(|own| CategoryCount {
        category_id: own.id,
        name: own.name.clone(),
        count: catalog.count(own.id),
    });
    counted.filter(|category| category.count > 0).take(MAX_SUGGESTIONS).collect()
}

fn brands_like(catalog: &Catalog, start: &str) -> Vec<String> {
    let brands = catalog
        .terms
        .iter()
        .filter_map(|term| if let Term::Brand(brand) = term { Some(brand) } else { None });
    let mut brands: Vec<String> =
        brands.filter(|brand| begins_a_word(brand, start)).map(ToString::to_string).collect();
    brands.sort_unstable();
    brands.truncate(MAX_SUGGESTIONS);
    brands
}
