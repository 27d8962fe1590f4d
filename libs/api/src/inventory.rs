//! Contract of inventory-service: stock per SKU and warehouse, reservations (contracts §3.6, §4.5).

mod admin;
mod messages;

pub use admin::*;
pub use messages::*;

use crate::ids::{InventoryItemId, OrderId, OrderLineId, ProductId, ReservationId, VariantId, WarehouseId};
use base::{Result, Timestamp};
use peer::{Peer, Peers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a shopper may know about the stock of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockState {
    /// Enough of it.
    InStock,
    /// At or below the reorder threshold.
    LowStock,
    /// None left.
    OutOfStock,
    /// None left, but it may be ordered.
    Backorder,
}

/// A variant whose stock is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockQuery {
    /// The product.
    pub product_id: ProductId,
    /// The variant; left out only when the product has one implicit variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
}

/// Asks for the quantities of up to 500 variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckStock {
    /// The variants.
    pub lines: Vec<StockQuery>,
}

/// What can be sold of one variant, summed over the sellable warehouses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockAnswer {
    /// The product.
    pub product_id: ProductId,
    /// The variant, as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Pieces on hand and not held; 0 for a variant that is not stocked.
    pub available_quantity: i64,
    /// The same as a word.
    pub state: StockState,
}

/// Quantities in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockAnswers {
    /// One answer per question.
    pub lines: Vec<StockAnswer>,
    /// When the stock was read.
    pub checked_at: Timestamp,
}

/// Public stock state of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariantStock {
    /// The variant.
    pub variant_id: VariantId,
    /// The state.
    pub state: StockState,
    /// Pieces; told to staff and services only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_quantity: Option<i64>,
}

/// Public stock states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariantStocks {
    /// One row per variant asked for, in that order.
    pub items: Vec<VariantStock>,
}

/// State of a reservation (contracts §6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationStatus {
    /// Held until `expiresAt`.
    Pending,
    /// Held without end: the order is paid.
    Confirmed,
    /// The hold ran out.
    Expired,
    /// Released.
    Cancelled,
    /// Everything shipped.
    Fulfilled,
}

/// One order line to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReserveLine {
    /// The product.
    pub product_id: ProductId,
    /// The variant; left out only when the product has one implicit variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// The order line, unique within the request.
    pub order_item_id: OrderLineId,
    /// Pieces, 1–1,000,000.
    pub quantity: i64,
}

/// Holds all lines of an order or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reserve {
    /// The order; the natural key of the reservation.
    pub order_id: OrderId,
    /// 1–100 lines.
    pub lines: Vec<ReserveLine>,
    /// When the hold runs out unless it is confirmed.
    pub expires_at: Timestamp,
}

/// Why a reservation is given up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelReservation {
    /// For the record, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Moves the end of a hold; an earlier end than the present one changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExtendReservation {
    /// The new end.
    pub expires_at: Timestamp,
}

/// What is held of one stock item; an order line split over warehouses has several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationLine {
    /// The stock item.
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
    /// The order line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_item_id: Option<OrderLineId>,
    /// Pieces.
    pub quantity: i64,
}

/// A hold on stock for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Its id.
    pub reservation_id: ReservationId,
    /// The order.
    pub order_id: OrderId,
    /// Its state.
    pub status: ReservationStatus,
    /// What is or was held.
    pub lines: Vec<ReservationLine>,
    /// When it runs out; absent once confirmed or over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// A line that cannot be held; member `shortages` of the 409 `insufficient-stock` problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<VariantId>,
    /// Stock keeping unit; empty for a variant that is not stocked.
    pub sku: String,
    /// Pieces asked for, summed over the lines of the variant.
    pub requested: i64,
    /// Pieces there are.
    pub available: i64,
}

/// The counted stock of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportStockLine {
    /// Stock keeping unit, 1–100 characters.
    pub sku: String,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Pieces on hand, 0–1,000,000,000.
    pub quantity: i64,
}

/// Sets the counted stock of up to 1,000 variants in the default warehouse; repeating is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportStock {
    /// The counts.
    pub lines: Vec<ImportStockLine>,
}

/// A line of an import that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportProblem {
    /// Stock keeping unit.
    pub sku: String,
    /// `below-reserved` or `duplicate-item`.
    pub code: String,
    /// What is wrong with it.
    pub detail: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportResult {
    /// Items opened because the product's own event had not arrived yet.
    pub created: i64,
    /// Items whose level changed.
    pub changed: i64,
    /// Items that had this level already.
    pub unchanged: i64,
    /// Lines left as they are.
    pub problems: Vec<ImportProblem>,
}

/// The calls other services may make.
#[derive(Clone, Debug)]
pub struct InventoryClient {
    peer: Peer,
}

impl InventoryClient {
    /// A client of the inventory-service that `peers` knows.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("inventory") }
    }

    /// Quantities of variants (scope `inventory:read`).
    ///
    /// # Errors
    /// Those of the peer.
    pub async fn availability(&self, lines: Vec<StockQuery>) -> Result<StockAnswers> {
        self.peer.post("/internal/inventory/availability").json(&CheckStock { lines }).send().await
    }

    /// Holds all lines of an order or none; the same order and lines give the same reservation.
    ///
    /// # Errors
    /// 409 `insufficient-stock` with `shortages`, `reservation-differs`, `reservation-expired`,
    /// `reservation-cancelled`.
    pub async fn reserve(&self, body: &Reserve) -> Result<Reservation> {
        self.peer.post("/internal/inventory/reservations").json(body).send().await
    }

    /// Takes the expiry away: the order is paid. Repeating is harmless.
    ///
    /// # Errors
    /// 409 `reservation-expired` when it had run out and cannot be held again,
    /// `reservation-cancelled`; 404.
    pub async fn confirm(&self, order_id: OrderId) -> Result<Reservation> {
        self.change(order_id, "confirm", &serde_json::json!({})).await
    }

    /// Releases what is still held. Repeating is harmless.
    ///
    /// # Errors
    /// 409 `reservation-fulfilled`; 404 when there never was a reservation.
    pub async fn cancel(&self, order_id: OrderId, reason: Option<String>) -> Result<Reservation> {
        self.change(order_id, "cancel", &CancelReservation { reason }).await
    }

    /// Moves the end of the hold. Repeating is harmless.
    ///
    /// # Errors
    /// 409 `reservation-expired`, `reservation-cancelled`, `reservation-fulfilled`; 404.
    pub async fn extend(&self, order_id: OrderId, expires_at: Timestamp) -> Result<Reservation> {
        self.change(order_id, "extend", &ExtendReservation { expires_at }).await
    }

    /// The reservation of an order.
    ///
    /// # Errors
    /// 404.
    pub async fn reservation(&self, order_id: OrderId) -> Result<Reservation> {
        self.peer.get(format!("/internal/inventory/reservations/{order_id}")).send().await
    }

    /// Sets counted stock (scope `inventory:import`).
    ///
    /// # Errors
    /// 422 for impossible lines; those of the peer.
    pub async fn import_stock(&self, lines: Vec<ImportStockLine>) -> Result<ImportResult> {
        self.peer.post("/internal/inventory/stock/import").json(&ImportStock { lines }).send().await
    }

    async fn change(&self, order_id: OrderId, verb: &str, body: &impl Serialize) -> Result<Reservation> {
        let path = format!("/internal/inventory/reservations/{order_id}/{verb}");
        self.peer.post(path).json(body).send().await
    }
}
