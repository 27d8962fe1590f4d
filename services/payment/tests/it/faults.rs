//! Every fault of the simulator ends in the right state without anybody's help.

use crate::shop::{PRICE, Shop, page_of};
use api::payment::{Payment, PaymentFlow, PaymentProcessing, PaymentStatus, PaymentSucceeded};
use std::time::Duration;

#[tokio::test]
async fn a_delayed_decision_arrives_by_webhook() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let waiting: Payment = shop.confirm(payment.id, "pm_sim_delayed").await.expect(202).json();
    assert_eq!(waiting.status, PaymentStatus::Processing);
    assert_eq!(shop.t.published::<PaymentProcessing>().await.len(), 1);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_lost_webhook_is_found_by_asking() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    // The customer pays on the page, so the platform learns nothing from an answer either.
    let page = page_of(&payment);
    let typed =
        shop.t.post(&page).raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_lost");
    typed.await.expect(303);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction, "nobody has told us");
    shop.while_later().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_webhook_that_comes_twice_at_once_books_once() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let page = page_of(&payment);
    shop.t
        .post(&page)
        .raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_twice")
        .await
        .expect(303);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.t.published::<PaymentSucceeded>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_lost_answer_is_found_out_and_charged_once() {
    for flow in [PaymentFlow::CheckoutRedirect, PaymentFlow::SavedMethod] {
        let shop = Shop::open().await;
        let order = shop.order();
        let fault = "pm_sim_timeout_after_charge";
        let payment: Payment = match flow {
            PaymentFlow::SavedMethod => shop.create(order, flow, Some(fault)).await.expect(201).json(),
            _ => {
                let started = shop.start(order).await;
                shop.confirm(started.id, fault).await.expect(202).json()
            }
        };
        assert!(payment.status.is_open(), "an unknown answer is neither success nor failure");
        // The impatient customer presses again: still one charge.
        let again = shop.confirm(payment.id, "pm_card_visa").await;
        assert!(again.status.is_success(), "{}", again.text());
        shop.moment().await;
        assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
        assert_eq!((shop.charges(order).await, shop.kept(order).await), (1, PRICE));
        shop.check().await;
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_refund_is_found_out_and_refunded_once() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.paid_order(order, "pm_sim_timeout_after_refund").await;
    shop.refund(payment.id, Some(1000), "damaged").await;
    shop.moment().await;
    shop.while_later().await;
    assert_eq!(shop.payment(payment.id).await.refunded_amount.minor, 1000);
    assert_eq!(shop.kept(order).await, PRICE - 1000);
    assert_eq!(shop.books().await.refunds.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_page_nobody_uses_ends_at_the_deadline() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    shop.t.after(Duration::from_mins(29)).await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction);
    shop.t.after(Duration::from_mins(2)).await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Cancelled);
    let page = page_of(&payment);
    let late =
        shop.t.post(&page).raw("application/x-www-form-urlencoded", "action=pay&card=4242424242424242").await;
    late.expect(200);
    assert_eq!(shop.kept(order).await, 0);
    shop.check().await;
}

/// The customer pays; nobody is told; our side gives the payment up without asking.
async fn pay_unheard(shop: &Shop, payment: &Payment) {
    let typed = shop.t.post(&page_of(payment));
    let typed = typed.raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_lost");
    typed.await.expect(303);
    force(shop, payment, "status = 'CANCELLED', version = version + 1").await;
}

async fn force(shop: &Shop, payment: &Payment, change: &str) {
    let mut tx = shop.t.db().begin().await.expect("the store");
    let forced = db::sql(format!("UPDATE payment SET {change} WHERE id = $1"));
    forced.bind(payment.id).run_one(&mut tx).await.expect("the store");
    tx.commit().await.expect("the store");
}

#[tokio::test]
async fn money_the_gateway_took_while_we_slept_is_found_in_its_books() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    pay_unheard(&shop, &payment).await;
    shop.t.after(Duration::from_mins(61)).await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded, "the gateway wins");
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_payment_that_cannot_be_compared_does_not_keep_the_others_from_it() {
    let shop = Shop::open().await;
    let mut payments = Vec::new();
    for _ in 0..3 {
        let payment = shop.start(shop.order()).await;
        pay_unheard(&shop, &payment).await;
        payments.push(payment.id);
        if payments.len() == 1 {
            force(&shop, &payment, "amount_minor = amount_minor + 1").await;
        }
        shop.t.clock.advance(Duration::from_secs(1));
    }
    shop.t.after(Duration::from_mins(61)).await;
    assert_eq!(shop.status(payments[0]).await, PaymentStatus::Cancelled);
    assert_eq!(shop.status(payments[1]).await, PaymentStatus::Succeeded);
    assert_eq!(shop.status(payments[2]).await, PaymentStatus::Succeeded);
    let numbers = shop.t.metrics().await;
    assert!(numbers.contains(r#"rule="books-compared""#), "{numbers}");
}
