//! The faults of a payment provider: each ends in the right state without help.

use crate::client::Shopper;
use crate::purchase::mails;
use crate::shop::{Shop, catalogue};
use serde_json::Value;

/// Buys one harness with `method` and waits until it is paid.
async fn buys_with(method: &str, statuses: &[u16]) {
    let shop = Shop::with_catalogue(&catalogue("outdoor.shopify.csv")).await;
    let ada = Shopper::customer(&shop.client).await;
    let harness = shop.client.product("summit-pro-harness").await;
    ada.add(&harness, 0, 1).await.expect(201);
    let order = ada.order(None).await.expect(201);
    let answer = ada.pay(&order, method).await;
    assert!(statuses.contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.text);
    let order = ada.wait_for(&order, "CONFIRMED").await;
    shop.settled().await;
    assert_eq!(charges_of(&shop.charges().await, &order), 1);
    assert_eq!(mails(&shop, ada.email(), order["orderNumber"].as_str().expect("the answer has it")).await, 1);
    shop.must_be_consistent().await;
}

/// How often the simulator's books charged an order.
pub(crate) fn charges_of(books: &Value, order: &Value) -> usize {
    let id = order["id"].as_str().expect("an order has an id");
    let charges = books["charges"].as_array().expect("a list of charges");
    charges.iter().filter(|charge| charge.to_string().contains(id)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_success_confirms_the_order_later() {
    buys_with("pm_sim_delayed", &[202]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_comes_twice_charges_and_mails_once() {
    buys_with("pm_sim_webhook_twice", &[200, 202]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_after_the_charge_is_resolved_by_asking() {
    buys_with("pm_sim_timeout_after_charge", &[200, 202, 504]).await;
}
