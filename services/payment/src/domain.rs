//! What a payment is and how it moves (contracts §6.3); pure, time comes in as a value.
//!
//! A payment never moves because we hope so: [`Payment::observe`] applies what the gateway shows
//! when it is asked, in any order and any number of times.

pub(crate) mod ledger;
pub(crate) mod operation;
pub(crate) mod refund;
pub(crate) mod seen;

#[cfg(test)]
mod tests;

use api::ids::{OrderId, PaymentId, UserId};
use api::payment::{FailureReason, NextAction, NextActionType, PaymentFlow, PaymentStatus};
use api::shared::PaymentMethodDetails;
use base::{Money, Timestamp};
use ledger::Breakdown;
use seen::{Seen, State};

use PaymentStatus::{
    Authorized, Cancelled, Failed, PartiallyRefunded, Pending, Processing, Refunded, RequiresAction,
    Succeeded,
};

/// Every move a payment may make: contracts §6.3, and FAILED → SUCCEEDED for money that arrives
/// after a refusal was recorded. Like CANCELLED → SUCCEEDED it is the gateway that wins: a
/// charge we do not book would be money taken for nothing.
pub(crate) const MOVES: &[(PaymentStatus, PaymentStatus)] = &[
    (Pending, RequiresAction),
    (Pending, Processing),
    (RequiresAction, Processing),
    (Pending, Authorized),
    (RequiresAction, Authorized),
    (Processing, Authorized),
    (Authorized, Succeeded),
    (Pending, Succeeded),
    (RequiresAction, Succeeded),
    (Processing, Succeeded),
    (Pending, Failed),
    (RequiresAction, Failed),
    (Processing, Failed),
    (Authorized, Failed),
    (Pending, Cancelled),
    (RequiresAction, Cancelled),
    (Processing, Cancelled),
    (Authorized, Cancelled),
    (Cancelled, Succeeded),
    (Failed, Succeeded),
    (Succeeded, PartiallyRefunded),
    (Succeeded, Refunded),
    (PartiallyRefunded, Refunded),
];

/// Whether a payment may move from one state to another.
pub(crate) fn may_move(from: PaymentStatus, to: PaymentStatus) -> bool {
    MOVES.contains(&(from, to))
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// At once.
    Automatic,
    /// By a later call.
    Manual,
}

impl Capture {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::Manual => "MANUAL",
        }
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: FailureReason,
    /// The gateway's own code.
    pub(crate) code: String,
    /// Whether the customer may try again.
    pub(crate) retryable: bool,
}

/// The names the gateway gave to its side of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) intent: Option<String>,
    pub(crate) session: Option<String>,
}

/// One attempt to pay for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) order_number: String,
    pub(crate) user_id: Option<UserId>,
    pub(crate) customer_email: Option<String>,
    pub(crate) attempt: i64,
    pub(crate) status: PaymentStatus,
    pub(crate) flow: PaymentFlow,
    pub(crate) gateway: String,
    pub(crate) capture: Capture,
    pub(crate) amount: Money,
    pub(crate) breakdown: Breakdown,
    pub(crate) captured_minor: i64,
    /// Promised to refunds that are under way or done; never more than what was captured.
    pub(crate) refund_reserved_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) handle: Handle,
    /// The method we asked the gateway to charge, if we did.
    pub(crate) method_id: Option<String>,
    pub(crate) method: Option<PaymentMethodDetails>,
    pub(crate) next_action: Option<NextAction>,
    pub(crate) failure: Option<Failure>,
    pub(crate) return_url: String,
    pub(crate) cancel_url: String,
    /// Why it is to end, once somebody wants it to.
    pub(crate) cancel_reason: Option<String>,
    /// Whether its order was cancelled, so that money that arrives goes back.
    pub(crate) order_cancelled: bool,
    /// Until when the customer can pay.
    pub(crate) expires_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) version: i64,
}

