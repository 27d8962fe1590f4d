//! Products for unit tests.

use super::price::{Price, Timeline};
use super::product::{Product, Variant};
use api::ids::{CategoryId, ProductId, VariantId};
use api::product::ProductStatus;
use base::{Currency, Timestamp};
use std::collections::BTreeMap;

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

pub(crate) fn price(minor: i64, from: Timestamp) -> Price {
    Price { base_minor: minor, sale_minor: None, from, until: None, tax_class: "standard".into() }
}

pub(crate) fn variant(sku: &str, minor: i64) -> Variant {
    let mut line = Timeline::new(Currency::EUR);
    line.set(price(minor, NOW), NOW);
    line.show(NOW);
    Variant {
        id: VariantId::new(),
        sku: sku.into(),
        name: sku.into(),
        attributes: BTreeMap::from([("Size".to_owned(), sku.to_owned())]),
        prices: vec![line],
        weight_grams: None,
        barcode: None,
        position: 0,
        metadata: Default::default(),
        stock: Default::default(),
    }
}

pub(crate) fn product() -> Product {
    Product {
        id: ProductId::new(),
        version: 1,
        slug: "trail-boots".into(),
        name: "Trail Boots".into(),
        description: "<p>For long ways</p>".into(),
        brand: Some("Daybird".into()),
        status: ProductStatus::Active,
        tags: vec!["outdoor".into()],
        category_ids: vec![CategoryId::new()],
        options: vec!["Size".into()],
        attributes: BTreeMap::new(),
        is_hazardous_material: false,
        country_of_origin: None,
        metadata: Default::default(),
        rating_hundredths: 0,
        rating_count: 0,
        variants: vec![variant("BOOT-42", 10_999)],
        images: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
        touched_at: NOW,
    }
}
