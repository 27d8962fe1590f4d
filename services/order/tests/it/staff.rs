//! Staff move, ship, deliver, change and cancel orders.

use crate::shop::{Shop, money};
use api::ids::OrderId;
use api::order::shipment_messages::ShipmentType;
use api::order::{
    CancellationReason, Order, OrderAction, OrderCancelled, OrderCompleted, OrderDelivered,
    OrderPaymentStatus, OrderShipped, OrderStatus, OrderStatusChanged, OrderUpdated, ShipmentStatus,
};
use auth::Role;
use base::Currency;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn shipped() -> Value {
    json!({ "status": "SHIPPED", "metadata": { "carrierName": "DHL", "trackingNumber": "00340434" } })
}

async fn as_role(shop: &Shop, role: Role, id: OrderId, body: &Value) -> testkit::Answer {
    shop.put(&format!("/api/orders/{id}")).as_staff(&[role]).json(body).await
}

#[tokio::test]
async fn an_order_goes_its_way_to_completed() {
    let mut shop = Shop::open().await;
    let order = shop.paid().await;
    let _prepared = shop.put_status(order.id, &json!({ "status": "PROCESSING" })).await.expect(200);
    let sent: Order = shop.put_status(order.id, &shipped()).await.expect(200).json();
    assert_eq!(sent.status, OrderStatus::Shipped);
    assert_eq!(sent.shipments[0].status, ShipmentStatus::Shipped);
    let told = shop.published::<OrderShipped>().await;
    assert_eq!(told[0].shipment_type, ShipmentType::Full);
    assert_eq!(told[0].items_shipped[0].quantity_shipped, 2);
    assert_eq!(told[0].destination_address.city, "Berlin");
    shop.clock.advance(DAY);
    let arrived: Order =
        shop.put_status(order.id, &json!({ "status": "DELIVERED" })).await.expect(200).json();
    assert_eq!(arrived.status, OrderStatus::Delivered);
    let told = shop.published::<OrderDelivered>().await;
    assert_eq!(told[0].return_eligibility.eligible_until_date, Some(shop.clock.now() + 30 * DAY));
    let sequences: Vec<_> =
        shop.published::<OrderStatusChanged>().await.iter().map(|told| told.sequence).collect();
    assert_eq!(sequences, [3, 4, 5, 6]);
    shop.settle().await;
    shop.calm_after(30 * DAY + Duration::from_secs(3600)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Completed);
    assert_eq!(shop.published::<OrderCompleted>().await.len(), 1);
    let history =
        shop.get(&format!("/api/orders/{}/history", order.id)).as_user(shop.ada).await.expect(200).value();
    let states: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|step| step["newStatus"].clone()).collect();
    let way = ["PENDING", "PENDING_PAYMENT", "CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED", "COMPLETED"];
    assert_eq!(states, way);
    shop.assert_sound().await;
}

#[tokio::test]
async fn parts_of_an_order_travel_alone() {
    let shop = Shop::open().await;
    let (one, two) = (shop.world.article(1_000, 10), shop.world.article(2_000, 10));
    shop.world.fill_cart(&shop.ada.to_string(), &[(&one, 3), (&two, 1)], Currency::EUR);
    shop.pays_at_once();
    let order: Order = shop.place().await.expect(201).json();
    let item = |index: usize, quantity: i64| json!({ "orderItemId": order.items[index].order_item_id, "quantity": quantity });
    let part = |items: Value| {
        let mut body = shipped();
        body["metadata"]["items"] = items;
        body
    };
    shop.put_status(order.id, &part(json!([item(0, 4)]))).await.problem(422, "validation");
    shop.put_status(order.id, &part(json!([]))).await.problem(422, "validation");
    let first: Order = shop.put_status(order.id, &part(json!([item(0, 2)]))).await.expect(200).json();
    assert_eq!(first.status, OrderStatus::PartiallyShipped);
    let second: Order = shop.put_status(order.id, &part(json!([item(0, 1)]))).await.expect(200).json();
    assert_eq!(second.status, OrderStatus::PartiallyShipped);
    let delivered = json!({ "status": "DELIVERED", "metadata": { "shipmentId": first.shipments[0].id } });
    let arrived: Order = shop.put_status(order.id, &delivered).await.expect(200).json();
    assert_eq!(arrived.status, OrderStatus::PartiallyShipped, "a line is still here");
    let last: Order = shop.put_status(order.id, &shipped()).await.expect(200).json();
    assert_eq!((last.status, last.shipments.len()), (OrderStatus::Shipped, 3));
    shop.put_status(order.id, &delivered).await.problem(422, "validation");
    let done: Order = shop.put_status(order.id, &json!({ "status": "DELIVERED" })).await.expect(200).json();
    assert_eq!(done.status, OrderStatus::Delivered);
    let sent: i64 = shop
        .published::<OrderShipped>()
        .await
        .iter()
        .flat_map(|told| told.items_shipped.iter().map(|item| item.quantity_shipped))
        .sum();
    assert_eq!((sent, shop.published::<OrderDelivered>().await.len()), (4, 3));
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_transition_that_is_not_in_the_book_is_refused_with_those_that_are() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let problem =
        shop.put_status(order.id, &json!({ "status": "DELIVERED" })).await.problem(409, "invalid-transition");
    assert_eq!(problem.extra["allowed"], json!(["PROCESSING", "ON_HOLD", "SHIPPED", "CANCELLED"]));
    shop.put_status(order.id, &json!({ "status": "CONFIRMED" })).await.problem(422, "validation");
    let problem =
        shop.put_status(order.id, &json!({ "status": "SHIPPED" })).await.problem(422, "metadata-missing");
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/metadata/carrierName", "/metadata/trackingNumber"]);
    shop.put_status(order.id, &json!({ "status": "CANCELLED" })).await.problem(422, "metadata-missing");
    let mut future = json!({ "status": "DELIVERED", "metadata": { "deliveredAt": "2099-01-01T00:00:00Z" } });
    let _sent = shop.put_status(order.id, &shipped()).await.expect(200);
    shop.put_status(order.id, &future).await.problem(422, "validation");
    future["metadata"]["deliveredAt"] = json!("2020-01-01T00:00:00Z");
    shop.put_status(order.id, &future).await.problem(422, "validation");
}

