//! Makes a product from what staff sent, or says everything that is wrong with it.

use super::price::{self, MAX_PRICES, Timeline};
use super::product::{
    MAX_ATTRIBUTE_VALUE, MAX_ATTRIBUTES, MAX_BARCODE, MAX_BRAND, MAX_CATEGORIES, MAX_CURRENCIES,
    MAX_DESCRIPTION, MAX_GRAMS, MAX_METADATA_BYTES, MAX_NAME, MAX_OPTION_TEXT, MAX_OPTIONS, MAX_SKU, MAX_TAG,
    MAX_TAGS, MAX_VARIANTS, Product, Variant, variant_name,
};
use super::slug::{is_slug, slug_of};
use api::ids::{ProductId, VariantId};
use api::product::{ProductStatus, SetPrice, WriteProduct, WriteVariant};
use base::{Check, Currency, Result, Timestamp};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the rules need to know of the shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shop {
    pub(crate) currency: Currency,
    pub(crate) now: Timestamp,
}

/// The product `body` describes; `before` is the one it replaces.
///
/// # Errors
/// 422 `validation` with every wrong field.
pub(crate) fn product(body: &WriteProduct, before: Option<&Product>, shop: Shop) -> Result<Product> {
    let mut check = Check::new();
    texts(&mut check, body);
    lists(&mut check, body);
    check_metadata(&mut check, "/metadata", &body.metadata);
    let slug = slug(&mut check, body, before);
    let status = status(&mut check, body, before);
    let options = options(&mut check, body, before);
    let variants = variants(&mut check, body, &options, before, shop);
    check.finish()?;
    let mut product = Product {
        id: before.map_or_else(ProductId::new, |before| before.id),
        version: before.map_or(0, |before| before.version),
        slug,
        name: body.name.clone(),
        description: body.description.clone(),
        brand: body.brand.clone(),
        status,
        tags: body.tags.clone(),
        category_ids: body.category_ids.clone(),
        options,
        attributes: body.attributes.clone(),
        is_hazardous_material: body.is_hazardous_material,
        country_of_origin: body.country_of_origin.clone(),
        metadata: body.metadata.clone(),
        rating_hundredths: before.map_or(0, |before| before.rating_hundredths),
        rating_count: before.map_or(0, |before| before.rating_count),
        variants,
        images: before.map_or_else(Vec::new, |before| before.images.clone()),
        created_at: before.map_or(shop.now, |before| before.created_at),
        updated_at: before.map_or(shop.now, |before| before.updated_at),
        touched_at: before.map_or(shop.now, |before| before.touched_at),
    };
    product.number_variants();
    Ok(product)
}

fn texts(check: &mut Check, body: &WriteProduct) {
    check.text("/name", &body.name, 1..=MAX_NAME);
    check.multiline("/description", &body.description, 0..=MAX_DESCRIPTION);
    check.opt_text("/brand", body.brand.as_deref(), 1..=MAX_BRAND);
    if let Some(country) = &body.country_of_origin {
        check.country("/countryOfOrigin", country);
    }
}

fn lists(check: &mut Check, body: &WriteProduct) {
    let unique: BTreeSet<_> = body.category_ids.iter().collect();
    check.that(!body.category_ids.is_empty(), "/categoryIds", "required", "needs at least one category");
    check.that(unique.len() <= MAX_CATEGORIES, "/categoryIds", "too-many", "at most 20 categories");
    check.that(
        unique.len() == body.category_ids.len(),
        "/categoryIds",
        "duplicate",
        "names a category twice",
    );
    check.that(body.tags.len() <= MAX_TAGS, "/tags", "too-many", "at most 50 tags");
    let mut seen = BTreeSet::new();
    for (index, tag) in body.tags.iter().take(MAX_TAGS).enumerate() {
        let pointer = format!("/tags/{index}");
        check.text(&pointer, tag, 1..=MAX_TAG);
        check.that(seen.insert(tag), &pointer, "duplicate", "is there twice");
    }
    check.that(body.attributes.len() <= MAX_ATTRIBUTES, "/attributes", "too-many", "at most 50 attributes");
    attribute_texts(check, "/attributes", &body.attributes, MAX_ATTRIBUTE_VALUE);
    check.that(!body.variants.is_empty(), "/variants", "required", "needs at least one variant");
    check.that(body.variants.len() <= MAX_VARIANTS, "/variants", "too-many", "at most 100 variants");
}

