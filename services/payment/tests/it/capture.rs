//! Money that is held first and taken later.

use crate::gateway::GatewayStore;
use crate::shop::{PRICE, Shop, VISA};
use api::payment::{
    CancelPayment, CapturePayment, Payment, PaymentCaptured, PaymentFlow, PaymentStatus, PaymentSucceeded,
};
use base::{Currency, Money};
use testkit::TestRequest;

async fn held(shop: &Shop) -> Payment {
    shop.create(shop.order(), PaymentFlow::SavedMethod, Some(VISA)).await.expect(201).json()
}

fn capture(shop: &Shop, payment: &Payment, amount: Option<Money>) -> TestRequest {
    let path = format!("/api/payments/{}/capture", payment.id);
    shop.t.post(&path).as_service("order").json(&CapturePayment { amount })
}

#[tokio::test]
async fn held_money_is_taken_once() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let payment = held(&shop).await;
    let taken: Payment = capture(&shop, &payment, None).await.expect(200).json();
    assert_eq!(taken.status, PaymentStatus::Succeeded);
    capture(&shop, &payment, None).await.problem(409, "invalid-transition");
    shop.moment().await;
    assert_eq!(shop.kept(payment.order_id).await, PRICE);
    assert_eq!(shop.t.published::<PaymentCaptured>().await.len(), 1);
    assert_eq!(shop.t.published::<PaymentSucceeded>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_part_may_be_taken_and_only_that_can_be_given_back() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let payment = held(&shop).await;
    capture(&shop, &payment, Some(Money::new(4_000, Currency::EUR))).await.expect(200);
    shop.refund_request(payment.id, Some(4_001), "too much").await.problem(422, "refund-exceeds-payment");
    shop.refund(payment.id, None, "all of it").await;
    shop.moment().await;
    assert_eq!(shop.kept(payment.order_id).await, 0);
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    shop.check().await;
}

#[tokio::test]
async fn more_than_is_held_nothing_and_other_currencies_are_refused() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let payment = held(&shop).await;
    for minor in [PRICE + 1, 0, -1, i64::MAX] {
        let answer = capture(&shop, &payment, Some(Money::new(minor, Currency::EUR))).await;
        answer.problem(422, "capture-exceeds-payment");
    }
    capture(&shop, &payment, Some(Money::new(100, Currency::USD))).await.problem(422, "currency-mismatch");
    assert_eq!(shop.kept(payment.order_id).await, 0);
}

#[tokio::test]
async fn money_taken_at_once_has_nothing_left_to_capture() {
    let shop = Shop::open().await;
    let paid = shop.paid(VISA).await;
    capture(&shop, &paid, None).await.problem(409, "invalid-transition");
}

#[tokio::test]
async fn held_money_of_a_cancelled_payment_is_let_go() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let payment = held(&shop).await;
    let body = CancelPayment { reason: "not shipped".into() };
    let path = format!("/api/payments/{}/cancel", payment.id);
    let ended: Payment = shop.t.post(&path).as_service("order").json(&body).await.expect(200).json();
    assert_eq!(ended.status, PaymentStatus::Cancelled);
    capture(&shop, &payment, None).await.problem(409, "invalid-transition");
    assert_eq!(shop.kept(payment.order_id).await, 0);
    shop.check().await;
}

#[tokio::test]
async fn held_money_outlives_the_deadline_for_paying() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let payment = held(&shop).await;
    shop.t.after(std::time::Duration::from_hours(2)).await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Authorized);
    capture(&shop, &payment, None).await.expect(200);
    shop.check().await;
}

#[tokio::test]
async fn a_capture_the_gateway_refused_asks_again_with_the_same_key_and_with_another() {
    for second_key in ["capture-1", "capture-2"] {
        let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
        let payment = held(&shop).await;
        let gateway = GatewayStore::of(&shop).await;
        let keyed = |key| capture(&shop, &payment, None).header("idempotency-key", key);
        gateway.claim("processing").await;
        for _ in 0..2 {
            keyed("capture-1").await.problem(502, "gateway-error");
        }
        assert_eq!(shop.status(payment.id).await, PaymentStatus::Authorized);
        gateway.claim("requires_capture").await;
        let taken: Payment = keyed(second_key).await.expect(200).json();
        assert_eq!(taken.status, PaymentStatus::Succeeded);
        shop.moment().await;
        assert_eq!(shop.kept(payment.order_id).await, PRICE);
        assert_eq!(shop.t.published::<PaymentCaptured>().await.len(), 1);
        shop.check().await;
    }
}
