//! `kill -9` under load: nothing is lost, nothing is doubled.

use crate::client::Shopper;
use crate::faults::charges_of;
use crate::purchase::mails;
use crate::shop::{Shop, catalogue};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

/// One shopper's attempt, which may break off anywhere.
async fn attempt(shopper: &Shopper, product: &Value, key: &str) -> Option<Value> {
    let headers = shopper.headers();
    let item =
        json!({ "productId": product["id"], "variantId": product["variants"][0]["id"], "quantity": 1 });
    shopper.client.try_send(Method::POST, "/api/cart/items", &headers, Some(&item)).await?;
    let keyed = [headers[0], ("idempotency-key", key)];
    let order =
        shopper.client.try_send(Method::POST, "/api/orders", &keyed, Some(&shopper.order_body())).await?;
    let order = order.status.is_success().then(|| order.json())?;
    let payment = order["payment"]["paymentId"].as_str()?;
    let path = format!("/api/payments/{payment}/confirm");
    let method = json!({ "paymentMethodId": "pm_card_visa" });
    shopper.client.try_send(Method::POST, &path, &headers, Some(&method)).await;
    Some(order)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shop_loses_and_doubles_nothing() {
    let mut shop = Shop::with_catalogue(&catalogue("outdoor.shopify.csv")).await;
    let product = shop.client.product("summit-pro-harness").await;
    let mut shoppers = Vec::new();
    for _ in 0..12 {
        shoppers.push(Shopper::customer(&shop.client).await);
    }
    for round in 0..4_u64 {
        let placed: Arc<Mutex<Vec<Value>>> = Arc::default();
        let load: Vec<_> = shoppers
            .iter()
            .enumerate()
            .map(|(index, shopper)| {
                let (shopper, product, placed) = (shopper.at(&shop.client), product.clone(), placed.clone());
                base::spawn("load", async move {
                    let key = format!("round-{round}-{index}");
                    if let Some(order) = attempt(&shopper, &product, &key).await {
                        placed.lock().expect("the answer has it").push(order);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(40 + 90 * round)).await;
        shop.kill().await;
        for task in load {
            task.await.expect("a shopper does not panic");
        }
        shop.restart().await;
    }
    finish(&shop, &shoppers).await;
}

/// Lets every order come to its end, then compares what the shop believes with the simulator's books.
async fn finish(shop: &Shop, shoppers: &[Shopper]) {
    let mut paid = 0;
    for shopper in shoppers {
        let shopper = shopper.at(&shop.client);
        // On a shared server the leases of the dead process have to end first, the longest after a minute.
        for _ in 0..3600 {
            let list = shop.client.get("/api/orders", &shopper.headers()).await.expect(200);
            let open = list["items"]
                .as_array()
                .expect("the answer has it")
                .iter()
                .any(|order| order["status"] == "PENDING" || order["status"] == "PAYMENT_PROCESSING");
            if !open {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    shop.settled().await;
    for shopper in shoppers {
        pay_what_is_open(shop, &shopper.at(&shop.client)).await;
    }
    shop.settled().await;
    let books = shop.charges().await;
    for shopper in shoppers {
        let shopper = shopper.at(&shop.client);
        let list = shop.client.get("/api/orders", &shopper.headers()).await.expect(200);
        for order in list["items"].as_array().expect("the answer has it") {
            let charges = charges_of(&books, order);
            assert_ne!(order["status"], "PAYMENT_FAILED", "no card was declined: {order}");
            if order["status"] == "CONFIRMED" {
                paid += 1;
                assert_eq!(charges, 1, "{order}");
                let number = order["orderNumber"].as_str().expect("the answer has it");
                assert_eq!(mails(shop, shopper.email(), number).await, 1, "{order}");
            } else {
                assert_eq!(charges, 0, "an unpaid order is not charged: {order}");
            }
        }
    }
    assert!(
        paid >= shoppers.len(),
        "everybody got as far as an order, and every order could be paid: {paid}"
    );
    shop.must_be_consistent().await;
}

/// What waits for its money after the crashes can be paid, and becomes an order like any other.
async fn pay_what_is_open(shop: &Shop, shopper: &Shopper) {
    let list = shop.client.get("/api/orders", &shopper.headers()).await.expect(200);
    for order in list["items"].as_array().expect("the answer has it") {
        if order["status"] != "PENDING_PAYMENT" {
            continue;
        }
        let path = format!("/api/orders/{}/payments", order["id"].as_str().expect("an id"));
        let payment = shop.client.post(&path, &shopper.headers(), &json!({ "flow": "CLIENT_SDK" })).await;
        // News of money that came before the crash may arrive just now.
        if payment.status.as_u16() != 409 {
            let payment = payment.expect(201);
            let path = format!("/api/payments/{}/confirm", payment["id"].as_str().expect("an id"));
            let method = json!({ "paymentMethodId": "pm_card_visa" });
            let answer = shop.client.post(&path, &shopper.headers(), &method).await;
            assert!(matches!(answer.status.as_u16(), 200 | 202 | 409), "{}", answer.text);
        }
        shopper.wait_for(order, "CONFIRMED").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_shop_finishes_what_is_in_progress() {
    let mut shop = Shop::start().await;
    let client = shop.client.clone();
    let request =
        base::spawn("request", async move { client.get("/api/products", &[]).await.status.as_u16() });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(shop.terminate().await, Some(143));
    assert_eq!(request.await.expect("the answer has it"), 200);
}