#[tokio::test]
async fn fulfilment_ships_and_does_nothing_else() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let hold = json!({ "status": "ON_HOLD" });
    let cancel = json!({ "status": "CANCELLED", "metadata": { "reasonCode": "ADMIN" } });
    for body in [&hold, &cancel] {
        as_role(&shop, Role::FulfillmentSpecialist, order.id, body).await.problem(403, "forbidden");
    }
    for role in [Role::SupportAgent, Role::Finance, Role::Customer, Role::CatalogManager] {
        as_role(&shop, role, order.id, &shipped()).await.problem(403, "forbidden");
    }
    let _held = shop.put_status(order.id, &hold).await.expect(200);
    let _going = as_role(&shop, Role::FulfillmentSpecialist, order.id, &json!({ "status": "PROCESSING" }))
        .await
        .expect(200);
    let seen: Order =
        as_role(&shop, Role::FulfillmentSpecialist, order.id, &shipped()).await.expect(200).json();
    assert_eq!(seen.allowed_actions, [OrderAction::Deliver]);
}

#[tokio::test]
async fn staff_cancel_until_something_has_left() {
    let mut shop = Shop::open().await;
    let order = shop.paid().await;
    let body = json!({ "status": "CANCELLED", "reason": "address unknown", "metadata": { "reasonCode": "FRAUD_SUSPECTED" } });
    let _held = shop.put_status(order.id, &json!({ "status": "ON_HOLD" })).await.expect(200);
    shop.cancel(order.id).await.problem(409, "invalid-transition");
    let cancelled: Order = shop.put_status(order.id, &body).await.expect(200).json();
    assert_eq!(cancelled.cancellation_reason, Some(CancellationReason::FraudSuspected));
    shop.calm().await;
    assert_eq!(money(&shop.order(order.id).await), (OrderStatus::Cancelled, OrderPaymentStatus::Refunded));
    let told = shop.published::<OrderCancelled>().await;
    assert_eq!(told[0].refund_details.refund_amount, Some(order.totals.total_amount));
    assert_eq!(told[0].previous_status, OrderStatus::OnHold);
    let other = shop.paid().await;
    let _sent = shop.put_status(other.id, &shipped()).await.expect(200);
    shop.put_status(other.id, &body).await.problem(409, "invalid-transition");
    shop.assert_sound().await;
}

