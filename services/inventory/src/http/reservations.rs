//! Routes of reservations, for order-service.

use crate::App;
use crate::domain;
use crate::ops;
use api::ids::OrderId;
use api::inventory::{CancelReservation, ExtendReservation, Reservation, ReservationLine, Reserve};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use service::http::{Created, Json, Path, Result, Versioned};

/// Holds the lines of an order, all or none; the same order and lines give the same reservation.
#[utoipa::path(post, path = "/internal/inventory/reservations", tag = "internal", request_body = Reserve,
    responses((status = 201, body = Reservation), (status = 200, body = Reservation)))]
pub(super) async fn reserve(State(app): State<App>, Json(body): Json<Reserve>) -> Result<Response> {
    let (reservation, is_new) = ops::reserve(&app, body).await?;
    let location = format!("/internal/inventory/reservations/{}", reservation.order_id);
    let answer = versioned(reservation);
    Ok(if is_new { Created(location, answer).into_response() } else { answer.into_response() })
}

/// Reads the reservation of an order.
#[utoipa::path(get, path = "/internal/inventory/reservations/{orderId}", tag = "internal",
    params(("orderId" = OrderId, Path)), responses((status = 200, body = Reservation)))]
pub(super) async fn get_reservation(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
) -> Result<Versioned<Reservation>> {
    Ok(versioned(ops::get_reservation(&app, order_id).await?))
}

/// Makes the hold last: the order is paid.
#[utoipa::path(post, path = "/internal/inventory/reservations/{orderId}/confirm", tag = "internal",
    params(("orderId" = OrderId, Path)), responses((status = 200, body = Reservation)))]
pub(super) async fn confirm_reservation(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
) -> Result<Versioned<Reservation>> {
    Ok(versioned(ops::confirm_reservation(&app, order_id).await?))
}

/// Releases what is still held.
#[utoipa::path(post, path = "/internal/inventory/reservations/{orderId}/cancel", tag = "internal",
    params(("orderId" = OrderId, Path)), request_body = CancelReservation,
    responses((status = 200, body = Reservation)))]
pub(super) async fn cancel_reservation(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
    Json(body): Json<CancelReservation>,
) -> Result<Versioned<Reservation>> {
    Ok(versioned(ops::cancel_reservation(&app, order_id, body).await?))
}

/// Moves the end of the hold.
#[utoipa::path(post, path = "/internal/inventory/reservations/{orderId}/extend", tag = "internal",
    params(("orderId" = OrderId, Path)), request_body = ExtendReservation,
    responses((status = 200, body = Reservation)))]
pub(super) async fn extend_reservation(
    State(app): State<App>,
    Path(order_id): Path<OrderId>,
    Json(body): Json<ExtendReservation>,
) -> Result<Versioned<Reservation>> {
    Ok(versioned(ops::extend_reservation(&app, order_id, body).await?))
}

fn versioned(reservation: domain::Reservation) -> Versioned<Reservation> {
    let dto = Reservation {
        reservation_id: reservation.id,
        order_id: reservation.order_id,
        status: reservation.status,
        lines: reservation.lines.iter().map(ReservationLine::from).collect(),
        expires_at: reservation.expires_at,
        created_at: reservation.created_at,
        version: reservation.version,
    };
    Versioned(dto.version, dto)
}