fn attribute_texts(check: &mut Check, at: &str, attributes: &BTreeMap<String, String>, longest: usize) {
    for (name, value) in attributes.iter().take(MAX_ATTRIBUTES) {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        check.text(&pointer, name, 1..=MAX_OPTION_TEXT);
        check.text(&pointer, value, 1..=longest);
    }
}

fn check_metadata(check: &mut Check, at: &str, metadata: &Map<String, Value>) {
    let bytes = serde_json::to_vec(metadata).map_or(usize::MAX, |bytes| bytes.len());
    check.that(bytes <= MAX_METADATA_BYTES, at, "too-long", "at most 16 KiB as JSON");
}

fn slug(check: &mut Check, body: &WriteProduct, before: Option<&Product>) -> String {
    let made = || {
        let slug = slug_of(&body.name);
        if slug.is_empty() { ProductId::new().to_string() } else { slug }
    };
    let kept = before.map(|before| before.slug.clone());
    let slug = body.slug.clone().or(kept).unwrap_or_else(made);
    check.that(is_slug(&slug), "/slug", "slug", "must be lower-case letters, digits and hyphens");
    slug
}

fn status(check: &mut Check, body: &WriteProduct, before: Option<&Product>) -> ProductStatus {
    let status = body.status.or(before.map(|before| before.status)).unwrap_or(ProductStatus::Draft);
    match before {
        Some(before) => {
            check.that(status == before.status, "/status", "read-only", "is changed by PUT …/status");
        }
        None => {
            let start = matches!(status, ProductStatus::Draft | ProductStatus::Active);
            check.that(start, "/status", "not-a-start", "must be DRAFT or ACTIVE");
        }
    }
    status
}

/// The option names in order: as given, or those that were there and are still used, then new ones.
fn options(check: &mut Check, body: &WriteProduct, before: Option<&Product>) -> Vec<String> {
    let used: BTreeSet<&String> =
        body.variants.iter().take(MAX_VARIANTS).flat_map(|v| v.attributes.keys()).collect();
    let mut options = body.options.clone();
    if options.is_empty() {
        let kept = before.map_or(&[][..], |before| &before.options);
        options.extend(kept.iter().filter(|option| used.contains(option)).cloned());
        options.extend(used.iter().filter(|name| !kept.contains(name)).map(|name| (*name).clone()));
    }
    check.that(
        options.len() <= MAX_OPTIONS,
        "/options",
        "too-many",
        "variants can differ in at most 3 options",
    );
    let known: BTreeSet<&String> = options.iter().collect();
    check.that(known.len() == options.len(), "/options", "duplicate", "names an option twice");
    check.that(used.is_subset(&known), "/options", "missing", "must name every option of the variants");
    for option in options.iter().take(MAX_OPTIONS) {
        check.text("/options", option, 1..=MAX_OPTION_TEXT);
    }
    options
}

fn variants(
    check: &mut Check,
    body: &WriteProduct,
    options: &[String],
    before: Option<&Product>,
    shop: Shop,
) -> Vec<Variant> {
    let old = before.map_or(&[][..], |before| &before.variants);
    let mut skus = BTreeSet::new();
    let mut combinations = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut variants = Vec::with_capacity(body.variants.len().min(MAX_VARIANTS));
    for (index, wish) in body.variants.iter().take(MAX_VARIANTS).enumerate() {
        let at = format!("/variants/{index}");
        let matched = find(check, &at, wish, old);
        let fresh = matched.is_none_or(|old| ids.insert(old.id));
        check.that(fresh, &format!("{at}/variantId"), "duplicate", "two variants have this id");
        check.that(skus.insert(&wish.sku), &format!("{at}/sku"), "duplicate", "two variants have this SKU");
        let pointer = format!("{at}/attributes");
        check.that(
            combinations.insert(&wish.attributes),
            &pointer,
            "duplicate",
            "two variants have these option values",
        );
        let mut made = variant(check, &at, wish, matched, shop);
        made.name = wish.name.clone().unwrap_or_else(|| variant_name(&body.name, options, &wish.attributes));
        made.position = wish.position.unwrap_or(index as i64);
        variants.push(made);
    }
    variants
}

