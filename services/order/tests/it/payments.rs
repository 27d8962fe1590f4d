//! News of payments in every order, deadlines, and money that comes too late.

use crate::shop::{A_WHILE, Shop, money};
use crate::world::{Fault, Gateway};
use api::ids::PaymentId;
use api::inventory::InventoryReservationExpired;
use api::order::{
    CancellationReason, Order, OrderCancelled, OrderFlag, OrderPaymentStatus, OrderPlaced,
    OrderRefundProcessed, OrderRefundRequested, OrderStatus,
};
use api::payment::{
    FailureReason, PaymentCancelled, PaymentFailed, PaymentProcessing, PaymentStatus, RefundFailed,
};
use auth::Role;
use std::time::Duration;

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

fn payment(order: &Order) -> PaymentId {
    order.payment.as_ref().expect("the payment was started").payment_id
}

fn failed(shop: &Shop, id: PaymentId) -> PaymentFailed {
    let payment = shop.world.decide(id, PaymentStatus::Failed);
    PaymentFailed {
        aggregate_version: payment.version,
        payment_id: id,
        order_id: payment.order_id,
        order_number: String::new(),
        user_id: None,
        customer_email: None,
        amount: payment.amount,
        failure_reason: FailureReason::InsufficientFunds,
        gateway_response_code: None,
        attempt: payment.attempt,
        retryable: true,
        failed_at: shop.clock.now(),
    }
}

fn processing(shop: &Shop, id: PaymentId) -> PaymentProcessing {
    let payment = shop.world.decide(id, PaymentStatus::Processing);
    PaymentProcessing {
        aggregate_version: payment.version,
        payment_id: id,
        order_id: payment.order_id,
        gateway_transaction_id: None,
        processing_at: shop.clock.now(),
    }
}

#[tokio::test]
async fn an_unpaid_order_is_cancelled_at_its_deadline() {
    let mut shop = Shop::open().await;
    let article = shop.fill();
    let order: Order = shop.place().await.expect(201).json();
    shop.calm_after(Duration::from_secs(30 * 60 - 1)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PendingPayment);
    shop.calm_after(Duration::from_secs(2)).await;
    let order = shop.order(order.id).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    assert_eq!(order.cancellation_reason, Some(CancellationReason::PaymentTimeout));
    assert_eq!(shop.world.payments()[0].status, PaymentStatus::Cancelled, "the gateway's page is closed");
    shop.assert_untouched(&article);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_payment_whose_news_was_lost_is_found_by_asking() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let _lost = shop.succeeded(payment(&order));
    shop.calm_after(Duration::from_secs(3 * 60)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PendingPayment);
    shop.calm_after(Duration::from_secs(3 * 60)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
    shop.assert_sound().await;
}

#[tokio::test]
async fn at_the_deadline_the_gateway_is_asked_before_anything_is_cancelled() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    // Paid in the last second, and the periodic question found nothing yet.
    shop.clock.advance(HALF_AN_HOUR);
    let _lost = shop.succeeded(payment(&order));
    shop.calm().await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_undecided_payment_is_waited_for_and_then_cancelled() {
    let mut shop = Shop::open().await;
    let article = shop.fill();
    let order: Order = shop.place().await.expect(201).json();
    let news = processing(&shop, payment(&order));
    let _delivered = shop.publish(news).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PaymentProcessing);
    shop.calm_after(HALF_AN_HOUR + Duration::from_secs(1)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PaymentProcessing, "the gateway is at work");
    for _ in 0..9 {
        shop.calm_after(A_WHILE).await;
    }
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Cancelled);
    shop.assert_untouched(&article);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_payment_service_that_does_not_answer_at_the_deadline_gets_the_grace_time() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    shop.world.fail("list", &[Fault::Before; 40]);
    shop.calm_after(HALF_AN_HOUR + Duration::from_secs(1)).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PendingPayment);
    for _ in 0..9 {
        shop.calm_after(A_WHILE).await;
    }
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Cancelled);
}

