//! `POST /api/payments`.

use crate::shop::{PRICE, Shop, VISA, creation, declined};
use api::order::OrderStatus;
use api::payment::{
    NextActionType, Payment, PaymentAuthorized, PaymentFailed, PaymentFlow, PaymentInitiated,
    PaymentRequiresAction, PaymentStatus, PaymentSucceeded,
};
use base::{Currency, Money};
use std::time::Duration;

#[tokio::test]
async fn paying_on_the_gateways_page_begins_with_its_address() {
    let shop = Shop::open().await;
    let order = shop.order();
    let answer = shop.create(order, PaymentFlow::CheckoutRedirect, None).await.expect(201);
    let payment: Payment = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/api/payments/{}", payment.id).as_str()));
    assert_eq!(answer.header("etag"), Some(format!("\"{}\"", payment.version).as_str()));
    assert_eq!(payment.status, PaymentStatus::RequiresAction);
    assert_eq!((payment.amount.minor, payment.attempt, payment.gateway.as_str()), (PRICE, 1, "simulator"));
    let next = payment.next_action.unwrap();
    assert_eq!(next.kind, NextActionType::RedirectToUrl);
    assert!(next.url.unwrap().starts_with("http://shop.test/api/payments/simulator/checkout/cs_sim_"));
    assert_eq!(shop.t.published::<PaymentInitiated>().await.len(), 1);
    let asked = shop.t.published::<PaymentRequiresAction>().await;
    assert_eq!(asked[0].customer_email.as_deref(), Some("ada@example.org"));
    shop.check().await;
}

#[tokio::test]
async fn a_saved_method_is_charged_at_once() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment: Payment = shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).await.expect(201).json();
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    let details = payment.method_details.unwrap();
    assert_eq!((details.method_type.as_str(), details.card_last_four.as_deref()), ("TEST", Some("4242")));
    let paid = shop.t.published::<PaymentSucceeded>().await;
    assert_eq!(paid.len(), 1);
    assert_eq!(
        (paid[0].order_id, paid[0].amount_paid.minor, paid[0].aggregate_version),
        (order, PRICE, payment.version)
    );
    shop.moment().await;
    assert_eq!(shop.t.published::<PaymentSucceeded>().await.len(), 1, "the webhook adds nothing");
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_declined_saved_method_leaves_a_failed_attempt_and_the_next_one_may_succeed() {
    let shop = Shop::open().await;
    let order = shop.order();
    let poor = "pm_card_chargeDeclinedInsufficientFunds";
    let first = declined(shop.create(order, PaymentFlow::SavedMethod, Some(poor)).await);
    assert_eq!(shop.status(first).await, PaymentStatus::Failed);
    let failed = shop.t.published::<PaymentFailed>().await;
    assert_eq!(serde_json::to_value(failed[0].failure_reason).unwrap(), "INSUFFICIENT_FUNDS");
    assert!(failed[0].retryable);
    shop.change_order(order, |payable| payable.status = OrderStatus::PaymentFailed);
    let second: Payment = shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).await.expect(201).json();
    assert_eq!((second.status, second.attempt), (PaymentStatus::Succeeded, 2));
    shop.moment().await;
    assert_eq!(shop.charges(order).await, 1);
    shop.check().await;
}

#[tokio::test]
async fn a_suspected_fraud_is_not_offered_another_try() {
    let shop = Shop::open().await;
    declined(
        shop.create(shop.order(), PaymentFlow::SavedMethod, Some("pm_card_chargeDeclinedFraudulent")).await,
    );
    assert!(!shop.t.published::<PaymentFailed>().await[0].retryable);
}

#[tokio::test]
async fn a_form_of_the_gateway_gets_a_secret_that_only_the_payer_sees() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment: Payment = shop.create(order, PaymentFlow::ClientSdk, None).await.expect(201).json();
    assert_eq!(payment.status, PaymentStatus::Pending);
    let next = payment.next_action.unwrap();
    assert_eq!(next.kind, NextActionType::UseSdk);
    let secret = next.client_secret.unwrap();
    let path = format!("/api/payments/{}", payment.id);
    let own = shop.t.get(&path).as_user(shop.customer).await.expect(200);
    assert!(own.text().contains(&secret));
    let staff = shop.t.get(&path).as_staff(&[auth::Role::Finance]).await.expect(200);
    assert!(!staff.text().contains(&secret));
}

#[tokio::test]
async fn an_open_payment_is_returned_instead_of_a_second_one() {
    let shop = Shop::open().await;
    let order = shop.order();
    let first = shop.start(order).await;
    let again: Payment = shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).await.expect(200).json();
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_paid_order_cannot_be_paid_again() {
    let shop = Shop::open().await;
    let order = shop.order();
    shop.paid_order(order, VISA).await;
    // The order service has not heard of it yet: our own books are enough.
    shop.create(order, PaymentFlow::CheckoutRedirect, None).await.problem(409, "already-paid");
    let other = shop.order();
    shop.change_order(other, |payable| payable.status = OrderStatus::Shipped);
    shop.create(other, PaymentFlow::CheckoutRedirect, None).await.problem(409, "already-paid");
}

