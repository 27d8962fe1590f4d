//! One product in memory: its answer, written once, and what lists and availability ask of it.

use super::terms::{Term, Terms};
use crate::domain::category::Tree;
use crate::domain::price::Timeline;
use crate::domain::product::{Product, Variant};
use crate::domain::search::Texts;
use crate::domain::slug::fold;
use crate::domain::view::{self, Lens};
use api::ids::{ProductId, VariantId};
use api::product::{ProductStatus, StockState};
use base::keys::{hex, sha256};
use base::{Currency, Timestamp};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A product in memory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: u32,
    pub(crate) id: ProductId,
    pub(crate) version: i64,
    pub(crate) status: ProductStatus,
    pub(crate) slug: Box<str>,
    pub(crate) name: Box<str>,
    /// The whole answer in the currency of the shop, as the public sees it.
    pub(crate) json: Bytes,
    /// The version, and after a dot a digest of what the answer shows of other aggregates.
    pub(crate) etag: Box<str>,
    pub(crate) image_url: Option<Box<str>>,
    /// The form of the name that is sorted by.
    pub(crate) name_key: Box<str>,
    pub(crate) created_at: Timestamp,
    /// When the answer last changed.
    pub(crate) touched_at: Timestamp,
    pub(crate) rating_hundredths: i64,
    pub(crate) rating_count: i64,
    /// What the cheapest variant costs, by currency.
    pub(crate) prices: Box<[(Currency, i64)]>,
    /// Numbers of its filter values, ascending.
    pub(crate) terms: Box<[u32]>,
    pub(crate) in_stock: bool,
    pub(crate) offers: Box<[Offer]>,
}

/// What can be bought of a product.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) variant_id: VariantId,
    pub(crate) sku: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) prices: Box<[Timeline]>,
    pub(crate) weight_grams: Option<i64>,
}

impl Entry {
    /// `product` as it goes into the catalogue.
    pub(crate) fn new(
        key: u32,
        product: &Product,
        tree: &Tree,
        terms: &mut Terms,
        shop: Currency,
        now: Timestamp,
    ) -> Self {
        let seen = view::product(product, tree, Lens { shop, currency: shop, now, staff: false });
        let in_stock = seen.variants.iter().any(|variant| variant.stock_state != StockState::OutOfStock);
        Self {
            key,
            id: product.id,
            version: product.version,
            status: product.status,
            slug: product.slug.as_str().into(),
            name: product.name.as_str().into(),
            json: serde_json::to_vec(&seen).expect("products have texts as map keys").into(),
            etag: etag(product, tree).into(),
            image_url: seen.images.first().map(|image| image.url.as_str().into()),
            name_key: fold(&product.name).into(),
            created_at: product.created_at,
            touched_at: product.touched_at,
            rating_hundredths: product.rating_hundredths,
            rating_count: product.rating_count,
            prices: cheapest(product, now),
            terms: numbers(product, tree, terms),
            in_stock,
            offers: product.variants.iter().map(offer).collect(),
        }
    }

    /// Whether the public sees it.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.status, ProductStatus::Active | ProductStatus::Discontinued)
    }

    /// What the cheapest variant costs in `currency`.
    pub(crate) fn price(&self, currency: Currency) -> Option<i64> {
        self.prices.iter().find(|(own, _)| *own == currency).map(|(_, minor)| *minor)
    }

    /// Whether it has the filter value with this number.
    pub(crate) fn has(&self, term: u32) -> bool {
        self.terms.binary_search(&term).is_ok()
    }
}

fn offer(variant: &Variant) -> Offer {
    Offer {
        variant_id: variant.id,
        sku: variant.sku.as_str().into(),
        name: variant.name.as_str().into(),
        attributes: variant.attributes.clone(),
        prices: variant.prices.clone().into(),
        weight_grams: variant.weight_grams,
    }
}

fn cheapest(product: &Product, now: Timestamp) -> Box<[(Currency, i64)]> {
    let mut found: BTreeMap<Currency, i64> = BTreeMap::new();
    for line in product.variants.iter().flat_map(|variant| &variant.prices) {
        if let Some(price) = line.at(now) {
            let minor = price.effective_minor();
            found.entry(line.currency).and_modify(|least| *least = minor.min(*least)).or_insert(minor);
        }
    }
    found.into_iter().collect()
}

fn numbers(product: &Product, tree: &Tree, terms: &mut Terms) -> Box<[u32]> {
    let lineages = product.category_ids.iter().flat_map(|id| tree.lineage(*id));
    let mut own: Vec<Term> = lineages.map(Term::Category).collect();
    own.extend(product.brand.iter().map(|brand| Term::Brand(brand.as_str().into())));
    own.extend(product.tags.iter().map(|tag| Term::Tag(tag.as_str().into())));
    let attributes =
        product.variants.iter().flat_map(|variant| &variant.attributes).chain(&product.attributes);
    own.extend(attributes.map(|(name, value)| Term::Attribute(name.as_str().into(), value.as_str().into())));
    let mut numbers: Vec<u32> = own.into_iter().map(|term| terms.number(term)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into()
}

/// The version alone while nothing else shows; stock and the names of categories have no part in
/// the version but in the answer, and an answer that differs needs another tag.
fn etag(product: &Product, tree: &Tree) -> String {
    let mut shown = String::new();
    for (index, variant) in product.variants.iter().enumerate() {
        let state = variant.stock.state();
        if state != StockState::OutOfStock {
            let _infallible = write!(shown, "{index}{state:?};");
        }
    }
    let categories = product.category_ids.iter().filter_map(|id| tree.get(*id));
    for category in categories.filter(|category| category.updated_at > product.updated_at) {
        let _infallible = write!(shown, "{}{};", category.id, category.version);
    }
    if shown.is_empty() {
        return product.version.to_string();
    }
    format!("{}.{}", product.version, hex(&sha256(shown.as_bytes())[..4]))
}

/// What `product` is searched by.
pub(crate) fn texts(key: u32, product: &Product, tree: &Tree) -> Texts {
    let attributes =
        product.variants.iter().flat_map(|variant| &variant.attributes).chain(&product.attributes);
    let mut words: Vec<&str> = attributes.flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    words.sort_unstable();
    words.dedup();
    let categories: Vec<&str> = product.category_ids.iter().flat_map(|id| tree.names(*id)).collect();
    Texts {
        key,
        name: product.name.clone(),
        brand: product.brand.clone().unwrap_or_default(),
        tags: product.tags.join(" "),
        categories: categories.join(" "),
        skus: product.variants.iter().map(|variant| variant.sku.clone()).collect(),
        attributes: words.join(" "),
        description: product.description.clone(),
    }
}