fn find<'a>(check: &mut Check, at: &str, wish: &WriteVariant, old: &'a [Variant]) -> Option<&'a Variant> {
    let Some(id) = wish.variant_id else {
        return old.iter().find(|variant| variant.sku == wish.sku);
    };
    let found = old.iter().find(|variant| variant.id == id);
    check.that(found.is_some(), &format!("{at}/variantId"), "unknown", "the product has no such variant");
    found
}

/// The variant `wish` describes, its name and position left to the caller; `before` is the one it
/// replaces. Wrong fields are noted below the JSON pointer `at`.
pub(crate) fn variant(
    check: &mut Check,
    at: &str,
    wish: &WriteVariant,
    before: Option<&Variant>,
    shop: Shop,
) -> Variant {
    let pointer = |name: &str| format!("{at}/{name}");
    check.text(&pointer("sku"), &wish.sku, 1..=MAX_SKU);
    check.that(wish.sku.trim() == wish.sku, &pointer("sku"), "blank", "must not begin or end with a blank");
    check.opt_text(&pointer("name"), wish.name.as_deref(), 1..=MAX_NAME);
    check.opt_text(&pointer("barcode"), wish.barcode.as_deref(), 1..=MAX_BARCODE);
    attribute_texts(check, &pointer("attributes"), &wish.attributes, MAX_OPTION_TEXT);
    check_metadata(check, &pointer("metadata"), &wish.metadata);
    if let Some(grams) = wish.weight_grams {
        check.number(&pointer("weightGrams"), grams, 0..=MAX_GRAMS);
    }
    if let Some(position) = wish.position {
        check.number(&pointer("position"), position, 0..=1_000_000);
    }
    Variant {
        id: before.map_or_else(VariantId::new, |before| before.id),
        sku: wish.sku.clone(),
        name: wish.name.clone().unwrap_or_default(),
        attributes: wish.attributes.clone(),
        prices: prices(check, at, wish, before, shop),
        weight_grams: wish.weight_grams,
        barcode: wish.barcode.clone(),
        position: wish.position.unwrap_or(0),
        metadata: wish.metadata.clone(),
        stock: before.map(|before| before.stock.clone()).unwrap_or_default(),
    }
}

fn prices(
    check: &mut Check,
    at: &str,
    wish: &WriteVariant,
    before: Option<&Variant>,
    shop: Shop,
) -> Vec<Timeline> {
    let pointer = format!("{at}/price");
    check.that(
        wish.price.base.currency == shop.currency,
        &pointer,
        "currency",
        &format!("must be in {}", shop.currency),
    );
    check.that(
        wish.other_prices.len() < MAX_CURRENCIES,
        &format!("{at}/otherPrices"),
        "too-many",
        "at most 19 other currencies",
    );
    let mut wishes = vec![(pointer, &wish.price)];
    let others = wish.other_prices.iter().take(MAX_CURRENCIES).enumerate();
    wishes.extend(others.map(|(index, price)| (format!("{at}/otherPrices/{index}"), price)));
    let mut lines: Vec<Timeline> = Vec::new();
    for (pointer, wish) in wishes {
        let currency = wish.base.currency;
        let double = lines.iter().any(|line| line.currency == currency);
        check.that(!double, &pointer, "duplicate", "two prices have this currency");
        let line = before.and_then(|before| before.line(currency)).cloned();
        let mut line = line.unwrap_or_else(|| Timeline::new(currency));
        set_price(check, &pointer, &mut line, wish, shop.now);
        lines.push(line);
    }
    lines
}

/// Lays the price `wish` over those of `line`, unless it asks for what holds or is planned anyway.
/// Wrong fields are noted below the JSON pointer `at`.
pub(crate) fn set_price(check: &mut Check, at: &str, line: &mut Timeline, wish: &SetPrice, now: Timestamp) {
    let price = price::checked(check, at, wish, now);
    let is_first = line.at(now).is_none();
    let stands = price.from <= now && price.until.is_none();
    check.that(
        !is_first || stands,
        at,
        "first-price",
        "the first price must hold from now on and without end",
    );
    let same = if price.from <= now {
        line.at(now).is_some_and(|present| present.asks_the_same(&price))
    } else {
        line.prices.iter().any(|planned| planned.from == price.from && planned.asks_the_same(&price))
    };
    if !same {
        line.set(price, now);
    }
    check.that(line.prices.len() <= MAX_PRICES, at, "too-many", "at most 20 prices can be planned");
}
