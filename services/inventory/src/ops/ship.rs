//! Shipped lines leave the stock.

use super::hold::{change, note};
use crate::App;
use crate::domain::{Held, Movement};
use crate::error::InventoryError;
use crate::store;
use api::inventory::{InventoryReservationFulfilled, ReservationLine};
use api::order::OrderShipped;
use api::shared::Actor;
use db::Tx;
use events::outbox;

/// Takes the lines of a shipment out of stock, once per shipment.
///
/// # Errors
/// Those of the store.
pub(crate) async fn ship(app: &App, tx: &mut Tx, shipped: OrderShipped) -> Result<(), InventoryError> {
    let (order_id, shipment_id) = (shipped.order.order_id, shipped.shipment_id);
    let now = tx.now();
    if !store::stock::claim_source(tx, &format!("shipment:{shipment_id}"), order_id, now).await? {
        return Ok(());
    }
    let Some(mut reservation) = store::reservation::open(tx, order_id).await? else {
        tracing::warn!(%order_id, %shipment_id, "goods of an order without a reservation shipped");
        return Ok(());
    };
    let lines: Vec<_> =
        shipped.items_shipped.iter().map(|item| (item.order_item_id, item.quantity_shipped)).collect();
    let left = reservation.ship(&lines);
    let promised: i64 = lines.iter().map(|line| line.1).sum();
    if left.iter().map(|line| line.quantity).sum::<i64>() != promised {
        let status = reservation.status;
        tracing::warn!(%order_id, %shipment_id, ?status, "more goods shipped than were reserved");
    }
    if left.is_empty() {
        return Ok(());
    }
    for line in &left {
        store::reservation::save_shipped(tx, reservation.id, line).await?;
    }
    store::reservation::save(tx, &mut reservation, now).await?;
    let note = note(order_id, Actor::system(), Some(format!("shipment {shipment_id}")));
    change(app, tx, &left, leave, &note).await?;
    let event = InventoryReservationFulfilled {
        aggregate_version: reservation.version,
        reservation_id: reservation.id,
        order_id,
        lines: left.iter().map(ReservationLine::from).collect(),
        shipment_id: Some(shipment_id),
        fulfillment_timestamp: now,
    };
    outbox::publish(tx, &event).await?;
    Ok(())
}

fn leave(line: &Held) -> Movement {
    Movement::ship(line.item_id, line.quantity)
}
