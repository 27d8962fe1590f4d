//! What customers and the order service do with payments.

use super::view;
use crate::{App, ops};
use api::ids::PaymentId;
use api::payment::{ConfirmPayment, CreatePayment, ListPayments, Payment, PaymentStatus};
use auth::Caller;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::page::{Page, PageQuery};
use http::StatusCode;
use serde::Deserialize;
use service::http::{Created, Json, Path, Query, Result, Versioned};

/// The right of a guest.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderLink {
    /// Token of the order's link, for guests.
    token: Option<String>,
}

/// Starts paying for an order; an open payment of the order is returned with 200.
#[utoipa::path(post, path = "/api/payments", tag = "payments", request_body = CreatePayment,
    responses((status = 201, body = Payment), (status = 200, body = Payment)))]
pub(super) async fn create_payment(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreatePayment>,
) -> Result<Response> {
    let started = ops::create(&app, &caller, body).await?;
    let location = format!("/api/payments/{}", started.payment.id);
    let payment = view::payment(&app, &caller, None, started.payment);
    let answer = Versioned(payment.version, payment);
    Ok(if started.is_new { Created(location, answer).into_response() } else { answer.into_response() })
}

/// Lists payments, the latest first.
#[utoipa::path(get, path = "/api/payments", tag = "payments", params(ListPayments, PageQuery),
    responses((status = 200, body = Page<Payment>)))]
pub(super) async fn list_payments(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<ListPayments>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Payment>>> {
    let payments = ops::list(&app, &caller, &filter, &page).await?;
    Ok(Json(payments.map(|payment| view::payment(&app, &caller, None, payment))))
}

/// Reads a payment.
#[utoipa::path(get, path = "/api/payments/{id}", tag = "payments", params(("id" = PaymentId, Path), OrderLink),
    responses((status = 200, body = Payment)))]
pub(super) async fn get_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
    Query(link): Query<OrderLink>,
) -> Result<Versioned<Payment>> {
    let payment = ops::get(&app, &caller, link.token.as_deref(), id).await?;
    let payment = view::payment(&app, &caller, link.token.as_deref(), payment);
    Ok(Versioned(payment.version, payment))
}

/// Pays with a method, or asks how the payment stands; 202 while it is not decided.
#[utoipa::path(post, path = "/api/payments/{id}/confirm", tag = "payments", params(("id" = PaymentId, Path), OrderLink),
    request_body = ConfirmPayment, responses((status = 200, body = Payment), (status = 202, body = Payment)))]
pub(super) async fn confirm_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
    Query(link): Query<OrderLink>,
    Json(body): Json<ConfirmPayment>,
) -> Result<Response> {
    let payment = ops::confirm(&app, &caller, link.token.as_deref(), id, body).await?;
    let payment = view::payment(&app, &caller, link.token.as_deref(), payment);
    let status = decided(payment.status);
    Ok((status, Versioned(payment.version, payment)).into_response())
}

/// 200 once the customer has nothing to do and nothing to wait for.
fn decided(status: PaymentStatus) -> StatusCode {
    match status {
        PaymentStatus::Pending | PaymentStatus::RequiresAction | PaymentStatus::Processing => {
            StatusCode::ACCEPTED
        }
        _ => StatusCode::OK,
    }
}
