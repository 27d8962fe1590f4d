//! Orders as clients see them.

use crate::App;
use crate::domain::order::{self, Order};
use crate::ops::{Viewer, order_item};
use api::order::{self as dto, OrderPayment, ShipmentItem, link};

/// The order as `viewer` may see it.
pub(super) fn view(app: &App, order: &Order, viewer: &Viewer) -> dto::Order {
    let is_staff = matches!(viewer, Viewer::Staff(_));
    let is_payer = matches!(viewer, Viewer::Owner(_) | Viewer::Guest);
    let has_link = is_payer && order.customer.user_id.is_none();
    dto::Order {
        id: order.id,
        order_number: order.number.clone(),
        user_id: order.customer.user_id,
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        status: order.status,
        payment_status: order.payment_status,
        items: order.lines.iter().map(|line| order_item(order, line)).collect(),
        totals: order.totals(),
        refunded_amount: order.money(order.amounts.refunded),
        prices_include_tax: order.amounts.tax_included,
        explanation: order.explanation.clone(),
        coupons: order.coupons.clone(),
        shipping_address: order.shipping_address.clone(),
        billing_address: order.billing_address.clone(),
        shipping_method: order.shipping_method,
        payment: payment(order, is_payer),
        shipments: order.shipments.iter().map(|one| shipment(order, one)).collect(),
        payment_deadline: order.payment_deadline,
        cancellation_reason: order.cancellation,
        customer_notes: order.notes.clone(),
        link: has_link.then(|| link::page(&app.public_url, &app.keys, order.id)),
        flags: if is_staff { order.flags.clone() } else { Vec::new() },
        allowed_actions: viewer.allowed_actions(order, app.clock.now()),
        created_at: order.created_at,
        placed_at: order.placed_at,
        updated_at: order.updated_at,
        version: order.version,
    }
}

/// The attempt that counts; what the customer has to do next is for the payer alone.
fn payment(order: &Order, is_payer: bool) -> Option<OrderPayment> {
    let attempt = order.attempt()?;
    Some(OrderPayment {
        payment_id: attempt.payment_id,
        status: attempt.status,
        attempt: attempt.number,
        next_action: attempt.next_action.clone().filter(|_| is_payer),
        method_details: attempt.details.clone(),
        failure_reason: attempt.failure,
    })
}

/// A shipment.
pub(super) fn shipment(order: &Order, shipment: &order::Shipment) -> dto::Shipment {
    let item = |(order_item_id, quantity): &(_, i64)| ShipmentItem {
        order_item_id: *order_item_id,
        quantity: *quantity,
    };
    dto::Shipment {
        id: shipment.id,
        order_id: order.id,
        status: shipment.status,
        carrier_name: Some(shipment.carrier.clone()),
        tracking_number: Some(shipment.tracking_number.clone()),
        tracking_url: shipment.tracking_url.clone(),
        estimated_delivery_date: shipment.estimated_delivery.clone(),
        items: shipment.items.iter().map(item).collect(),
        shipped_at: Some(shipment.shipped_at),
        delivered_at: shipment.delivered_at,
        recipient_name: shipment.recipient.clone(),
    }
}
