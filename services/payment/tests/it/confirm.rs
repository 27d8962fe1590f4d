//! `POST /api/payments/{id}/confirm`.

use crate::shop::{PRICE, Shop, VISA, declined, page_of};
use api::payment::{
    ConfirmPayment, FailureReason, NextActionType, Payment, PaymentFailed, PaymentRequiresAction,
    PaymentStatus,
};

#[tokio::test]
async fn an_api_client_pays_with_a_test_method() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let paid: Payment = shop.confirm(payment.id, VISA).await.expect(200).json();
    assert_eq!((paid.status, paid.next_action), (PaymentStatus::Succeeded, None));
    assert_eq!(shop.kept(order).await, PRICE);
    let again: Payment = shop.confirm(payment.id, VISA).await.expect(200).json();
    assert_eq!(again.version, paid.version, "confirming a paid payment changes nothing");
    shop.check().await;
}

#[tokio::test]
async fn a_declined_card_ends_the_attempt_and_closes_its_page() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let page = page_of(&payment);
    let failed = declined(shop.confirm(payment.id, "pm_card_chargeDeclined").await);
    assert_eq!(failed, payment.id);
    let failed = shop.payment(payment.id).await;
    assert_eq!(
        (failed.status, failed.failure_reason),
        (PaymentStatus::Failed, Some(FailureReason::CardDeclined))
    );
    shop.confirm(payment.id, VISA).await.problem(409, "invalid-transition");
    shop.moment().await;
    assert!(
        shop.t.get(&page).await.expect(200).text().contains("has ended"),
        "nobody can pay on it any more"
    );
    let typed =
        shop.t.post(&page).raw("application/x-www-form-urlencoded", "action=pay&card=4242424242424242");
    typed.await.expect(200);
    assert_eq!(shop.kept(order).await, 0);
    assert_eq!(shop.t.published::<PaymentFailed>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_bank_that_asks_the_customer_sends_them_to_its_page() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let asked: Payment = shop.confirm(payment.id, "pm_card_authenticationRequired").await.expect(202).json();
    assert_eq!(asked.status, PaymentStatus::RequiresAction);
    assert_eq!(asked.next_action.as_ref().unwrap().kind, NextActionType::RedirectToUrl);
    let page = page_of(&asked);
    assert!(shop.t.get(&page).await.expect(200).text().contains("is this you?"));
    let yes = shop.t.post(&page).raw("application/x-www-form-urlencoded", "action=approve").await.expect(303);
    assert_eq!(yes.header("location"), Some(format!("http://shop.test/orders/{order}").as_str()));
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.t.published::<PaymentRequiresAction>().await.len(), 2, "the page, then the bank");
    shop.check().await;
}

#[tokio::test]
async fn a_customer_who_says_no_to_the_bank_fails_the_attempt() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let asked: Payment = shop.confirm(payment.id, "pm_card_authenticationRequired").await.expect(202).json();
    let page = page_of(&asked);
    shop.t.post(&page).raw("application/x-www-form-urlencoded", "action=refuse").await.expect(303);
    // Coming back from the bank, the client asks how it stands.
    let body = ConfirmPayment::default();
    let answer = shop
        .t
        .post(&format!("/api/payments/{}/confirm", payment.id))
        .as_user(shop.customer)
        .json(&body)
        .await;
    declined(answer);
    let failed = shop.payment(payment.id).await;
    assert_eq!(failed.failure_reason, Some(FailureReason::AuthenticationFailed));
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn an_unknown_method_is_refused_and_the_payment_stays_open() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    for unknown in ["pm_unknown", "", "x".repeat(300).as_str()] {
        shop.confirm(payment.id, unknown).await.problem(422, "validation");
    }
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction);
    shop.confirm(payment.id, VISA).await.expect(200);
    shop.check().await;
}

#[tokio::test]
async fn a_return_address_of_others_is_refused() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let body = ConfirmPayment {
        payment_method_id: Some(VISA.into()),
        return_url: Some("https://evil.example/".into()),
    };
    let path = format!("/api/payments/{}/confirm", payment.id);
    shop.t.post(&path).as_user(shop.customer).json(&body).await.problem(422, "validation");
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction);
}

#[tokio::test]
async fn asking_without_a_method_charges_nothing() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let path = format!("/api/payments/{}/confirm", payment.id);
    let asked: Payment =
        shop.t.post(&path).as_user(shop.customer).json(&ConfirmPayment::default()).await.expect(202).json();
    assert_eq!(asked.status, PaymentStatus::RequiresAction);
    assert_eq!(shop.charges(order).await, 0);
}
