//! What the payment service says about refunds (contracts §3.9); `partitionKey` is the order.

use super::messages::{EXCHANGE, SOURCE};
use crate::ids::{OrderId, PaymentId, RefundId, UserId};
use crate::shared::Actor;
use base::{Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A refund was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundInitiated {
    /// Version of the refund after the change.
    pub aggregate_version: i64,
    /// The refund.
    pub refund_id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub initiated_by: Actor,
    /// When it was accepted.
    pub initiated_at: Timestamp,
}

impl Message for RefundInitiated {
    const NAME: &'static str = "RefundInitiated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.refund.initiated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The gateway was asked to give money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundProcessing {
    /// Version of the refund after the change.
    pub aggregate_version: i64,
    /// The refund.
    pub refund_id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The gateway's id of the refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_refund_id: Option<String>,
    /// When the gateway began.
    pub processing_at: Timestamp,
}

impl Message for RefundProcessing {
    const NAME: &'static str = "RefundProcessing";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.refund.processing.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// Money is on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundSucceeded {
    /// Version of the refund after the change.
    pub aggregate_version: i64,
    /// The refund.
    pub refund_id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// Number of the order for people.
    pub order_number: String,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Mail address of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// What goes back with this refund.
    pub amount_refunded: Money,
    /// The gateway's id of the refund.
    pub gateway_refund_id: String,
    /// Whether all of the payment went back.
    pub fully_refunded: bool,
    /// When.
    pub succeeded_at: Timestamp,
}

impl Message for RefundSucceeded {
    const NAME: &'static str = "RefundSucceeded";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.refund.succeeded.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The gateway did not give the money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundFailed {
    /// Version of the refund after the change.
    pub aggregate_version: i64,
    /// The refund.
    pub refund_id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How much.
    pub amount: Money,
    /// Why, in the code of the gateway.
    pub failure_reason: String,
    /// The gateway's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_response_code: Option<String>,
    /// When.
    pub failed_at: Timestamp,
}

impl Message for RefundFailed {
    const NAME: &'static str = "RefundFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.refund.failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}
