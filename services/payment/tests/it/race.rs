//! Many at once: whoever comes first wins, and the money is right.

use crate::shop::{PRICE, Shop, VISA};
use api::payment::{Payment, PaymentFlow, PaymentInitiated, PaymentStatus, PaymentSucceeded};
use futures::future::join_all;

#[tokio::test]
async fn of_refunds_that_race_exactly_as_many_win_as_fit() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let asks =
        (0..10).map(|n| shop.refund_request(payment.id, Some(3_000), &format!("reason {n}")).into_future());
    let answers = join_all(asks).await;
    let won = answers.iter().filter(|answer| answer.status.as_u16() == 202).count();
    assert_eq!(won, 3, "3 × 30.00 fit into 119.00");
    assert!(answers.iter().all(|answer| [202, 422].contains(&answer.status.as_u16())));
    shop.moment().await;
    assert_eq!(shop.kept(payment.order_id).await, PRICE - 9_000);
    shop.check().await;
}

#[tokio::test]
async fn the_same_refund_asked_for_twenty_times_at_once_is_made_once() {
    for amount in [None, Some(1_000)] {
        let shop = Shop::open().await;
        let payment = shop.paid(VISA).await;
        let asks = (0..20).map(|_| shop.refund_request(payment.id, amount, "damaged").into_future());
        for answer in join_all(asks).await {
            answer.expect(202);
        }
        shop.moment().await;
        assert_eq!(shop.books().await.refunds.len(), 1);
        shop.check().await;
    }
}

#[tokio::test]
async fn twenty_repetitions_with_one_key_start_one_payment() {
    let shop = Shop::open().await;
    let order = shop.order();
    let key = format!("order:{order}:payment:1");
    let asks = (0..20).map(|_| {
        shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).header("idempotency-key", &key).into_future()
    });
    let answers = join_all(asks).await;
    let good = answers.iter().filter(|answer| answer.status.is_success()).count();
    assert!(good >= 1 && answers.iter().all(|answer| [200, 201, 409].contains(&answer.status.as_u16())));
    assert_eq!(shop.t.published::<PaymentInitiated>().await.len(), 1);
    assert_eq!(shop.charges(order).await, 1);
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn twenty_starts_without_a_key_are_one_payment_too() {
    let shop = Shop::open().await;
    let order = shop.order();
    let asks = (0..20).map(|_| shop.create(order, PaymentFlow::CheckoutRedirect, None).into_future());
    let answers = join_all(asks).await;
    let ids: std::collections::HashSet<_> = answers
        .into_iter()
        .filter(|answer| answer.status.is_success())
        .map(|answer| answer.json::<Payment>().id)
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(shop.t.published::<PaymentInitiated>().await.len(), 1);
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn twenty_confirmations_at_once_charge_once() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let answers = join_all((0..20).map(|_| shop.confirm(payment.id, VISA).into_future())).await;
    assert!(
        answers.iter().all(|answer| [200, 202].contains(&answer.status.as_u16())),
        "{:?}",
        answers.iter().map(testkit::Answer::text).collect::<Vec<_>>()
    );
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.charges(order).await, 1);
    assert_eq!(shop.t.published::<PaymentSucceeded>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn paying_and_cancelling_at_once_ends_with_one_of_the_two() {
    for round in 0..5 {
        let shop = Shop::open().await;
        let order = shop.order();
        let payment = shop.start(order).await;
        let cancellation = shop.t.publish(shop.cancellation(order));
        let (paid, _) = futures::join!(shop.confirm(payment.id, VISA).into_future(), cancellation);
        assert!([200, 202, 409].contains(&paid.status.as_u16()), "round {round}: {}", paid.text());
        shop.moment().await;
        shop.while_later().await;
        assert_eq!(shop.kept(order).await, 0, "a cancelled order keeps nothing");
        shop.check().await;
    }
}
