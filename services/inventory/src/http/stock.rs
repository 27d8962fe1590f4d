//! Routes that change levels or ask for them.

use crate::App;
use crate::ops;
use api::ids::{InventoryItemId, VariantId};
use api::inventory::{
    AdjustStock, CheckStock, ImportResult, ImportStock, InventoryItem, ReceiveStock, StockAnswers,
    TransferStock, VariantStocks,
};
use auth::{Caller, Permission};
use axum::extract::State;
use base::Error;
use serde::Deserialize;
use service::http::{Json, Path, Query, Result, Versioned};

/// Goods came in.
#[utoipa::path(post, path = "/api/inventory/items/{id}/receive", tag = "inventory",
    params(("id" = InventoryItemId, Path)), request_body = ReceiveStock,
    responses((status = 200, body = InventoryItem)))]
pub(super) async fn receive_stock(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InventoryItemId>,
    Json(body): Json<ReceiveStock>,
) -> Result<Versioned<InventoryItem>> {
    let item = ops::receive_stock(&app, &caller, id, body).await?;
    Ok(Versioned(item.version, item))
}

/// Corrects a level by a difference or to a count.
#[utoipa::path(post, path = "/api/inventory/items/{id}/adjust", tag = "inventory",
    params(("id" = InventoryItemId, Path)), request_body = AdjustStock,
    responses((status = 200, body = InventoryItem)))]
pub(super) async fn adjust_stock(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InventoryItemId>,
    Json(body): Json<AdjustStock>,
) -> Result<Versioned<InventoryItem>> {
    let item = ops::adjust_stock(&app, &caller, id, body).await?;
    Ok(Versioned(item.version, item))
}

/// Moves pieces to another warehouse.
#[utoipa::path(post, path = "/api/inventory/items/{id}/transfer", tag = "inventory",
    params(("id" = InventoryItemId, Path)), request_body = TransferStock,
    responses((status = 200, body = InventoryItem)))]
pub(super) async fn transfer_stock(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InventoryItemId>,
    Json(body): Json<TransferStock>,
) -> Result<Versioned<InventoryItem>> {
    let item = ops::transfer_stock(&app, &caller, id, body).await?;
    Ok(Versioned(item.version, item))
}

/// Which variants are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct VariantIds {
    /// 1–50 ids, separated by commas.
    variant_ids: String,
}

/// Tells whether variants can be had. Only staff and services learn numbers.
#[utoipa::path(get, path = "/api/inventory/availability", tag = "inventory",
    params(VariantIds), responses((status = 200, body = VariantStocks)))]
pub(super) async fn variant_stock(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<VariantIds>,
) -> Result<Json<VariantStocks>> {
    let ids = query.variant_ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    let ids: std::result::Result<Vec<VariantId>, _> = ids.map(str::parse).collect();
    let ids = ids.map_err(|_| Error::field("/variantIds", "invalid", "ids separated by commas"))?;
    let numbers = matches!(caller, Caller::Service(_)) || caller.has(Permission::InventoryRead);
    Ok(Json(VariantStocks { items: ops::variant_stock(&app, &ids, numbers).await? }))
}

/// Tells services the quantities of variants.
#[utoipa::path(post, path = "/internal/inventory/availability", tag = "internal",
    request_body = CheckStock, responses((status = 200, body = StockAnswers)))]
pub(super) async fn check_stock(
    State(app): State<App>,
    Json(body): Json<CheckStock>,
) -> Result<Json<StockAnswers>> {
    Ok(Json(ops::check_stock(&app, body).await?))
}

/// Sets counted stock in bulk.
#[utoipa::path(post, path = "/internal/inventory/stock/import", tag = "internal",
    request_body = ImportStock, responses((status = 200, body = ImportResult)))]
pub(super) async fn import_stock(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ImportStock>,
) -> Result<Json<ImportResult>> {
    Ok(Json(ops::import_stock(&app, &caller, body).await?))
}
