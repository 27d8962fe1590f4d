//! What the simulator answers: its objects, in the shape and words of Stripe's.

use api::ids::{OrderId, PaymentId, RefundId};
use base::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// A wish to take money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) amount: Money,
    /// `automatic` or `manual`.
    pub(crate) capture_method: String,
    /// Stripe's words: `requires_payment_method`, `requires_action`, `processing`,
    /// `requires_capture`, `succeeded`, `canceled`.
    pub(crate) status: String,
    pub(crate) client_secret: String,
    /// The method charged last.
    pub(crate) method: Option<String>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) return_url: Option<String>,
    pub(crate) description: String,
    /// Metadata.
    pub(crate) order_id: Option<OrderId>,
    /// Metadata.
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    /// The page it belongs to, expanded.
    pub(crate) session: Option<Session>,
    /// The charge that succeeded, expanded.
    pub(crate) charge: Option<Charge>,
}

/// Why the last charge was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// `card_declined` or `payment_intent_authentication_failure`.
    pub(crate) code: String,
    /// The bank's reason, e.g. `insufficient_funds`.
    pub(crate) decline_code: String,
    /// The method that was refused.
    pub(crate) method: String,
}

/// A page on which a customer pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// `open`, `complete` or `expired`.
    pub(crate) status: String,
    pub(crate) success_url: String,
    pub(crate) cancel_url: String,
    pub(crate) expires_at: Timestamp,
}

/// Money taken or held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) fee_minor: i64,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) charge_id: String,
    pub(crate) amount: Money,
    /// `pending`, `succeeded` or `failed`.
    pub(crate) status: String,
    pub(crate) failure_code: Option<String>,
    /// Metadata.
    pub(crate) ours: Option<RefundId>,
    pub(crate) created_at: Timestamp,
}

/// A request for an intent, perhaps with a page, perhaps charged at once.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewIntent {
    pub(crate) amount: Money,
    pub(crate) capture_method: &'static str,
    pub(crate) description: String,
    pub(crate) order_id: OrderId,
    pub(crate) payment_id: PaymentId,
    pub(crate) return_url: String,
    /// Makes a page, with the address of those who give up and its end.
    pub(crate) page: Option<(String, Timestamp)>,
    /// Charges this method at once.
    pub(crate) confirm: Option<String>,
}

/// Why a call of the simulator has no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The request was refused and changed nothing (Stripe's 400, 402 and 404).
    #[error("{0}")]
    Refused(ApiError),
    /// Another request is at work on the same key or object (409).
    #[error("another request is at work on it")]
    Conflict,
    /// The answer did not arrive; what it was about may have happened.
    #[error("the answer did not arrive")]
    Timeout,
    /// The simulator itself failed (500).
    #[error("the simulator failed")]
    Broken(#[from] base::Error),
}

/// A refused request; kept with its idempotency key like any other answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl From<ApiError> for CallError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<db::DbError> for CallError {
    fn from(error: db::DbError) -> Self {
        Self::Broken(error.into())
    }
}
