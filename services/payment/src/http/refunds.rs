//! Refunds.

use super::view;
use crate::App;
use crate::ops::{self, RefundRequest};
use api::ids::{PaymentId, RefundId};
use api::payment::{ListRefunds, Refund, RefundPayment};
use auth::Caller;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::Check;
use base::page::{Page, PageQuery};
use http::{HeaderMap, StatusCode};
use service::http::{Json, Path, Query, Result, Versioned};

/// Gives money back; the gateway is asked afterwards.
#[utoipa::path(post, path = "/api/payments/{id}/refund", tag = "refunds", params(("id" = PaymentId, Path)),
    request_body = RefundPayment, responses((status = 202, body = Refund)))]
pub(super) async fn refund_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
    headers: HeaderMap,
    Json(body): Json<RefundPayment>,
) -> Result<Response> {
    let mut check = Check::new();
    check.multiline("/reason", &body.reason, 1..=500);
    check.opt_multiline("/notes", body.notes.as_deref(), 0..=500);
    check.finish()?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let request = RefundRequest { payment_id: id, body, idempotency_key: key.map(str::to_owned) };
    let refund = view::refund(ops::refund(&app, &caller, request).await?);
    Ok((StatusCode::ACCEPTED, Versioned(refund.version, refund)).into_response())
}

/// Lists refunds, the latest first.
#[utoipa::path(get, path = "/api/refunds", tag = "refunds", params(ListRefunds, PageQuery),
    responses((status = 200, body = Page<Refund>)))]
pub(super) async fn list_refunds(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<ListRefunds>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Refund>>> {
    let refunds = ops::list_refunds(&app, &caller, &filter, &page).await?;
    Ok(Json(refunds.map(view::refund)))
}

/// Reads a refund.
#[utoipa::path(get, path = "/api/refunds/{id}", tag = "refunds", params(("id" = RefundId, Path)),
    responses((status = 200, body = Refund)))]
pub(super) async fn get_refund(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<RefundId>,
) -> Result<Versioned<Refund>> {
    let refund = view::refund(ops::get_refund(&app, &caller, id).await?);
    Ok(Versioned(refund.version, refund))
}

/// Tries a refund again that the gateway refused.
#[utoipa::path(post, path = "/api/refunds/{id}/retry", tag = "refunds", params(("id" = RefundId, Path)),
    responses((status = 202, body = Refund)))]
pub(super) async fn retry_refund(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<RefundId>,
) -> Result<Response> {
    let refund = view::refund(ops::retry_refund(&app, &caller, id).await?);
    Ok((StatusCode::ACCEPTED, Versioned(refund.version, refund)).into_response())
}
