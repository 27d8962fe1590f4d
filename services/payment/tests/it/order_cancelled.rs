//! An order is cancelled: whatever moment it happens at, no money is kept.

use crate::shop::{PRICE, Shop, VISA, page_of};
use api::payment::{PaymentCancelled, PaymentFlow, PaymentStatus, RefundPayment, RefundSucceeded};

#[tokio::test]
async fn an_open_payment_ends() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    shop.cancel_order(order).await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Cancelled);
    let events = shop.t.published::<PaymentCancelled>().await;
    assert_eq!(events[0].reason, "order cancelled: CUSTOMER_REQUEST");
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn what_was_paid_goes_back_once_however_often_the_message_comes() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.paid_order(order, VISA).await;
    let message = shop.t.publish(shop.cancellation(order)).await;
    shop.t.redeliver(&message).await;
    shop.t.publish(shop.cancellation(order)).await;
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    assert_eq!(shop.kept(order).await, 0);
    assert_eq!(shop.books().await.refunds.len(), 1);
    let back = shop.t.published::<RefundSucceeded>().await;
    assert!(back.len() == 1 && back[0].fully_refunded && back[0].amount_refunded.minor == PRICE);
    shop.check().await;
}

#[tokio::test]
async fn the_message_and_the_call_of_the_order_service_make_one_refund() {
    for message_first in [true, false] {
        let shop = Shop::open().await;
        let order = shop.order();
        let payment = shop.paid_order(order, VISA).await;
        let body = RefundPayment { amount: None, reason: "late payment".into(), notes: None };
        let key = format!("cancelled:{}", payment.id);
        let path = format!("/api/payments/{}/refund", payment.id);
        let call = || shop.t.post(&path).as_service("order").header("idempotency-key", &key).json(&body);
        if message_first {
            shop.cancel_order(order).await;
            call().await.expect(202);
        } else {
            call().await.expect(202);
            shop.cancel_order(order).await;
        }
        shop.moment().await;
        assert_eq!(shop.books().await.refunds.len(), 1);
        assert_eq!(shop.kept(order).await, 0);
        shop.check().await;
    }
}

#[tokio::test]
async fn money_that_arrives_after_the_cancellation_goes_back() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    // The customer pays on the page; before the webhook arrives, the order is cancelled.
    let page = page_of(&payment);
    shop.t
        .post(&page)
        .raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_lost")
        .await
        .expect(303);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.cancel_order(order).await;
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    assert_eq!(shop.kept(order).await, 0);
    shop.check().await;
}

#[tokio::test]
async fn a_decision_that_comes_after_the_cancellation_goes_back() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    shop.confirm(payment.id, "pm_sim_delayed").await.expect(202);
    shop.cancel_order(order).await;
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    assert_eq!(shop.kept(order).await, 0);
    shop.check().await;
}

#[tokio::test]
async fn only_the_rest_goes_back_when_a_part_already_did() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.paid_order(order, VISA).await;
    shop.refund(payment.id, Some(1_900), "damaged").await;
    shop.cancel_order(order).await;
    shop.moment().await;
    assert_eq!(shop.kept(order).await, 0);
    let mut amounts: Vec<i64> = shop.books().await.refunds.iter().map(|refund| refund.amount.minor).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [1_900, PRICE - 1_900]);
    shop.check().await;
}

#[tokio::test]
async fn held_money_is_let_go() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let order = shop.order();
    shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).await.expect(201);
    shop.cancel_order(order).await;
    shop.moment().await;
    assert_eq!(shop.kept(order).await, 0);
    assert_eq!(shop.t.published::<PaymentCancelled>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn an_order_nobody_paid_for_is_no_trouble() {
    let shop = Shop::open().await;
    shop.cancel_order(shop.order()).await;
    shop.t.publish(shop.cancellation(api::ids::OrderId::new())).await;
    shop.check().await;
}
