//! Guests, who hold the link of their order instead of an account (contracts D-38).

use crate::shop::{PRICE, Shop, VISA};
use api::ids::OrderId;
use api::order::link;
use api::payment::{ConfirmPayment, Payment, PaymentFlow, PaymentStatus};

fn guest_order(shop: &Shop) -> OrderId {
    let order = shop.order();
    shop.change_order(order, |payable| payable.user_id = None);
    order
}

#[tokio::test]
async fn a_guest_sees_and_pays_with_the_link_of_the_order() {
    let shop = Shop::open().await;
    let order = guest_order(&shop);
    let token = link::token(&shop.t.keys, order);
    let started: Payment = shop.create(order, PaymentFlow::ClientSdk, None).await.expect(201).json();
    let path = format!("/api/payments/{}?token={token}", started.id);
    let seen: Payment = shop.t.get(&path).await.expect(200).json();
    assert!(seen.next_action.and_then(|next| next.client_secret).is_some(), "the payer needs the secret");
    let body = ConfirmPayment { payment_method_id: Some(VISA.into()), return_url: None };
    let confirm = format!("/api/payments/{}/confirm?token={token}", started.id);
    let paid: Payment = shop.t.post(&confirm).json(&body).await.expect(200).json();
    assert_eq!(paid.status, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn the_link_of_one_order_opens_no_other() {
    let shop = Shop::open().await;
    let started = shop.start(guest_order(&shop)).await;
    let other = link::token(&shop.t.keys, guest_order(&shop));
    let body = ConfirmPayment { payment_method_id: Some(VISA.into()), return_url: None };
    for token in [other.as_str(), "x", "%00", ""] {
        let read = shop.t.get(&format!("/api/payments/{}?token={token}", started.id)).await;
        assert!([400, 401, 404].contains(&read.status.as_u16()), "{token:?}: {}", read.text());
        let confirm = format!("/api/payments/{}/confirm?token={token}", started.id);
        let answer = shop.t.post(&confirm).json(&body).await;
        assert!([400, 401, 404].contains(&answer.status.as_u16()), "{token:?}: {}", answer.text());
    }
    assert_eq!(shop.status(started.id).await, PaymentStatus::RequiresAction);
}

#[tokio::test]
async fn a_guest_comes_back_from_the_page_with_the_link() {
    let shop = Shop::open().await;
    let order = guest_order(&shop);
    let page = crate::shop::page_of(&shop.start(order).await);
    let form = "application/x-www-form-urlencoded";
    let left = shop.t.post(&page).raw(form, "action=pay&card=4242424242424242").await.expect(303);
    let expected = link::page("http://shop.test", &shop.t.keys, order);
    assert_eq!(left.header("location"), Some(expected.as_str()));
}
