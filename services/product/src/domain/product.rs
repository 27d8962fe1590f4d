//! A product with its variants, prices and pictures, as the rules see it.

use super::price::Timeline;
use super::stock::VariantStock;
use api::ids::{CategoryId, ImageId, ProductId, VariantId};
use api::product::ProductStatus;
use base::{Currency, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Limits of a product (services/product/README.md lists them).
pub(crate) const MAX_NAME: usize = 255;
pub(crate) const MAX_DESCRIPTION: usize = 65_536;
pub(crate) const MAX_BRAND: usize = 100;
pub(crate) const MAX_TAGS: usize = 50;
pub(crate) const MAX_TAG: usize = 100;
pub(crate) const MAX_VARIANTS: usize = 100;
pub(crate) const MAX_OPTIONS: usize = 3;
pub(crate) const MAX_OPTION_TEXT: usize = 100;
pub(crate) const MAX_ATTRIBUTES: usize = 50;
pub(crate) const MAX_ATTRIBUTE_VALUE: usize = 500;
pub(crate) const MAX_CATEGORIES: usize = 20;
pub(crate) const MAX_IMAGES: usize = 50;
pub(crate) const MAX_SKU: usize = 100;
pub(crate) const MAX_BARCODE: usize = 64;
pub(crate) const MAX_CURRENCIES: usize = 20;
pub(crate) const MAX_GRAMS: i64 = 1_000_000_000;
pub(crate) const MAX_METADATA_BYTES: usize = 16 * 1024;
pub(crate) const MAX_ALT: usize = 500;
pub(crate) const MAX_URL: usize = 2048;

/// A product.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) version: i64,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) brand: Option<String>,
    pub(crate) status: ProductStatus,
    pub(crate) tags: Vec<String>,
    pub(crate) category_ids: Vec<CategoryId>,
    pub(crate) options: Vec<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) is_hazardous_material: bool,
    pub(crate) country_of_origin: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) rating_hundredths: i64,
    pub(crate) rating_count: i64,
    pub(crate) variants: Vec<Variant>,
    pub(crate) images: Vec<Image>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// When its answer last changed for any reason; a new version is one.
    pub(crate) touched_at: Timestamp,
}

/// Something that can be bought.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub(crate) id: VariantId,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) prices: Vec<Timeline>,
    pub(crate) weight_grams: Option<i64>,
    pub(crate) barcode: Option<String>,
    pub(crate) position: i64,
    pub(crate) metadata: Map<String, Value>,
    /// What the inventory last said about it; not part of the product's version.
    pub(crate) stock: VariantStock,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: ImageId,
    pub(crate) source: Source,
    pub(crate) alt: Option<String>,
    pub(crate) position: i64,
}

/// Where a picture is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Files in our data directory.
    Stored(super::picture::Format),
    /// An address elsewhere.
    Elsewhere(String),
}

impl Product {
    /// Whether it has only the one variant every product has.
    pub(crate) fn is_simple(&self) -> bool {
        self.variants.len() == 1
    }

    /// The variant with this id.
    pub(crate) fn variant(&self, id: VariantId) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.id == id)
    }

    /// The same, to be changed.
    pub(crate) fn variant_mut(&mut self, id: VariantId) -> Option<&mut Variant> {
        self.variants.iter_mut().find(|variant| variant.id == id)
    }

    /// Puts the variants in the order of their positions and numbers them from 0.
    pub(crate) fn number_variants(&mut self) {
        self.variants.sort_by_key(|variant| variant.position);
        for (position, variant) in (0..).zip(&mut self.variants) {
            variant.position = position;
        }
    }

    /// Puts the pictures in the order of their positions and numbers them from 0.
    pub(crate) fn number_images(&mut self) {
        self.images.sort_by_key(|image| image.position);
        for (position, image) in (0..).zip(&mut self.images) {
            image.position = position;
        }
    }

    /// When the next price of a variant starts or ends.
    pub(crate) fn next_price_change(&self, now: Timestamp) -> Option<Timestamp> {
        let lines = self.variants.iter().flat_map(|variant| &variant.prices);
        lines.filter_map(|line| line.next_change(now)).min()
    }
}

impl Variant {
    /// Its prices in `currency`.
    pub(crate) fn line(&self, currency: Currency) -> Option<&Timeline> {
        self.prices.iter().find(|line| line.currency == currency)
    }

    /// The same, to be changed; an empty one is added if there is none.
    pub(crate) fn line_mut(&mut self, currency: Currency) -> &mut Timeline {
        let index = self.prices.iter().position(|line| line.currency == currency).unwrap_or_else(|| {
            self.prices.push(Timeline::new(currency));
            self.prices.len() - 1
        });
        &mut self.prices[index]
    }
}

/// The name of a variant with these option values: the values in the order of the options, or the
/// product's name when it has none.
pub(crate) fn variant_name(
    product: &str,
    options: &[String],
    attributes: &BTreeMap<String, String>,
) -> String {
    let values: Vec<&str> =
        options.iter().filter_map(|option| attributes.get(option)).map(String::as_str).collect();
    let name = if values.is_empty() { product.to_owned() } else { values.join(" / ") };
    name.chars().take(MAX_NAME).collect()
}
