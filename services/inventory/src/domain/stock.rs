//! The stock of one variant over all warehouses, and the movements that change it.

use super::MAX_PIECES;
use crate::error::InventoryError;
use api::ids::{InventoryItemId, ProductId, VariantId, WarehouseId};
use api::inventory::{ChangeType, ItemStatus, StockState};
use base::Id;

/// What is stocked: a variant, or a product with one implicit variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Value of the variant's id, or of the product's where it has no variants.
    pub id: Id<Unit>,
    pub product_id: ProductId,
    pub variant_id: Option<VariantId>,
    pub sku: String,
    pub product_name: Option<String>,
    /// Its product or variant was removed.
    pub discontinued: bool,
    /// Whether shoppers were last told that there is some.
    pub in_stock: bool,
    pub version: i64,
}

impl Unit {
    /// The id of the unit that stocks this variant.
    pub(crate) fn id_of(product_id: ProductId, variant_id: Option<VariantId>) -> Id<Unit> {
        Id::from_uuid(variant_id.map_or(product_id.uuid(), VariantId::uuid))
    }
}

/// Stock of a unit in one warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub item_id: InventoryItemId,
    pub warehouse_id: WarehouseId,
    /// Whether the warehouse sells to shoppers.
    pub sellable: bool,
    /// Rank of the warehouse; lower numbers serve first.
    pub priority: i64,
    pub location: Option<String>,
    pub status: ItemStatus,
    pub on_hand: i64,
    pub reserved: i64,
    /// The item's own threshold, or the shop's.
    pub threshold: i64,
    pub target: Option<i64>,
    /// Whether it was low already, so that the warning is given once until it is refilled.
    pub low: bool,
    pub version: i64,
}

impl Level {
    pub(crate) fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }

    fn sells(&self) -> bool {
        self.sellable && self.status == ItemStatus::Active
    }
}

/// A change of one item's level; the ledger is made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Movement {
    pub item_id: InventoryItemId,
    pub kind: ChangeType,
    pub on_hand: i64,
    pub reserved: i64,
}

impl Movement {
    /// `quantity` pieces more or fewer in the building.
    pub(crate) fn on_hand(item_id: InventoryItemId, kind: ChangeType, quantity: i64) -> Self {
        Self { item_id, kind, on_hand: quantity, reserved: 0 }
    }

    /// `quantity` pieces held for an order.
    pub(crate) fn hold(item_id: InventoryItemId, quantity: i64) -> Self {
        Self { item_id, kind: ChangeType::Reservation, on_hand: 0, reserved: quantity }
    }

    /// `quantity` pieces no longer held.
    pub(crate) fn release(item_id: InventoryItemId, quantity: i64) -> Self {
        Self { item_id, kind: ChangeType::Release, on_hand: 0, reserved: -quantity }
    }

    /// `quantity` held pieces left the building.
    pub(crate) fn ship(item_id: InventoryItemId, quantity: i64) -> Self {
        Self { item_id, kind: ChangeType::Sale, on_hand: -quantity, reserved: -quantity }
    }
}

/// A movement that was applied, with the level it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub movement: Movement,
    pub available_before: i64,
    pub after: Level,
    /// The level fell to or below its threshold with this movement.
    pub became_low: bool,
}

/// What shoppers must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The last piece that could be sold is gone.
    Out,
    /// There is some again, this many.
    Back(i64),
}

/// The stock of one unit over all warehouses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    pub unit: Unit,
    /// In the order in which they serve: by priority of the warehouse, then by item.
    pub levels: Vec<Level>,
}

impl Stock {
    /// Stock with its levels brought into serving order.
    pub(crate) fn new(unit: Unit, mut levels: Vec<Level>) -> Self {
        levels.sort_by_key(|level| (level.priority, level.item_id));
        Self { unit, levels }
    }

    /// Pieces a shopper can buy now.
    pub(crate) fn available(&self) -> i64 {
        self.serving().map(Level::available).sum()
    }

    /// What a shopper may know.
    pub(crate) fn state(&self) -> StockState {
        let threshold = self.serving().map(|level| level.threshold).max().unwrap_or_default();
        match self.available() {
            0 => StockState::OutOfStock,
            few if few <= threshold => StockState::LowStock,
            _ => StockState::InStock,
        }
    }

    /// The movements that hold `quantity` pieces: from one warehouse if one has enough, else from
    /// several in serving order; `None` if there are not that many.
    pub(crate) fn holds(&self, quantity: i64) -> Option<Vec<Movement>> {
        if let Some(level) = self.serving().find(|level| level.available() >= quantity) {
            return Some(vec![Movement::hold(level.item_id, quantity)]);
        }
        let mut missing = quantity;
        let mut movements = Vec::new();
        for level in self.serving().filter(|level| level.available() > 0) {
            let taken = level.available().min(missing);
            movements.push(Movement::hold(level.item_id, taken));
            missing -= taken;
            if missing == 0 {
                return Some(movements);
            }
        }
        None
    }

    /// The level of an item of this unit.
    pub(crate) fn level(&self, item_id: InventoryItemId) -> Option<&Level> {
        self.levels.iter().find(|level| level.item_id == item_id)
    }

    /// Applies a movement.
    ///
    /// # Errors
    /// [`InventoryError::InsufficientStock`] if fewer pieces would be there than are held or fewer
    /// than none held, [`InventoryError::TooMany`] beyond [`MAX_PIECES`].
    pub(crate) fn apply(&mut self, movement: Movement) -> Result<Change, InventoryError> {
        let position = self.levels.iter().position(|level| level.item_id == movement.item_id);
        let level = &mut self.levels[position.ok_or(InventoryError::ItemNotFound)?];
        let available_before = level.available();
        let on_hand = level.on_hand.saturating_add(movement.on_hand);
        let reserved = level.reserved.saturating_add(movement.reserved);
        if on_hand > MAX_PIECES {
            return Err(InventoryError::TooMany);
        }
        if reserved < 0 || on_hand < reserved {
            let requested = movement.on_hand.abs().max(movement.reserved.abs());
            return Err(InventoryError::short(self.shortage(requested, available_before)));
        }
        (level.on_hand, level.reserved) = (on_hand, reserved);
        level.version += 1;
        let is_low = level.available() <= level.threshold;
        let became_low = is_low && !level.low;
        level.low = is_low;
        Ok(Change { movement, available_before, after: level.clone(), became_low })
    }

    /// Compares what there is with what shoppers were last told, and notes that they are told now.
    pub(crate) fn turn(&mut self) -> Option<Turn> {
        let available = self.available();
        let told = std::mem::replace(&mut self.unit.in_stock, available > 0);
        match (told, available) {
            (true, 0) if self.unit.discontinued => None,
            (true, 0) => Some(Turn::Out),
            (false, some) if some > 0 => Some(Turn::Back(some)),
            _ => None,
        }
    }

    /// This unit as a line that cannot be served.
    pub(crate) fn shortage(&self, requested: i64, available: i64) -> api::inventory::Shortage {
        let Unit { product_id, variant_id, sku, .. } = self.unit.clone();
        api::inventory::Shortage { product_id, variant_id, sku, requested, available }
    }

    fn serving(&self) -> impl Iterator<Item = &Level> {
        self.levels.iter().filter(|level| !self.unit.discontinued && level.sells())
    }
}

#[cfg(test)]
mod tests;
