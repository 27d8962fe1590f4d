//! Shipments leave and arrive.

use super::announce;
use super::find;
use super::note_payment::apply_asked;
use super::save;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::{Order, Shipment};
use crate::domain::shipping;
use crate::domain::status::{self, Mover};
use crate::error::{OrderError, Result};
use api::ids::ShipmentId;
use api::order::{OrderPaymentStatus, OrderStatus, ShipmentStatus, StatusMetadata, UpdateOrderStatus};
use api::payment::CapturePayment;
use base::{Error, Id};
use db::Tx;
use std::time::Duration;

/// Takes money that is only held: with late capture nothing leaves before (contracts §6.3).
///
/// # Errors
/// Those of the payment service; nothing leaves then.
pub(super) async fn capture_first(
    app: &App,
    key: &str,
    seen: Option<i64>,
    metadata: &StatusMetadata,
) -> Result<()> {
    let order = find::find(&mut app.db.conn().await?, key).await?;
    if seen.is_some_and(|seen| seen != order.version) {
        return Err(OrderError::Stale);
    }
    let (OrderPaymentStatus::Authorized, Some(payment_id)) = (order.payment_status, order.paid_by) else {
        return Ok(());
    };
    if !status::may_move(order.status, OrderStatus::Shipped, Mover::Staff) {
        return Err(order.refused(OrderStatus::Shipped));
    }
    shipping::plan(&order.lines, metadata.items.as_deref())?;
    // A key of its own, so that a refused capture can be tried again; the payment is captured once.
    let key = format!("order:{}:capture:{}", order.id, Id::<()>::new());
    let payment = app.payment.capture(payment_id, &CapturePayment::default(), &key).await?;
    apply_asked(app, order.id, &[payment.into()]).await
}

/// Lets a shipment leave, and saves the order.
pub(super) async fn ship(
    tx: &mut Tx,
    order: &mut Order,
    viewer: &Viewer,
    body: &UpdateOrderStatus,
    metadata: &StatusMetadata,
) -> Result<()> {
    if !status::may_move(order.status, OrderStatus::Shipped, Mover::Staff) {
        return Err(order.refused(OrderStatus::Shipped));
    }
    if order.payment_status == OrderPaymentStatus::Authorized {
        return Err(OrderError::InvalidState);
    }
    let plan = shipping::plan(&order.lines, metadata.items.as_deref())?;
    let to = order.status_after(&plan);
    let shipment = Shipment {
        id: ShipmentId::new(),
        status: ShipmentStatus::Shipped,
        carrier: metadata.carrier_name.clone().unwrap_or_default(),
        tracking_number: metadata.tracking_number.clone().unwrap_or_default(),
        tracking_url: metadata.tracking_url.clone(),
        estimated_delivery: metadata.estimated_delivery_date.clone(),
        items: plan,
        shipped_at: tx.now(),
        delivered_at: None,
        recipient: None,
    };
    order.add_shipment(shipment.clone());
    order.move_to(to, Mover::Staff, &viewer.actor(), body.reason.as_deref())?;
    save::save(tx, order).await?;
    announce::shipped(tx, order, &shipment).await
}

/// Notes that shipments arrived, and saves the order; it is delivered when everything has.
pub(super) async fn deliver(
    tx: &mut Tx,
    order: &mut Order,
    viewer: &Viewer,
    body: &UpdateOrderStatus,
    metadata: &StatusMetadata,
    return_window: Duration,
) -> Result<()> {
    if !status::may_move(order.status, OrderStatus::Delivered, Mover::Staff) {
        return Err(order.refused(OrderStatus::Delivered));
    }
    let now = tx.now();
    let at = metadata.delivered_at.unwrap_or(now);
    let mut arrived = Vec::new();
    for shipment in &mut order.shipments {
        let wanted = metadata.shipment_id.is_none_or(|id| id == shipment.id);
        if !wanted || shipment.status == ShipmentStatus::Delivered {
            continue;
        }
        if at > now || at < shipment.shipped_at {
            let message = "must lie between the shipment and now";
            return Err(Error::field("/metadata/deliveredAt", "out-of-range", message).into());
        }
        shipment.status = ShipmentStatus::Delivered;
        shipment.delivered_at = Some(at);
        shipment.recipient.clone_from(&metadata.recipient_name);
        arrived.push(shipment.clone());
    }
    if arrived.is_empty() {
        return Err(Error::field("/metadata/shipmentId", "unknown", "no such shipment is on its way").into());
    }
    if order.has_arrived() {
        order.delivered_at = Some(at);
        order.move_to(OrderStatus::Delivered, Mover::Staff, &viewer.actor(), body.reason.as_deref())?;
    }
    save::save(tx, order).await?;
    for shipment in &arrived {
        announce::delivered(tx, order, shipment, at, return_window).await?;
    }
    Ok(())
}
