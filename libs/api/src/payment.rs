//! Contract of the payment service: what clients send and read (contracts §4.8, §4.13).
//!
//! Messages are in [`messages`] and [`refund_messages`], what the ledger and the simulator show
//! in [`books`], the calls other services may make in [`client`], where links may lead in [`return_link`].

pub mod books;
pub mod client;
pub mod messages;
pub mod refund_messages;
pub mod return_link;

pub use books::{
    LedgerEntry, LedgerTransaction, PaymentLedger, SimulatorBooks, SimulatorCharge, SimulatorRefund,
    Violation, Violations,
};
pub use client::PaymentClient;
pub use messages::{
    PaymentAuditRecorded, PaymentAuthorized, PaymentCancelled, PaymentCaptured, PaymentFailed,
    PaymentInitiated, PaymentProcessing, PaymentRequiresAction, PaymentService, PaymentSucceeded,
};
pub use refund_messages::{RefundFailed, RefundInitiated, RefundProcessing, RefundSucceeded};

use crate::ids::{OrderId, PaymentId, RefundId};
use crate::shared::PaymentMethodDetails;
use base::{Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// State of a payment (contracts §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// Stored; the gateway has not decided anything.
    Pending,
    /// The customer has to do something on the gateway's page.
    RequiresAction,
    /// The gateway is working.
    Processing,
    /// The money is held and can be captured.
    Authorized,
    /// The money is ours.
    Succeeded,
    /// The attempt was refused.
    Failed,
    /// The attempt ended without money.
    Cancelled,
    /// A part of the money went back.
    PartiallyRefunded,
    /// All of the money went back.
    Refunded,
}

impl PaymentStatus {
    /// Every state.
    pub const ALL: [PaymentStatus; 9] = [
        Self::Pending,
        Self::RequiresAction,
        Self::Processing,
        Self::Authorized,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    /// Its name on the wire, e.g. `REQUIRES_ACTION`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::RequiresAction => "REQUIRES_ACTION",
            Self::Processing => "PROCESSING",
            Self::Authorized => "AUTHORIZED",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::PartiallyRefunded => "PARTIALLY_REFUNDED",
            Self::Refunded => "REFUNDED",
        }
    }

    /// Whether the attempt is still under way; an order has at most one such payment.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::RequiresAction | Self::Processing | Self::Authorized)
    }

    /// Whether money arrived, even if it went back later.
    pub const fn was_paid(self) -> bool {
        matches!(self, Self::Succeeded | Self::PartiallyRefunded | Self::Refunded)
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// State of a refund (contracts §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStatus {
    /// Accepted.
    Pending,
    /// The gateway was asked.
    Processing,
    /// The money is on its way back.
    Succeeded,
    /// The gateway refused; it is tried again.
    Failed,
    /// Refused too often; people have to pay it back.
    Manual,
}

impl RefundStatus {
    /// Every state.
    pub const ALL: [RefundStatus; 5] =
        [Self::Pending, Self::Processing, Self::Succeeded, Self::Failed, Self::Manual];

    /// Its name on the wire, e.g. `PROCESSING`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Manual => "MANUAL",
        }
    }
}

impl fmt::Display for RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which way a payment takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentFlow {
    /// The customer pays on the gateway's page.
    #[default]
    CheckoutRedirect,
    /// A stored method is charged at once.
    SavedMethod,
    /// The client confirms with the gateway's own form.
    ClientSdk,
}

/// What kind of thing the customer has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NextActionType {
    /// Open a page of the gateway or of the bank.
    RedirectToUrl,
    /// Go on in the gateway's own form.
    UseSdk,
}

/// What the customer has to do to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextAction {
    /// What kind of thing.
    #[serde(rename = "type")]
    pub kind: NextActionType,
    /// The page to open, for `REDIRECT_TO_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The secret the gateway's own form needs, for `USE_SDK`; only the payer sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// Why an attempt failed (contracts §3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureReason {
    /// The bank said no without saying why.
    CardDeclined,
    /// Not enough money.
    InsufficientFunds,
    /// The card is no longer valid.
    ExpiredCard,
    /// The customer did not prove who they are.
    AuthenticationFailed,
    /// A fraud rule fired.
    FraudSuspected,
    /// The gateway could not do it.
    GatewayError,
    /// Not paid in time.
    Expired,
}

/// `POST /api/payments`: starts paying for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePayment {
    /// The order.
    pub order_id: OrderId,
    /// Which way; when left out the gateway's page, or the method if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<PaymentFlow>,
    /// The method to charge, for `SAVED_METHOD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<String>,
    /// Whether the gateway should keep the method for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_method: Option<bool>,
    /// Where the gateway's page sends a customer who has paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Where the gateway's page sends a customer who gives up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// What the client believes it costs; compared with the order, never trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// `POST /api/payments/{id}/confirm`: pays with a method, or asks the gateway how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmPayment {
    /// The method to charge; without it the gateway is only asked how the payment stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<String>,
    /// Where the bank's page sends the customer afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// `POST /api/payments/{id}/capture`: takes money that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CapturePayment {
    /// How much, at most what is held; all of it when left out. The rest is let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// `POST /api/payments/{id}/cancel`: ends an attempt that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelPayment {
    /// Why, ≤ 500 characters.
    pub reason: String,
}

/// `POST /api/payments/{id}/refund`: gives money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundPayment {
    /// How much; all that is left when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Why, ≤ 500 characters.
    pub reason: String,
    /// What staff should know, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A payment as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Identity.
    pub id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Which way it takes.
    pub flow: PaymentFlow,
    /// What is to be paid.
    pub amount: Money,
    /// What went back.
    pub refunded_amount: Money,
    /// How it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method_details: Option<PaymentMethodDetails>,
    /// Name of the gateway, e.g. `simulator`.
    pub gateway: String,
    /// Number of the attempt for this order, from 1.
    pub attempt: i64,
    /// What the customer has to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<FailureReason>,
    /// When it was started.
    pub created_at: Timestamp,
    /// Version, equal to the number in the ETag.
    pub version: i64,
}

/// A refund as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Identity.
    pub id: RefundId,
    /// The payment the money came with.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much goes back.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why.
    pub reason: String,
    /// Why the gateway refused, in its own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed_at: Option<Timestamp>,
    /// Version, equal to the number in the ETag.
    pub version: i64,
}

/// Filters of `GET /api/payments`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListPayments {
    /// Of this order only.
    pub order_id: Option<OrderId>,
    /// In this state only.
    pub status: Option<PaymentStatus>,
    /// Started at or after.
    pub from: Option<Timestamp>,
    /// Started before.
    pub to: Option<Timestamp>,
}

/// Filters of `GET /api/refunds`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListRefunds {
    /// Of this payment only.
    pub payment_id: Option<PaymentId>,
    /// Of this order only.
    pub order_id: Option<OrderId>,
    /// In this state only.
    pub status: Option<RefundStatus>,
}

/// Answer to a gateway's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookReceived {
    /// Always true: the event is stored.
    pub received: bool,
}
