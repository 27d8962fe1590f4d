//! How much the store has to do for an order. Every statement and commit more is felt under load.

use crate::shop::Shop;

#[tokio::test]
async fn an_order_paid_at_once_needs_few_statements_and_commits() {
    let shop = Shop::open().await;
    let _warm = shop.paid().await;
    shop.world.memory().carts.clear();
    shop.settle().await;
    let _article = shop.fill();
    let before = shop.db().stats();
    let _paid = shop.place().await.expect(201);
    let after = shop.db().stats();
    let statements = after.statements - before.statements;
    let transactions = after.transactions - before.transactions;
    assert!(statements <= 44, "{statements} statements");
    assert!(transactions <= 5, "{transactions} transactions");
}
