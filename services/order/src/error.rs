//! What can go wrong in the order service, and the code a client sees for it.

use api::order::OrderStatus;
use base::{Error, Kind};
use db::DbError;

/// A failed operation of the order service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("there is no such order")]
    NotFound,
    #[error("the order was changed in the meantime; read it again and repeat")]
    Stale,
    #[error("the order cannot go from {from:?} to {to:?}")]
    InvalidTransition { from: OrderStatus, to: OrderStatus, allowed: Vec<OrderStatus> },
    #[error("the order can no longer be changed")]
    InvalidState,
    #[error("the change would alter the total or its tax; cancel the order and place it again")]
    TotalWouldChange,
    #[error("this needs more data")]
    MetadataMissing(Vec<&'static str>),
    #[error("the order is already paid")]
    AlreadyPaid,
    #[error("the time to pay is over")]
    PaymentWindowClosed,
    #[error("nothing is sent to this address that way")]
    ShippingUnavailable,
    #[error("the cart was changed; look at it again")]
    CartChanged,
    #[error("a price changed; look at the cart again")]
    PriceChanged,
    #[error("something in the cart is no longer sold")]
    NotSellable,
    #[error("this coupon does not apply to the cart")]
    CouponInvalid,
    #[error("this account cannot place orders")]
    AccountInactive,
    #[error("confirm your mail address before you order")]
    EmailUnverified,
    #[error("this Idempotency-Key was used for another request; take a new one")]
    KeyReused,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Other(#[from] Error),
}

/// The result of an operation.
pub(crate) type Result<T, E = OrderError> = std::result::Result<T, E>;

impl OrderError {
    /// Kind and stable code of the variants that have one of their own.
    fn row(&self) -> Option<(Kind, &'static str)> {
        Some(match self {
            Self::NotFound => (Kind::NotFound, "not-found"),
            Self::Stale => (Kind::Stale, "version-conflict"),
            Self::InvalidTransition { .. } => (Kind::Conflict, "invalid-transition"),
            Self::InvalidState => (Kind::Conflict, "invalid-state"),
            Self::TotalWouldChange => (Kind::Conflict, "total-would-change"),
            Self::MetadataMissing(_) => (Kind::Invalid, "metadata-missing"),
            Self::AlreadyPaid => (Kind::Conflict, "already-paid"),
            Self::PaymentWindowClosed => (Kind::Conflict, "payment-window-closed"),
            Self::ShippingUnavailable => (Kind::Invalid, "shipping-unavailable"),
            Self::CartChanged => (Kind::Conflict, "cart-changed"),
            Self::PriceChanged => (Kind::Conflict, "price-changed"),
            Self::NotSellable => (Kind::Conflict, "not-sellable"),
            Self::CouponInvalid => (Kind::Invalid, "coupon-invalid"),
            Self::AccountInactive => (Kind::Forbidden, "account-inactive"),
            Self::EmailUnverified => (Kind::Forbidden, "email-unverified"),
            Self::KeyReused => (Kind::Invalid, "idempotency-key-reuse"),
            Self::Db(_) | Self::Other(_) => return None,
        })
    }
}

impl From<OrderError> for Error {
    fn from(error: OrderError) -> Self {
        let row = error.row();
        let detail = error.to_string();
        match (error, row) {
            (OrderError::Db(error), _) => error.into(),
            (OrderError::Other(error), _) => error,
            (OrderError::InvalidTransition { allowed, .. }, Some((kind, code))) => {
                Error::new(kind, code, detail).with("allowed", allowed)
            }
            (OrderError::MetadataMissing(fields), Some((kind, code))) => {
                let missing = |name: &&str| (format!("/metadata/{name}"), format!("{name} is required"));
                fields
                    .iter()
                    .map(missing)
                    .fold(Error::new(kind, code, detail), |error, (pointer, message)| {
                        error.with_field(pointer, "required", message)
                    })
            }
            (_, Some((kind, code))) => Error::new(kind, code, detail),
            (error, None) => Error::internal(error),
        }
    }
}

impl From<base::money::MoneyError> for OrderError {
    fn from(error: base::money::MoneyError) -> Self {
        Self::Other(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_transition_says_what_is_allowed() {
        let allowed = vec![OrderStatus::Processing];
        let error: Error = OrderError::InvalidTransition {
            from: OrderStatus::Confirmed,
            to: OrderStatus::Delivered,
            allowed,
        }
        .into();
        assert_eq!((error.kind(), error.code()), (Kind::Conflict, "invalid-transition"));
        assert_eq!(error.extra()["allowed"], serde_json::json!(["PROCESSING"]));
    }

    #[test]
    fn missing_metadata_is_named_field_by_field() {
        let error: Error = OrderError::MetadataMissing(vec!["carrierName", "trackingNumber"]).into();
        assert_eq!((error.kind(), error.code()), (Kind::Invalid, "metadata-missing"));
        assert_eq!(error.fields()[1].pointer, "/metadata/trackingNumber");
    }
}
