//! News that overtake each other, and news that were missed.

use crate::shop::{A_WHILE, Shop, money};
use crate::world::Gateway;
use api::ids::{PaymentId, RefundId};
use api::order::{Order, OrderPaymentStatus, OrderStatus};
use api::payment::{PaymentCancelled, PaymentStatus, RefundFailed, RefundSucceeded};
use db::sql;
use std::time::Duration;

fn payment(order: &Order) -> PaymentId {
    order.payment.as_ref().expect("the payment was started").payment_id
}

fn refunded(shop: &Shop, order: &Order) -> RefundSucceeded {
    RefundSucceeded {
        aggregate_version: 2,
        refund_id: RefundId::new(),
        payment_id: payment(order),
        order_id: order.id,
        order_number: String::new(),
        user_id: None,
        customer_email: None,
        amount_refunded: order.totals.total_amount,
        gateway_refund_id: "re_1".to_owned(),
        fully_refunded: true,
        succeeded_at: shop.clock.now(),
    }
}

#[tokio::test]
async fn a_refund_told_before_the_money_is_booked_with_the_money() {
    let shop = Shop::open().await;
    let order = shop.placed().await;
    let paid = shop.succeeded(payment(&order));
    let _cancelled = shop.cancel(order.id).await.expect(200);
    shop.settle().await;
    let back = refunded(&shop, &order);
    let refund_id = back.refund_id;
    let _delivered = shop.publish(back).await;
    let _delivered = shop.publish(paid).await;
    shop.settle().await;
    let seen = shop.order(order.id).await;
    assert_eq!(money(&seen), (OrderStatus::Cancelled, OrderPaymentStatus::Refunded));
    // The word that its first try was refused comes last.
    let refusal = RefundFailed {
        aggregate_version: 1,
        refund_id,
        payment_id: payment(&order),
        order_id: order.id,
        user_id: None,
        amount: order.totals.total_amount,
        failure_reason: "processing_error".to_owned(),
        gateway_response_code: None,
        failed_at: shop.clock.now(),
    };
    let _delivered = shop.publish(refusal).await;
    let path = format!("/api/orders/{}", order.id);
    let seen: Order = shop.get(&path).as_staff(&[auth::Role::SupportAgent]).await.expect(200).json();
    assert!(seen.flags.is_empty(), "{:?}", seen.flags);
}

#[tokio::test]
async fn a_hold_that_ends_before_it_was_taken_stops_the_order() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.world.memory().gateway = Gateway::Holds;
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!(money(&order), (OrderStatus::Confirmed, OrderPaymentStatus::Authorized));
    let gone = shop.world.decide(payment(&order), PaymentStatus::Cancelled);
    let news = PaymentCancelled {
        aggregate_version: gone.version,
        payment_id: gone.id,
        order_id: order.id,
        user_id: None,
        reason: "expired".to_owned(),
        cancelled_at: shop.clock.now(),
    };
    let _delivered = shop.publish(news).await;
    let seen = shop.order(order.id).await;
    assert_eq!(money(&seen), (OrderStatus::OnHold, OrderPaymentStatus::Voided));
}

#[tokio::test]
async fn money_that_the_checkout_missed_is_found_by_asking() {
    let mut shop = Shop::open().await;
    let order = shop.placed().await;
    let paid = shop.succeeded(payment(&order));
    // What a lost race would leave: the order knows of the money, the checkout waits for it.
    let mut tx = shop.db().begin().await.unwrap();
    sql("UPDATE order_payment SET status = 'SUCCEEDED', payment_version = $2 WHERE order_id = $1")
        .bind(order.id)
        .bind(paid.aggregate_version)
        .run_one(&mut tx)
        .await
        .unwrap();
    sql("UPDATE customer_order SET payment_status = 'PAID', paid_by = $2 WHERE id = $1")
        .bind(order.id)
        .bind(payment(&order))
        .run_one(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.clock.advance(Duration::from_mins(11));
    let found = shop.violations().await.violations;
    assert!(found.iter().any(|found| found.rule == "paid-but-waiting"), "{found:?}");
    shop.calm_after(A_WHILE).await;
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
    shop.assert_sound().await;
}
