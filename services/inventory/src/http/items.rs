//! Routes of items.

use crate::App;
use crate::ops;
use crate::store::item::Filter;
use api::ids::{InventoryItemId, ProductId, WarehouseId};
use api::inventory::{CreateItem, InventoryItem, ItemStatus, UpdateItem};
use auth::Caller;
use axum::extract::State;
use base::page::{Page, PageQuery};
use serde::Deserialize;
use service::http::{Created, IfMatch, Json, NoContent, Path, Query, Result, Versioned};

/// Which items are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListItems {
    /// Of this SKU.
    sku: Option<String>,
    /// Of this product.
    product_id: Option<ProductId>,
    /// In this warehouse.
    warehouse_id: Option<WarehouseId>,
    /// In this state.
    status: Option<ItemStatus>,
    /// Only those at or below their threshold.
    low: Option<bool>,
    /// How many rows, 1–100; 20 when left out.
    limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    count: Option<bool>,
}

/// Lists items.
#[utoipa::path(get, path = "/api/inventory/items", tag = "inventory",
    params(ListItems), responses((status = 200, body = Page<InventoryItem>)))]
pub(super) async fn list_items(
    State(app): State<App>,
    Query(query): Query<ListItems>,
) -> Result<Json<Page<InventoryItem>>> {
    let filter = Filter {
        sku: query.sku,
        product_id: query.product_id,
        warehouse_id: query.warehouse_id,
        status: query.status,
        low: query.low.unwrap_or_default().then_some(app.config.low_stock_threshold),
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor, count: query.count };
    Ok(Json(ops::list_items(&app, &filter, &page).await?))
}

/// Reads an item.
#[utoipa::path(get, path = "/api/inventory/items/{id}", tag = "inventory",
    params(("id" = InventoryItemId, Path)), responses((status = 200, body = InventoryItem)))]
pub(super) async fn get_item(
    State(app): State<App>,
    Path(id): Path<InventoryItemId>,
) -> Result<Versioned<InventoryItem>> {
    let item = ops::get_item(&app, id).await?;
    Ok(Versioned(item.version, item))
}

/// Opens an item with nothing in it.
#[utoipa::path(post, path = "/api/inventory/items", tag = "inventory", request_body = CreateItem,
    responses((status = 201, body = InventoryItem)))]
pub(super) async fn create_item(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateItem>,
) -> Result<Created<Versioned<InventoryItem>>> {
    let item = ops::create_item(&app, &caller, body).await?;
    Ok(Created(format!("/api/inventory/items/{}", item.id), Versioned(item.version, item)))
}

/// Replaces the settable part of an item.
#[utoipa::path(put, path = "/api/inventory/items/{id}", tag = "inventory",
    params(("id" = InventoryItemId, Path), IfMatch), request_body = UpdateItem,
    responses((status = 200, body = InventoryItem)))]
pub(super) async fn update_item(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InventoryItemId>,
    seen: IfMatch,
    Json(body): Json<UpdateItem>,
) -> Result<Versioned<InventoryItem>> {
    let item = ops::update_item(&app, &caller, id, seen.0, body).await?;
    Ok(Versioned(item.version, item))
}

/// Takes an empty item out of sale.
#[utoipa::path(delete, path = "/api/inventory/items/{id}", tag = "inventory",
    params(("id" = InventoryItemId, Path), IfMatch), responses((status = 204)))]
pub(super) async fn delete_item(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<InventoryItemId>,
    seen: IfMatch,
) -> Result<NoContent> {
    ops::delete_item(&app, &caller, id, seen.0).await?;
    Ok(NoContent)
}