#[tokio::test]
async fn the_customer_cancels_before_the_goods_are_prepared_and_for_their_own_reason() {
    let mut shop = Shop::open().await;
    let order = shop.paid().await;
    let path = format!("/api/orders/{}/cancel", order.id);
    let fraud = json!({ "reasonCode": "FRAUD_SUSPECTED" });
    shop.post(&path).as_user(shop.ada).json(&fraud).await.problem(422, "validation");
    shop.post(&path).as_user(auth::UserId::new()).json(&fraud).await.problem(404, "not-found");
    shop.post(&path).as_staff(&[Role::FulfillmentSpecialist]).json(&fraud).await.problem(404, "not-found");
    let _cancelled = shop.cancel(order.id).await.expect(200);
    shop.cancel(order.id).await.problem(409, "invalid-transition");
    shop.calm().await;
    assert_eq!(shop.world.kept_minor(), 0);
    let next = shop.paid().await;
    let _prepared = shop.put_status(next.id, &json!({ "status": "PROCESSING" })).await.expect(200);
    let problem = shop.cancel(next.id).await.problem(409, "invalid-transition");
    assert_eq!(problem.extra["allowed"], json!(["ON_HOLD", "SHIPPED", "CANCELLED"]));
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_writer_who_has_seen_an_older_version_is_refused() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let path = format!("/api/orders/{}", order.id);
    let put = || shop.put(&path).as_staff(&[Role::Admin]).json(&json!({ "status": "PROCESSING" }));
    put().header("if-match", "\"1\"").await.problem(412, "version-conflict");
    let answer = put().header("if-match", &format!("\"{}\"", order.version)).await.expect(200);
    assert_eq!(answer.header("etag"), Some(format!("\"{}\"", order.version + 1).as_str()));
    let tag = format!("\"{}\"", order.version + 1);
    let same = shop.get(&path).as_user(shop.ada).header("if-none-match", &tag).await;
    assert_eq!(same.status.as_u16(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_of_staff_ship_each_piece_once() {
    for _ in 0..5 {
        let shop = Shop::open().await;
        let order = shop.paid().await;
        let path = format!("/api/orders/{}", order.id);
        let ship = || shop.put(&path).as_staff(&[Role::Admin]).json(&shipped()).into_future();
        let (one, two) = tokio::join!(ship(), ship());
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(shop.published::<OrderShipped>().await.len(), 1);
    }
}

async fn patch(shop: &Shop, id: OrderId, body: &Value) -> testkit::Answer {
    let text = body.to_string();
    shop.patch(&format!("/api/orders/{id}")).as_user(shop.ada).raw("application/merge-patch+json", text).await
}

#[tokio::test]
async fn address_and_notes_change_until_something_leaves_and_the_total_never() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let body = json!({ "shippingAddress": { "addressLine2": "2nd floor", "city": "Potsdam" }, "customerNotes": "ring" });
    let changed: Order = patch(&shop, order.id, &body).await.expect(200).json();
    assert_eq!(changed.shipping_address.city, "Potsdam");
    assert_eq!(changed.shipping_address.address_line1, "Unter den Linden 1", "a merge patch keeps the rest");
    assert_eq!(changed.customer_notes.as_deref(), Some("ring"));
    let told = shop.published::<OrderUpdated>().await;
    assert_eq!(told[0].updated_fields, ["shippingAddress", "customerNotes"]);
    let unchanged: Order = patch(&shop, order.id, &body).await.expect(200).json();
    assert_eq!(unchanged.version, changed.version);
    let cleared: Order = patch(&shop, order.id, &json!({ "customerNotes": null })).await.expect(200).json();
    assert_eq!(cleared.customer_notes, None);
    let problem = patch(&shop, order.id, &json!({ "shippingMethod": "EXPRESS" }))
        .await
        .problem(409, "total-would-change");
    assert_eq!(problem.extra["totalAmount"]["amount"], 3_980 + 1_290);
    patch(&shop, order.id, &json!({ "shippingAddress": { "country": "US" } }))
        .await
        .problem(409, "total-would-change");
    patch(&shop, order.id, &json!({ "shippingAddress": null })).await.problem(422, "validation");
    patch(&shop, order.id, &json!({ "status": "SHIPPED" })).await.problem(422, "unknown-field");
    let _sent = shop.put_status(order.id, &shipped()).await.expect(200);
    patch(&shop, order.id, &json!({ "customerNotes": "late" })).await.problem(409, "invalid-state");
    shop.assert_sound().await;
}

#[tokio::test]
async fn moving_to_a_place_with_the_same_total_but_another_tax_is_refused() {
    let shop = Shop::open().await;
    let article = shop.world.article(6_000, 10);
    shop.world.fill_cart(&shop.ada.to_string(), &[(&article, 2)], Currency::EUR);
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!((order.totals.shipping_cost.minor, order.totals.tax_amount.minor), (0, 1_916));
    let body = json!({ "shippingAddress": { "country": "AT", "city": "Wien", "postalCode": "1010" } });
    // 20 % instead of 19 % of the same 120.00: the payment's books hold the tax it was started with.
    patch(&shop, order.id, &body).await.problem(409, "total-would-change");
    let seen = shop.order(order.id).await;
    assert_eq!(seen.totals.tax_amount, order.totals.tax_amount);
    assert_eq!(seen.shipping_address, order.shipping_address);
    shop.assert_sound().await;
}

#[tokio::test]
async fn sums_are_grouped_by_state_day_and_month() {
    let shop = Shop::open().await;
    let _first = shop.paid().await;
    shop.clock.advance(DAY);
    shop.world.memory().carts.clear();
    let _second = shop.paid().await;
    let sums = async |query: &str| {
        let path = format!("/api/orders/statistics{query}");
        shop.get(&path).as_staff(&[Role::Finance]).await.expect(200).value()["rows"].clone()
    };
    let by_state = sums("").await;
    assert_eq!(by_state[0]["group"], "CONFIRMED");
    assert_eq!(
        (&by_state[0]["orderCount"], &by_state[0]["totalAmount"]["amount"]),
        (&json!(2), &json!(2 * 4_470))
    );
    let by_day = sums("?groupBy=DAY").await;
    assert_eq!((by_day.as_array().unwrap().len(), &by_day[0]["group"]), (2, &json!("2026-03-02")));
    assert_eq!(sums("?groupBy=MONTH").await[0]["orderCount"], 2);
    assert_eq!(sums("?from=2026-03-03T00:00:00Z").await[0]["orderCount"], 1);
    shop.get("/api/orders/statistics").as_user(shop.ada).await.problem(403, "forbidden");
    shop.get("/api/orders/statistics?groupBy=YEAR")
        .as_staff(&[Role::Finance])
        .await
        .problem(422, "validation");
}
