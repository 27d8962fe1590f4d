//! What can go wrong, and what the client reads about it.

use api::ids::OrderId;
use base::{Error, Kind};
use db::DbError;

/// A refusal of cart-service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CartError {
    #[error("there is no such product")]
    ProductNotFound,
    #[error("there is no such line in the cart")]
    LineNotFound,
    #[error("there is no such cart")]
    CartNotFound,
    #[error("this product cannot be bought at the moment")]
    NotSellable,
    #[error("there are not that many pieces left")]
    InsufficientStock,
    #[error("a line of the cart holds at most 99 pieces")]
    TooManyPieces,
    #[error("a cart holds at most 100 lines")]
    TooManyLines,
    #[error("all lines of a cart have one currency; empty it first to use another one")]
    CurrencyMismatch,
    #[error("an order is being made of this cart; finish or cancel it first")]
    Locked(Option<OrderId>),
    #[error("the cart is empty")]
    Empty,
    #[error("it was changed in the meantime; read it again and repeat")]
    Stale,
    #[error(transparent)]
    Other(Error),
}

impl CartError {
    fn kind_and_code(&self) -> (Kind, &'static str) {
        match self {
            Self::ProductNotFound => (Kind::NotFound, "product-not-found"),
            Self::LineNotFound => (Kind::NotFound, "not-found"),
            Self::CartNotFound => (Kind::NotFound, "cart-not-found"),
            Self::NotSellable => (Kind::Conflict, "not-sellable"),
            Self::InsufficientStock => (Kind::Conflict, "insufficient-stock"),
            Self::TooManyPieces => (Kind::Conflict, "too-many-pieces"),
            Self::TooManyLines => (Kind::Conflict, "too-many-lines"),
            Self::CurrencyMismatch => (Kind::Conflict, "currency-mismatch"),
            Self::Locked(_) => (Kind::Conflict, "cart-locked"),
            Self::Empty => (Kind::Conflict, "cart-empty"),
            Self::Stale => (Kind::Stale, "version-conflict"),
            Self::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<Error> for CartError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<DbError> for CartError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<CartError> for Error {
    fn from(error: CartError) -> Self {
        let (kind, code) = error.kind_and_code();
        let detail = error.to_string();
        match error {
            CartError::Other(error) => error,
            CartError::Locked(Some(order_id)) => Error::new(kind, code, detail).with("orderId", order_id),
            _ => Error::new(kind, code, detail),
        }
    }
}
