//! Contract of the product service: what clients send and read (contracts §4.4, §4.13).
//!
//! Messages are in [`messages`], the question "can this be sold, and for how much" in
//! [`availability`], the report of a Shopify import in [`import`], the calls other services may
//! make in [`client`].

pub mod availability;
pub mod client;
pub mod import;
pub mod messages;
pub mod search;
pub mod write;

pub use availability::{
    Availability, AvailabilityAnswer, AvailabilityLine, AvailabilityProblem, AvailabilityRequest,
};
pub use client::ProductClient;
pub use import::{BadRow, ImportReport};
pub use messages::{
    CategoryCreated, CategoryDeleted, CategoryMoved, CategoryUpdated, ProductAuditRecorded, ProductCreated,
    ProductDeleted, ProductPriceUpdated, ProductService, ProductSnapshot, ProductStatusChanged,
    ProductUpdated, ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated,
};
pub use search::{CategoryCount, Facets, PriceBand, ProductPage, Suggestion, Suggestions, ValueCount};
pub use write::{AddImage, MoveCategory, SetPrice, SetStatus, WriteCategory, WriteProduct, WriteVariant};

use crate::ids::{CategoryId, ImageId, ProductId, VariantId};
use crate::shared::{CategoryRef, PriceRecord};
use base::{Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// State of a product (contracts §6.9).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductStatus {
    /// Being prepared; only staff see it.
    Draft,
    /// On sale.
    Active,
    /// Taken off sale for a while; only staff see it.
    Inactive,
    /// What is left is sold; not bought any more.
    Discontinued,
    /// Gone for good; orders keep their own copy.
    Archived,
}

/// What the public may know of a variant's stock; numbers are for staff (inventory service).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockState {
    /// Enough.
    InStock,
    /// Few are left.
    LowStock,
    /// None is left, or stock was never received.
    OutOfStock,
}

/// A product as clients read it, in lists and alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name in addresses, unique in the shop; `GET /api/products/{slug}` works too.
    pub slug: String,
    /// Display name, ≤ 255 characters.
    pub name: String,
    /// Text, ≤ 65,536 characters. It may hold HTML as its author wrote it: clean it before
    /// showing it as HTML.
    pub description: String,
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// State; the public sees ACTIVE and DISCONTINUED only.
    pub status: ProductStatus,
    /// Free words.
    pub tags: Vec<String>,
    /// Where it is filed; the first is its main category.
    pub categories: Vec<CategoryRef>,
    /// Pictures in order.
    pub images: Vec<Image>,
    /// Names of the options its variants differ in, in order, e.g. `Colour`, `Size`.
    pub options: Vec<String>,
    /// What can be bought, in order; at least one.
    pub variants: Vec<Variant>,
    /// What buyers think.
    pub rating: Rating,
    /// Properties of all variants, e.g. `Material` → `Steel`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Whether special rules for shipping apply.
    #[serde(default)]
    pub is_hazardous_material: bool,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_of_origin: Option<String>,
    /// Free form; only staff see it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Raised by every change; the number in the ETag.
    pub version: i64,
}

/// Something that can be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// Stock keeping unit, unique in the shop.
    pub sku: String,
    /// Display name, e.g. `Red / Large`; the product's name when there is only one variant.
    pub name: String,
    /// Option values by option name, e.g. `Colour` → `Red`.
    pub attributes: BTreeMap<String, String>,
    /// The price that holds now, in the currency asked for.
    pub price: PriceRecord,
    /// What one piece costs now: the sale price if there is one.
    pub effective_price: Money,
    /// The prices that hold now in other currencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_prices: Vec<PriceRecord>,
    /// Prices that will hold later or end; only staff see them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned_prices: Vec<PriceRecord>,
    /// Whether it can be had.
    pub stock_state: StockState,
    /// Weight in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<i64>,
    /// EAN, UPC or other code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Order among the variants, from 0.
    pub position: i64,
    /// Free form; only staff see it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Where it is: a path of this API (append `?size=` one of `sizes`), or an address elsewhere.
    pub url: String,
    /// Text for those who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Order among the pictures, from 0.
    pub position: i64,
    /// Widths in pixels it can be asked for with `?size=`; empty for addresses elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<u32>,
}

/// What buyers think of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// Mean of the published reviews, two decimal digits; `0.00` without reviews.
    pub average: String,
    /// Number of published reviews.
    pub count: i64,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name in addresses, unique in the shop.
    pub slug: String,
    /// Display name, unique under its parent.
    pub name: String,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The category above it; none at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// Ids from the top down to this one, joined by `/`.
    pub path: String,
    /// 0 at the top.
    pub level: i64,
    /// Products the public can see in it and below it.
    pub product_count: u64,
    /// Free form.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Raised by every change; the number in the ETag.
    pub version: i64,
}

/// All categories, parents before their children, siblings by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryList {
    /// The categories.
    pub items: Vec<Category>,
}
