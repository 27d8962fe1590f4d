//! What can go wrong, and what the client reads about it.

use api::inventory::Shortage;
use base::{Error, Kind};
use db::DbError;

/// A refusal of inventory-service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InventoryError {
    #[error("there is no such inventory item")]
    ItemNotFound,
    #[error("there is no such warehouse")]
    WarehouseNotFound,
    #[error("there is no reservation for this order")]
    ReservationNotFound,
    #[error("there is not enough stock")]
    InsufficientStock(Vec<Shortage>),
    #[error("an item cannot hold more than 1,000,000,000 pieces")]
    TooMany,
    #[error("this order has a reservation of other lines")]
    ReservationDiffers,
    #[error("the reservation ran out")]
    ReservationExpired,
    #[error("the reservation was cancelled")]
    ReservationCancelled,
    #[error("everything that was reserved has shipped")]
    ReservationFulfilled,
    #[error("this SKU has an item in this warehouse already, or belongs to another variant")]
    DuplicateItem,
    #[error("the item still has stock; adjust or transfer it first")]
    ItemNotEmpty,
    #[error("another warehouse has this code")]
    DuplicateWarehouse,
    #[error("the warehouse still has stock; transfer it first")]
    WarehouseNotEmpty,
    #[error("the default warehouse keeps its code and cannot be removed")]
    DefaultWarehouse,
    #[error("the item changed in the meantime")]
    Stale,
    #[error(transparent)]
    Other(Error),
}

impl InventoryError {
    /// Not enough of one unit.
    pub(crate) fn short(shortage: Shortage) -> Self {
        Self::InsufficientStock(vec![shortage])
    }

    fn kind_and_code(&self) -> (Kind, &'static str) {
        match self {
            Self::ItemNotFound | Self::WarehouseNotFound | Self::ReservationNotFound => {
                (Kind::NotFound, "not-found")
            }
            Self::InsufficientStock(_) => (Kind::Conflict, "insufficient-stock"),
            Self::TooMany => (Kind::Conflict, "too-many-pieces"),
            Self::ReservationDiffers => (Kind::Conflict, "reservation-differs"),
            Self::ReservationExpired => (Kind::Conflict, "reservation-expired"),
            Self::ReservationCancelled => (Kind::Conflict, "reservation-cancelled"),
            Self::ReservationFulfilled => (Kind::Conflict, "reservation-fulfilled"),
            Self::DuplicateItem => (Kind::Conflict, "duplicate-item"),
            Self::ItemNotEmpty => (Kind::Conflict, "item-not-empty"),
            Self::DuplicateWarehouse => (Kind::Conflict, "duplicate-warehouse"),
            Self::WarehouseNotEmpty => (Kind::Conflict, "warehouse-not-empty"),
            Self::DefaultWarehouse => (Kind::Conflict, "default-warehouse"),
            Self::Stale => (Kind::Stale, "version-conflict"),
            Self::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<Error> for InventoryError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<DbError> for InventoryError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<InventoryError> for Error {
    fn from(error: InventoryError) -> Self {
        let (kind, code) = error.kind_and_code();
        let detail = error.to_string();
        match error {
            InventoryError::Other(error) => error,
            InventoryError::InsufficientStock(shortages) => {
                Error::new(kind, code, detail).with("shortages", shortages)
            }
            _ => Error::new(kind, code, detail),
        }
    }
}