#[tokio::test]
async fn money_that_comes_after_the_cancellation_goes_back_once() {
    let mut shop = Shop::open().await;
    let article = shop.fill();
    let order: Order = shop.place().await.expect(201).json();
    // The customer pays while the cancellation travels: void comes too late.
    let news = shop.succeeded(payment(&order));
    let _cancelled = shop.cancel(order.id).await.expect(200);
    shop.world.fail("refund", &[Fault::Before, Fault::After]);
    let envelope = shop.publish(news).await;
    shop.redeliver(&envelope).await;
    for _ in 0..4 {
        shop.calm_after(A_WHILE).await;
    }
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::Cancelled, OrderPaymentStatus::Refunded));
    assert_eq!(order.refunded_amount, order.totals.total_amount);
    let refunds: Vec<String> = shop.world.memory().refunds.keys().cloned().collect();
    assert_eq!(refunds, [format!("cancelled:{}", payment(&order))]);
    assert!(shop.published::<OrderRefundRequested>().await.len() <= 1);
    assert_eq!(shop.published::<OrderRefundProcessed>().await.len(), 1);
    assert!(shop.published::<OrderPlaced>().await.is_empty());
    shop.assert_untouched(&article);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_paid_order_without_stock_is_cancelled_and_refunded() {
    let mut shop = Shop::open().await;
    let article = shop.fill();
    let order: Order = shop.place().await.expect(201).json();
    // The hold ran out and somebody else bought everything.
    shop.world.memory().holds.get_mut(&order.id).unwrap().expires_at = shop.clock.now();
    shop.world.change(&article, |article| article.stock = -2);
    let news = shop.succeeded(payment(&order));
    let _delivered = shop.publish(news).await;
    shop.calm_after(A_WHILE).await;
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::Cancelled, OrderPaymentStatus::Refunded));
    assert_eq!(order.cancellation_reason, Some(CancellationReason::OutOfStock));
    let cancelled = shop.published::<OrderCancelled>().await;
    assert!(cancelled[0].refund_details.is_refund_applicable);
    assert_eq!(shop.world.kept_minor(), 0);
}

#[tokio::test]
async fn an_expired_hold_cancels_the_unpaid_order_only() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let expired = |shop: &Shop, order: &Order| InventoryReservationExpired {
        aggregate_version: 2,
        reservation_id: shop.world.memory().holds[&order.id].id,
        order_id: order.id,
        lines: Vec::new(),
        expired_at: shop.clock.now(),
    };
    let news = expired(&shop, &order);
    let _delivered = shop.publish(news).await;
    shop.calm().await;
    let order = shop.order(order.id).await;
    assert_eq!(order.status, OrderStatus::Cancelled);
    assert_eq!(order.cancellation_reason, Some(CancellationReason::ReservationExpired));
    let paid = shop.paid().await;
    let news = expired(&shop, &paid);
    let _delivered = shop.publish(news).await;
    assert_eq!(shop.order(paid.id).await.status, OrderStatus::Confirmed);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_failure_may_be_followed_by_another_attempt_until_the_deadline() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let first = payment(&order);
    let news = failed(&shop, first);
    let late = shop.publish(news).await;
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::PaymentFailed, OrderPaymentStatus::Failed));
    assert_eq!(order.payment.as_ref().unwrap().failure_reason, Some(FailureReason::InsufficientFunds));
    let second = shop.pay_again(order.id).await.expect(201).value()["id"].as_str().unwrap().to_owned();
    assert_ne!(second, first.to_string());
    // Old news of the first attempt must not touch the second.
    shop.redeliver(&late).await;
    let order = shop.order(order.id).await;
    assert_eq!(order.status, OrderStatus::PendingPayment);
    let news = shop.succeeded(second.parse().unwrap());
    let _delivered = shop.publish(news).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
    shop.pay_again(order.id).await.problem(409, "already-paid");
    shop.assert_sound().await;
}

#[tokio::test]
async fn nobody_pays_after_the_deadline_or_for_others() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let path = format!("/api/orders/{}/payments", order.id);
    let body = serde_json::json!({ "flow": "CHECKOUT_REDIRECT" });
    shop.post(&path).as_user(auth::UserId::new()).json(&body).await.problem(404, "not-found");
    shop.post(&path).as_staff(&[Role::Admin]).json(&body).await.problem(404, "not-found");
    shop.clock.advance(HALF_AN_HOUR);
    shop.pay_again(order.id).await.problem(409, "payment-window-closed");
    shop.calm().await;
    shop.pay_again(order.id).await.problem(409, "payment-window-closed");
}

