//! "Can this be sold now, how much is there, what does it cost": the question carts and orders
//! ask before they promise anything. Nothing is held by asking.

use crate::ids::{ProductId, UserId, VariantId};
use base::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What somebody wants to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AvailabilityRequest {
    /// 1–200 lines.
    pub lines: Vec<AvailabilityLine>,
    /// Codes the shopper has entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discount_codes: Vec<String>,
    /// Who wants to buy, if they are signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Currency of the prices; that of the shop when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

impl AvailabilityRequest {
    /// Asks for `lines` in the currency of the shop.
    pub fn of(lines: Vec<AvailabilityLine>) -> Self {
        Self { lines, discount_codes: Vec::new(), user_id: None, currency: None }
    }
}

/// A wish for one variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AvailabilityLine {
    /// The product.
    pub product_id: ProductId,
    /// The variant; may be left out when the product has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Pieces, 1–1,000,000.
    pub quantity: i64,
}

/// The answer, one line per line asked, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityAnswer {
    /// One per line asked.
    pub lines: Vec<Availability>,
    /// Discounts that apply.
    #[schema(value_type = Vec<Object>)]
    pub discounts: Vec<Value>,
    /// When it was true.
    pub checked_at: Timestamp,
    /// Whether the quantities are from memory because the inventory could not be asked.
    pub stale: bool,
}

/// Whether a line can be sold, and for how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    /// The product asked for.
    pub product_id: ProductId,
    /// The variant; filled in when it was left out and the product has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Pieces asked for.
    pub quantity: i64,
    /// Stock keeping unit; empty when there is no such variant.
    pub sku: String,
    /// Name for carts and orders: the product's, followed by the variant's when there are
    /// several, e.g. `Espresso Machine – Silver`; empty when there is no such variant.
    pub name: String,
    /// Name of the product in addresses; empty when there is no such product.
    pub slug: String,
    /// Option values by option name.
    pub attributes: BTreeMap<String, String>,
    /// Where the first picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Whether state and price allow a sale; the quantity is another matter.
    pub sellable: bool,
    /// Pieces that are free now.
    pub available_quantity: i64,
    /// What one piece costs now; absent when it has no price in the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    /// Tax class of the price; empty without one.
    pub tax_class: String,
    /// Weight of one piece in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<i64>,
    /// Why the line cannot be sold as asked; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<AvailabilityProblem>,
}

/// Why a line cannot be sold as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AvailabilityProblem {
    /// There is no such product or variant, or the variant was left out and there are several.
    NotFound,
    /// The product is not on sale.
    NotSellable,
    /// It has no price in the currency.
    NoPrice,
    /// Fewer pieces are free than all lines of this variant ask for together.
    InsufficientStock,
}
