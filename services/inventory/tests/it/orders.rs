//! What the events of orders do to stock.

use crate::stories::{Article, Inventory};
use api::ids::{OrderId, OrderLineId, ShipmentId};
use api::inventory::{
    InventoryReservationCancelled, InventoryReservationFulfilled, Reservation, ReservationStatus,
    ReserveLine, StockLevelChanged,
};
use api::order::messages::{OrderRef, RefundDetails, RefundState};
use api::order::shipment_messages::{ShipmentType, ShippedItem};
use api::order::{CancellationReason, OrderCancelled, OrderShipped, OrderStatus, ShippingMethod};
use api::shared::Actor;
use base::{Currency, Id, Money, Timestamp};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

fn order(order_id: OrderId) -> OrderRef {
    OrderRef {
        aggregate_version: 7,
        order_id,
        order_number: "ORD-0123456789".into(),
        user_id: Some(Id::new()),
    }
}

pub(crate) fn shipped(order_id: OrderId, lines: &[(&ReserveLine, i64)]) -> OrderShipped {
    let item = |(line, quantity_shipped): &(&ReserveLine, i64)| ShippedItem {
        order_item_id: line.order_item_id,
        product_id: line.product_id,
        variant_id: line.variant_id,
        product_name: "Mug".into(),
        quantity_shipped: *quantity_shipped,
    };
    OrderShipped {
        order: order(order_id),
        customer_email: "ada@example.org".into(),
        customer_name: "Ada".into(),
        shipment_id: ShipmentId::new(),
        shipped_at: NOW,
        carrier_name: "Post".into(),
        tracking_number: "1".into(),
        tracking_url: None,
        estimated_delivery_date: None,
        shipping_method_used: ShippingMethod::Standard,
        shipment_type: ShipmentType::Partial,
        items_shipped: lines.iter().map(item).collect(),
        destination_address: Default::default(),
    }
}

pub(crate) fn cancelled(order_id: OrderId) -> OrderCancelled {
    OrderCancelled {
        order: order(order_id),
        customer_email: "ada@example.org".into(),
        cart_id: Id::new(),
        cart_version: 1,
        cancelled_at: NOW,
        cancellation_reason_code: CancellationReason::CustomerRequest,
        cancellation_notes: None,
        cancelled_by: Actor::system(),
        previous_status: OrderStatus::PendingPayment,
        original_order_total: Money::zero(Currency::EUR),
        currency: Currency::EUR,
        items_cancelled: vec![],
        refund_details: RefundDetails {
            is_refund_applicable: false,
            refund_status: RefundState::None,
            refund_amount: None,
            refund_method_hint: None,
            payment_id: None,
        },
        inventory_restock_requested: true,
    }
}

async fn paid(shop: &Inventory, lines: &[ReserveLine]) -> Reservation {
    shop.confirmed(lines).await
}

#[tokio::test]
async fn shipped_goods_leave_the_stock_once() {
    let shop = Inventory::open().await;
    let (mugs, plates) = (shop.article(10).await, shop.article(10).await);
    let lines = [mugs.line(4), plates.line(1)];
    let order_id = paid(&shop, &lines).await.order_id;
    let first = shop.publish(shipped(order_id, &[(&lines[0], 3)])).await;
    assert_eq!((shop.levels(&mugs).await, shop.levels(&plates).await), ((7, 1), (10, 1)));
    shop.redeliver(&first).await;
    shop.publish(first.payload.clone()).await;
    assert_eq!(shop.levels(&mugs).await, (7, 1), "the same shipment, told of twice");
    assert_eq!(shop.reservation(order_id).await.status, ReservationStatus::Confirmed);
    shop.publish(shipped(order_id, &[(&lines[0], 1), (&lines[1], 1)])).await;
    assert_eq!((shop.levels(&mugs).await, shop.levels(&plates).await), ((6, 0), (9, 0)));
    assert_eq!(shop.reservation(order_id).await.status, ReservationStatus::Fulfilled);
    let events = shop.published::<InventoryReservationFulfilled>().await;
    assert_eq!(events.iter().map(|event| event.lines.len()).collect::<Vec<_>>(), [1, 2]);
    shop.step(order_id, "cancel").await.problem(409, "reservation-fulfilled");
    shop.step(order_id, "extend").await.problem(409, "reservation-fulfilled");
    let _harmless = shop.step(order_id, "confirm").await.expect(200);
    let available: Vec<_> = shop.published::<StockLevelChanged>().await;
    assert_eq!(available.len(), 4, "two counts and two holds: shipping changes nothing for shoppers");
    shop.assert_sound().await;
}

