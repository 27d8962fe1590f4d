//! What can go wrong, and what the client reads about it.

use crate::domain::refund::NotRefundable;
use api::ids::PaymentId;
use api::payment::{FailureReason, PaymentStatus};
use base::{Error, Kind, Money};
use db::DbError;

/// A refusal of the payment service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PaymentError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the order is paid already")]
    AlreadyPaid,
    #[error("the order cannot be paid now")]
    NotPayable,
    #[error("the order costs {expected}")]
    AmountMismatch { expected: Money },
    #[error("the payment was declined; try another way to pay")]
    Declined { payment: PaymentId, reason: FailureReason, retryable: bool },
    #[error("the payment is {status}")]
    InvalidTransition { status: &'static str },
    #[error("at most {held} can be taken")]
    CaptureExceeds { held: Money },
    #[error("the payment was made in another currency")]
    Currency,
    #[error(transparent)]
    Refund(#[from] NotRefundable),
    #[error("the gateway does not know this method")]
    UnknownMethod,
    #[error("the address must belong to the shop")]
    ForeignLink { pointer: &'static str },
    #[error("the payment gateway could not do it; try again")]
    Gateway,
    #[error("the signature is missing, wrong or too old")]
    BadSignature,
    #[error("the gateway is still deciding; ask again in a moment")]
    Undecided,
    #[error(transparent)]
    Other(Error),
}

impl PaymentError {
    /// The payment is in a state that does not allow it.
    pub(crate) fn invalid(status: PaymentStatus) -> Self {
        Self::InvalidTransition { status: status.as_str() }
    }

    fn kind_and_code(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "not-found"),
            Self::AlreadyPaid => (Kind::Conflict, "already-paid"),
            Self::NotPayable => (Kind::Conflict, "order-not-payable"),
            Self::AmountMismatch { .. } => (Kind::Invalid, "amount-mismatch"),
            Self::Declined { .. } => (Kind::PaymentRequired, "payment-declined"),
            Self::InvalidTransition { .. } => (Kind::Conflict, "invalid-transition"),
            Self::CaptureExceeds { .. } => (Kind::Invalid, "capture-exceeds-payment"),
            Self::Currency | Self::Refund(NotRefundable::Currency) => (Kind::Invalid, "currency-mismatch"),
            Self::Refund(NotRefundable::Nothing) => (Kind::Conflict, "not-refundable"),
            Self::Refund(NotRefundable::TooMuch { .. }) => (Kind::Invalid, "refund-exceeds-payment"),
            Self::Refund(NotRefundable::NotPositive) | Self::UnknownMethod | Self::ForeignLink { .. } => {
                (Kind::Invalid, "validation")
            }
            Self::Gateway => (Kind::BadUpstream, "gateway-error"),
            Self::BadSignature => (Kind::Malformed, "bad-signature"),
            Self::Undecided => (Kind::Unavailable, "unavailable"),
            Self::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<Error> for PaymentError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<DbError> for PaymentError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<PaymentError> for Error {
    fn from(error: PaymentError) -> Self {
        let (kind, code) = error.kind_and_code();
        let detail = error.to_string();
        let base = Error::new(kind, code, detail.clone());
        match error {
            PaymentError::Other(error) => error,
            PaymentError::Declined { payment, reason, retryable } => {
                base.with("paymentId", payment).with("failureReason", reason).with("retryable", retryable)
            }
            PaymentError::InvalidTransition { status } => base.with("paymentStatus", status),
            PaymentError::AmountMismatch { expected } => base.with("expected", expected),
            PaymentError::CaptureExceeds { held } => base.with("held", held),
            PaymentError::Refund(NotRefundable::TooMuch { left }) => base.with("refundable", left),
            PaymentError::Refund(NotRefundable::NotPositive) => {
                Error::field("/amount/amount", "out-of-range", detail)
            }
            PaymentError::UnknownMethod => Error::field("/paymentMethodId", "unknown", detail),
            PaymentError::ForeignLink { pointer } => Error::field(pointer, "foreign-origin", detail),
            PaymentError::Undecided => base.retry_after(std::time::Duration::from_secs(1)),
            _ => base,
        }
    }
}
