//! What the payment service says about payments (contracts §3.9); `partitionKey` is the order.

use super::{FailureReason, NextActionType};
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{OrderId, PaymentId, UserId};
use crate::shared::PaymentMethodDetails;
use base::{Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const EXCHANGE: &str = "payment.events";
pub(super) const SOURCE: &str = "PaymentService";

/// A payment attempt is stored; the gateway has not been called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentInitiated {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How much.
    pub amount: Money,
    /// CARD, PAYPAL, SEPA_DEBIT, WALLET or TEST.
    pub payment_method_type: String,
    /// Number of the attempt for this order, from 1.
    pub attempt: i64,
    /// When it was accepted.
    pub initiated_at: Timestamp,
}

impl Message for PaymentInitiated {
    const NAME: &'static str = "PaymentInitiated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.initiated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The customer has to do something on a page of the gateway or of the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequiresAction {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Mail address of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// What kind of thing the customer has to do.
    pub next_action_type: NextActionType,
    /// The page to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action_url: Option<String>,
    /// Until when the customer can do it.
    pub expires_at: Timestamp,
}

impl Message for PaymentRequiresAction {
    const NAME: &'static str = "PaymentRequiresAction";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.requires-action.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The gateway is working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentProcessing {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The gateway's id of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_transaction_id: Option<String>,
    /// When the gateway began.
    pub processing_at: Timestamp,
}

impl Message for PaymentProcessing {
    const NAME: &'static str = "PaymentProcessing";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.processing.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The money is held for a later capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAuthorized {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How much.
    pub amount: Money,
    /// The gateway's id of the hold.
    pub authorization_id: String,
    /// Until when the money is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When.
    pub authorized_at: Timestamp,
}

impl Message for PaymentAuthorized {
    const NAME: &'static str = "PaymentAuthorized";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.authorized.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// Held money was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The gateway's id of the hold.
    pub authorization_id: String,
    /// What was taken.
    pub amount_captured: Money,
    /// When.
    pub captured_at: Timestamp,
}

impl Message for PaymentCaptured {
    const NAME: &'static str = "PaymentCaptured";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.captured.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The gateway confirmed the money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSucceeded {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
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
    /// What was paid.
    pub amount_paid: Money,
    /// How it was paid.
    pub payment_method_details: PaymentMethodDetails,
    /// The gateway's id of the payment.
    pub gateway_transaction_id: String,
    /// When.
    pub succeeded_at: Timestamp,
}

impl Message for PaymentSucceeded {
    const NAME: &'static str = "PaymentSucceeded";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.succeeded.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The attempt was declined or broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
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
    /// How much.
    pub amount: Money,
    /// Why.
    pub failure_reason: FailureReason,
    /// The gateway's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_response_code: Option<String>,
    /// Number of the attempt for this order, from 1.
    pub attempt: i64,
    /// Whether the customer may try again.
    pub retryable: bool,
    /// When.
    pub failed_at: Timestamp,
}

impl Message for PaymentFailed {
    const NAME: &'static str = "PaymentFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The attempt ended without money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCancelled {
    /// Version of the payment after the change.
    pub aggregate_version: i64,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The customer; absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Why.
    pub reason: String,
    /// When.
    pub cancelled_at: Timestamp,
}

impl Message for PaymentCancelled {
    const NAME: &'static str = "PaymentCancelled";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "payment.payment.cancelled.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The publisher of the payment service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum PaymentService {}

impl Publisher for PaymentService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the payment service.
pub type PaymentAuditRecorded = AuditRecorded<PaymentService>;