/// What a new payment is made of.
#[derive(Clone, Debug)]
pub(crate) struct NewPayment {
    pub(crate) order_id: OrderId,
    pub(crate) order_number: String,
    pub(crate) user_id: Option<UserId>,
    pub(crate) customer_email: Option<String>,
    pub(crate) flow: PaymentFlow,
    pub(crate) gateway: &'static str,
    pub(crate) capture: Capture,
    pub(crate) amount: Money,
    pub(crate) breakdown: Breakdown,
    pub(crate) method_id: Option<String>,
    pub(crate) return_url: String,
    pub(crate) cancel_url: String,
    pub(crate) expires_at: Timestamp,
}

/// What happened to a payment; each becomes one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    RequiresAction,
    Processing,
    Authorized { until: Option<Timestamp> },
    Captured,
    Succeeded { fee_minor: i64 },
    Failed(Failure),
    Cancelled { reason: String },
}

impl Fact {
    /// Its name in metrics.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Authorized { .. } => "authorized",
            Self::Captured => "captured",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// What follows from looking at the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) facts: Vec<Fact>,
    /// Whether anything of the payment changed.
    pub(crate) changed: bool,
    /// Our side has ended but the gateway could still take money: it has to be told.
    pub(crate) close_at_gateway: bool,
    /// The money came for a cancelled order and has to go back.
    pub(crate) give_back: bool,
}

/// The gateway shows something that cannot be this payment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("payment {payment} is about {expected}, the gateway shows {shown}")]
pub(crate) struct Mismatch {
    payment: PaymentId,
    expected: Money,
    shown: Money,
}

impl Payment {
    /// The `attempt`th payment of an order, not yet known to the gateway.
    pub(crate) fn start(new: NewPayment, attempt: i64, now: Timestamp) -> Self {
        Self {
            id: PaymentId::new(),
            order_id: new.order_id,
            order_number: new.order_number,
            user_id: new.user_id,
            customer_email: new.customer_email,
            attempt,
            status: Pending,
            flow: new.flow,
            gateway: new.gateway.into(),
            capture: new.capture,
            amount: new.amount,
            breakdown: new.breakdown,
            captured_minor: 0,
            refund_reserved_minor: 0,
            refunded_minor: 0,
            handle: Handle::default(),
            method_id: new.method_id,
            method: None,
            next_action: None,
            failure: None,
            return_url: new.return_url,
            cancel_url: new.cancel_url,
            cancel_reason: None,
            order_cancelled: false,
            expires_at: new.expires_at,
            created_at: now,
            version: 1,
        }
    }

    /// What is left to give back.
    pub(crate) fn refundable(&self) -> Money {
        Money::new(self.captured_minor - self.refund_reserved_minor, self.amount.currency)
    }

    /// Applies what the gateway shows. Seeing the same thing again changes nothing, and once the
    /// money was seen nothing else matters, so webhooks may come twice, late and in any order.
    ///
    /// # Errors
    /// [`Mismatch`] when amount or currency differ; nothing is applied then.
    pub(crate) fn observe(&mut self, seen: &Seen) -> Result<Outcome, Mismatch> {
        if seen.amount != self.amount {
            return Err(Mismatch { payment: self.id, expected: self.amount, shown: seen.amount });
        }
        let before = self.clone();
        self.handle.intent = self.handle.intent.take().or_else(|| Some(seen.intent.clone()));
        self.handle.session = self.handle.session.take().or_else(|| seen.session.clone());
        if self.method.is_none() || !self.status.was_paid() {
            self.method = seen.method.clone().or(self.method.take());
        }
        let facts = self.facts(seen);
        for fact in &facts {
            self.apply(fact);
        }
        let over = matches!(self.status, Cancelled | Failed);
        let changed = *self != before;
        self.version += i64::from(changed);
        let close_at_gateway = over && seen.state.can_still_take_money();
        let paid = facts.iter().any(|fact| matches!(fact, Fact::Succeeded { .. }));
        Ok(Outcome { facts, changed, close_at_gateway, give_back: paid && self.order_cancelled })
    }

    /// The gateway would not even make the payment.
    pub(crate) fn refuse(&mut self, code: &str) -> Outcome {
        let failure = Failure { reason: FailureReason::GatewayError, code: code.into(), retryable: true };
        self.end(Fact::Failed(failure))
    }

