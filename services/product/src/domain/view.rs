//! Products and categories as clients and events see them.

use super::category::{Category, Tree};
use super::picture::{Format, SIZES};
use super::price::Timeline;
use super::product::{Image, Product, Source, Variant, variant_name};
use api::product::{
    Category as CategoryView, Image as ImageView, Product as ProductView, ProductSnapshot, Rating, SetPrice,
    Variant as VariantView, WriteProduct, WriteVariant,
};
use api::shared::{CategoryRef, PriceRecord, VariantSnapshot};
use base::{Currency, Money, Timestamp};

/// How many characters of a description events carry (contracts §3.13).
const EVENT_DESCRIPTION: usize = 500;

/// Who looks, and in which currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    /// The currency of the shop, in which every variant has a price.
    pub(crate) shop: Currency,
    /// The currency asked for.
    pub(crate) currency: Currency,
    pub(crate) now: Timestamp,
    /// Whether metadata and planned prices are shown.
    pub(crate) staff: bool,
}

/// `product` as `lens` shows it.
pub(crate) fn product(product: &Product, tree: &Tree, lens: Lens) -> ProductView {
    ProductView {
        id: product.id,
        slug: product.slug.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        brand: product.brand.clone(),
        status: product.status,
        tags: product.tags.clone(),
        categories: categories(product, tree),
        images: product.images.iter().map(|picture| image(product, picture)).collect(),
        options: product.options.clone(),
        variants: product.variants.iter().map(|own| variant(own, lens)).collect(),
        rating: rating(product),
        attributes: product.attributes.clone(),
        is_hazardous_material: product.is_hazardous_material,
        country_of_origin: product.country_of_origin.clone(),
        metadata: if lens.staff { product.metadata.clone() } else { Default::default() },
        created_at: product.created_at,
        updated_at: product.updated_at,
        version: product.version,
    }
}

fn categories(product: &Product, tree: &Tree) -> Vec<CategoryRef> {
    let known = product.category_ids.iter().filter_map(|id| tree.get(*id));
    known.map(|category| CategoryRef { category_id: category.id, name: category.name.clone() }).collect()
}

fn rating(product: &Product) -> Rating {
    let (whole, rest) = (product.rating_hundredths / 100, product.rating_hundredths % 100);
    Rating { average: format!("{whole}.{rest:02}"), count: product.rating_count }
}

/// A picture of `product`.
pub(crate) fn image(product: &Product, image: &Image) -> ImageView {
    let (url, sizes) = match &image.source {
        Source::Elsewhere(url) => (url.clone(), Vec::new()),
        Source::Stored(format) => {
            let sizes = if *format == Format::Svg { Vec::new() } else { SIZES.to_vec() };
            (format!("/api/products/{}/images/{}", product.id, image.id), sizes)
        }
    };
    ImageView { id: image.id, url, alt: image.alt.clone(), position: image.position, sizes }
}

fn variant(variant: &Variant, lens: Lens) -> VariantView {
    let price = price(variant, lens.currency, lens.now).or_else(|| price(variant, lens.shop, lens.now));
    let price = price.unwrap_or_else(|| free(lens.shop));
    let others = variant.prices.iter().filter(|line| line.currency != price.base.currency);
    VariantView {
        id: variant.id,
        sku: variant.sku.clone(),
        name: variant.name.clone(),
        attributes: variant.attributes.clone(),
        effective_price: price.sale.unwrap_or(price.base),
        other_prices: others.filter_map(|line| line.at(lens.now).map(|price| line.record(price))).collect(),
        planned_prices: if lens.staff { planned(variant, lens.now) } else { Vec::new() },
        price,
        stock_state: variant.stock.state(),
        weight_grams: variant.weight_grams,
        barcode: variant.barcode.clone(),
        position: variant.position,
        metadata: if lens.staff { variant.metadata.clone() } else { Default::default() },
    }
}

/// The price of `variant` in `currency` that holds at `now`.
pub(crate) fn price(variant: &Variant, currency: Currency, now: Timestamp) -> Option<PriceRecord> {
    let line = variant.line(currency)?;
    line.at(now).map(|price| line.record(price))
}

fn free(currency: Currency) -> PriceRecord {
    let base = Money::zero(currency);
    PriceRecord {
        base,
        sale: None,
        effective_from: None,
        effective_until: None,
        tax_class: "standard".into(),
    }
}

fn planned(variant: &Variant, now: Timestamp) -> Vec<PriceRecord> {
    let of = |line: &Timeline| {
        let held = line.at(now);
        let others = line.prices.iter().filter(|price| Some(*price) != held);
        others.map(|price| line.record(price)).collect::<Vec<_>>()
    };
    variant.prices.iter().flat_map(of).collect()
}

