//! What staff send to change the catalogue.

use super::ProductStatus;
use crate::ids::{CategoryId, VariantId};
use crate::shared::PriceRecord;
use base::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A whole product: the body of POST and PUT, and what a merge patch is applied to. In a PUT a
/// field left out is cleared, and a variant left out is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteProduct {
    /// Display name, 1–255 characters.
    pub name: String,
    /// `[a-z0-9-]`, ≤ 255 characters; made from the name when left out (POST) or kept (PUT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Text or HTML, ≤ 65,536 characters.
    #[serde(default)]
    pub description: String,
    /// Maker, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Where it is filed, 1–20; the first is its main category.
    pub category_ids: Vec<CategoryId>,
    /// Free words, ≤ 50 of ≤ 100 characters.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Names of at most 3 options, in order; taken from the variants when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What can be bought, 1–100.
    pub variants: Vec<WriteVariant>,
    /// DRAFT or ACTIVE; DRAFT when left out. In a PUT it must be the present state or left out:
    /// `PUT …/status` changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ProductStatus>,
    /// Properties of all variants, ≤ 50.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Whether special rules for shipping apply.
    #[serde(default)]
    pub is_hazardous_material: bool,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_of_origin: Option<String>,
    /// Free form, ≤ 16 KiB.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// A variant: part of [`WriteProduct`], and the body of POST and PUT of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteVariant {
    /// Which one it is, in a PUT of the product; else it is found by its SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit, 1–100 characters without blanks at its ends, unique in the shop.
    pub sku: String,
    /// Display name, ≤ 255 characters; made from the option values when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Option values by option name, ≤ 3; every variant of a product has another combination.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The price in the currency of the shop, from now on and without end.
    pub price: SetPrice,
    /// Prices in other currencies, from now on and without end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_prices: Vec<SetPrice>,
    /// Weight in grams, 0–1,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<i64>,
    /// EAN, UPC or other code, ≤ 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Order among the variants; that of the list when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Free form, ≤ 16 KiB.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// A price to be set: a [`PriceRecord`] whose tax class may be left out. The currency says which
/// of the variant's prices it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPrice {
    /// The ordinary price, ≥ 0.
    pub base: Money,
    /// The reduced price, lower than `base` and of the same currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Money>,
    /// From when on; at once when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Timestamp>,
    /// Until when; then the price before it holds again. Without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<Timestamp>,
    /// `standard` when left out.
    #[serde(default = "standard")]
    pub tax_class: String,
}

fn standard() -> String {
    "standard".to_owned()
}

impl SetPrice {
    /// `base` from now on and without end, taxed as `standard`.
    pub fn plain(base: Money) -> Self {
        Self { base, sale: None, effective_from: None, effective_until: None, tax_class: standard() }
    }
}

impl From<PriceRecord> for SetPrice {
    fn from(price: PriceRecord) -> Self {
        let PriceRecord { base, sale, effective_from, effective_until, tax_class } = price;
        Self { base, sale, effective_from, effective_until, tax_class }
    }
}

/// The state a product should be in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStatus {
    /// The new state (contracts §6.9).
    pub status: ProductStatus,
}

/// A picture that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddImage {
    /// Its https address, ≤ 2,048 characters. It is not fetched.
    pub url: String,
    /// Text for those who cannot see it, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Order among the pictures, from 0; the last when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
}

/// A whole category: the body of POST and PUT. In a PUT a field left out is cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteCategory {
    /// Display name, 1–100 characters, unique under its parent.
    pub name: String,
    /// `[a-z0-9-]`, ≤ 255 characters; made from the name when left out (POST) or kept (PUT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Text, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The category above it; none at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// Free form, ≤ 16 KiB.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// Where a category should hang.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveCategory {
    /// The category above it; the top when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
}
