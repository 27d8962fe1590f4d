//! What a refund is and how it moves (contracts §6.5); pure.

use super::Payment;
use super::seen::{RefundState, SeenRefund};
use api::ids::{OrderId, PaymentId, RefundId, UserId};
use api::payment::RefundStatus;
use api::shared::Actor;
use base::{Money, Timestamp};
use std::time::Duration;

use RefundStatus::{Failed, Manual, Pending, Processing, Succeeded};

/// Every move a refund may make (contracts §6.5).
pub(crate) const MOVES: &[(RefundStatus, RefundStatus)] = &[
    (Pending, Processing),
    (Processing, Succeeded),
    (Pending, Failed),
    (Processing, Failed),
    (Failed, Processing),
    (Failed, Manual),
];

/// How often the gateway is asked for the same refund before people have to do it.
pub(crate) const MAX_TRIES: i64 = 5;

/// How long an identical request without a key of its own counts as a repetition.
pub(crate) const TWIN_WINDOW: Duration = Duration::from_secs(60);

/// Whether a refund may move from one state to another.
pub(crate) fn may_move(from: RefundStatus, to: RefundStatus) -> bool {
    MOVES.contains(&(from, to))
}

/// Money that goes back to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) id: RefundId,
    pub(crate) payment_id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) user_id: Option<UserId>,
    pub(crate) amount: Money,
    pub(crate) status: RefundStatus,
    pub(crate) reason: String,
    pub(crate) notes: Option<String>,
    pub(crate) initiated_by: Actor,
    /// How often the gateway refused.
    pub(crate) tries: i64,
    /// The gateway's id of the present try.
    pub(crate) reference: Option<String>,
    /// The gateway's id of the last try that was refused.
    pub(crate) refused_reference: Option<String>,
    pub(crate) failure_code: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) processed_at: Option<Timestamp>,
    pub(crate) version: i64,
}

/// What happened to a refund; each becomes one event, but for `Manual`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundFact {
    Processing,
    Succeeded,
    Failed,
    Manual,
}

impl RefundFact {
    /// Its name in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Manual => "manual",
        }
    }
}

/// Why money cannot be given back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRefundable {
    #[error("the payment has no money that could be given back")]
    Nothing,
    #[error("only {left} are left to give back")]
    TooMuch { left: Money },
    #[error("the payment was made in another currency")]
    Currency,
    #[error("the amount must be more than nothing")]
    NotPositive,
}

/// How much a request for a refund of `wanted` (or of all that is left) gives back.
///
/// # Errors
/// [`NotRefundable`].
pub(crate) fn refund_amount(payment: &Payment, wanted: Option<Money>) -> Result<Money, NotRefundable> {
    let left = payment.refundable();
    if let Some(wanted) = wanted {
        if wanted.currency != left.currency {
            return Err(NotRefundable::Currency);
        }
        if wanted.minor <= 0 {
            return Err(NotRefundable::NotPositive);
        }
    }
    if !payment.status.was_paid() || left.minor <= 0 {
        return Err(NotRefundable::Nothing);
    }
    match wanted {
        Some(wanted) if wanted.minor > left.minor => Err(NotRefundable::TooMuch { left }),
        Some(wanted) => Ok(wanted),
        None => Ok(left),
    }
}

impl Refund {
    /// Notes that the gateway is going to be asked. `None` when it must not be: it was asked, or
    /// the refund has ended.
    pub(crate) fn start(&mut self) -> Option<RefundFact> {
        match self.status {
            Pending | Failed => {
                self.reference = None;
                self.go(Processing);
                Some(RefundFact::Processing)
            }
            Processing | Succeeded | Manual => None,
        }
    }

    /// Whether what the gateway shows is an earlier try, which says nothing about the present one.
    pub(crate) fn is_old(&self, shown: &SeenRefund) -> bool {
        !shown.reference.is_empty() && self.refused_reference.as_ref() == Some(&shown.reference)
    }

    /// Applies what the gateway shows; seeing the same thing again changes nothing.
    pub(crate) fn observe(&mut self, shown: &SeenRefund, now: Timestamp) -> Option<RefundFact> {
        if self.status != Processing || self.is_old(shown) {
            return None;
        }
        let reference = Some(shown.reference.clone()).filter(|reference| !reference.is_empty());
        match &shown.state {
            RefundState::Working => {
                self.reference = reference;
                None
            }
            RefundState::Done => {
                self.reference = reference;
                self.processed_at = Some(now);
                self.failure_code = None;
                self.go(Succeeded);
                Some(RefundFact::Succeeded)
            }
            RefundState::Refused { code } => {
                self.tries += 1;
                self.reference = None;
                self.refused_reference = reference.or(self.refused_reference.take());
                self.failure_code = Some(code.clone());
                self.go(Failed);
                Some(RefundFact::Failed)
            }
        }
    }

    /// Hands a refund that was refused too often to people.
    pub(crate) fn give_up(&mut self, now: Timestamp) -> Option<RefundFact> {
        if self.status != Failed || self.tries < MAX_TRIES {
            return None;
        }
        self.processed_at = Some(now);
        self.go(Manual);
        Some(RefundFact::Manual)
    }

    /// How long to wait before the next try: 1, 4, 16, 64 times `base`.
    pub(crate) fn wait(&self, base: Duration) -> Duration {
        base * 4_u32.saturating_pow((self.tries - 1).clamp(0, 5) as u32)
    }

    fn go(&mut self, next: RefundStatus) {
        debug_assert!(may_move(self.status, next), "{} to {next}", self.status);
        self.status = next;
        self.version += 1;
    }
}