async fn remembered_shipments(shop: &Inventory) -> i64 {
    let count = db::sql("SELECT COUNT(*) FROM applied_source");
    count.scalar(&mut shop.db().conn().await.expect("the store")).await.expect("the store")
}

#[tokio::test]
async fn a_shipment_counts_once_however_late_it_is_told_of_again_and_is_forgotten_when_it_cannot_matter() {
    let shop = Inventory::open().await;
    let (mugs, plates) = (shop.article(10).await, shop.article(10).await);
    let (some, all) = (mugs.line(4), plates.line(2));
    let half_shipped = paid(&shop, std::slice::from_ref(&some)).await.order_id;
    let gone = paid(&shop, std::slice::from_ref(&all)).await.order_id;
    let messages = [shipped(half_shipped, &[(&some, 1)]), shipped(gone, &[(&all, 2)])];
    for message in &messages {
        shop.publish(message.clone()).await;
    }
    shop.after(Duration::from_secs(29 * 24 * 3600)).await;
    assert_eq!(remembered_shipments(&shop).await, 2);
    shop.after(Duration::from_secs(2 * 24 * 3600)).await;
    assert_eq!(remembered_shipments(&shop).await, 1, "that of the order with something left to ship");
    for message in &messages {
        shop.publish(message.clone()).await;
    }
    assert_eq!((shop.levels(&mugs).await, shop.levels(&plates).await), ((9, 3), (8, 0)));
    shop.assert_sound().await;
}

#[tokio::test]
async fn no_shipment_takes_more_than_was_held() {
    let shop = Inventory::open().await;
    let article = shop.article(10).await;
    let other = paid(&shop, &[article.line(5)]).await;
    let lines = [article.line(2)];
    let order_id = paid(&shop, &lines).await.order_id;
    let stranger = article.line(1);
    shop.publish(shipped(order_id, &[(&lines[0], 1_000_000), (&stranger, 3), (&lines[0], -5)])).await;
    assert_eq!(shop.levels(&article).await, (8, 5));
    assert_eq!(shop.reservation(other.order_id).await.status, ReservationStatus::Confirmed);
    shop.publish(shipped(Id::new(), &[(&lines[0], 1)])).await;
    assert_eq!(shop.levels(&article).await, (8, 5));
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back_once() {
    let shop = Inventory::open().await;
    let article = shop.article(10).await;
    let lines = [article.line(4)];
    let order_id = paid(&shop, &lines).await.order_id;
    shop.publish(shipped(order_id, &[(&lines[0], 1)])).await;
    let event = shop.publish(cancelled(order_id)).await;
    assert_eq!(shop.levels(&article).await, (9, 0), "what had left does not come back by itself");
    shop.redeliver(&event).await;
    shop.publish(cancelled(order_id)).await;
    shop.publish(cancelled(Id::new())).await;
    assert_eq!(shop.levels(&article).await, (9, 0));
    let events = shop.published::<InventoryReservationCancelled>().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].lines[0].quantity, 3);
    assert_eq!(events[0].cancellation_reason.as_deref(), Some("CUSTOMER_REQUEST"));
    shop.publish(shipped(order_id, &[(&lines[0], 1)])).await;
    assert_eq!(shop.levels(&article).await, (9, 0), "nothing of a cancelled order ships");
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_shipment_of_a_split_line_empties_both_warehouses() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let second = shop.warehouse("SECOND", 1).await;
    shop.transfer(&article, second.id, 2).await;
    let lines = [article.line(5)];
    let order_id = paid(&shop, &lines).await.order_id;
    shop.publish(shipped(order_id, &[(&lines[0], 4)])).await;
    let left: i64 = shop.items(&article).await.iter().map(|item| item.on_hand).sum();
    assert_eq!(left, 1);
    shop.publish(shipped(order_id, &[(&lines[0], 1)])).await;
    assert!(shop.items(&article).await.iter().all(|item| (item.on_hand, item.reserved) == (0, 0)));
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_unpaid_order_does_not_ship() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let line = ReserveLine { order_item_id: OrderLineId::new(), ..article.line(2) };
    let held = shop.reserved(std::slice::from_ref(&line)).await;
    shop.publish(shipped(held.order_id, &[(&line, 2)])).await;
    assert_eq!(shop.levels(&article).await, (5, 2));
    assert_eq!(shop.reservation(held.order_id).await.status, ReservationStatus::Pending);
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_event_of_an_unknown_article_harms_nobody() {
    let shop = Inventory::open().await;
    let line = Article::new().line(1);
    shop.publish(shipped(Id::new(), &[(&line, 1)])).await;
    shop.assert_sound().await;
}
