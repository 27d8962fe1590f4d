//! `GET /api/users/{id}/history`, and what orders and payments tell of a customer.

use crate::harness::{By as _, Person, Shop, shop};
use api::ids::{CartId, OrderId, PaymentId, UserId};
use api::order::{OrderCancelled, OrderPlaced};
use api::payment::PaymentFailed;
use base::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

fn money(amount: i64, currency: &str) -> Value {
    json!({ "amount": amount, "currency": currency })
}

fn placed(user: Option<UserId>, order: OrderId, total: i64, currency: &str, at: Timestamp) -> OrderPlaced {
    let nothing = money(0, currency);
    let mut event = json!({
        "aggregateVersion": 2, "orderId": order, "orderNumber": "ORD-0123456789", "customerEmail": "ada@example.org",
        "customerName": "Ada", "cartId": CartId::new(), "cartVersion": 1, "items": [], "itemCount": 0,
        "subtotal": nothing, "discountAmount": nothing, "taxAmount": nothing, "shippingCost": nothing,
        "totalAmount": money(total, currency), "currency": currency,
        "shippingDetails": { "addressLine1": "x", "city": "y", "country": "DE" }, "shippingMethodChosen": "STANDARD",
        "paymentId": PaymentId::new(), "paymentMethodDetails": { "methodType": "CARD" }, "placedAt": at });
    if let Some(user) = user {
        event["userId"] = json!(user);
    }
    serde_json::from_value(event).unwrap()
}

fn cancelled(user: UserId, order: OrderId, total: i64, at: Timestamp) -> OrderCancelled {
    serde_json::from_value(json!({
        "aggregateVersion": 3, "orderId": order, "orderNumber": "ORD-0123456789", "userId": user,
        "customerEmail": "ada@example.org", "cartId": CartId::new(), "cartVersion": 1, "cancelledAt": at,
        "cancellationReasonCode": "CUSTOMER_REQUEST", "cancelledBy": { "type": "USER", "id": user.to_string() },
        "previousStatus": "CONFIRMED", "originalOrderTotal": money(total, "EUR"), "currency": "EUR",
        "itemsCancelled": [], "refundDetails": { "isRefundApplicable": false, "refundStatus": "NONE" },
        "inventoryRestockRequested": true }))
    .unwrap()
}

fn failed(user: UserId, payment: PaymentId, attempt: i64, at: Timestamp) -> PaymentFailed {
    serde_json::from_value(json!({
        "aggregateVersion": 1, "paymentId": payment, "orderId": OrderId::new(), "orderNumber": "ORD-0123456789",
        "userId": user, "amount": money(1999, "EUR"), "failureReason": "CARD_DECLINED", "attempt": attempt,
        "retryable": true, "failedAt": at }))
    .unwrap()
}

async fn stats(shop: &Shop, person: &Person) -> Value {
    shop.get("/api/users/me?include=stats").by(person).await.expect(200).value()["stats"].clone()
}

async fn kinds(shop: &Shop, person: &Person) -> Vec<String> {
    let history = shop.get("/api/users/me/history").by(person).await.expect(200).value();
    let items = history["items"].as_array().unwrap();
    items.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn orders_count_when_placed_and_no_more_when_cancelled() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let now = shop.clock.now();
    let first = OrderId::new();
    let delivery = shop.publish(placed(Some(ada.id), first, 1999, "EUR", now)).await;
    shop.redeliver(&delivery).await;
    shop.publish(placed(Some(ada.id), OrderId::new(), 500, "USD", now)).await;
    let stats_now = stats(&shop, &ada).await;
    assert_eq!(stats_now["orderCount"], 2);
    assert_eq!(stats_now["totalSpent"], json!([money(1999, "EUR"), money(500, "USD")]));
    assert_eq!(stats_now["lastOrderAt"], json!(now));
    let delivery = shop.publish(cancelled(ada.id, first, 1999, now)).await;
    shop.redeliver(&delivery).await;
    let stats_now = stats(&shop, &ada).await;
    assert_eq!(
        (&stats_now["orderCount"], &stats_now["totalSpent"]),
        (&json!(1), &json!([money(500, "USD")]))
    );
    let kinds = kinds(&shop, &ada).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "ORDER_PLACED").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "ORDER_CANCELLED").count(), 1);
}

