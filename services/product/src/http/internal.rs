//! Routes for other services and the command line.

use super::files::{Import, run_export, run_import};
use crate::App;
use crate::ops::availability;
use api::product::{AvailabilityAnswer, AvailabilityRequest, ImportReport};
use auth::Caller;
use axum::extract::{Request, State};
use axum::response::Response;
use service::http::{Json, Query, Result};

/// Says whether lines can be sold now, and for how much.
#[utoipa::path(post, path = "/internal/products/availability", tag = "internal", request_body = AvailabilityRequest,
    responses((status = 200, body = AvailabilityAnswer)))]
pub(super) async fn check_availability(
    State(app): State<App>,
    Json(body): Json<AvailabilityRequest>,
) -> Result<Json<AvailabilityAnswer>> {
    Ok(Json(availability::availability(&app, &body).await?))
}

/// Imports a Shopify product file, for the command line.
#[utoipa::path(post, path = "/internal/products/import", tag = "internal",
    request_body(content = String, content_type = "text/csv"),
    params(Import), responses((status = 200, body = ImportReport)))]
pub(super) async fn import_products_internally(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Import>,
    request: Request,
) -> Result<Response> {
    run_import(app, caller, &query, request).await
}

/// Exports the catalogue as a Shopify product file, for the command line.
#[utoipa::path(get, path = "/internal/products/export", tag = "internal",
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn export_products_internally(State(app): State<App>) -> Result<Response> {
    run_export(&app).await
}
