//! Many at once: exactly the right number win.

use crate::client::{Answer, Shopper};
use crate::shop::Shop;
use futures::future::join_all;
use serde_json::json;
use std::path::PathBuf;

/// A shop with one product in this many pieces.
async fn shop_with(stock: i64) -> Shop {
    let csv = format!(
        "Handle,Title,Vendor,Type,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Requires Shipping,Variant Taxable,Status\n\
         last-piece,Last Piece,Emporion,Thing,true,Title,Default Title,LAST-1,shopify,{stock},deny,10.00,true,true,active\n"
    );
    let file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a temporary file");
    std::fs::write(file.path(), csv).expect("it is writable");
    let path: PathBuf = file.path().to_owned();
    Shop::with_catalogue(&path).await
}

fn won(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!(matches!(answer.status.as_u16(), 201 | 202 | 409), "{}: {}", answer.status, answer.text);
    }
    answers.iter().filter(|answer| answer.status.is_success()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_buyers_race_for_the_last_unit_and_one_gets_it() {
    let shop = shop_with(1).await;
    let product = shop.client.product("last-piece").await;
    let guests = join_all((0..50).map(|_| Shopper::guest(&shop.client))).await;
    for guest in &guests {
        guest.add(&product, 0, 1).await.expect(201);
    }
    let answers = join_all(guests.iter().map(|guest| guest.order(None))).await;
    assert_eq!(won(&answers), 1);
    let order = answers.iter().find(|answer| answer.status.is_success()).unwrap().json();
    let winner = guests.iter().zip(&answers).find(|(_, answer)| answer.status.is_success()).unwrap().0;
    winner.pay(&order, "pm_card_visa").await.expect(200);
    winner.wait_for(&order, "CONFIRMED").await;
    shop.settled().await;
    shop.must_be_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_buyers_of_three_share_twenty_five_pieces() {
    let shop = shop_with(25).await;
    let product = shop.client.product("last-piece").await;
    let guests = join_all((0..20).map(|_| Shopper::guest(&shop.client))).await;
    for guest in &guests {
        guest.add(&product, 0, 3).await.expect(201);
    }
    let answers = join_all(guests.iter().map(|guest| guest.order(None))).await;
    assert_eq!(won(&answers), 8, "eight times three fit into twenty-five");
    shop.settled().await;
    shop.must_be_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_repeats_of_one_key_make_one_order() {
    let shop = shop_with(100).await;
    let product = shop.client.product("last-piece").await;
    let ada = Shopper::customer(&shop.client).await;
    ada.add(&product, 0, 1).await.expect(201);
    let answers = join_all((0..20).map(|_| ada.order(Some("one-key")))).await;
    for answer in &answers {
        let running = answer.status.as_u16() == 409 && answer.json()["code"] == "request-in-progress";
        assert!(answer.status.is_success() || running, "{}: {}", answer.status, answer.text);
    }
    let replayed = ada.order(Some("one-key")).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    let list = shop.client.get("/api/orders", &ada.headers()).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let mut other = ada.order_body();
    other["customerNotes"] = json!("something else");
    let headers = [ada.headers()[0], ("idempotency-key", "one-key")];
    shop.client.post("/api/orders", &headers, &other).await.problem(422, "idempotency-key-reuse");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_refunds_never_return_more_than_was_paid() {
    let shop = shop_with(100).await;
    let product = shop.client.product("last-piece").await;
    let ada = Shopper::customer(&shop.client).await;
    ada.add(&product, 0, 1).await.expect(201);
    let order = ada.order(None).await.expect(201);
    ada.pay(&order, "pm_card_visa").await.expect(200);
    let order = ada.wait_for(&order, "CONFIRMED").await;
    let total = order["totalAmount"]["amount"].as_i64().unwrap();
    let part = total * 2 / 3;
    let payment = order["payment"]["paymentId"].as_str().unwrap();
    let bearer = format!("Bearer {}", shop.administrator().await);
    let refund = async |key: &str| {
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        let body = json!({ "amount": { "amount": part, "currency": "EUR" }, "reason": "GOODWILL" });
        shop.client.post(&format!("/api/payments/{payment}/refund"), &headers, &body).await
    };
    let (one, two) = tokio::join!(refund("refund-1"), refund("refund-2"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 422], "{} {}", one.text, two.text);
    shop.settled().await;
    shop.must_be_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_without_a_key_is_one_order_for_both() {
    let shop = shop_with(100).await;
    let product = shop.client.product("last-piece").await;
    for _ in 0..8 {
        let guest = Shopper::guest(&shop.client).await;
        guest.add(&product, 0, 1).await.expect(201);
        let answers = join_all((0..2).map(|_| guest.order(None))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert!(matches!(statuses.as_slice(), [200, 201] | [200 | 201, 202]), "{statuses:?}");
        let order = answers[0].json();
        assert_eq!(order["id"], answers[1].json()["id"]);
        guest.pay(&guest.see(&order).await, "pm_card_visa").await.expect(200);
        guest.wait_for(&order, "CONFIRMED").await;
    }
    shop.settled().await;
    shop.must_be_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_again_many_times_at_once_opens_one_payment() {
    let shop = shop_with(100).await;
    let product = shop.client.product("last-piece").await;
    let guest = Shopper::guest(&shop.client).await;
    guest.add(&product, 0, 1).await.expect(201);
    let order = guest.order(None).await.expect(201);
    guest.pay(&order, "pm_card_chargeDeclined").await.expect(402);
    guest.wait_for(&order, "PAYMENT_FAILED").await;
    let path =
        format!("/api/orders/{}/payments{}", order["id"].as_str().unwrap(), crate::client::query(&order));
    let body = json!({ "flow": "CLIENT_SDK" });
    let answers = join_all((0..6).map(|_| shop.client.post(&path, &[], &body))).await;
    for answer in &answers {
        assert!(matches!(answer.status.as_u16(), 200..=202), "{}: {}", answer.status, answer.text);
    }
    let seen = guest.wait_for(&order, "PENDING_PAYMENT").await;
    guest.pay(&seen, "pm_card_visa").await.expect(200);
    guest.wait_for(&order, "CONFIRMED").await;
    shop.settled().await;
    shop.must_be_consistent().await;
}
