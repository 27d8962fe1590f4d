//! The checkout as its client sees it.

use crate::shop::{Shop, body, body_json, euro, money};
use crate::world::Gateway;
use api::order::{
    Order, OrderCreated, OrderPaymentCompleted, OrderPaymentFailed, OrderPaymentStatus, OrderPlaced,
    OrderStatus, OrderStatusChanged,
};
use api::payment::PaymentStatus;
use serde_json::json;

#[tokio::test]
async fn an_order_is_priced_held_and_waits_for_its_money() {
    let shop = Shop::open().await;
    let article = shop.fill();
    let answer = shop.place().await.expect(201);
    let order: Order = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/api/orders/{}", order.id).as_str()));
    assert_eq!(answer.header("etag"), Some(format!("\"{}\"", order.version).as_str()));
    assert_eq!(money(&order), (OrderStatus::PendingPayment, OrderPaymentStatus::Pending));
    assert_eq!(order.totals.subtotal, euro(3_980));
    assert_eq!(order.totals.shipping_cost, euro(490));
    assert_eq!(order.totals.total_amount, euro(4_470));
    assert_eq!(order.totals.tax_amount, euro(635 + 78));
    assert!(order.prices_include_tax);
    assert_eq!(order.customer_email, "ada@example.org");
    assert_eq!(order.customer_name, "Ada Lovelace");
    let payment = order.payment.as_ref().unwrap();
    assert_eq!(payment.status, PaymentStatus::RequiresAction);
    assert_eq!(payment.next_action.as_ref().unwrap().url.as_deref(), Some("https://pay.example/x"));
    assert_eq!(shop.world.stock(&article), 8);
    assert!(shop.world.cart(&shop.ada.to_string()).is_locked());
    let created = shop.published::<OrderCreated>().await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].order.aggregate_version, 2);
    assert_eq!(created[0].items, order.items);
    assert!(shop.published::<OrderPlaced>().await.is_empty());
    shop.assert_sound().await;
}

#[tokio::test]
async fn the_news_of_the_money_confirms_the_order() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let news = shop.succeeded(order.payment.unwrap().payment_id);
    let _delivered = shop.publish(news).await;
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::Confirmed, OrderPaymentStatus::Paid));
    assert!(order.placed_at.is_some());
    let placed = shop.published::<OrderPlaced>().await;
    assert_eq!(placed.len(), 1);
    assert_eq!(placed[0].payment_method_details.as_ref().unwrap().card_last_four.as_deref(), Some("4242"));
    assert_eq!(placed[0].order.aggregate_version, order.version);
    assert_eq!(shop.published::<OrderPaymentCompleted>().await.len(), 1);
    shop.calm().await;
    assert!(shop.world.cart(&shop.ada.to_string()).items.is_empty());
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_stored_method_pays_within_the_request() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.pays_at_once();
    let mut body = body();
    body.payment =
        serde_json::from_value(json!({ "flow": "SAVED_METHOD", "paymentMethodId": "pm_card_visa" })).unwrap();
    let order: Order = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201).json();
    assert_eq!(money(&order), (OrderStatus::Confirmed, OrderPaymentStatus::Paid));
    assert!(order.allowed_actions.contains(&api::order::OrderAction::Cancel));
    let changed = shop.published::<OrderStatusChanged>().await;
    let last = changed.last().unwrap();
    assert_eq!(
        (last.previous_status, last.new_status),
        (OrderStatus::PendingPayment, OrderStatus::Confirmed)
    );
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_declined_card_leaves_an_order_that_can_be_paid_again() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.world.memory().gateway = Gateway::Declines;
    let problem = shop.place().await.problem(402, "payment-declined");
    let id = problem.extra["orderId"].as_str().unwrap().parse().unwrap();
    let order = shop.order(id).await;
    assert_eq!(money(&order), (OrderStatus::PaymentFailed, OrderPaymentStatus::Failed));
    assert_eq!(shop.published::<OrderPaymentFailed>().await.len(), 1);
    shop.pays_at_once();
    let paid = shop.pay_again(id).await.expect(201);
    assert_eq!(paid.value()["status"], "SUCCEEDED");
    assert_eq!(shop.order(id).await.status, OrderStatus::Confirmed);
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_empty_cart_is_no_order() {
    let shop = Shop::open().await;
    shop.place().await.problem(409, "cart-empty");
    assert!(shop.published::<OrderCreated>().await.is_empty());
    let page = shop.get("/api/orders").as_user(shop.ada).await.expect(200);
    assert_eq!(page.value()["items"], json!([]), "rejected orders are hidden");
}

#[tokio::test]
async fn missing_stock_names_what_is_missing_and_frees_everything() {
    let shop = Shop::open().await;
    let article = shop.fill();
    shop.world.change(&article, |article| article.stock = 1);
    let problem = shop.place().await.problem(409, "insufficient-stock");
    assert_eq!(problem.extra["shortages"][0]["requested"], 2);
    assert_eq!(problem.extra["shortages"][0]["available"], 1);
    assert!(!shop.world.cart(&shop.ada.to_string()).is_locked());
}