/// `product` as staff would send it: the body of a PUT that changes nothing, and what a merge
/// patch is applied to.
pub(crate) fn writable(product: &Product, shop: Currency, now: Timestamp) -> WriteProduct {
    WriteProduct {
        name: product.name.clone(),
        slug: Some(product.slug.clone()),
        description: product.description.clone(),
        brand: product.brand.clone(),
        category_ids: product.category_ids.clone(),
        tags: product.tags.clone(),
        options: product.options.clone(),
        variants: product.variants.iter().map(|own| writable_variant(product, own, shop, now)).collect(),
        status: Some(product.status),
        attributes: product.attributes.clone(),
        is_hazardous_material: product.is_hazardous_material,
        country_of_origin: product.country_of_origin.clone(),
        metadata: product.metadata.clone(),
    }
}

fn writable_variant(product: &Product, variant: &Variant, shop: Currency, now: Timestamp) -> WriteVariant {
    let made = variant_name(&product.name, &product.options, &variant.attributes);
    let others = variant.prices.iter().filter(|line| line.currency != shop);
    let others = others.filter_map(|line| line.at(now).map(|price| SetPrice::from(line.record(price))));
    WriteVariant {
        variant_id: Some(variant.id),
        sku: variant.sku.clone(),
        // A name made from others follows them.
        name: Some(variant.name.clone()).filter(|name| *name != made),
        attributes: variant.attributes.clone(),
        price: price(variant, shop, now).unwrap_or_else(|| free(shop)).into(),
        other_prices: others.collect(),
        weight_grams: variant.weight_grams,
        barcode: variant.barcode.clone(),
        position: Some(variant.position),
        metadata: variant.metadata.clone(),
    }
}

/// `product` as events carry it.
pub(crate) fn snapshot(product: &Product, tree: &Tree, shop: Currency, now: Timestamp) -> ProductSnapshot {
    ProductSnapshot {
        product_id: product.id,
        name: product.name.clone(),
        slug: product.slug.clone(),
        description: excerpt(&product.description),
        brand: product.brand.clone(),
        tags: product.tags.clone(),
        status: product.status,
        categories: categories(product, tree),
        variants: product.variants.iter().map(|variant| variant_snapshot(variant, shop, now)).collect(),
    }
}

/// The part of a description that events carry.
pub(crate) fn excerpt(description: &str) -> String {
    description.chars().take(EVENT_DESCRIPTION).collect()
}

/// `variant` as events carry it.
pub(crate) fn variant_snapshot(variant: &Variant, shop: Currency, now: Timestamp) -> VariantSnapshot {
    VariantSnapshot {
        variant_id: variant.id,
        sku: variant.sku.clone(),
        name: variant.name.clone(),
        attributes: variant.attributes.clone(),
        price: price(variant, shop, now).unwrap_or_else(|| free(shop)),
        weight_grams: variant.weight_grams,
        barcode: variant.barcode.clone(),
        position: variant.position,
    }
}

/// `category` as clients see it, with the number of products the public finds in it and below it.
pub(crate) fn category(category: &Category, tree: &Tree, product_count: u64) -> CategoryView {
    CategoryView {
        id: category.id,
        slug: category.slug.clone(),
        name: category.name.clone(),
        description: category.description.clone(),
        parent_id: category.parent_id,
        path: tree.path(category.id),
        level: tree.level(category.id),
        product_count,
        metadata: category.metadata.clone(),
        created_at: category.created_at,
        updated_at: category.updated_at,
        version: category.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::Changes, samples, write};

    #[test]
    fn what_staff_read_and_send_back_changes_nothing() {
        let before = samples::product();
        let later = samples::NOW + std::time::Duration::from_secs(3600);
        let body = writable(&before, Currency::EUR, later);
        let shop = write::Shop { currency: Currency::EUR, now: later };
        let after = write::product(&body, Some(&before), shop).unwrap();
        assert!(
            Changes::between(&before, &after, later).is_empty(),
            "{:?}",
            Changes::between(&before, &after, later)
        );
    }

    #[test]
    fn the_public_does_not_see_what_is_only_for_staff() {
        let mut secret = samples::product();
        secret.metadata.insert("cost".into(), "1.00".into());
        let plan = crate::domain::price::Price {
            from: samples::NOW + std::time::Duration::from_secs(9),
            ..samples::price(5, samples::NOW)
        };
        secret.variants[0].prices[0].set(plan, samples::NOW);
        let lens = Lens { shop: Currency::EUR, currency: Currency::EUR, now: samples::NOW, staff: false };
        let seen = product(&secret, &Tree::default(), lens);
        assert!(seen.metadata.is_empty() && seen.variants[0].planned_prices.is_empty());
        let seen = product(&secret, &Tree::default(), Lens { staff: true, ..lens });
        assert_eq!((seen.metadata.len(), seen.variants[0].planned_prices.len()), (1, 1));
    }

    #[test]
    fn a_price_that_is_missing_in_a_currency_is_shown_in_that_of_the_shop() {
        let lens = Lens { shop: Currency::EUR, currency: Currency::USD, now: samples::NOW, staff: false };
        let seen = product(&samples::product(), &Tree::default(), lens);
        assert_eq!(seen.variants[0].effective_price, Money::new(10_999, Currency::EUR));
    }
}