#[tokio::test]
async fn a_second_payment_of_a_paid_order_goes_back_and_the_order_stays() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let first = payment(&order);
    let news = failed(&shop, first);
    let _delivered = shop.publish(news).await;
    let second: PaymentId =
        shop.pay_again(order.id).await.expect(201).value()["id"].as_str().unwrap().parse().unwrap();
    let news = shop.succeeded(second);
    let _delivered = shop.publish(news).await;
    // The gateway takes the money of the first attempt after all.
    let news = shop.succeeded(first);
    let _delivered = shop.publish(news).await;
    shop.calm_after(A_WHILE).await;
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::Confirmed, OrderPaymentStatus::Paid));
    assert_eq!(order.payment.as_ref().unwrap().payment_id, second);
    assert_eq!(shop.world.kept_minor(), order.totals.total_amount.minor);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_session_that_ran_out_can_be_opened_again() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let first = shop.world.decide(payment(&order), PaymentStatus::Cancelled);
    let news = PaymentCancelled {
        aggregate_version: first.version,
        payment_id: first.id,
        order_id: order.id,
        user_id: None,
        reason: "expired".to_owned(),
        cancelled_at: shop.clock.now(),
    };
    let _delivered = shop.publish(news).await;
    let order = shop.order(order.id).await;
    assert_eq!(money(&order), (OrderStatus::PendingPayment, OrderPaymentStatus::Voided));
    let _second = shop.pay_again(order.id).await.expect(201);
    assert_eq!(shop.world.payments().len(), 2);
}

#[tokio::test]
async fn an_unknown_payment_method_is_refused_and_may_be_replaced() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    shop.world.decide(payment(&order), PaymentStatus::Cancelled);
    let body = serde_json::json!({ "flow": "SAVED_METHOD", "paymentMethodId": "pm_unknown" });
    let path = format!("/api/orders/{}/payments", order.id);
    shop.post(&path).as_user(shop.ada).json(&body).await.problem(422, "token-invalid");
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PaymentFailed);
    shop.pays_at_once();
    let _paid = shop.pay_again(order.id).await.expect(201);
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn opening_the_payment_page_twice_opens_the_same_payment() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let again = shop.pay_again(order.id).await.expect(201).value();
    assert_eq!(again["id"], payment(&order).to_string());
    assert_eq!(again["nextAction"]["url"], "https://pay.example/x");
    assert_eq!(shop.world.payments().len(), 1);
    shop.assert_sound().await;
}

#[tokio::test]
async fn held_money_counts_and_is_taken_before_anything_leaves() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.world.memory().gateway = Gateway::Holds;
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!(money(&order), (OrderStatus::Confirmed, OrderPaymentStatus::Authorized));
    let metadata = serde_json::json!({ "carrierName": "DHL", "trackingNumber": "1" });
    let body = serde_json::json!({ "status": "SHIPPED", "metadata": metadata });
    shop.world.fail("capture", &[Fault::Before; 2]);
    shop.put_status(order.id, &body).await.problem(503, "unavailable");
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed, "nothing leaves unpaid");
    let _failed_again = shop.put_status(order.id, &body).await;
    let shipped: Order = shop.put_status(order.id, &body).await.expect(200).json();
    assert_eq!(money(&shipped), (OrderStatus::Shipped, OrderPaymentStatus::Paid));
}

#[tokio::test]
async fn a_refund_the_gateway_refused_is_shown_to_staff() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let news = RefundFailed {
        aggregate_version: 2,
        refund_id: api::ids::RefundId::new(),
        payment_id: payment(&order),
        order_id: order.id,
        user_id: None,
        amount: order.totals.total_amount,
        failure_reason: "expired_or_canceled_card".to_owned(),
        gateway_response_code: None,
        failed_at: shop.clock.now(),
    };
    let _delivered = shop.publish(news).await;
    assert!(shop.order(order.id).await.flags.is_empty(), "customers do not see flags");
    let path = format!("/api/orders/{}", order.id);
    let seen: Order = shop.get(&path).as_staff(&[Role::SupportAgent]).await.expect(200).json();
    assert_eq!(seen.flags, [OrderFlag::RefundFailed]);
}

#[tokio::test]
async fn news_for_orders_nobody_knows_are_dropped() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let mut news = shop.succeeded(payment(&order));
    news.order_id = api::ids::OrderId::new();
    let _delivered = shop.publish(news).await;
    assert_eq!(shop.runtime().gauges().await.unwrap().dead_letters.iter().map(|d| d.1).sum::<u64>(), 0);
}
