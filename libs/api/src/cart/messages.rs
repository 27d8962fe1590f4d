//! The events cart-service publishes (contracts §3.7).

use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{CartId, CartLineId, OrderId, ProductId, UserId, VariantId};
use crate::shared::CartItem;
use base::{Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const EXCHANGE: &str = "cart.events";
const SOURCE: &str = "CartService";

/// What kind of change it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CartChangeType {
    /// A line was added or grew.
    Add,
    /// A quantity was set.
    Update,
    /// A line was removed.
    Remove,
    /// The coupon changed.
    Coupon,
    /// A guest cart was merged in.
    Merge,
    /// A price or the availability of a line changed.
    Reprice,
}

/// One change of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartChange {
    /// What kind of change.
    #[serde(rename = "type")]
    pub kind: CartChangeType,
    /// The line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<CartLineId>,
    /// The product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Its quantity afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
}

/// Lines, coupon or owner changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartUpdated {
    /// Version of the cart.
    pub aggregate_version: i64,
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// What changed.
    pub changes: Vec<CartChange>,
    /// Sum of the quantities.
    pub item_count: i64,
    /// Sum of the lines.
    pub subtotal: Money,
    /// When.
    pub updated_at: Timestamp,
}

/// The cart was locked for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartCheckedOut {
    /// Version of the cart.
    pub aggregate_version: i64,
    /// The cart.
    pub cart_id: CartId,
    /// The same as `aggregateVersion`: the version the order is made of.
    pub cart_version: i64,
    /// Whose it is; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The order.
    pub order_id: OrderId,
    /// Its lines.
    pub items: Vec<CartItem>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// Reduction by coupons.
    pub discount_amount: Money,
    /// `subtotal` − `discountAmount`.
    pub total_amount: Money,
    /// When.
    pub checked_out_at: Timestamp,
}

/// Why a cart was emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CartClearReason {
    /// Its order is paid.
    OrderPlaced,
    /// The owner emptied it.
    User,
    /// Nothing happened for a month.
    Expired,
    /// The owner's account was closed.
    AccountClosed,
}

/// The cart was emptied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartCleared {
    /// Version of the cart.
    pub aggregate_version: i64,
    /// The cart.
    pub cart_id: CartId,
    /// Whose it was; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The order it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Why.
    pub reason: CartClearReason,
    /// When.
    pub cleared_at: Timestamp,
}

/// Nothing happened for a day to a cart with lines and a known owner; once per cart version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartAbandoned {
    /// Version of the cart.
    pub aggregate_version: i64,
    /// The cart.
    pub cart_id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its lines.
    pub items: Vec<CartItem>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// When something last happened.
    pub last_activity_at: Timestamp,
    /// When it was given up.
    pub abandoned_at: Timestamp,
}

impl Message for CartUpdated {
    const NAME: &'static str = "CartUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "cart.cart.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.cart_id.to_string()
    }
}

impl Message for CartCheckedOut {
    const NAME: &'static str = "CartCheckedOut";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "cart.cart.checked-out.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.cart_id.to_string()
    }
}

impl Message for CartCleared {
    const NAME: &'static str = "CartCleared";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "cart.cart.cleared.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.cart_id.to_string()
    }
}

impl Message for CartAbandoned {
    const NAME: &'static str = "CartAbandoned";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "cart.cart.abandoned.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.cart_id.to_string()
    }
}

/// The publisher of the cart service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum CartService {}

impl Publisher for CartService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the cart service.
pub type CartAuditRecorded = AuditRecorded<CartService>;