    /// The payment is to end and the gateway has never heard of it.
    pub(crate) fn end_unheard(&mut self) -> Outcome {
        let reason = self.cancel_reason.clone().unwrap_or_else(|| "not known to the gateway".into());
        self.end(Fact::Cancelled { reason })
    }

    fn end(&mut self, fact: Fact) -> Outcome {
        if !self.status.is_open() {
            return Outcome::default();
        }
        self.apply(&fact);
        self.version += 1;
        Outcome { facts: vec![fact], changed: true, ..Outcome::default() }
    }

    fn facts(&mut self, seen: &Seen) -> Vec<Fact> {
        if self.status.was_paid() {
            return Vec::new();
        }
        match &seen.state {
            State::Paid { received_minor, fee_minor } if *received_minor > 0 => {
                self.captured_minor = (*received_minor).clamp(0, self.amount.minor);
                let paid = Fact::Succeeded { fee_minor: *fee_minor };
                if self.status == Authorized { vec![Fact::Captured, paid] } else { vec![paid] }
            }
            _ if !self.status.is_open() => Vec::new(),
            State::Cancelled => {
                let reason = self.cancel_reason.clone().unwrap_or_else(|| "ended by the gateway".into());
                vec![Fact::Cancelled { reason }]
            }
            _ if self.status == Authorized => Vec::new(),
            State::Held { until } => vec![Fact::Authorized { until: *until }],
            State::Working if self.status != Processing => vec![Fact::Processing],
            State::Action(next) => self.required(next),
            State::Waiting { page } => self.waiting(page.as_ref(), seen.refused.as_ref()),
            State::Working | State::Paid { .. } | State::Unknown(_) => Vec::new(),
        }
    }

    /// The customer has to go to a page. While the gateway worked it cannot ask for that.
    fn required(&mut self, next: &NextAction) -> Vec<Fact> {
        let known = self.next_action.as_ref() == Some(next);
        if self.status == Processing || (known && self.status == RequiresAction) {
            return Vec::new();
        }
        self.next_action = Some(next.clone());
        vec![Fact::RequiresAction]
    }

    /// Nobody has paid yet. A refusal ends the attempt when it was ours, or when the customer
    /// has no page left on which to try another card.
    fn waiting(&mut self, page: Option<&NextAction>, refused: Option<&seen::Refusal>) -> Vec<Fact> {
        let ours =
            |refusal: &seen::Refusal| refusal.method_id.is_some() && refusal.method_id == self.method_id;
        let was_moving = self.status == Processing || (self.status == RequiresAction && page.is_none());
        if let Some(refusal) = refused.filter(|refusal| was_moving || ours(refusal)) {
            return vec![Fact::Failed(refusal.failure.clone())];
        }
        match page {
            Some(page) if page.kind == NextActionType::RedirectToUrl => self.required(page),
            Some(page) if self.status == Pending => {
                self.next_action = Some(page.clone());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn apply(&mut self, fact: &Fact) {
        let next = match fact {
            Fact::RequiresAction => RequiresAction,
            Fact::Processing => Processing,
            Fact::Authorized { .. } => Authorized,
            Fact::Captured | Fact::Succeeded { .. } => Succeeded,
            Fact::Failed(_) => Failed,
            Fact::Cancelled { .. } => Cancelled,
        };
        let stays = next == self.status;
        debug_assert!(stays || may_move(self.status, next), "{} to {next}", self.status);
        self.status = next;
        if !matches!(next, RequiresAction) {
            self.next_action = None;
        }
        self.failure = match fact {
            Fact::Failed(failure) => Some(failure.clone()),
            Fact::Succeeded { .. } => None,
            _ => self.failure.take(),
        };
    }

    /// Books that `minor` of the money went back.
    pub(crate) fn give_back(&mut self, minor: i64) {
        self.refunded_minor += minor;
        self.status = if self.refunded_minor >= self.captured_minor { Refunded } else { PartiallyRefunded };
        self.version += 1;
    }
}