#[tokio::test]
async fn a_cancellation_that_overtakes_its_order_still_counts() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let order = OrderId::new();
    shop.publish(cancelled(ada.id, order, 1999, shop.clock.now())).await;
    assert_eq!(stats(&shop, &ada).await["orderCount"], 0, "an order that was never placed is nothing");
    shop.publish(placed(Some(ada.id), order, 1999, "EUR", shop.clock.now())).await;
    assert_eq!(stats(&shop, &ada).await["orderCount"], 0);
}

#[tokio::test]
async fn orders_of_guests_and_strangers_leave_no_trace() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    shop.publish(placed(None, OrderId::new(), 1999, "EUR", shop.clock.now())).await;
    shop.publish(placed(Some(UserId::new()), OrderId::new(), 1999, "EUR", shop.clock.now())).await;
    assert_eq!(stats(&shop, &ada).await["orderCount"], 0);
}

#[tokio::test]
async fn five_declined_payments_within_a_day_raise_a_flag_for_staff_only() {
    let shop = shop().await;
    let admin = shop.super_admin().await;
    let ada = shop.customer("ada@example.org").await;
    let path = format!("/api/users/{}", ada.id);
    let payment = PaymentId::new();
    let seen_by_staff = async || shop.get(&path).by(&admin).await.expect(200).value();
    shop.publish(failed(ada.id, payment, 1, shop.clock.now() - Duration::from_secs(25 * 3600))).await;
    for attempt in 2..=5 {
        shop.publish(failed(ada.id, payment, attempt, shop.clock.now())).await;
    }
    let view = seen_by_staff().await;
    assert_eq!((&view["paymentFailureCount"], &view["riskFlags"]), (&json!(5), &json!([])));
    let delivery = shop.publish(failed(ada.id, payment, 6, shop.clock.now())).await;
    shop.redeliver(&delivery).await;
    let view = seen_by_staff().await;
    assert_eq!((&view["paymentFailureCount"], &view["riskFlags"]), (&json!(6), &json!(["PAYMENT_FAILURES"])));
    let own = shop.get(&path).by(&ada).await.expect(200).value();
    assert!(own.get("riskFlags").is_none() && own.get("paymentFailureCount").is_none());
}

#[tokio::test]
async fn a_history_is_read_page_by_page_and_by_kind() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    for index in 0..5 {
        shop.patch("/api/users/me").by(&ada).json(&json!({ "bio": format!("{index}") })).await.expect(200);
    }
    let mut summaries = Vec::new();
    let mut path = "/api/users/me/history?type=PROFILE_CHANGED&limit=2".to_owned();
    loop {
        let page = shop.get(&path).by(&ada).await.expect(200).value();
        summaries.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page.get("nextCursor") else { break };
        path =
            format!("/api/users/me/history?type=PROFILE_CHANGED&limit=2&cursor={}", cursor.as_str().unwrap());
    }
    assert_eq!(summaries.len(), 5);
    assert!(summaries.iter().all(|entry| entry["actor"]["id"] == ada.id.to_string()));
    let foreign = path.replace("type=PROFILE_CHANGED&", "");
    shop.get(&foreign).by(&ada).await.problem(422, "bad-cursor");
    let all = kinds(&shop, &ada).await;
    assert!(all.contains(&"CREATED".to_owned()) && all.contains(&"STATUS_CHANGED".to_owned()));
}

#[tokio::test]
async fn other_peoples_histories_are_not_found() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let eve = shop.customer("eve@example.org").await;
    let path = format!("/api/users/{}/history", ada.id);
    shop.get(&path).by(&eve).await.problem(404, "not-found");
    shop.get(&path).await.problem(401, "unauthenticated");
}
