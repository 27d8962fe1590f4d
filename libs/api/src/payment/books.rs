//! What staff and tests read to see that the books are right: the ledger of a payment, broken
//! invariants, and the simulator's own books.

use crate::ids::{OrderId, PaymentId, RefundId};
use base::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The double entries of one payment and its refunds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentLedger {
    /// The payment.
    pub payment_id: PaymentId,
    /// Its postings, the oldest first.
    pub transactions: Vec<LedgerTransaction>,
}

/// One posting; its entries add up to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerTransaction {
    /// What was booked, once: `payment:{id}:captured`, `refund:{id}:succeeded`.
    pub business_key: String,
    /// When.
    pub posted_at: Timestamp,
    /// The entries.
    pub entries: Vec<LedgerEntry>,
}

/// One line of a posting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// `receivable`, `cash`, `revenue`, `tax`, `shipping`, `discount`, `refunds` or `fees`.
    pub account: String,
    /// Debits are positive, credits negative.
    pub amount: Money,
}

/// What is wrong with the data; nothing, as a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violations {
    /// The broken rules.
    pub violations: Vec<Violation>,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// Name of the rule, e.g. `ledger-balanced`.
    pub rule: String,
    /// What breaks it.
    pub id: String,
    /// How.
    pub detail: String,
}

/// `GET /internal/simulator/charges`: what the simulator did, by its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulatorBooks {
    /// The charges, the oldest first.
    pub charges: Vec<SimulatorCharge>,
    /// The refunds, the oldest first.
    pub refunds: Vec<SimulatorRefund>,
}

/// Money the simulator took, holds, or did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulatorCharge {
    /// Its id there, `ch_…`.
    pub id: String,
    /// The intent it belongs to, `pi_…`.
    pub intent_id: String,
    /// The order, from the metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The payment, from the metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// `succeeded` or `failed`.
    pub status: String,
    /// What was asked for.
    pub amount: Money,
    /// What was taken.
    pub captured: Money,
    /// What went back.
    pub refunded: Money,
    /// When.
    pub created_at: Timestamp,
}

/// Money the simulator gave back, or could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulatorRefund {
    /// Its id there, `re_…`.
    pub id: String,
    /// The charge it belongs to.
    pub charge_id: String,
    /// The order, from the metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The refund here, from the metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// `succeeded`, `pending` or `failed`.
    pub status: String,
    /// How much.
    pub amount: Money,
    /// When.
    pub created_at: Timestamp,
}
