//! Objects that several services exchange (contracts §3.14).

use crate::ids::{CartLineId, OrderLineId, ProductId, VariantId};
use base::{Check, Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Who receives it, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
    /// Company, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// Street and number, 1–200 characters.
    pub address_line1: String,
    /// Flat, floor, c/o; ≤ 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// Town, 1–100 characters.
    pub city: String,
    /// State or province, where the country has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_or_province: Option<String>,
    /// Postal code, ≤ 20 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// What the carrier should know, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_notes: Option<String>,
}

impl Address {
    /// Notes in `check` every wrong field below the JSON pointer `at`, e.g. `/shippingAddress`.
    pub fn check(&self, check: &mut Check, at: &str) {
        let pointer = |name: &str| format!("{at}/{name}");
        check.opt_text(&pointer("recipientName"), self.recipient_name.as_deref(), 1..=100);
        check.opt_text(&pointer("companyName"), self.company_name.as_deref(), 1..=100);
        check.text(&pointer("addressLine1"), &self.address_line1, 1..=200);
        check.opt_text(&pointer("addressLine2"), self.address_line2.as_deref(), 1..=200);
        check.text(&pointer("city"), &self.city, 1..=100);
        check.opt_text(&pointer("stateOrProvince"), self.state_or_province.as_deref(), 1..=100);
        check.opt_text(&pointer("postalCode"), self.postal_code.as_deref(), 1..=20);
        check.country(&pointer("country"), &self.country);
        check.opt_text(&pointer("phoneNumber"), self.phone_number.as_deref(), 4..=32);
        check.opt_multiline(&pointer("deliveryNotes"), self.delivery_notes.as_deref(), 1..=500);
    }
}

/// What kind of party did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ActorKind {
    /// A signed-in user acting on their own data.
    User,
    /// Staff.
    Admin,
    /// Another service.
    Service,
    /// A timer or rule of the platform.
    System,
    /// A payment, mail or other provider.
    Provider,
    /// A shopper, signed in or guest.
    Customer,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What kind of party.
    #[serde(rename = "type")]
    pub kind: ActorKind,
    /// User id or service name, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Actor {
    /// A timer or rule of the platform.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, id: None }
    }

    /// An actor of `kind` with an id.
    pub fn new(kind: ActorKind, id: impl ToString) -> Self {
        Self { kind, id: Some(id.to_string()) }
    }
}

/// A price with an optional sale price and the time in which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceRecord {
    /// The ordinary price.
    pub base: Money,
    /// The reduced price, lower than `base` and of the same currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Money>,
    /// From when on; at once when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Timestamp>,
    /// Until when; without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<Timestamp>,
    /// Tax class, e.g. `standard`, `reduced`, `zero`.
    pub tax_class: String,
}

/// A category by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryRef {
    /// Its id.
    pub category_id: crate::ids::CategoryId,
    /// Its name.
    pub name: String,
}

/// A variant as events carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariantSnapshot {
    /// Its id.
    pub variant_id: VariantId,
    /// Stock keeping unit, unique in the shop.
    pub sku: String,
    /// Display name, e.g. `Large / Red`.
    pub name: String,
    /// Option values by option name, e.g. `Colour` → `Red`.
    pub attributes: BTreeMap<String, String>,
    /// The price.
    pub price: PriceRecord,
    /// Weight in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<i64>,
    /// EAN, UPC or other code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Order among the variants of the product, from 0.
    pub position: i64,
}

/// A line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartItem {
    /// Identity of the line.
    pub item_id: CartLineId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Name at that moment.
    pub product_name: String,
    /// Pieces, ≥ 1.
    pub quantity: i64,
    /// Price of one piece.
    pub unit_price: Money,
    /// `unitPrice` × `quantity`.
    pub line_total: Money,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// Identity of the line.
    pub order_item_id: OrderLineId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Name at that moment.
    pub product_name: String,
    /// Pieces, ≥ 1.
    pub quantity: i64,
    /// Price of one piece.
    pub unit_price: Money,
    /// Reduction of the whole line.
    pub discount_amount: Money,
    /// Tax of the whole line.
    pub tax_amount: Money,
    /// What the line costs the customer, tax included.
    pub total_price: Money,
    /// Option values by option name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, String>>,
}

/// How something was paid; never more of a card than this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMethodDetails {
    /// CARD, PAYPAL, SEPA_DEBIT, WALLET or TEST.
    pub method_type: String,
    /// e.g. `visa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_brand: Option<String>,
    /// The last four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_last_four: Option<String>,
    /// 1–12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_expiry_month: Option<i64>,
    /// Four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_expiry_year: Option<i64>,
}
