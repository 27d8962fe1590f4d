//! What the order service tells about goods on their way (contracts §3.8).

use super::ShippingMethod;
use super::messages::{EXCHANGE, OrderRef, SOURCE};
use crate::ids::{OrderLineId, ProductId, ShipmentId, VariantId};
use crate::shared::Address;
use base::Timestamp;
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippedItem {
    /// The line.
    pub order_item_id: OrderLineId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Name at the time of the order.
    pub product_name: String,
    /// Pieces.
    pub quantity_shipped: i64,
}

/// A line that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveredItem {
    /// The line.
    pub order_item_id: OrderLineId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Name at the time of the order.
    pub product_name: String,
    /// Pieces.
    pub quantity_delivered: i64,
    /// Whether the customer should be asked for a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_review_prompt_enabled: Option<bool>,
}

/// Whether and until when goods can be sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnEligibility {
    /// Whether they can.
    pub is_eligible: bool,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligible_until_date: Option<Timestamp>,
    /// Page with the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_policy_url: Option<String>,
}

/// Whether a shipment holds all that was left to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ShipmentType {
    /// The whole order.
    Full,
    /// A part of it.
    Partial,
}

/// How goods were handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryMethod {
    /// A carrier at the door.
    Courier,
    /// The letter box.
    Mail,
    /// Fetched by the customer.
    CustomerPickup,
    /// A parcel locker.
    Locker,
}

/// A shipment with a carrier and a tracking number left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderShipped {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// The shipment.
    pub shipment_id: ShipmentId,
    /// When it left.
    pub shipped_at: Timestamp,
    /// Who carries it.
    pub carrier_name: String,
    /// The carrier's number.
    pub tracking_number: String,
    /// Page of the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_date: Option<String>,
    /// How the goods travel.
    pub shipping_method_used: ShippingMethod,
    /// Whether it is all of the order.
    pub shipment_type: ShipmentType,
    /// What is inside.
    pub items_shipped: Vec<ShippedItem>,
    /// Where it goes.
    pub destination_address: Address,
}

/// A shipment arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDelivered {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// The shipment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// When.
    pub delivered_at: Timestamp,
    /// How it was handed over.
    pub delivery_method: DeliveryMethod,
    /// Who carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_name: Option<String>,
    /// The carrier's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// Who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
    /// Where it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_address_snapshot: Option<Address>,
    /// What arrived.
    pub delivered_items: Vec<DeliveredItem>,
    /// Whether and until when it can be sent back.
    pub return_eligibility: ReturnEligibility,
}

impl Message for OrderShipped {
    const NAME: &'static str = "OrderShipped";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.shipment.shipped.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderDelivered {
    const NAME: &'static str = "OrderDelivered";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.shipment.delivered.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}
