//! Lists of products: the page, its facets, and suggestions while typing.

use super::Product;
use crate::ids::{CategoryId, ProductId};
use base::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One page of a list of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductPage {
    /// The products.
    pub items: Vec<Product>,
    /// Cursor of the next page, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Cursor of the page before, absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
    /// Number of products in all pages, only with `?count=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What the products of all pages have in common, only with `?facets=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
}

/// How the products of a list spread over the filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    /// By category, products below a category included; most products first.
    pub categories: Vec<CategoryCount>,
    /// By brand; most products first.
    pub brands: Vec<ValueCount>,
    /// By price in the currency asked for; cheapest first, empty bands left out.
    pub prices: Vec<PriceBand>,
    /// By attribute name, then value; most products first.
    pub attributes: BTreeMap<String, Vec<ValueCount>>,
    /// Products of which something is in stock.
    pub in_stock: u64,
}

/// Products in a category and below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryCount {
    /// The category.
    pub category_id: CategoryId,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Products with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// Products of which the cheapest variant costs at least `from` and less than `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceBand {
    /// Lower bound, included.
    pub from: Money,
    /// Upper bound, excluded; none for the last band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Money>,
    /// How many.
    pub count: u64,
}

/// What a shopper may be looking for, while they type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggestions {
    /// Products, best first.
    pub products: Vec<Suggestion>,
    /// Categories whose name has a word that begins like the last word typed.
    pub categories: Vec<CategoryCount>,
    /// Brands whose name has a word that begins like the last word typed.
    pub brands: Vec<String>,
}

/// A product in a list of suggestions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// The product.
    pub id: ProductId,
    /// Its name in addresses.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// Where its first picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// What its cheapest variant costs.
    pub price_from: Money,
}
