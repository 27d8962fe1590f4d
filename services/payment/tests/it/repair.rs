//! `/internal/payments/invariants/repair`: the gateway is asked again, and what is owed goes back.

use crate::shop::{PRICE, Shop, VISA, page_of};
use api::payment::{PaymentStatus, Violations};
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use db::sql;
use std::time::Duration;

async fn repair(shop: &Shop, dry_run: bool) -> Vec<Repair> {
    let request = shop.t.post("/internal/payments/invariants/repair").as_client(&["invariants:repair"]);
    request.json(&RepairInvariants { dry_run }).await.expect(200).json::<Repairs>().items
}

async fn rules(shop: &Shop) -> Vec<String> {
    let request = shop.t.get("/internal/payments/invariants").as_client(&["invariants:read"]);
    let found: Violations = request.await.expect(200).json();
    found.violations.into_iter().map(|violation| violation.rule).collect()
}

async fn tamper(shop: &Shop, statement: &'static str) {
    let mut tx = shop.t.db().begin().await.expect("the store is there");
    sql(statement).run(&mut tx).await.expect("the store takes it");
    tx.commit().await.expect("the store takes it");
}

/// What is broken is repaired, and a dry run before does nothing.
async fn repaired(shop: &Shop, rule: &str) {
    assert_eq!(rules(shop).await, [rule]);
    let [planned] = repair(shop, true).await.try_into().expect("one repair");
    assert_eq!((planned.rule.as_str(), planned.outcome), (rule, RepairOutcome::WouldRepair));
    assert_eq!(rules(shop).await, [rule], "a dry run changes nothing");
    let [done] = repair(shop, false).await.try_into().expect("one repair");
    assert_eq!((done.id, done.outcome), (planned.id, RepairOutcome::Repaired));
    let _again = repair(shop, false).await;
    shop.t.settle().await;
    assert!(repair(shop, false).await.is_empty(), "there is nothing left to repair");
    shop.check().await;
}

#[tokio::test]
async fn money_of_which_the_gateway_did_not_tell_is_booked() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let typed = shop.t.post(&page_of(&payment));
    let _page = typed.raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_lost").await;
    repaired(&shop, "books-captured").await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
}

#[tokio::test]
async fn a_payment_that_should_have_ended_is_asked_about() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    shop.t.clock.advance(Duration::from_secs(24 * 3600));
    repaired(&shop, "payment-ends").await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Cancelled);
}

#[tokio::test]
async fn money_of_a_cancelled_order_goes_back_once() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    tamper(&shop, "UPDATE payment SET order_cancelled = TRUE").await;
    shop.t.clock.advance(Duration::from_secs(11 * 60));
    repaired(&shop, "cancelled-keeps-nothing").await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    assert_eq!(shop.kept(payment.order_id).await, 0);
}

#[tokio::test]
async fn sums_that_contradict_each_other_need_a_person() {
    let shop = Shop::open().await;
    let _paid = shop.paid(VISA).await;
    tamper(&shop, "UPDATE payment SET refund_reserved_minor = 1").await;
    let [named] = repair(&shop, false).await.try_into().expect("one repair");
    assert_eq!((named.rule.as_str(), named.outcome), ("refund-sums", RepairOutcome::ByHand));
    assert_eq!(rules(&shop).await, ["refund-sums"], "nothing was invented");
    let request = shop.t.post("/internal/payments/invariants/repair").json(&RepairInvariants::default());
    request.as_client(&["invariants:read"]).await.problem(403, "forbidden");
}
