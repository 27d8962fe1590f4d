//! A hold on stock for an order, and what it may become (contracts §6.6).

use super::{Movement, Stock, Unit};
use crate::error::InventoryError;
use api::ids::{InventoryItemId, OrderId, OrderLineId, ProductId, ReservationId, VariantId, WarehouseId};
use api::inventory::{ReservationLine, ReservationStatus};
use base::{Id, Timestamp};

/// An order line that wants stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub order_item_id: OrderLineId,
    pub quantity: i64,
}

/// What is held of one item for one order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub unit_id: Id<Unit>,
    pub item_id: InventoryItemId,
    pub warehouse_id: WarehouseId,
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub sku: String,
    pub order_item_id: OrderLineId,
    pub quantity: i64,
    /// Pieces of `quantity` that left the building.
    pub shipped: i64,
}

impl Held {
    /// What `movement` holds of `stock` for an order line; `None` if it is not about this stock.
    pub(crate) fn new(stock: &Stock, movement: &Movement, order_item_id: OrderLineId) -> Option<Self> {
        let warehouse_id = stock.level(movement.item_id)?.warehouse_id;
        let Unit { id, product_id, variant_id, sku, .. } = stock.unit.clone();
        Some(Self {
            unit_id: id,
            item_id: movement.item_id,
            warehouse_id,
            product_id,
            variant_id,
            sku,
            order_item_id,
            quantity: movement.reserved,
            shipped: 0,
        })
    }

    /// Pieces still held while the reservation is open.
    pub(crate) fn open(&self) -> i64 {
        self.quantity - self.shipped
    }

    /// The same line, of `quantity` pieces.
    pub(crate) fn part(&self, quantity: i64) -> Self {
        Self { quantity, shipped: 0, ..self.clone() }
    }
}

/// What a request means for a reservation in its present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Do it.
    Go,
    /// It was done before, or there is nothing left to do: answer with the reservation as it is.
    Done,
    /// The hold ran out: try to hold the same lines again.
    HoldAgain,
}

/// A hold on stock for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub id: ReservationId,
    pub order_id: OrderId,
    pub status: ReservationStatus,
    pub lines: Vec<Held>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub version: i64,
}

impl Reservation {
    /// A new reservation that holds nothing yet.
    pub(crate) fn new(order_id: OrderId, expires_at: Timestamp, now: Timestamp) -> Self {
        let status = ReservationStatus::Pending;
        let expires_at = Some(expires_at);
        Self { id: Id::new(), order_id, status, lines: Vec::new(), expires_at, created_at: now, version: 1 }
    }

    /// Whether a repeated request asks for what this reservation was made for.
    ///
    /// # Errors
    /// [`InventoryError::ReservationDiffers`]; [`InventoryError::ReservationExpired`] and
    /// [`InventoryError::ReservationCancelled`], because such an order holds nothing any more.
    pub(crate) fn repeat(&self, wanted: &[Wanted]) -> Result<(), InventoryError> {
        match self.status {
            _ if !self.is_for(wanted) => Err(InventoryError::ReservationDiffers),
            ReservationStatus::Expired => Err(InventoryError::ReservationExpired),
            ReservationStatus::Cancelled => Err(InventoryError::ReservationCancelled),
            _ => Ok(()),
        }
    }

    fn is_for(&self, wanted: &[Wanted]) -> bool {
        let mine = self.wanted();
        let same = |mine: &Wanted, theirs: &Wanted| {
            mine.product_id == theirs.product_id
                && mine.quantity == theirs.quantity
                && (theirs.variant_id.is_none() || mine.variant_id == theirs.variant_id)
        };
        let find = |id| mine.iter().find(|line| line.order_item_id == id);
        mine.len() == wanted.len()
            && wanted.iter().all(|line| find(line.order_item_id).is_some_and(|mine| same(mine, line)))
    }

