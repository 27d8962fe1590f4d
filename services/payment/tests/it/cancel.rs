//! `POST /api/payments/{id}/cancel`.

use crate::gateway::GatewayStore;
use crate::shop::{PRICE, Shop, VISA, declined, page_of};
use api::payment::{CancelPayment, Payment, PaymentCancelled, PaymentFlow, PaymentStatus};
use testkit::TestRequest;

fn cancel(shop: &Shop, payment: &Payment) -> TestRequest {
    let body = CancelPayment { reason: "changed their mind".into() };
    shop.t.post(&format!("/api/payments/{}/cancel", payment.id)).as_service("order").json(&body)
}

#[tokio::test]
async fn a_cancelled_payment_cannot_be_made_any_more() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let ended: Payment = cancel(&shop, &payment).await.expect(200).json();
    assert_eq!((ended.status, ended.next_action), (PaymentStatus::Cancelled, None));
    let events = shop.t.published::<PaymentCancelled>().await;
    assert_eq!((events.len(), events[0].reason.as_str()), (1, "changed their mind"));
    let page = page_of(&payment);
    shop.t
        .post(&page)
        .raw("application/x-www-form-urlencoded", "action=pay&card=4242424242424242")
        .await
        .expect(200);
    shop.confirm(payment.id, VISA).await.problem(409, "invalid-transition");
    assert_eq!(shop.kept(order).await, 0);
    cancel(&shop, &payment).await.expect(200);
    shop.moment().await;
    shop.check().await;
    let next = shop.start(order).await;
    assert_eq!(next.attempt, 2, "the order can be paid again");
}

#[tokio::test]
async fn what_was_paid_or_refused_cannot_be_cancelled() {
    let shop = Shop::open().await;
    let paid = shop.paid(VISA).await;
    cancel(&shop, &paid).await.problem(409, "invalid-transition");
    let order = shop.order();
    let failed = declined(shop.create(order, PaymentFlow::SavedMethod, Some("pm_card_chargeDeclined")).await);
    cancel(&shop, &shop.payment(failed).await).await.problem(409, "invalid-transition");
    assert_eq!(shop.payment(paid.id).await.refunded_amount.minor, 0);
}

#[tokio::test]
async fn a_payment_the_customer_made_a_moment_ago_is_not_cancelled() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let page = page_of(&payment);
    shop.t
        .post(&page)
        .raw("application/x-www-form-urlencoded", "action=pay&card=4242424242424242")
        .await
        .expect(303);
    // The webhook is still on its way.
    cancel(&shop, &payment).await.problem(409, "invalid-transition");
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_payment_the_gateway_is_working_on_ends_as_the_gateway_says() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    shop.confirm(payment.id, "pm_sim_delayed").await.expect(202);
    cancel(&shop, &payment).await.problem(503, "unavailable");
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Processing);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded, "the money arrived after all");
    shop.check().await;
}

#[tokio::test]
async fn a_cancellation_the_gateway_does_not_answer_is_undecided_and_its_repetition_asks_again() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let gateway = GatewayStore::of(&shop).await;
    let keyed = || cancel(&shop, &payment).header("idempotency-key", "cancel-1");
    gateway.fall_silent().await;
    for _ in 0..2 {
        keyed().await.problem(503, "unavailable");
    }
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction);
    gateway.speak_again().await;
    let ended: Payment = keyed().await.expect(200).json();
    assert_eq!(ended.status, PaymentStatus::Cancelled);
    assert_eq!(shop.t.published::<PaymentCancelled>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_cancellation_nobody_repeats_is_carried_out_when_the_gateway_speaks_again() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let gateway = GatewayStore::of(&shop).await;
    gateway.fall_silent().await;
    cancel(&shop, &payment).await.problem(503, "unavailable");
    gateway.speak_again().await;
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Cancelled);
    assert_eq!(gateway.statuses().await, ["canceled"]);
    shop.check().await;
}
