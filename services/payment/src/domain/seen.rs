//! What a gateway shows when it is asked, in our words.
//!
//! Adapters translate into this; a word they do not know becomes [`State::Unknown`], which
//! changes nothing: never success, never failure.

use super::Failure;
use api::ids::{OrderId, PaymentId, RefundId};
use api::payment::NextAction;
use api::shared::PaymentMethodDetails;
use base::{Money, Timestamp};

/// The gateway's side of a payment at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The gateway's id of the payment.
    pub(crate) intent: String,
    /// The gateway's id of its page, if there is one.
    pub(crate) session: Option<String>,
    /// Our id, which we gave it as metadata.
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) amount: Money,
    pub(crate) state: State,
    /// The last refusal, which may be older than the state.
    pub(crate) refused: Option<Refusal>,
    pub(crate) method: Option<PaymentMethodDetails>,
}

/// How far the gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has paid; `page` is where the customer still can.
    Waiting { page: Option<NextAction> },
    /// The bank wants the customer to do something.
    Action(NextAction),
    /// Decided later.
    Working,
    /// The money is held.
    Held { until: Option<Timestamp> },
    /// The money was taken.
    Paid { received_minor: i64, fee_minor: i64 },
    /// Nothing can be paid any more.
    Cancelled,
    /// A word we do not know.
    Unknown(String),
}

impl State {
    /// Whether money could still be taken, or be held for ever, if nobody tells the gateway.
    pub(crate) fn can_still_take_money(&self) -> bool {
        matches!(self, Self::Waiting { .. } | Self::Action(_) | Self::Working | Self::Held { .. })
    }
}

/// The gateway refused to charge a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) failure: Failure,
    /// The method that was refused.
    pub(crate) method_id: Option<String>,
}

/// The gateway's side of a refund at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenRefund {
    /// The gateway's id of the refund.
    pub(crate) reference: String,
    /// Our id, which we gave it as metadata.
    pub(crate) refund_id: Option<RefundId>,
    pub(crate) amount: Money,
    pub(crate) state: RefundState,
}

/// How far a refund is at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefundState {
    /// Decided later.
    Working,
    /// On its way.
    Done,
    /// Ended without money.
    Refused { code: String },
}

/// What the gateway says it took and gave back for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BookRow {
    /// The gateway's id of the payment.
    pub(crate) intent: String,
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) order_id: Option<OrderId>,
    pub(crate) captured: Money,
    pub(crate) refunded: Money,
    pub(crate) made_at: Timestamp,
}