    /// The order lines this reservation is for, put together again from their warehouses.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        let mut lines: Vec<Wanted> = Vec::new();
        for held in &self.lines {
            match lines.iter_mut().find(|line| line.order_item_id == held.order_item_id) {
                Some(line) => line.quantity += held.quantity,
                None => lines.push(Wanted {
                    product_id: held.product_id,
                    variant_id: held.variant_id,
                    order_item_id: held.order_item_id,
                    quantity: held.quantity,
                }),
            }
        }
        lines
    }

    /// What is held at this moment.
    pub(crate) fn open_lines(&self) -> Vec<Held> {
        if !matches!(self.status, ReservationStatus::Pending | ReservationStatus::Confirmed) {
            return Vec::new();
        }
        self.lines.iter().filter(|line| line.open() > 0).map(|line| line.part(line.open())).collect()
    }

    /// The order is paid.
    ///
    /// # Errors
    /// [`InventoryError::ReservationCancelled`].
    pub(crate) fn confirm(&mut self) -> Result<Next, InventoryError> {
        match self.status {
            ReservationStatus::Pending => {
                self.status = ReservationStatus::Confirmed;
                self.expires_at = None;
                Ok(Next::Go)
            }
            ReservationStatus::Confirmed | ReservationStatus::Fulfilled => Ok(Next::Done),
            ReservationStatus::Expired => Ok(Next::HoldAgain),
            ReservationStatus::Cancelled => Err(InventoryError::ReservationCancelled),
        }
    }

    /// An expired reservation holds its lines again, now for good.
    pub(crate) fn revive(&mut self, lines: Vec<Held>) {
        self.status = ReservationStatus::Confirmed;
        self.lines = lines;
    }

    /// The order is given up.
    ///
    /// # Errors
    /// [`InventoryError::ReservationFulfilled`].
    pub(crate) fn cancel(&mut self) -> Result<Next, InventoryError> {
        match self.status {
            ReservationStatus::Pending | ReservationStatus::Confirmed => {
                self.status = ReservationStatus::Cancelled;
                self.expires_at = None;
                Ok(Next::Go)
            }
            ReservationStatus::Cancelled | ReservationStatus::Expired => Ok(Next::Done),
            ReservationStatus::Fulfilled => Err(InventoryError::ReservationFulfilled),
        }
    }

    /// The order may take longer; an earlier end than the present one changes nothing.
    ///
    /// # Errors
    /// [`InventoryError::ReservationExpired`], [`InventoryError::ReservationCancelled`],
    /// [`InventoryError::ReservationFulfilled`].
    pub(crate) fn extend(&mut self, until: Timestamp) -> Result<Next, InventoryError> {
        match self.status {
            ReservationStatus::Pending if self.expires_at.is_some_and(|end| end < until) => {
                self.expires_at = Some(until);
                Ok(Next::Go)
            }
            ReservationStatus::Pending | ReservationStatus::Confirmed => Ok(Next::Done),
            ReservationStatus::Expired => Err(InventoryError::ReservationExpired),
            ReservationStatus::Cancelled => Err(InventoryError::ReservationCancelled),
            ReservationStatus::Fulfilled => Err(InventoryError::ReservationFulfilled),
        }
    }

    /// The hold runs out, if it is one that does and its time has come.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Next {
        match (self.status, self.expires_at) {
            (ReservationStatus::Pending, Some(end)) if end <= now => {
                self.status = ReservationStatus::Expired;
                self.expires_at = None;
                Next::Go
            }
            _ => Next::Done,
        }
    }

    /// Pieces of order lines leave the building; never more than are held. Returns what left, and
    /// becomes FULFILLED with the last piece. Only a CONFIRMED reservation ships (contracts §6.6).
    pub(crate) fn ship(&mut self, shipped: &[(OrderLineId, i64)]) -> Vec<Held> {
        let mut left = Vec::new();
        if self.status != ReservationStatus::Confirmed {
            return left;
        }
        for (order_item_id, quantity) in shipped {
            let mut missing = (*quantity).max(0);
            for line in self.lines.iter_mut().filter(|line| line.order_item_id == *order_item_id) {
                let part = line.open().min(missing);
                if part > 0 {
                    line.shipped += part;
                    missing -= part;
                    left.push(line.part(part));
                }
            }
        }
        if !left.is_empty() && self.lines.iter().all(|line| line.open() == 0) {
            self.status = ReservationStatus::Fulfilled;
        }
        left
    }
}

impl From<&Held> for ReservationLine {
    fn from(held: &Held) -> Self {
        Self {
            inventory_item_id: held.item_id,
            product_id: held.product_id,
            variant_id: held.variant_id,
            sku: held.sku.clone(),
            warehouse_id: held.warehouse_id,
            order_item_id: Some(held.order_item_id),
            quantity: held.quantity,
        }
    }
}

#[cfg(test)]
mod tests;
