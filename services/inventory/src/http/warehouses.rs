//! Routes of warehouses.

use crate::App;
use crate::ops;
use api::ids::WarehouseId;
use api::inventory::{SaveWarehouse, Warehouse};
use auth::Caller;
use axum::extract::State;
use base::page::{CountQuery, Page};
use service::http::{Created, IfMatch, Json, NoContent, Path, Query, Result, Versioned};

/// Lists all warehouses in the order in which they serve.
#[utoipa::path(get, path = "/api/inventory/warehouses", tag = "inventory",
    params(CountQuery), responses((status = 200, body = Page<Warehouse>)))]
pub(super) async fn list_warehouses(
    State(app): State<App>,
    Query(count): Query<CountQuery>,
) -> Result<Json<Page<Warehouse>>> {
    Ok(Json(Page::whole(ops::list_warehouses(&app).await?, count)))
}

/// Reads a warehouse.
#[utoipa::path(get, path = "/api/inventory/warehouses/{id}", tag = "inventory",
    params(("id" = WarehouseId, Path)), responses((status = 200, body = Warehouse)))]
pub(super) async fn get_warehouse(
    State(app): State<App>,
    Path(id): Path<WarehouseId>,
) -> Result<Versioned<Warehouse>> {
    let warehouse = ops::get_warehouse(&app, id).await?;
    Ok(Versioned(warehouse.version, warehouse))
}

/// Opens a warehouse.
#[utoipa::path(post, path = "/api/inventory/warehouses", tag = "inventory", request_body = SaveWarehouse,
    responses((status = 201, body = Warehouse)))]
pub(super) async fn create_warehouse(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<SaveWarehouse>,
) -> Result<Created<Versioned<Warehouse>>> {
    let warehouse = ops::create_warehouse(&app, &caller, body).await?;
    let location = format!("/api/inventory/warehouses/{}", warehouse.id);
    Ok(Created(location, Versioned(warehouse.version, warehouse)))
}

/// Changes a warehouse.
#[utoipa::path(put, path = "/api/inventory/warehouses/{id}", tag = "inventory",
    params(("id" = WarehouseId, Path), IfMatch), request_body = SaveWarehouse,
    responses((status = 200, body = Warehouse)))]
pub(super) async fn update_warehouse(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<WarehouseId>,
    seen: IfMatch,
    Json(body): Json<SaveWarehouse>,
) -> Result<Versioned<Warehouse>> {
    let warehouse = ops::update_warehouse(&app, &caller, id, seen.0, body).await?;
    Ok(Versioned(warehouse.version, warehouse))
}

/// Removes a warehouse in which nothing ever lay.
#[utoipa::path(delete, path = "/api/inventory/warehouses/{id}", tag = "inventory",
    params(("id" = WarehouseId, Path)), responses((status = 204)))]
pub(super) async fn delete_warehouse(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<WarehouseId>,
) -> Result<NoContent> {
    ops::delete_warehouse(&app, &caller, id).await?;
    Ok(NoContent)
}
