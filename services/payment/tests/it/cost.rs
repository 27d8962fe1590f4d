//! What a payment costs the store, counted: commits are what a shop waits for.

use crate::shop::{Shop, VISA};
use api::payment::PaymentFlow;

#[tokio::test]
async fn a_charge_of_a_saved_method_costs_four_commits_two_of_them_for_its_key() {
    let shop = Shop::open().await;
    let order = shop.order();
    let before = shop.t.db().stats();
    let key = format!("order:{order}:payment:1");
    shop.create(order, PaymentFlow::SavedMethod, Some(VISA))
        .header("idempotency-key", &key)
        .await
        .expect(201);
    let after = shop.t.db().stats();
    assert_eq!(after.transactions - before.transactions, 4);
    assert!(after.statements - before.statements <= 18, "{}", after.statements - before.statements);
}
