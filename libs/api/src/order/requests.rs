//! What clients of the order service send, and the smaller answers (contracts §4.7).

use super::{CancellationReason, OrderStatus, ShipmentItem, ShippingMethod};
use crate::ids::{AddressId, OrderId, ShipmentId, UserId};
use crate::payment::PaymentFlow;
use crate::shared::{Actor, Address};
use base::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the customer wants to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentChoice {
    /// Which way the payment takes.
    pub flow: PaymentFlow,
    /// The method to charge at once, for `SAVED_METHOD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<String>,
    /// Where the payment page sends the customer afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Where the payment page sends a customer who gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
}

/// `POST /api/orders`: turns the shopper's cart into an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceOrder {
    /// A stored address of the customer; give this or `shippingAddress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address_id: Option<AddressId>,
    /// Where the goods go; give this or `shippingAddressId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// A stored address of the customer for the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address_id: Option<AddressId>,
    /// Where the invoice goes; the shipping address when neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// How the goods travel.
    pub shipping_method: ShippingMethod,
    /// How the customer wants to pay.
    pub payment: PaymentChoice,
    /// A coupon in addition to those of the cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_code: Option<String>,
    /// What the shop should know, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_notes: Option<String>,
    /// The version of the cart the customer saw; another one is refused with `cart-changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_version: Option<i64>,
    /// Mail address of a guest; a signed-in customer's own address is used instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// `PUT /api/orders/{id}`: staff move an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateOrderStatus {
    /// PROCESSING, `ON_HOLD`, SHIPPED, DELIVERED, COMPLETED or CANCELLED.
    pub status: OrderStatus,
    /// Why, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the target state needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<StatusMetadata>,
}

/// What a target state needs: SHIPPED a carrier and a number, CANCELLED a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusMetadata {
    /// SHIPPED: who carries it; required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_name: Option<String>,
    /// SHIPPED: the carrier's number; required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// SHIPPED: page of the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// SHIPPED: `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_date: Option<String>,
    /// SHIPPED: what leaves; everything that has not left yet when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ShipmentItem>>,
    /// DELIVERED: the shipment that arrived; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// DELIVERED: when; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// DELIVERED: who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_name: Option<String>,
    /// CANCELLED: why; required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<CancellationReason>,
}

/// `PATCH /api/orders/{id}` before shipping: only what is given changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchOrder {
    /// Another address; refused if the total would change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Another way to travel; refused if the total would change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<ShippingMethod>,
    /// Other notes, ≤ 500 characters; an empty text removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_notes: Option<String>,
}

/// `POST /api/orders/{id}/cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelOrder {
    /// Why; a customer may only say `CUSTOMER_REQUEST`.
    pub reason_code: CancellationReason,
    /// In words, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `POST /api/orders/{id}/payments`: another attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayOrder {
    /// Which way the payment takes.
    pub flow: PaymentFlow,
    /// The method to charge at once, for `SAVED_METHOD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<String>,
    /// Where the payment page sends the customer afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Where the payment page sends a customer who gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
}

/// One transition of an order (contracts §6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Number of the transition, from 1.
    pub sequence: i64,
    /// The state before; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<OrderStatus>,
    /// The state after.
    pub new_status: OrderStatus,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it.
    pub initiated_by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What payment-service needs to know before it takes money for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payable {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Mail address the order is about.
    pub customer_email: String,
    /// Name of the customer.
    pub customer_name: String,
    /// What has to be paid.
    pub amount: Money,
    /// The lines at their unit prices; this and the next three let the ledger split the money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<Money>,
    /// Coupons and promotions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_amount: Option<Money>,
    /// Tax of lines and shipping, contained in the prices or added to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_amount: Option<Money>,
    /// Shipping without the tax that is contained in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_net: Option<Money>,
    /// Payable are `PENDING_PAYMENT`, `PAYMENT_PROCESSING` and `PAYMENT_FAILED`.
    pub status: OrderStatus,
    /// Until when; absent while the order is not priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_deadline: Option<Timestamp>,
}

/// `GET /api/orders/statistics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatistics {
    /// Orders accepted from then on are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Orders accepted before then are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// One row per group and currency.
    pub rows: Vec<StatisticsRow>,
}

/// Sums of a group of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsRow {
    /// The state, the day (`2026-03-02`) or the month (`2026-03`).
    pub group: String,
    /// How many orders.
    pub order_count: i64,
    /// What they cost.
    pub total_amount: Money,
    /// What of it went back.
    pub refunded_amount: Money,
}

/// What `emporion invariants` reads from every service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violations {
    /// Everything that must not be, empty when all is well.
    pub violations: Vec<Violation>,
}

/// One thing that must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// Which rule is broken.
    pub rule: String,
    /// Identity of what breaks it.
    pub id: String,
    /// A sentence for the operator.
    pub detail: String,
}
