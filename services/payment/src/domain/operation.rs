//! A call of a gateway that is about to be made: what is needed to make it again with the same key.

use super::Payment;
use super::refund::Refund;
use api::ids::{PaymentId, RefundId};
use base::{Id, Money};

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Confirm,
    Capture,
    Cancel,
    Refund,
}

impl Kind {
    const ALL: [Kind; 5] = [Self::Create, Self::Confirm, Self::Capture, Self::Cancel, Self::Refund];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Confirm => "confirm",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }

    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A durable intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: Id<Operation>,
    pub(crate) payment_id: PaymentId,
    pub(crate) refund_id: Option<RefundId>,
    pub(crate) kind: Kind,
    /// Counted from 1, for the payment or for the refund.
    pub(crate) number: i64,
    /// `paymentId:operation:attempt`.
    pub(crate) provider_key: String,
    pub(crate) method_id: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) amount_minor: Option<i64>,
}

impl Operation {
    /// The `number`th call of this kind for the payment.
    pub(crate) fn new(payment: &Payment, kind: Kind, number: i64) -> Self {
        Self {
            id: Id::new(),
            payment_id: payment.id,
            refund_id: None,
            kind,
            number,
            provider_key: format!("{}:{}:{number}", payment.id, kind.as_str()),
            method_id: None,
            return_url: None,
            amount_minor: None,
        }
    }

    /// The call that charges `method_id`.
    pub(crate) fn confirm(payment: &Payment, number: i64, method_id: String, return_url: String) -> Self {
        let (method_id, return_url) = (Some(method_id), Some(return_url));
        Self { method_id, return_url, ..Self::new(payment, Kind::Confirm, number) }
    }

    /// The call that takes `amount` of the money held.
    pub(crate) fn capture(payment: &Payment, number: i64, amount: Money) -> Self {
        Self { amount_minor: Some(amount.minor), ..Self::new(payment, Kind::Capture, number) }
    }

    /// The next call for a refund.
    pub(crate) fn refund(payment: &Payment, refund: &Refund) -> Self {
        let number = refund.tries + 1;
        let provider_key = format!("{}:refund-{}:{number}", payment.id, refund.id);
        let amount_minor = Some(refund.amount.minor);
        Self {
            refund_id: Some(refund.id),
            provider_key,
            amount_minor,
            ..Self::new(payment, Kind::Refund, number)
        }
    }
}
