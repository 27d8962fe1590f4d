//! Orders as the messages tell of them.

use crate::domain::order::{Line, Move, Order, Shipment};
use crate::error::Result;
use api::order::messages::{CancelledItem, OrderRef, OrderSummary, RefundDetails, RefundState};
use api::order::shipment_messages::{
    DeliveredItem, DeliveryMethod, ReturnEligibility, ShipmentType, ShippedItem,
};
use api::order::{
    CancellationReason, OrderCancelled, OrderCompleted, OrderCreated, OrderDelivered, OrderPaymentCompleted,
    OrderPaymentFailed, OrderPlaced, OrderShipped, OrderStatus, OrderStatusChanged, OrderUpdated,
    ShippingMethod,
};
use api::shared::{Actor, OrderItem, PaymentMethodDetails};
use base::Timestamp;
use db::Tx;
use events::outbox::publish;
use std::time::Duration;

/// The order as every message names it.
pub(super) fn order_ref(order: &Order) -> OrderRef {
    OrderRef {
        aggregate_version: order.version,
        order_id: order.id,
        order_number: order.number.clone(),
        user_id: order.customer.user_id,
    }
}

fn summary(order: &Order) -> OrderSummary {
    OrderSummary {
        status: order.status,
        payment_status: order.payment_status,
        total_amount: order.money(order.amounts.total),
        item_count: order.item_count(),
    }
}

/// A line as clients and messages see it.
pub(crate) fn item(order: &Order, line: &Line) -> OrderItem {
    OrderItem {
        order_item_id: line.id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        sku: line.sku.clone(),
        product_name: line.name.clone(),
        quantity: line.quantity,
        unit_price: order.money(line.unit_minor),
        discount_amount: order.money(line.discount_minor),
        tax_amount: order.money(line.tax_minor),
        total_price: order.money(line.total_minor),
        attributes: (!line.attributes.is_empty()).then(|| line.attributes.clone()),
    }
}

fn items(order: &Order) -> Vec<OrderItem> {
    order.lines.iter().map(|line| item(order, line)).collect()
}

/// Tells of a transition: the event of its own, if it has one, and `OrderStatusChanged`.
pub(super) async fn moved(tx: &mut Tx, order: &Order, step: &Move, sequence: i64) -> Result<()> {
    match step.to {
        OrderStatus::PendingPayment if step.from == Some(OrderStatus::Pending) => {
            return created(tx, order).await;
        }
        OrderStatus::Pending | OrderStatus::Rejected => return Ok(()),
        OrderStatus::PaymentFailed => payment_failed(tx, order, step).await?,
        OrderStatus::Confirmed => placed(tx, order).await?,
        OrderStatus::Cancelled => cancelled(tx, order, step).await?,
        OrderStatus::Completed => {
            publish(tx, &OrderCompleted { order: order_ref(order), completed_at: order.updated_at }).await?;
        }
        _ => {}
    }
    let changed = OrderStatusChanged {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        previous_status: step.from.unwrap_or(step.to),
        new_status: step.to,
        sequence,
        reason: step.reason.clone(),
        initiated_by: step.actor.clone(),
        change_context: None,
        current_order_summary: Some(summary(order)),
        status_change_timestamp: order.updated_at,
    };
    publish(tx, &changed).await?;
    Ok(())
}

async fn created(tx: &mut Tx, order: &Order) -> Result<()> {
    let (Some(inventory_reservation_id), Some(payment_deadline)) =
        (order.reservation_id, order.payment_deadline)
    else {
        return Err(base::Error::internal("an order is announced before its stock is held").into());
    };
    let created = OrderCreated {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        order_date: order.created_at,
        status: order.status,
        items: items(order),
        item_count: order.item_count(),
        totals: order.totals(),
        applied_coupons: order.coupons.clone(),
        shipping_details: order.shipping_address.clone(),
        shipping_method_chosen: order.shipping_method,
        billing_details: order.billing_address.clone(),
        customer_notes: order.notes.clone(),
        inventory_reservation_id,
        payment_deadline,
    };
    publish(tx, &created).await?;
    Ok(())
}

async fn payment_failed(tx: &mut Tx, order: &Order, step: &Move) -> Result<()> {
    let attempt = order.attempt();
    let failed = OrderPaymentFailed {
        order: order_ref(order),
        payment_id: attempt.map(|attempt| attempt.payment_id),
        failure_reason: step.reason.clone().unwrap_or_else(|| "GATEWAY_ERROR".to_owned()),
        attempt: attempt.map_or(1, |attempt| attempt.number),
        retry_allowed_until: order.payment_deadline,
        failed_at: order.updated_at,
    };
    publish(tx, &failed).await?;
    Ok(())
}

async fn placed(tx: &mut Tx, order: &Order) -> Result<()> {
    let Some(cart) = order.cart else {
        return Err(base::Error::internal("an order without a cart cannot be placed").into());
    };
    let details = order.paid_by.map(|_| method_details(order));
    if let (Some(payment_id), Some(payment_method_details)) = (order.paid_by, details.clone()) {
        let completed = OrderPaymentCompleted {
            order: order_ref(order),
            payment_id,
            total_amount: order.money(order.amounts.total),
            currency: order.currency,
            payment_method_details,
            payment_timestamp: order.updated_at,
        };
        publish(tx, &completed).await?;
    }
    let placed = OrderPlaced {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        cart_id: cart.id,
        cart_version: cart.version,
        items: items(order),
        item_count: order.item_count(),
        totals: order.totals(),
        shipping_details: order.shipping_address.clone(),
        shipping_method_chosen: order.shipping_method,
        payment_id: order.paid_by,
        payment_method_details: details,
        placed_at: order.placed_at.unwrap_or(order.updated_at),
    };
    publish(tx, &placed).await?;
    Ok(())
}

