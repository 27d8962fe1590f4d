//! What the order service tells about orders and their money (contracts §3.8).

use super::pricing::Totals;
use super::{CancellationReason, OrderPaymentStatus, OrderStatus, ShippingMethod};
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{
    CartId, OrderId, OrderLineId, PaymentId, ProductId, RefundId, ReservationId, UserId, VariantId,
};
use crate::shared::{Actor, Address, OrderItem, PaymentMethodDetails};
use base::{Currency, Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Exchange of all order events.
pub const EXCHANGE: &str = "order.events";
/// `sourceService` of all order events.
pub const SOURCE: &str = "OrderService";

/// The order an event is about; its fields stand directly in the payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    /// Version of the order after the change.
    pub aggregate_version: i64,
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

/// An order in four numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderSummary {
    /// Where it stands.
    pub status: OrderStatus,
    /// Where the money stands.
    pub payment_status: OrderPaymentStatus,
    /// What it costs.
    pub total_amount: Money,
    /// How many pieces.
    pub item_count: i64,
}

/// A cancelled line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelledItem {
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
    pub quantity_cancelled: i64,
    /// Price of one piece at the time of the order.
    pub unit_price_at_order: Money,
}

/// Whether money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundState {
    /// None is due.
    None,
    /// It will.
    Pending,
}

/// The money of a cancelled order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundDetails {
    /// Whether money was taken or held.
    pub is_refund_applicable: bool,
    /// Whether it will go back.
    pub refund_status: RefundState,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_amount: Option<Money>,
    /// Which way, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_method_hint: Option<String>,
    /// The payment to give back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
}

/// An order is priced, its stock is held, it waits for the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCreated {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// When it was accepted.
    pub order_date: Timestamp,
    /// `PENDING_PAYMENT`.
    pub status: OrderStatus,
    /// The lines.
    pub items: Vec<OrderItem>,
    /// How many pieces.
    pub item_count: i64,
    /// What it costs.
    #[serde(flatten)]
    pub totals: Totals,
    /// Coupons that reduced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied_coupons: Vec<String>,
    /// Where the goods go.
    pub shipping_details: Address,
    /// How the goods travel.
    pub shipping_method_chosen: ShippingMethod,
    /// Where the invoice goes.
    pub billing_details: Address,
    /// What the customer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_notes: Option<String>,
    /// The hold on the stock.
    pub inventory_reservation_id: ReservationId,
    /// Until when it can be paid.
    pub payment_deadline: Timestamp,
}

/// An order is paid and binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// The cart it was made of.
    pub cart_id: CartId,
    /// Version of that cart.
    pub cart_version: i64,
    /// The lines.
    pub items: Vec<OrderItem>,
    /// How many pieces.
    pub item_count: i64,
    /// What it costs.
    #[serde(flatten)]
    pub totals: Totals,
    /// Where the goods go.
    pub shipping_details: Address,
    /// How the goods travel.
    pub shipping_method_chosen: ShippingMethod,
    /// The payment; absent when there was nothing to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// How it was paid; absent when there was nothing to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_details: Option<PaymentMethodDetails>,
    /// When.
    pub placed_at: Timestamp,
}

/// Address, notes, method or a shipment changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderUpdated {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Paths of the changed fields.
    pub updated_fields: Vec<String>,
    /// The order after the change.
    #[serde(rename = "order")]
    pub summary: OrderSummary,
    /// When.
    pub updated_at: Timestamp,
    /// Who.
    pub updated_by: Actor,
}

/// An order moved to another state (superset of the special events).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusChanged {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// The state before.
    pub previous_status: OrderStatus,
    /// The state after.
    pub new_status: OrderStatus,
    /// Number of the transition, from 1.
    pub sequence: i64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    pub initiated_by: Actor,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_context: Option<Value>,
    /// The order after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_order_summary: Option<OrderSummary>,
    /// When.
    pub status_change_timestamp: Timestamp,
}

/// The money of an order is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPaymentCompleted {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// The payment.
    pub payment_id: PaymentId,
    /// What was paid.
    pub total_amount: Money,
    /// Its currency.
    pub currency: Currency,
    /// How it was paid.
    pub payment_method_details: PaymentMethodDetails,
    /// When.
    pub payment_timestamp: Timestamp,
}

/// An attempt to pay failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPaymentFailed {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// The payment, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// Code, e.g. `CARD_DECLINED`.
    pub failure_reason: String,
    /// Number of the attempt.
    pub attempt: i64,
    /// Until when another attempt may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_allowed_until: Option<Timestamp>,
    /// When.
    pub failed_at: Timestamp,
}

/// The return window of an order is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCompleted {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// When.
    pub completed_at: Timestamp,
}

/// An order ended before shipping; stock, money and cart are given back by its readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// Mail address the order is about.
    pub customer_email: String,
    /// The cart it was made of.
    pub cart_id: CartId,
    /// Version of that cart.
    pub cart_version: i64,
    /// When.
    pub cancelled_at: Timestamp,
    /// Why.
    pub cancellation_reason_code: CancellationReason,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_notes: Option<String>,
    /// Who.
    pub cancelled_by: Actor,
    /// The state before.
    pub previous_status: OrderStatus,
    /// What it cost.
    pub original_order_total: Money,
    /// Its currency.
    pub currency: Currency,
    /// The lines.
    pub items_cancelled: Vec<CancelledItem>,
    /// Whether money goes back.
    pub refund_details: RefundDetails,
    /// Whether the stock comes back; it does.
    pub inventory_restock_requested: bool,
}

/// The order service asked for a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRefundRequested {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// The payment to give back.
    pub payment_id: PaymentId,
    /// The refund, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who.
    pub requested_by: Actor,
    /// When.
    pub requested_at: Timestamp,
}

/// A refund is booked on the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRefundProcessed {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// The payment.
    pub payment_id: PaymentId,
    /// The refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount_refunded: Money,
    /// Where the money stands now.
    pub payment_status: OrderPaymentStatus,
    /// When.
    pub processed_at: Timestamp,
}

impl Message for OrderCreated {
    const NAME: &'static str = "OrderCreated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderPlaced {
    const NAME: &'static str = "OrderPlaced";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.placed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderUpdated {
    const NAME: &'static str = "OrderUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderStatusChanged {
    const NAME: &'static str = "OrderStatusChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.status-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderPaymentCompleted {
    const NAME: &'static str = "OrderPaymentCompleted";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.payment-completed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderPaymentFailed {
    const NAME: &'static str = "OrderPaymentFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.payment-failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderCompleted {
    const NAME: &'static str = "OrderCompleted";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.completed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderCancelled {
    const NAME: &'static str = "OrderCancelled";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.order.cancelled.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderRefundRequested {
    const NAME: &'static str = "OrderRefundRequested";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.refund.requested.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

impl Message for OrderRefundProcessed {
    const NAME: &'static str = "OrderRefundProcessed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "order.refund.processed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order.order_id.to_string()
    }
}

/// The publisher of the order service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderService {}

impl Publisher for OrderService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the order service.
pub type OrderAuditRecorded = AuditRecorded<OrderService>;