#[tokio::test]
async fn stock_that_goes_between_question_and_hold_is_noticed() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.world.memory().raid = true;
    let problem = shop.place().await.problem(409, "insufficient-stock");
    assert_eq!(problem.extra["shortages"][0]["available"], 0);
    assert!(!shop.world.cart(&shop.ada.to_string()).is_locked());
    assert!(shop.published::<OrderCreated>().await.is_empty());
}

#[tokio::test]
async fn another_price_than_the_customer_saw_is_refused() {
    let shop = Shop::open().await;
    let article = shop.fill();
    shop.world.change(&article, |article| article.price_minor = 2_490);
    let problem = shop.place().await.problem(409, "price-changed");
    assert_eq!(problem.extra["changes"][0]["now"]["amount"], 2_490);
    shop.assert_untouched(&article);
    shop.world.change(&article, |article| article.sellable = false);
    shop.place().await.problem(409, "not-sellable");
    shop.assert_untouched(&article);
}

#[tokio::test]
async fn another_cart_than_the_customer_saw_is_refused() {
    let shop = Shop::open().await;
    let article = shop.fill();
    let mut body = body_json();
    body["cartVersion"] = json!(99);
    shop.post("/api/orders").as_user(shop.ada).json(&body).await.problem(409, "cart-changed");
    shop.assert_untouched(&article);
    body["cartVersion"] = json!(shop.world.cart(&shop.ada.to_string()).version);
    let _placed = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201);
}

#[tokio::test]
async fn a_place_nothing_is_sent_to_is_refused_before_anything_happens() {
    let shop = Shop::open().await;
    let article = shop.fill();
    let mut body = body_json();
    body["shippingMethod"] = json!("PICKUP");
    body["shippingAddress"]["country"] = json!("FR");
    shop.post("/api/orders").as_user(shop.ada).json(&body).await.problem(422, "shipping-unavailable");
    assert!(shop.world.memory().calls.is_empty());
    shop.assert_untouched(&article);
}

#[tokio::test]
async fn a_cart_in_a_currency_without_shipping_prices_is_refused_and_freed() {
    let shop = Shop::open().await;
    let article = shop.world.article(5_000, 10);
    shop.world.fill_cart(&shop.ada.to_string(), &[(&article, 1)], "KWD".parse().unwrap());
    shop.place().await.problem(422, "shipping-unavailable");
    shop.assert_untouched(&article);
}

#[tokio::test]
async fn coupons_take_off_what_they_promise() {
    let shop = Shop::open().await;
    let article = shop.fill();
    shop.world
        .memory()
        .discounts
        .push(json!({ "code": "SPRING", "discountType": "PERCENTAGE", "value": "10.00" }));
    let mut body = body_json();
    body["couponCode"] = json!("AUTUMN");
    shop.post("/api/orders").as_user(shop.ada).json(&body).await.problem(422, "coupon-invalid");
    shop.assert_untouched(&article);
    body["couponCode"] = json!("SPRING");
    let order: Order = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201).json();
    assert_eq!(order.totals.discount_amount, euro(398));
    assert_eq!(order.totals.total_amount, euro(3_980 - 398 + 490));
    assert_eq!(order.coupons, ["SPRING"]);
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_order_without_anything_to_pay_is_confirmed_at_once() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.world
        .memory()
        .discounts
        .push(json!({ "code": "FREE", "discountType": "PERCENTAGE", "value": "100" }));
    let mut body = body_json();
    body["couponCode"] = json!("FREE");
    body["shippingMethod"] = json!("PICKUP");
    let order: Order = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201).json();
    assert_eq!((order.status, order.totals.total_amount), (OrderStatus::Confirmed, euro(0)));
    assert!(shop.world.payments().is_empty());
    let placed = shop.published::<OrderPlaced>().await;
    assert!(placed[0].payment_id.is_none());
    assert_eq!(shop.violations().await.violations, []);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let shop = Shop::open().await;
    let mut body = body_json();
    body["shippingAddress"]["country"] = json!("Germany");
    body["shippingAddress"]["city"] = json!("");
    body["payment"] = json!({ "flow": "SAVED_METHOD", "returnUrl": "https://evil.example/x" });
    body["customerNotes"] = json!("x".repeat(501));
    let problem = shop.post("/api/orders").as_user(shop.ada).json(&body).await.problem(422, "validation");
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    let all = [
        "/shippingAddress/city",
        "/shippingAddress/country",
        "/customerNotes",
        "/payment/paymentMethodId",
        "/payment/returnUrl",
    ];
    assert_eq!(pointers, all);
    body["surprise"] = json!(1);
    shop.post("/api/orders").as_user(shop.ada).json(&body).await.problem(422, "unknown-field");
}

#[tokio::test]
async fn nobody_orders_without_an_account_or_a_cart() {
    let shop = Shop::open().await;
    shop.post("/api/orders").json(&body()).await.problem(401, "unauthenticated");
    shop.post("/api/orders").as_service("cart").json(&body()).await.problem(403, "forbidden");
}