#[tokio::test]
async fn an_order_that_is_over_cannot_be_paid() {
    let shop = Shop::open().await;
    for status in [OrderStatus::Cancelled, OrderStatus::Pending, OrderStatus::Rejected] {
        let order = shop.order();
        shop.change_order(order, |payable| payable.status = status);
        shop.create(order, PaymentFlow::CheckoutRedirect, None).await.problem(409, "order-not-payable");
    }
    let late = shop.order();
    shop.t.clock.advance(Duration::from_mins(31));
    shop.create(late, PaymentFlow::CheckoutRedirect, None).await.problem(409, "order-not-payable");
    assert!(shop.t.published::<PaymentInitiated>().await.is_empty());
}

#[tokio::test]
async fn the_price_is_the_orders_not_the_clients() {
    let shop = Shop::open().await;
    for wrong in
        [Money::new(1, Currency::EUR), Money::new(PRICE, Currency::USD), Money::new(-PRICE, Currency::EUR)]
    {
        let mut body = creation(shop.order(), PaymentFlow::CheckoutRedirect, None);
        body.amount = Some(wrong);
        shop.t.post("/api/payments").as_service("order").json(&body).await.problem(422, "amount-mismatch");
    }
    let mut body = creation(shop.order(), PaymentFlow::CheckoutRedirect, None);
    body.amount = Some(Money::new(PRICE, Currency::EUR));
    shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201);
}

#[tokio::test]
async fn links_that_lead_elsewhere_are_refused() {
    let shop = Shop::open().await;
    for evil in [
        "https://evil.example/",
        "http://shop.test@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "http://shop.test.evil.example",
    ] {
        for pointer in ["returnUrl", "cancelUrl"] {
            let mut body =
                serde_json::to_value(creation(shop.order(), PaymentFlow::CheckoutRedirect, None)).unwrap();
            body[pointer] = evil.into();
            let problem =
                shop.t.post("/api/payments").as_service("order").json(&body).await.problem(422, "validation");
            assert_eq!(problem.errors[0].pointer, format!("/{pointer}"));
        }
    }
}

#[tokio::test]
async fn a_method_the_gateway_does_not_know_is_named_as_wrong() {
    let shop = Shop::open().await;
    for unknown in ["pm_unknown", "", "4242424242424242", "☃"] {
        let answer = shop.create(shop.order(), PaymentFlow::SavedMethod, Some(unknown)).await;
        assert_eq!(answer.problem(422, "validation").errors[0].pointer, "/paymentMethodId", "{unknown}");
    }
    shop.create(shop.order(), PaymentFlow::SavedMethod, None).await.problem(422, "validation");
    shop.while_later().await;
    shop.check().await;
}

#[tokio::test]
async fn money_may_be_held_until_the_goods_leave() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let order = shop.order();
    let payment: Payment = shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).await.expect(201).json();
    assert_eq!(payment.status, PaymentStatus::Authorized);
    assert_eq!(shop.t.published::<PaymentAuthorized>().await.len(), 1);
    assert_eq!(shop.charges(order).await, 0);
    shop.check().await;
}

#[tokio::test]
async fn currencies_without_cents_and_with_three_digits_are_paid_exactly() {
    let shop = Shop::open().await;
    for (code, minor) in [("JPY", 1), ("KWD", 12_345), ("EUR", 1)] {
        let order = shop.order_over(Money::new(minor, code.parse().unwrap()));
        let payment = shop.paid_order(order, VISA).await;
        assert_eq!(payment.amount.minor, minor);
    }
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn naming_a_method_and_no_way_charges_the_method() {
    let shop = Shop::open().await;
    let body = serde_json::json!({ "orderId": shop.order(), "paymentMethodId": VISA });
    let payment: Payment =
        shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201).json();
    assert_eq!((payment.flow, payment.status), (PaymentFlow::SavedMethod, PaymentStatus::Succeeded));
    let body = serde_json::json!({ "orderId": shop.order() });
    let payment: Payment =
        shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201).json();
    assert_eq!(payment.flow, PaymentFlow::CheckoutRedirect);
}

#[tokio::test]
async fn an_order_service_that_is_down_is_not_the_customers_fault() {
    let shop = testkit::TestService::new(payment::definition()).await;
    let body = creation(api::ids::OrderId::new(), PaymentFlow::CheckoutRedirect, None);
    shop.post("/api/payments").as_service("order").json(&body).await.problem(503, "unavailable");
}
