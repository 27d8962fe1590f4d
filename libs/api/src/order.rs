//! Contract of the order service: what clients send and read (contracts §4.7, §4.13).
//!
//! What clients send is in [`requests`], messages in [`messages`] and [`shipment_messages`],
//! prices and the tables they come from in [`pricing`], the calls other services may make in
//! [`client`].

pub mod client;
pub mod link;
pub mod messages;
pub mod pricing;
pub mod requests;
pub mod shipment_messages;

pub use client::OrderClient;
pub use messages::{
    OrderAuditRecorded, OrderCancelled, OrderCompleted, OrderCreated, OrderPaymentCompleted,
    OrderPaymentFailed, OrderPlaced, OrderRefundProcessed, OrderRefundRequested, OrderService,
    OrderStatusChanged, OrderUpdated,
};
pub use pricing::{
    Explanation, PriceStep, Quote, QuoteLine, QuoteRequest, ShippingOption, ShippingOptions, ShippingRate,
    ShippingRates, TaxArea, TaxRate, TaxRates, TaxZone, TaxZones, Totals,
};
pub use requests::{
    CancelOrder, HistoryEntry, OrderStatistics, PatchOrder, PayOrder, Payable, PaymentChoice, PlaceOrder,
    StatisticsRow, StatusMetadata, UpdateOrderStatus, Violation, Violations,
};
pub use shipment_messages::{OrderDelivered, OrderShipped};

use crate::ids::{OrderId, OrderLineId, PaymentId, ShipmentId, UserId};
use crate::payment::{FailureReason, NextAction, PaymentStatus};
use crate::shared::{Address, OrderItem, PaymentMethodDetails};
use base::{Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// State of an order (contracts §6.2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Accepted; cart, prices and stock are being collected.
    Pending,
    /// Could not be completed; hidden from lists.
    Rejected,
    /// Priced and stock held; waits for the money.
    PendingPayment,
    /// The gateway is working on the payment.
    PaymentProcessing,
    /// The last attempt failed; another one may be made until the deadline.
    PaymentFailed,
    /// Paid and binding.
    Confirmed,
    /// Being prepared.
    Processing,
    /// Stopped by staff or a rule.
    OnHold,
    /// Some lines have left.
    PartiallyShipped,
    /// All lines have left.
    Shipped,
    /// All shipments have arrived.
    Delivered,
    /// The return window is over.
    Completed,
    /// Everything came back.
    Returned,
    /// Ended before shipping.
    Cancelled,
}

/// Where the money of an order stands; it never moves the status by itself (contracts §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderPaymentStatus {
    /// Nothing has happened.
    Unpaid,
    /// An attempt is open.
    Pending,
    /// Held, not yet taken.
    Authorized,
    /// Taken.
    Paid,
    /// A part went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
    /// The last attempt failed.
    Failed,
    /// The open attempt ended without money.
    Voided,
}

/// Why an order was cancelled (contracts §3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationReason {
    /// The customer no longer wants it.
    CustomerRequest,
    /// Staff decided.
    Admin,
    /// Not paid in time.
    PaymentTimeout,
    /// The money was refused for good.
    PaymentDeclined,
    /// The hold on the stock ran out.
    ReservationExpired,
    /// The stock could not be held again.
    OutOfStock,
    /// A fraud rule fired.
    FraudSuspected,
    /// The account was closed.
    AccountClosed,
}

/// How goods travel.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ShippingMethod {
    /// The ordinary way.
    Standard,
    /// Faster.
    Express,
    /// Fetched by the customer.
    Pickup,
}

/// State of a shipment (contracts §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ShipmentStatus {
    /// To be picked.
    Pending,
    /// Taken from the shelf.
    Picked,
    /// In its box.
    Packed,
    /// With the carrier.
    Shipped,
    /// On the last mile.
    OutForDelivery,
    /// Arrived.
    Delivered,
    /// The carrier has a problem.
    Exception,
    /// Came back undelivered.
    ReturnedToSender,
    /// Not needed any more.
    Cancelled,
}

/// What staff should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderFlag {
    /// The customer changed the stored address after ordering; the order kept the old one.
    AddressChanged,
    /// The gateway could not give money back.
    RefundFailed,
}

/// What the caller may do with the order now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderAction {
    /// `POST /api/orders/{id}/payments`.
    Pay,
    /// `POST /api/orders/{id}/cancel`.
    Cancel,
    /// `PATCH /api/orders/{id}`.
    Update,
    /// `PUT /api/orders/{id}` with PROCESSING.
    Process,
    /// `PUT /api/orders/{id}` with `ON_HOLD`.
    Hold,
    /// `PUT /api/orders/{id}` with SHIPPED.
    Ship,
    /// `PUT /api/orders/{id}` with DELIVERED.
    Deliver,
    /// `PUT /api/orders/{id}` with COMPLETED.
    Complete,
}

/// An order as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// Number for people, `ORD-` and ten characters.
    pub order_number: String,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where the money stands.
    pub payment_status: OrderPaymentStatus,
    /// The lines.
    pub items: Vec<OrderItem>,
    /// What it costs.
    #[serde(flatten)]
    pub totals: Totals,
    /// What went back.
    pub refunded_amount: Money,
    /// Whether the prices contain the tax, so that it is not added to the total.
    pub prices_include_tax: bool,
    /// How the total came about; the amounts add up to it.
    pub explanation: Vec<Explanation>,
    /// Coupons that reduced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
    /// Where the goods go.
    pub shipping_address: Address,
    /// Where the invoice goes.
    pub billing_address: Address,
    /// How the goods travel.
    pub shipping_method: ShippingMethod,
    /// The current payment attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<OrderPayment>,
    /// What has left.
    pub shipments: Vec<Shipment>,
    /// Until when it can be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_deadline: Option<Timestamp>,
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<CancellationReason>,
    /// What the customer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_notes: Option<String>,
    /// Signed link a guest reads the order with (see [`link`]); only for guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What staff should look at; shown to staff only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<OrderFlag>,
    /// What the caller may do now.
    pub allowed_actions: Vec<OrderAction>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Version, equal to the number in the ETag.
    pub version: i64,
}

/// A payment attempt of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPayment {
    /// Its id in the payment service.
    pub payment_id: PaymentId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// What the customer has to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// How it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method_details: Option<PaymentMethodDetails>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<FailureReason>,
}

/// Goods on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// Identity.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// Who carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_name: Option<String>,
    /// The carrier's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// Page of the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_date: Option<String>,
    /// What is inside.
    pub items: Vec<ShipmentItem>,
    /// When it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
}

/// Pieces of an order line in a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipmentItem {
    /// The line.
    pub order_item_id: OrderLineId,
    /// Pieces, ≥ 1.
    pub quantity: i64,
}
