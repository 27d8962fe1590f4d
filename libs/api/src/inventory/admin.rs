//! What staff send and see: items, warehouses, the ledger, reports, invariants.

use super::{ChangeType, ItemStatus};
use crate::ids::{InventoryItemId, ProductId, VariantId, WarehouseId};
use crate::shared::{Actor, Address};
use base::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stock of one variant in one warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryItem {
    /// Its id.
    pub id: InventoryItemId,
    /// Stock keeping unit.
    pub sku: String,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Where it lies.
    pub warehouse_id: WarehouseId,
    /// Shelf or bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Pieces in the building.
    pub on_hand: i64,
    /// Pieces held for orders, never more than `onHand`.
    pub reserved: i64,
    /// `onHand` − `reserved`.
    pub available: i64,
    /// At or below this many available pieces the item is low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_threshold: Option<i64>,
    /// How many there should be after a refill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_stock_level: Option<i64>,
    /// What one piece cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_price: Option<Money>,
    /// Only ACTIVE items are sold.
    pub status: ItemStatus,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Opens the stock of a variant in a warehouse, with nothing in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateItem {
    /// Stock keeping unit, 1–100 characters.
    pub sku: String,
    /// The product.
    pub product_id: ProductId,
    /// The variant; left out only when the product has one implicit variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Where.
    pub warehouse_id: WarehouseId,
    /// Shelf or bin, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// 0–1,000,000,000 pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_threshold: Option<i64>,
    /// 0–1,000,000,000 pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_stock_level: Option<i64>,
    /// What one piece costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_price: Option<Money>,
}

/// The settable part of an item; what is left out is cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateItem {
    /// ACTIVE, INACTIVE or DISCONTINUED.
    pub status: ItemStatus,
    /// Shelf or bin, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// 0–1,000,000,000 pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_threshold: Option<i64>,
    /// 0–1,000,000,000 pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_stock_level: Option<i64>,
    /// What one piece costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_price: Option<Money>,
}

/// Goods came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveStock {
    /// Pieces, 1–1,000,000,000.
    pub quantity: i64,
    /// Delivery note or purchase order, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Corrects a level: exactly one of `delta` and `countedQuantity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustStock {
    /// Pieces more (or fewer, if negative).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<i64>,
    /// Pieces counted on the shelf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_quantity: Option<i64>,
    /// Why, 1–500 characters.
    pub reason: String,
    /// Whether the missing pieces are lost, broken or stolen (SHRINKAGE in the ledger).
    #[serde(default)]
    pub shrinkage: bool,
}

/// Moves pieces to another warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferStock {
    /// Where to.
    pub to_warehouse_id: WarehouseId,
    /// Pieces, 1–1,000,000,000; only pieces that are not held can move.
    pub quantity: i64,
    /// Transport order, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// A place where stock lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warehouse {
    /// Its id.
    pub id: WarehouseId,
    /// Short unique code, e.g. `MAIN`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Whether its stock counts for shoppers.
    pub sellable: bool,
    /// Reservations take from lower numbers first.
    pub priority: i64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Opens or changes a warehouse; what is left out is cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveWarehouse {
    /// 1–20 of A–Z, 0–9, `-` and `_`; unique.
    pub code: String,
    /// 1–100 characters.
    pub name: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Whether its stock counts for shoppers.
    pub sellable: bool,
    /// 0–1,000; reservations take from lower numbers first.
    #[serde(default)]
    pub priority: i64,
}

/// One entry of the stock ledger, never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockTransaction {
    /// Its id.
    pub id: crate::ids::StockTransactionId,
    /// The item.
    pub inventory_item_id: InventoryItemId,
    /// Stock keeping unit.
    pub sku: String,
    /// The warehouse.
    pub warehouse_id: WarehouseId,
    /// Why it changed.
    pub change_type: ChangeType,
    /// Change of `onHand`.
    pub on_hand_change: i64,
    /// Change of `reserved`.
    pub reserved_change: i64,
    /// `onHand` afterwards.
    pub on_hand: i64,
    /// `reserved` afterwards.
    pub reserved: i64,
    /// Order, shipment, return, delivery note or count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub created_at: Timestamp,
}

/// What the stock on hand cost, per currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockValue {
    /// One sum per currency of cost prices.
    pub values: Vec<Money>,
    /// Pieces on hand that have no cost price.
    pub pieces_without_cost: i64,
}

/// Sum of the movements of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementSum {
    /// The kind.
    pub change_type: ChangeType,
    /// Number of movements.
    pub movements: i64,
    /// Sum of the changes of `onHand`.
    pub on_hand_change: i64,
    /// Sum of the changes of `reserved`.
    pub reserved_change: i64,
}

/// Movements by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MovementReport {
    /// One row per kind that occurred.
    pub items: Vec<MovementSum>,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockViolation {
    /// `on-hand-is-sum-of-movements`, `reserved-is-sum-of-movements`,
    /// `reserved-is-sum-of-open-lines` or `levels-in-range`.
    pub rule: String,
    /// The item it is about.
    pub id: String,
    /// The numbers that differ.
    pub detail: String,
}

/// Broken rules, empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockViolations {
    /// The broken rules, at most 100.
    pub violations: Vec<StockViolation>,
}
