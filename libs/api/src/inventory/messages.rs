//! The events inventory-service publishes (contracts §3.6).

use super::{ReservationLine, Shortage};
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{InventoryItemId, OrderId, ProductId, ReservationId, ShipmentId, VariantId, WarehouseId};
use base::{Money, Timestamp};
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const EXCHANGE: &str = "inventory.events";
const SOURCE: &str = "InventoryService";

/// Whether an item is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemStatus {
    /// It is.
    Active,
    /// Not at the moment.
    Inactive,
    /// Never again; its product or variant was removed.
    Discontinued,
}

/// Why a stock level changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeType {
    /// Shipped to a customer.
    Sale,
    /// Came back from a customer.
    Return,
    /// Came in from a supplier.
    Receipt,
    /// Counted or corrected.
    Adjustment,
    /// Lost, broken, stolen.
    Shrinkage,
    /// Came from another warehouse.
    TransferIn,
    /// Left for another warehouse.
    TransferOut,
    /// Held for an order.
    Reservation,
    /// No longer held.
    Release,
}

/// A stock record was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryItemCreated {
    /// Version of the item.
    pub aggregate_version: i64,
    /// The item.
    pub inventory_item_id: InventoryItemId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Where it lies.
    pub warehouse_id: WarehouseId,
    /// Shelf or bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Pieces at the start.
    pub initial_quantity_available: i64,
    /// At or below this the item is low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_threshold: Option<i64>,
    /// How many there should be after a refill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_stock_level: Option<i64>,
    /// Whether it is sold.
    pub item_status: ItemStatus,
    /// Who supplies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_id: Option<String>,
    /// What one piece cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_price: Option<Money>,
}

/// The available quantity of an item changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockLevelChanged {
    /// Version of the item.
    pub aggregate_version: i64,
    /// The item.
    pub inventory_item_id: InventoryItemId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Where it lies.
    pub warehouse_id: WarehouseId,
    /// Shelf or bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Why.
    pub change_type: ChangeType,
    /// Available before.
    pub previous_quantity_available: i64,
    /// Available now.
    pub new_quantity_available: i64,
    /// The difference.
    pub quantity_changed: i64,
    /// Held now.
    pub quantity_reserved: i64,
    /// On hand now.
    pub quantity_on_hand: i64,
    /// The ledger entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Order, shipment, delivery note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// The available quantity fell to or below the threshold; once until refilled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LowStockThresholdReached {
    /// Version of the item.
    pub aggregate_version: i64,
    /// The item.
    pub inventory_item_id: InventoryItemId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Name of the product, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Where it lies.
    pub warehouse_id: WarehouseId,
    /// Available now.
    pub current_quantity_available: i64,
    /// The threshold.
    pub reorder_threshold: i64,
    /// How many there should be after a refill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_stock_level: Option<i64>,
}

/// The sum over sellable warehouses reached 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutOfStock {
    /// Version of the item.
    pub aggregate_version: i64,
    /// The item whose last piece went.
    pub inventory_item_id: InventoryItemId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Name of the product, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Where the last piece lay.
    pub warehouse_id: WarehouseId,
    /// Until when there was some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_available_timestamp: Option<Timestamp>,
}

/// The sum over sellable warehouses rose from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductBackInStock {
    /// Version of the stock of this variant over all warehouses.
    pub aggregate_version: i64,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit.
    pub sku: String,
    /// Name of the product, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Where to buy it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_url: Option<String>,
    /// The sum now.
    pub new_quantity_available: i64,
    /// When.
    pub restocked_at: Timestamp,
}

/// All lines of an order are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReserved {
    /// Version of the reservation.
    pub aggregate_version: i64,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// What is held.
    pub lines: Vec<ReservationLine>,
    /// When the hold runs out.
    pub expires_at: Timestamp,
    /// When it was made.
    pub reservation_timestamp: Timestamp,
}

/// Not all lines could be held; nothing is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReservationFailed {
    /// The order.
    pub order_id: OrderId,
    /// What was missing.
    pub shortages: Vec<Shortage>,
    /// When.
    pub failed_at: Timestamp,
}

/// The order is paid; the hold has no expiry any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReservationConfirmed {
    /// Version of the reservation.
    pub aggregate_version: i64,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// What is held.
    pub lines: Vec<ReservationLine>,
    /// When.
    pub confirmed_at: Timestamp,
}

/// The hold was released on request or because the order was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReservationCancelled {
    /// Version of the reservation.
    pub aggregate_version: i64,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// What was released.
    pub lines: Vec<ReservationLine>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<String>,
    /// When.
    pub cancelled_at: Timestamp,
}

/// The hold ran out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReservationExpired {
    /// Version of the reservation.
    pub aggregate_version: i64,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// What was released.
    pub lines: Vec<ReservationLine>,
    /// When.
    pub expired_at: Timestamp,
}

/// Shipped lines left the stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReservationFulfilled {
    /// Version of the reservation.
    pub aggregate_version: i64,
    /// The reservation.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// What left with this shipment.
    pub lines: Vec<ReservationLine>,
    /// The shipment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// When.
    pub fulfillment_timestamp: Timestamp,
}

impl Message for InventoryItemCreated {
    const NAME: &'static str = "InventoryItemCreated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.item.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.inventory_item_id.to_string()
    }
}

impl Message for StockLevelChanged {
    const NAME: &'static str = "StockLevelChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.stock.changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.inventory_item_id.to_string()
    }
}

impl Message for LowStockThresholdReached {
    const NAME: &'static str = "LowStockThresholdReached";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.stock.low.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.inventory_item_id.to_string()
    }
}

impl Message for OutOfStock {
    const NAME: &'static str = "OutOfStock";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.stock.out.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.inventory_item_id.to_string()
    }
}

impl Message for ProductBackInStock {
    const NAME: &'static str = "ProductBackInStock";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.stock.back-in-stock.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.product_id.to_string()
    }
}

impl Message for InventoryReserved {
    const NAME: &'static str = "InventoryReserved";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

impl Message for InventoryReservationFailed {
    const NAME: &'static str = "InventoryReservationFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

impl Message for InventoryReservationConfirmed {
    const NAME: &'static str = "InventoryReservationConfirmed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.confirmed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

impl Message for InventoryReservationCancelled {
    const NAME: &'static str = "InventoryReservationCancelled";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.cancelled.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

impl Message for InventoryReservationExpired {
    const NAME: &'static str = "InventoryReservationExpired";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.expired.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

impl Message for InventoryReservationFulfilled {
    const NAME: &'static str = "InventoryReservationFulfilled";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "inventory.reservation.fulfilled.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.order_id.to_string()
    }
}

/// The publisher of the inventory service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum InventoryService {}

impl Publisher for InventoryService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the inventory service.
pub type InventoryAuditRecorded = AuditRecorded<InventoryService>;
