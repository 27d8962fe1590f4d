//! What staff, the order service and the operator's tools do.

use super::view;
use crate::{App, ops};
use api::ids::PaymentId;
use api::payment::{CancelPayment, CapturePayment, Payment, PaymentLedger, Violations};
use api::repair::{RepairInvariants, Repairs};
use auth::Caller;
use axum::extract::State;
use base::Check;
use service::http::{Json, Path, Result, Versioned};

/// Takes money that is held.
#[utoipa::path(post, path = "/api/payments/{id}/capture", tag = "payments", params(("id" = PaymentId, Path)),
    request_body = CapturePayment, responses((status = 200, body = Payment)))]
pub(super) async fn capture_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
    Json(body): Json<CapturePayment>,
) -> Result<Versioned<Payment>> {
    let payment = ops::capture(&app, &caller, id, body).await?;
    let payment = view::payment(&app, &caller, None, payment);
    Ok(Versioned(payment.version, payment))
}

/// Ends an attempt that is under way.
#[utoipa::path(post, path = "/api/payments/{id}/cancel", tag = "payments", params(("id" = PaymentId, Path)),
    request_body = CancelPayment, responses((status = 200, body = Payment)))]
pub(super) async fn cancel_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
    Json(body): Json<CancelPayment>,
) -> Result<Versioned<Payment>> {
    let mut check = Check::new();
    check.multiline("/reason", &body.reason, 1..=500);
    check.finish()?;
    let payment = ops::cancel(&app, &caller, id, &body.reason).await?;
    let payment = view::payment(&app, &caller, None, payment);
    Ok(Versioned(payment.version, payment))
}

/// Reads the double entries of a payment and its refunds.
#[utoipa::path(get, path = "/api/payments/{id}/ledger", tag = "payments", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentLedger)))]
pub(super) async fn get_payment_ledger(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentLedger>> {
    Ok(Json(ops::ledger(&app, &caller, id).await?))
}

/// Looks for entries that do not add up.
#[utoipa::path(get, path = "/internal/payments/ledger/verify", tag = "operations",
    responses((status = 200, body = Violations)))]
pub(super) async fn verify_ledger(State(app): State<App>) -> Result<Json<Violations>> {
    Ok(Json(ops::verify_ledger(&app).await?))
}

/// Looks for what must never be, also in the gateway's books.
#[utoipa::path(get, path = "/internal/payments/invariants", tag = "operations",
    responses((status = 200, body = Violations)))]
pub(super) async fn check_invariants(State(app): State<App>) -> Result<Json<Violations>> {
    Ok(Json(ops::check_invariants(&app).await?))
}

/// Repairs what must not be, or says what would be done.
#[utoipa::path(post, path = "/internal/payments/invariants/repair", tag = "operations",
    request_body = RepairInvariants, responses((status = 200, body = Repairs)))]
pub(super) async fn repair_invariants(
    State(app): State<App>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Repairs>> {
    Ok(Json(ops::repair(&app, wish).await?))
}
