//! The purchase, by guests and by customers.

use crate::client::{Shopper, query};
use crate::shop::{Shop, catalogue};
use serde_json::{Value, json};

/// A shop with the outdoor catalogue: 101 products, 100 pieces each.
async fn shop() -> Shop {
    Shop::with_catalogue(&catalogue("outdoor.shopify.csv")).await
}

/// Mails to `email`, from the built-in mailbox.
pub(crate) async fn mails(shop: &Shop, email: &str, subject: &str) -> usize {
    let token = shop.administrator().await;
    let path = format!("/api/mailbox?to={}", email.replace('+', "%2B"));
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("accept", "application/json")];
    let list = shop.client.get(&path, &headers).await.expect(200);
    let items = list["items"].as_array().or_else(|| list.as_array()).expect("a list of mails");
    items.iter().filter(|mail| mail["subject"].as_str().unwrap_or_default().contains(subject)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_buys_and_gets_one_mail() {
    let shop = shop().await;
    let guest = Shopper::guest(&shop.client).await;
    let boots = shop.client.product("wanderer-black-hiking-boots").await;
    let cart = guest.add(&boots, 0, 2).await.expect(201);
    assert_eq!(cart["itemCount"], 2);
    assert_eq!(cart["subtotal"], json!({ "amount": 21998, "currency": "EUR" }));
    let order = guest.order(None).await.expect(201);
    assert_eq!(order["status"], "PENDING_PAYMENT");
    explained(&order);
    guest.pay(&order, "pm_card_visa").await.expect(200);
    let order = guest.wait_for(&order, "CONFIRMED").await;
    assert_eq!(order["paymentStatus"], "PAID");
    shop.settled().await;
    let number = order["orderNumber"].as_str().unwrap();
    assert_eq!(mails(&shop, guest.email(), number).await, 1);
    let cart = shop.client.get("/api/cart", &guest.headers()).await.expect(200);
    assert_eq!(cart["itemCount"], 0, "the cart is empty after the purchase");
    shop.must_be_consistent().await;
}

/// The total is the sum of what explains it.
fn explained(order: &Value) {
    let minor = |name: &str| order[name]["amount"].as_i64().unwrap_or_else(|| panic!("{name}: {order}"));
    let lines: i64 = order["items"]
        .as_array()
        .expect("the answer has it")
        .iter()
        .map(|line| line["totalPrice"]["amount"].as_i64().expect("the answer has it"))
        .sum();
    assert_eq!(lines + minor("shippingCost"), minor("totalAmount"), "{order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_their_order_and_nobody_else_does() {
    let shop = shop().await;
    let ada = Shopper::customer(&shop.client).await;
    let eve = Shopper::customer(&shop.client).await;
    let harness = shop.client.product("summit-pro-harness").await;
    ada.add(&harness, 0, 1).await.expect(201);
    let order = ada.order(None).await.expect(201);
    ada.pay(&order, "pm_card_visa").await.expect(200);
    ada.wait_for(&order, "CONFIRMED").await;
    let id = order["id"].as_str().unwrap();
    let payment = order["payment"]["paymentId"].as_str().unwrap();
    shop.client.get(&format!("/api/orders/{id}"), &eve.headers()).await.problem(404, "not-found");
    shop.client.get(&format!("/api/orders/{id}"), &[]).await.problem(404, "not-found");
    shop.client.get(&format!("/api/payments/{payment}"), &eve.headers()).await.problem(404, "not-found");
    shop.client
        .post(
            &format!("/api/orders/{id}/cancel"),
            &eve.headers(),
            &json!({ "reasonCode": "CUSTOMER_REQUEST" }),
        )
        .await
        .problem(404, "not-found");
    let list = shop.client.get("/api/orders", &eve.headers()).await.expect(200);
    assert_eq!(list["items"], json!([]));
    let list = shop.client.get("/api/orders", &ada.headers()).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_can_be_followed_by_another() {
    let shop = shop().await;
    let ada = Shopper::customer(&shop.client).await;
    let harness = shop.client.product("summit-pro-harness").await;
    ada.add(&harness, 0, 1).await.expect(201);
    let order = ada.order(None).await.expect(201);
    ada.pay(&order, "pm_card_chargeDeclined").await.problem(402, "payment-declined");
    let order = ada.wait_for(&order, "PAYMENT_FAILED").await;
    let id = order["id"].as_str().unwrap();
    let payment = shop
        .client
        .post(&format!("/api/orders/{id}/payments"), &ada.headers(), &json!({ "flow": "CLIENT_SDK" }))
        .await
        .expect(201);
    let payment = payment["id"].as_str().or_else(|| payment["paymentId"].as_str()).unwrap().to_owned();
    let path = format!("/api/payments/{payment}/confirm");
    shop.client.post(&path, &ada.headers(), &json!({ "paymentMethodId": "pm_card_visa" })).await.expect(200);
    ada.wait_for(&order, "CONFIRMED").await;
    shop.settled().await;
    shop.must_be_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_is_refunded_and_its_stock_comes_back() {
    let shop = shop().await;
    let ada = Shopper::customer(&shop.client).await;
    let harness = shop.client.product("summit-pro-harness").await;
    ada.add(&harness, 0, 100).await.problem(422, "validation");
    ada.add(&harness, 0, 99).await.expect(201);
    let order = ada.order(None).await.expect(201);
    ada.pay(&order, "pm_card_visa").await.expect(200);
    let order = ada.wait_for(&order, "CONFIRMED").await;
    let id = order["id"].as_str().unwrap();
    let cancel = json!({ "reasonCode": "CUSTOMER_REQUEST" });
    shop.client
        .post(&format!("/api/orders/{id}/cancel{}", query(&order)), &ada.headers(), &cancel)
        .await
        .expect(200);
    shop.settled().await;
    let mut refunded = false;
    for _ in 0..200 {
        let now = ada.see(&order).await;
        refunded = now["paymentStatus"] == "REFUNDED";
        if refunded {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(refunded, "the money goes back");
    shop.settled().await;
    shop.must_be_consistent().await;
    let bob = Shopper::customer(&shop.client).await;
    bob.add(&harness, 0, 99).await.expect(201);
    bob.order(None).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_shipped_and_the_customer_told() {
    let shop = shop().await;
    let ada = Shopper::customer(&shop.client).await;
    let harness = shop.client.product("summit-pro-harness").await;
    ada.add(&harness, 0, 1).await.expect(201);
    let order = ada.order(None).await.expect(201);
    ada.pay(&order, "pm_card_visa").await.expect(200);
    let order = ada.wait_for(&order, "CONFIRMED").await;
    let id = order["id"].as_str().unwrap();
    let bearer = format!("Bearer {}", shop.administrator().await);
    let staff = [("authorization", bearer.as_str())];
    let put = async |body: Value| {
        shop.client.send(reqwest::Method::PUT, &format!("/api/orders/{id}"), &staff, Some(&body)).await
    };
    put(json!({ "status": "SHIPPED" })).await.problem(422, "metadata-missing");
    put(json!({ "status": "SHIPPED", "metadata": { "carrierName": "DHL", "trackingNumber": "00340" } }))
        .await
        .expect(200);
    put(json!({ "status": "PROCESSING" })).await.problem(409, "invalid-transition");
    shop.settled().await;
    assert_eq!(ada.see(&order).await["status"], "SHIPPED");
    assert_eq!(
        mails(&shop, ada.email(), order["orderNumber"].as_str().unwrap()).await,
        2,
        "confirmation and shipment"
    );
    shop.must_be_consistent().await;
}
