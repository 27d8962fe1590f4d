//! The ledger: what is booked, and that nothing else can be.

use crate::shop::{PRICE, Shop, VISA};
use api::ids::PaymentId;
use api::payment::{PaymentLedger, Violations};
use auth::Role;
use base::Id;
use db::{DbError, sql};
use std::collections::BTreeMap;

async fn ledger(shop: &Shop, id: PaymentId) -> PaymentLedger {
    shop.t.get(&format!("/api/payments/{id}/ledger")).as_staff(&[Role::Finance]).await.expect(200).json()
}

fn sums(ledger: &PaymentLedger) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for entry in ledger.transactions.iter().flat_map(|transaction| &transaction.entries) {
        *sums.entry(entry.account.clone()).or_default() += entry.amount.minor;
    }
    sums
}

#[tokio::test]
async fn a_sale_is_booked_as_what_it_is_and_a_full_refund_undoes_it() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let fee = 192; // 1.4 % of 119.00 and 0.25
    let booked = ledger(&shop, payment.id).await;
    let keys: Vec<_> =
        booked.transactions.iter().map(|transaction| transaction.business_key.clone()).collect();
    assert_eq!(keys, [format!("payment:{}:captured", payment.id), format!("payment:{}:settled", payment.id)]);
    for transaction in &booked.transactions {
        assert_eq!(transaction.entries.iter().map(|entry| entry.amount.minor).sum::<i64>(), 0);
    }
    let after_sale = sums(&booked);
    let expected = [
        ("cash", PRICE - fee),
        ("discount", 500),
        ("fees", fee),
        ("receivable", 0),
        ("revenue", -(PRICE - 1_900 - 500 + 500)),
        ("shipping", -500),
        ("tax", -1_900),
    ];
    assert_eq!(after_sale, expected.into_iter().map(|(name, minor)| (name.to_owned(), minor)).collect());

    for part in [Some(3_333), Some(1), None] {
        shop.refund(payment.id, part, &format!("part {part:?}")).await;
        shop.t.settle().await;
    }
    let after_refunds = sums(&ledger(&shop, payment.id).await);
    assert_eq!(after_refunds["tax"], 0, "no tax is owed for a sale that was undone");
    assert_eq!(after_refunds["cash"], -fee);
    assert_eq!(after_refunds["refunds"], PRICE - 1_900);
    shop.check().await;
}

#[tokio::test]
async fn an_order_without_a_breakdown_is_all_revenue() {
    let shop = Shop::open().await;
    let order = shop.order();
    shop.change_order(order, |payable| {
        payable.tax_amount = None;
        payable.discount_amount = None;
        payable.shipping_net = None;
    });
    let payment = shop.paid_order(order, VISA).await;
    let sums = sums(&ledger(&shop, payment.id).await);
    assert_eq!((sums["revenue"], sums.contains_key("tax")), (-PRICE, false));
}

/// Entries somebody might try to put into the ledger by hand: account, amount, and the running
/// sums they claim.
type Entry = (&'static str, i64, i64, i64);

async fn book(shop: &Shop, payment: PaymentId, count: i64, entries: &[Entry]) -> Result<(), DbError> {
    let id = Id::<()>::new().uuid();
    let mut tx = shop.t.db().begin().await?;
    sql("INSERT INTO ledger_transaction (id, business_key, payment_id, currency, entry_count, posted_at)
        VALUES ($1, $2, $3, 'EUR', $4, $5)")
    .bind(id)
    .bind(format!("forged:{id}"))
    .bind(payment)
    .bind(count)
    .bind(shop.t.clock.now())
    .run(&mut tx)
    .await?;
    let mut insert = sql(
        "INSERT INTO ledger_entry (transaction_id, position, entry_count, currency, account, amount_minor,
        before_minor, after_minor, previous_position) VALUES ",
    );
    for (position, (account, minor, before, after)) in (1_i64..).zip(entries) {
        let previous = if position == 1 { count } else { position - 1 };
        insert =
            insert.push(if position == 1 { "(" } else { ", (" }).push_bind(id).push(", ").push_bind(position);
        insert = insert
            .push(", ")
            .push_bind(count)
            .push(", 'EUR', ")
            .push_bind(*account)
            .push(", ")
            .push_bind(*minor);
        insert = insert
            .push(", ")
            .push_bind(*before)
            .push(", ")
            .push_bind(*after)
            .push(", ")
            .push_bind(previous)
            .push(")");
    }
    insert.run(&mut tx).await?;
    tx.commit().await
}

#[tokio::test]
async fn the_database_refuses_every_transaction_that_does_not_balance() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await.id;
    book(&shop, payment, 2, &[("cash", 100, 0, 100), ("revenue", -100, 100, 0)]).await.unwrap();
    let forgeries: [(&str, i64, &[Entry]); 9] = [
        ("does not add up", 2, &[("cash", 100, 0, 100), ("revenue", -99, 100, 1)]),
        ("claims a wrong sum", 2, &[("cash", 100, 0, 100), ("revenue", -99, 100, 0)]),
        ("breaks the chain", 2, &[("cash", 100, 0, 100), ("revenue", -100, 90, -10)]),
        ("starts with something", 2, &[("cash", 100, 1, 101), ("revenue", -101, 101, 0)]),
        ("leaves out the last entry", 3, &[("cash", 100, 0, 100), ("revenue", -100, 100, 0)]),
        ("has one entry too many", 2, &[("cash", 100, 0, 100), ("revenue", -100, 100, 0), ("fees", 5, 0, 5)]),
        ("has an entry of nothing", 2, &[("cash", 0, 0, 0), ("revenue", 0, 0, 0)]),
        ("has one entry", 1, &[("cash", 0, 0, 0)]),
        ("uses an account nobody knows", 2, &[("pocket", 100, 0, 100), ("revenue", -100, 100, 0)]),
    ];
    for (what, count, entries) in forgeries {
        let refused = book(&shop, payment, count, entries).await.unwrap_err();
        assert!(!refused.is_transient(), "an entry that {what}: {refused}");
    }
}

#[tokio::test]
async fn what_is_booked_cannot_be_changed_into_something_that_does_not_balance() {
    let shop = Shop::open().await;
    shop.paid(VISA).await;
    for forgery in [
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1, after_minor = after_minor + 1 WHERE position = 1",
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE position = 2",
        "UPDATE ledger_entry SET currency = 'USD' WHERE position = 1",
        "DELETE FROM ledger_entry WHERE position = 1",
        "DELETE FROM ledger_transaction",
        "UPDATE ledger_transaction SET currency = 'USD'",
    ] {
        let mut tx = shop.t.db().begin().await.unwrap();
        assert!(sql(forgery).run(&mut tx).await.is_err(), "{forgery}");
    }
    shop.check().await;
}

#[tokio::test]
async fn verification_names_what_is_wrong() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await.id;
    book(&shop, payment, 2, &[("cash", 100, 0, 100), ("revenue", -100, 100, 0)]).await.unwrap();
    let answer =
        shop.t.get("/internal/payments/ledger/verify").as_client(&["invariants:read"]).await.expect(200);
    let found: Violations = answer.json();
    assert_eq!(found.violations.len(), 1);
    assert_eq!(
        (found.violations[0].rule.as_str(), found.violations[0].id.clone()),
        ("ledger-captured", payment.to_string())
    );
}
