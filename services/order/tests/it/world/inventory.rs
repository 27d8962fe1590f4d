//! A model of the inventory service.

use super::{Hold, Memory, World};
use api::ids::{InventoryItemId, OrderId, ReservationId, WarehouseId};
use api::inventory::{Reservation, ReservationLine, ReservationStatus, Reserve, ReserveLine, Shortage};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base::Error;
use service::http::{Json, Path};

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/internal/inventory/reservations", post(reserve))
        .route("/internal/inventory/reservations/{id}", get(read))
        .route("/internal/inventory/reservations/{id}/confirm", post(confirm))
        .route("/internal/inventory/reservations/{id}/cancel", post(cancel))
        .with_state(world)
}

async fn reserve(State(world): State<World>, Json(body): Json<Reserve>) -> Response {
    world
        .call("reserve", |memory| {
            if let Some(hold) = memory.holds.get(&body.order_id) {
                return match hold.status {
                    ReservationStatus::Pending | ReservationStatus::Confirmed => {
                        Ok(answer(body.order_id, hold))
                    }
                    _ => Err(Error::conflict("reservation-cancelled", "it was released")),
                };
            }
            take(memory, &body.lines)?;
            let hold = Hold {
                id: ReservationId::new(),
                status: ReservationStatus::Pending,
                lines: body.lines,
                expires_at: body.expires_at,
            };
            let answer = answer(body.order_id, &hold);
            memory.holds.insert(body.order_id, hold);
            Ok(answer)
        })
        .await
}

/// Takes all lines from the stock, or none.
fn take(memory: &mut Memory, lines: &[ReserveLine]) -> Result<(), Error> {
    let mut shortages = Vec::new();
    for line in lines {
        let stock = memory.articles.iter().find(|article| Some(article.variant_id) == line.variant_id);
        let available = stock.map_or(0, |article| article.stock);
        if available < line.quantity {
            let (product_id, variant_id) = (line.product_id, line.variant_id);
            shortages.push(Shortage {
                product_id,
                variant_id,
                sku: String::new(),
                requested: line.quantity,
                available,
            });
        }
    }
    if !shortages.is_empty() {
        return Err(Error::conflict("insufficient-stock", "not enough").with("shortages", shortages));
    }
    move_stock(memory, lines, -1);
    Ok(())
}

pub(super) fn move_stock(memory: &mut Memory, lines: &[ReserveLine], sign: i64) {
    for line in lines {
        for article in
            memory.articles.iter_mut().filter(|article| Some(article.variant_id) == line.variant_id)
        {
            article.stock += sign * line.quantity;
        }
    }
}

async fn confirm(State(world): State<World>, Path(id): Path<OrderId>) -> Response {
    let now = world.now();
    world
        .call("confirm", |memory| {
            let hold = memory.holds.get(&id).cloned().ok_or_else(|| Error::not_found("reservation"))?;
            match hold.status {
                ReservationStatus::Confirmed => return Ok(answer(id, &hold)),
                ReservationStatus::Pending if hold.expires_at > now => {}
                ReservationStatus::Pending | ReservationStatus::Expired => {
                    if hold.status == ReservationStatus::Pending {
                        move_stock(memory, &hold.lines, 1);
                    }
                    let gone = |_| Error::conflict("reservation-expired", "it ran out");
                    take(memory, &hold.lines).map_err(gone)?;
                }
                _ => return Err(Error::conflict("reservation-cancelled", "it was released")),
            }
            let hold = Hold { status: ReservationStatus::Confirmed, ..hold };
            memory.holds.insert(id, hold.clone());
            Ok(answer(id, &hold))
        })
        .await
}

async fn read(State(world): State<World>, Path(id): Path<OrderId>) -> Response {
    world
        .call("reservation", |memory| {
            let hold = memory.holds.get(&id).ok_or_else(|| Error::not_found("reservation"))?;
            Ok(answer(id, hold))
        })
        .await
}

async fn cancel(State(world): State<World>, Path(id): Path<OrderId>) -> Response {
    world
        .call("release", |memory| {
            release(memory, id);
            let hold = memory.holds.get(&id).ok_or_else(|| Error::not_found("reservation"))?;
            Ok(answer(id, hold))
        })
        .await
}

/// Gives back what an order holds.
pub(crate) fn release(memory: &mut Memory, id: OrderId) {
    let Some(hold) = memory.holds.get(&id).cloned() else { return };
    if matches!(hold.status, ReservationStatus::Pending | ReservationStatus::Confirmed) {
        move_stock(memory, &hold.lines, 1);
        memory.holds.insert(id, Hold { status: ReservationStatus::Cancelled, ..hold });
    }
}

fn answer(order_id: OrderId, hold: &Hold) -> Response {
    let line = |line: &ReserveLine| ReservationLine {
        inventory_item_id: InventoryItemId::new(),
        product_id: line.product_id,
        variant_id: line.variant_id,
        sku: String::new(),
        warehouse_id: WarehouseId::new(),
        order_item_id: Some(line.order_item_id),
        quantity: line.quantity,
    };
    let reservation = Reservation {
        reservation_id: hold.id,
        order_id,
        status: hold.status,
        lines: hold.lines.iter().map(line).collect(),
        expires_at: (hold.status == ReservationStatus::Pending).then_some(hold.expires_at),
        created_at: hold.expires_at,
        version: 1,
    };
    Json(reservation).into_response()
}
