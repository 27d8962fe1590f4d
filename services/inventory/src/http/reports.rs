//! Routes of the ledger and of reports over it.

use crate::App;
use crate::ops;
use crate::store::{item, report};
use api::ids::InventoryItemId;
use api::inventory::{
    ChangeType, InventoryItem, ItemStatus, MovementReport, StockTransaction, StockValue, StockViolations,
};
use api::repair::{RepairInvariants, Repairs};
use axum::extract::State;
use base::Timestamp;
use base::page::{Page, PageQuery};
use serde::Deserialize;
use service::http::{Json, Query, Result};

/// Which entries of the ledger are listed or summed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListTransactions {
    /// Of this item.
    item_id: Option<InventoryItemId>,
    /// Of this SKU.
    sku: Option<String>,
    /// With this reference, e.g. `order:<id>` or a delivery note.
    reference: Option<String>,
    /// Of this kind.
    change_type: Option<ChangeType>,
    /// From then on.
    from: Option<Timestamp>,
    /// Before then.
    to: Option<Timestamp>,
    /// How many rows, 1–100; 20 when left out.
    limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    count: Option<bool>,
}

impl ListTransactions {
    fn split(self) -> (report::Filter, PageQuery) {
        let ListTransactions { item_id, sku, reference, change_type, from, to, limit, cursor, count } = self;
        let filter = report::Filter { item_id, sku, reference, change_type, from, to };
        (filter, PageQuery { limit, cursor, count })
    }
}

/// Lists the entries of the stock ledger, the newest first.
#[utoipa::path(get, path = "/api/inventory/transactions", tag = "inventory",
    params(ListTransactions), responses((status = 200, body = Page<StockTransaction>)))]
pub(super) async fn list_transactions(
    State(app): State<App>,
    Query(query): Query<ListTransactions>,
) -> Result<Json<Page<StockTransaction>>> {
    let (filter, page) = query.split();
    Ok(Json(ops::transactions(&app, &filter, &page).await?))
}

/// Lists the items on sale that are at or below their threshold.
#[utoipa::path(get, path = "/api/inventory/reports/low-stock", tag = "inventory",
    params(PageQuery), responses((status = 200, body = Page<InventoryItem>)))]
pub(super) async fn low_stock(
    State(app): State<App>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<InventoryItem>>> {
    let low = Some(app.config.low_stock_threshold);
    let filter = item::Filter { low, status: Some(ItemStatus::Active), ..item::Filter::default() };
    Ok(Json(ops::list_items(&app, &filter, &page).await?))
}

/// Tells what the stock on hand cost.
#[utoipa::path(get, path = "/api/inventory/reports/value", tag = "inventory",
    responses((status = 200, body = StockValue)))]
pub(super) async fn stock_value(State(app): State<App>) -> Result<Json<StockValue>> {
    Ok(Json(ops::stock_value(&app).await?))
}

/// Sums the entries of the stock ledger by kind.
#[utoipa::path(get, path = "/api/inventory/reports/movements", tag = "inventory",
    params(ListTransactions), responses((status = 200, body = MovementReport)))]
pub(super) async fn movement_sums(
    State(app): State<App>,
    Query(query): Query<ListTransactions>,
) -> Result<Json<MovementReport>> {
    Ok(Json(ops::movement_sums(&app, &query.split().0).await?))
}

/// Tells which rules of the ledger are broken: none, when all is well.
#[utoipa::path(get, path = "/internal/inventory/invariants", tag = "internal",
    responses((status = 200, body = StockViolations)))]
pub(super) async fn invariants(State(app): State<App>) -> Result<Json<StockViolations>> {
    Ok(Json(ops::invariants(&app).await?))
}

/// Repairs what must not be, or says what would be done.
#[utoipa::path(post, path = "/internal/inventory/invariants/repair", tag = "internal",
    request_body = RepairInvariants, responses((status = 200, body = Repairs)))]
pub(super) async fn repair_invariants(
    State(app): State<App>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Repairs>> {
    Ok(Json(ops::repair(&app, wish).await?))
}