/// How it was paid; the payment service tells at the latest when the money has arrived.
fn method_details(order: &Order) -> PaymentMethodDetails {
    let known = order.attempt().and_then(|attempt| attempt.details.clone());
    known.unwrap_or_else(|| PaymentMethodDetails {
        method_type: "CARD".to_owned(),
        card_brand: None,
        card_last_four: None,
        card_expiry_month: None,
        card_expiry_year: None,
    })
}

async fn cancelled(tx: &mut Tx, order: &Order, step: &Move) -> Result<()> {
    let Some(cart) = order.cart else {
        return Err(base::Error::internal("an order without a cart cannot be cancelled").into());
    };
    let item = |line: &Line| CancelledItem {
        order_item_id: line.id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        product_name: line.name.clone(),
        quantity_cancelled: line.quantity,
        unit_price_at_order: order.money(line.unit_minor),
    };
    let holds = order.holds_money();
    let cancelled = OrderCancelled {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        cart_id: cart.id,
        cart_version: cart.version,
        cancelled_at: order.updated_at,
        cancellation_reason_code: order.cancellation.unwrap_or(CancellationReason::Admin),
        cancellation_notes: order.cancellation_notes.clone(),
        cancelled_by: step.actor.clone(),
        previous_status: step.from.unwrap_or(step.to),
        original_order_total: order.money(order.amounts.total),
        currency: order.currency,
        items_cancelled: order.lines.iter().map(item).collect(),
        refund_details: RefundDetails {
            is_refund_applicable: holds,
            refund_status: if holds { RefundState::Pending } else { RefundState::None },
            refund_amount: holds.then(|| order.money(order.amounts.total - order.amounts.refunded)),
            refund_method_hint: None,
            payment_id: order.paid_by,
        },
        inventory_restock_requested: true,
    };
    publish(tx, &cancelled).await?;
    Ok(())
}

/// Tells of a change that is no transition.
pub(super) async fn updated(tx: &mut Tx, order: &Order, fields: Vec<String>, actor: Actor) -> Result<()> {
    let updated = OrderUpdated {
        order: order_ref(order),
        updated_fields: fields,
        summary: summary(order),
        updated_at: order.updated_at,
        updated_by: actor,
    };
    publish(tx, &updated).await?;
    Ok(())
}

/// Tells of a shipment that left.
pub(super) async fn shipped(tx: &mut Tx, order: &Order, shipment: &Shipment) -> Result<()> {
    let is_all = order.lines.iter().all(|line| shipment.items.contains(&(line.id, line.quantity)));
    let item = |line: &Line, pieces| ShippedItem {
        order_item_id: line.id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        product_name: line.name.clone(),
        quantity_shipped: pieces,
    };
    let shipped = OrderShipped {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        shipment_id: shipment.id,
        shipped_at: shipment.shipped_at,
        carrier_name: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
        tracking_url: shipment.tracking_url.clone(),
        estimated_delivery_date: shipment.estimated_delivery.clone(),
        shipping_method_used: order.shipping_method,
        shipment_type: if is_all { ShipmentType::Full } else { ShipmentType::Partial },
        items_shipped: of_lines(order, shipment, item),
        destination_address: order.shipping_address.clone(),
    };
    publish(tx, &shipped).await?;
    Ok(())
}

/// Tells of a shipment that arrived; it can be sent back for `return_window`.
pub(super) async fn delivered(
    tx: &mut Tx,
    order: &Order,
    shipment: &Shipment,
    at: Timestamp,
    return_window: Duration,
) -> Result<()> {
    let item = |line: &Line, pieces| DeliveredItem {
        order_item_id: line.id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        product_name: line.name.clone(),
        quantity_delivered: pieces,
        product_review_prompt_enabled: Some(true),
    };
    let pickup = order.shipping_method == ShippingMethod::Pickup;
    let delivered = OrderDelivered {
        order: order_ref(order),
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        shipment_id: Some(shipment.id),
        delivered_at: at,
        delivery_method: if pickup { DeliveryMethod::CustomerPickup } else { DeliveryMethod::Courier },
        carrier_name: Some(shipment.carrier.clone()),
        tracking_number: Some(shipment.tracking_number.clone()),
        recipient_name: shipment.recipient.clone(),
        delivery_address_snapshot: Some(order.shipping_address.clone()),
        delivered_items: of_lines(order, shipment, item),
        return_eligibility: ReturnEligibility {
            is_eligible: true,
            eligible_until_date: Some(at + return_window),
            return_policy_url: None,
        },
    };
    publish(tx, &delivered).await?;
    Ok(())
}

fn of_lines<T>(order: &Order, shipment: &Shipment, item: impl Fn(&Line, i64) -> T) -> Vec<T> {
    let line = |id| order.lines.iter().find(|line| line.id == id);
    shipment.items.iter().filter_map(|(id, pieces)| Some(item(line(*id)?, *pieces))).collect()
}
