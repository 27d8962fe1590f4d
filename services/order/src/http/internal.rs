//! Routes of other services.

use crate::App;
use crate::ops;
use api::order::{Payable, Quote, QuoteRequest, Violations};
use api::repair::{RepairInvariants, Repairs};
use axum::extract::State;
use service::http::{Json, Path, Result};

/// Tells what a basket would cost at an address.
#[utoipa::path(post, path = "/internal/orders/quote", tag = "internal", request_body = QuoteRequest,
    responses((status = 200, body = Quote)))]
pub(super) async fn quote(State(app): State<App>, Json(body): Json<QuoteRequest>) -> Result<Json<Quote>> {
    Ok(Json(ops::quote(&app, &body).await?))
}

/// Tells what has to be paid for an order.
#[utoipa::path(get, path = "/internal/orders/{id}/payable", tag = "internal",
    params(("id" = String, Path, description = "id or order number")), responses((status = 200, body = Payable)))]
pub(super) async fn payable(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Payable>> {
    Ok(Json(ops::payable(&app, &id).await?))
}

/// Looks for what must not be.
#[utoipa::path(get, path = "/internal/orders/invariants", tag = "internal",
    responses((status = 200, body = Violations)))]
pub(super) async fn invariants(State(app): State<App>) -> Result<Json<Violations>> {
    Ok(Json(ops::invariants(&app).await?))
}

/// Repairs what must not be, or says what would be done.
#[utoipa::path(post, path = "/internal/orders/invariants/repair", tag = "internal",
    request_body = RepairInvariants, responses((status = 200, body = Repairs)))]
pub(super) async fn repair_invariants(
    State(app): State<App>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Repairs>> {
    Ok(Json(ops::repair(&app, wish).await?))
}
