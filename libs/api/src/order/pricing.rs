//! Totals, their explanation, quotes, and the tables of tax and shipping that staff edit (D-39).

use super::ShippingMethod;
use base::{Currency, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The sums of an order:
/// `totalAmount = subtotal - discountAmount + shippingCost`, plus `taxAmount` where the prices
/// do not contain it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The lines at their unit prices.
    pub subtotal: Money,
    /// Coupons and promotions.
    pub discount_amount: Money,
    /// Tax of lines and shipping, contained in the prices or added to them.
    pub tax_amount: Money,
    /// Shipping.
    pub shipping_cost: Money,
    /// What the customer pays.
    pub total_amount: Money,
    /// Currency of all amounts.
    pub currency: Currency,
}

/// What a step of an explanation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceStep {
    /// The ordinary price times the quantity.
    ListPrice,
    /// What the sale price takes off it.
    Sale,
    /// The line's rounded-down share of the discounts.
    Discount,
    /// The minor units that the shares left over.
    Rounding,
    /// The tax taken out of a price that contains it: from gross to net.
    TaxContained,
    /// The tax put on: from net to gross.
    Tax,
    /// The price of shipping.
    Shipping,
    /// What a free-shipping rule or coupon takes off it.
    ShippingFree,
}

/// One step from the list prices to the total; all amounts together are the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Position in `items` of the line it belongs to, from 0; absent for shipping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// What kind of step.
    pub step: PriceStep,
    /// What it adds; negative when it takes off.
    pub amount: Money,
    /// How it was calculated, for people, e.g. `19 % of 84.03`.
    pub detail: String,
}

/// `POST /internal/orders/quote`: what would this cost there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuoteRequest {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// State or province, e.g. `NY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_or_province: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// How the goods travel.
    pub shipping_method: ShippingMethod,
    /// Currency of all amounts.
    pub currency: Currency,
    /// What is bought.
    pub lines: Vec<QuoteLine>,
    /// Reduction of the whole cart, spread over the lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_amount: Option<Money>,
    /// Whether a coupon makes shipping free.
    #[serde(default)]
    pub free_shipping: bool,
}

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuoteLine {
    /// Pieces, ≥ 1.
    pub quantity: i64,
    /// Price of one piece.
    pub unit_price: Money,
    /// Price of one piece without a sale; `unitPrice` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// Reduction of this line alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_amount: Option<Money>,
    /// Tax class, e.g. `standard`.
    pub tax_class: String,
    /// Weight of one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<i64>,
}

/// The answer to a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// Whether the prices contain the tax.
    pub prices_include_tax: bool,
    /// How the total came about.
    pub explanation: Vec<Explanation>,
}

/// One way to send goods to a place, `GET /api/shipping-methods`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingOption {
    /// The method.
    pub method: ShippingMethod,
    /// Its name for people.
    pub name: String,
    /// The price without weight.
    pub price: Money,
    /// The price of each kilogram begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_kg: Option<Money>,
    /// Goods from this value on travel free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<Money>,
    /// Days it takes at least.
    pub min_days: i64,
    /// Days it takes at most.
    pub max_days: i64,
}

/// The ways to send goods to a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShippingOptions {
    /// Empty where nothing is sent to.
    pub items: Vec<ShippingOption>,
}

/// A region with its own taxes and shipping prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxZone {
    /// Its key, e.g. `de` or `us-ny`.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Whether the catalogue's prices contain the tax there.
    pub prices_include_tax: bool,
    /// The places in it; the most exact match of all zones wins.
    pub areas: Vec<TaxArea>,
}

/// A place: a country, a region of it, or the start of a postal code in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxArea {
    /// ISO 3166-1 alpha-2, or `*` for the rest of the world.
    pub country: String,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How the postal code begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_prefix: Option<String>,
}

/// A tax of a zone on a class of goods; several on the same class add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxRate {
    /// The zone.
    pub zone: String,
    /// The class of goods, e.g. `standard`.
    pub tax_class: String,
    /// Its name for people, e.g. `VAT`.
    pub name: String,
    /// Parts per million: 190000 is 19 %.
    pub rate_ppm: i64,
}

/// The price of a shipping method in a zone and currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShippingRate {
    /// The method.
    pub method: ShippingMethod,
    /// The zone.
    pub zone: String,
    /// Its name for people.
    pub name: String,
    /// The price without weight, gross or net as the zone's prices are.
    pub flat: Money,
    /// The price of each kilogram begun, in addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_kg: Option<Money>,
    /// Goods from this value on, discounts taken off, travel free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<Money>,
    /// Tax class of the shipping.
    pub tax_class: String,
    /// Days it takes at least.
    pub min_days: i64,
    /// Days it takes at most.
    pub max_days: i64,
}

/// All tax zones; `PUT` replaces the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxZones {
    /// Its rows.
    pub items: Vec<TaxZone>,
}

/// All tax rates; `PUT` replaces the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRates {
    /// Its rows.
    pub items: Vec<TaxRate>,
}

/// All shipping prices; `PUT` replaces the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingRates {
    /// Its rows.
    pub items: Vec<ShippingRate>,
}
