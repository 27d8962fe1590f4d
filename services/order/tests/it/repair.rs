//! `/internal/orders/invariants/repair`: what is stuck goes on, what is over is ended, what only a
//! person can know is left to a person.

use crate::shop::Shop;
use crate::world::Fault;
use api::inventory::ReservationStatus;
use api::order::{Order, OrderPaymentStatus, OrderStatus};
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use db::sql;
use std::time::Duration;

/// Longer than anything may be late.
const LATE: Duration = Duration::from_secs(11 * 60);

async fn repair(shop: &Shop, dry_run: bool) -> Vec<Repair> {
    let request = shop.post("/internal/orders/invariants/repair").as_client(&["invariants:repair"]);
    request.json(&RepairInvariants { dry_run }).await.expect(200).json::<Repairs>().items
}

async fn rules(shop: &Shop) -> Vec<String> {
    shop.violations().await.violations.into_iter().map(|violation| violation.rule).collect()
}

/// Does to the store what no operation does.
async fn tamper(shop: &Shop, statement: &'static str) {
    let mut tx = shop.db().begin().await.expect("the store is there");
    sql(statement).run(&mut tx).await.expect("the store takes it");
    tx.commit().await.expect("the store takes it");
}

/// The one thing that is broken is repaired, and a dry run before does nothing.
async fn repaired(shop: &mut Shop, rule: &str) {
    assert_eq!(rules(shop).await, [rule]);
    let [planned] = repair(shop, true).await.try_into().expect("one repair");
    assert_eq!((planned.rule.as_str(), planned.outcome), (rule, RepairOutcome::WouldRepair));
    assert_eq!(rules(shop).await, [rule], "a dry run changes nothing");
    let [done] = repair(shop, false).await.try_into().expect("one repair");
    assert_eq!((done.id, done.outcome), (planned.id, RepairOutcome::Repaired));
    let _again = repair(shop, false).await;
    shop.calm().await;
    assert!(repair(shop, false).await.is_empty(), "there is nothing left to repair");
    shop.assert_sound().await;
}

async fn order(shop: &Shop, order: &Order) -> Order {
    shop.get(&format!("/api/orders/{}", order.id)).as_user(shop.ada).await.expect(200).json()
}

#[tokio::test]
async fn a_checkout_nobody_works_on_goes_on() {
    let mut shop = Shop::open_with(&[("checkout_budget", "500ms")]).await;
    let _article = shop.fill();
    shop.world.fail("lock", &[Fault::Silence]);
    let _answer = shop.place().await;
    // Its task is lost, and so is the memory of when it should be looked at.
    tamper(&shop, "DELETE FROM task WHERE kind = 'advance-checkout'").await;
    let mut tx = shop.db().begin().await.expect("the store is there");
    let never = shop.clock.now() + Duration::from_secs(1_000_000);
    sql("UPDATE sagas SET next_run_at = $1").bind(never).run_one(&mut tx).await.unwrap();
    tx.commit().await.expect("the store takes it");
    shop.clock.advance(LATE);
    shop.settle().await;
    repaired(&mut shop, "pending-too-long").await;
}

#[tokio::test]
async fn an_order_nobody_paid_for_is_cancelled_after_all() {
    let mut shop = Shop::open().await;
    let article = shop.fill();
    let placed = shop.placed().await;
    tamper(&shop, "DELETE FROM task WHERE kind = 'expire-payment'").await;
    shop.calm_after(Duration::from_secs(3600)).await;
    repaired(&mut shop, "unpaid-too-long").await;
    assert_eq!(order(&shop, &placed).await.status, OrderStatus::Cancelled);
    shop.assert_untouched(&article);
}

#[tokio::test]
async fn stock_of_a_cancelled_order_is_released() {
    let mut shop = Shop::open().await;
    let placed = shop.placed().await;
    let _cancelled = shop.cancel(placed.id).await.expect(200);
    // The inventory service does not hear of it.
    shop.settle().await;
    assert!(rules(&shop).await.is_empty(), "it has time yet");
    shop.clock.advance(LATE);
    repaired(&mut shop, "ended-holds-stock").await;
    assert_eq!(shop.world.memory().holds[&placed.id].status, ReservationStatus::Cancelled);
}

#[tokio::test]
async fn money_of_a_cancelled_order_goes_back_once() {
    let mut shop = Shop::open().await;
    let placed = shop.placed().await;
    let _paid = shop.publish(shop.succeeded(placed.payment.as_ref().unwrap().payment_id)).await;
    shop.calm().await;
    let _cancelled = shop.cancel(placed.id).await.expect(200);
    // The payment service does not hear of it.
    shop.settle().await;
    crate::world::inventory::release(&mut shop.world.memory(), placed.id);
    shop.clock.advance(LATE);
    repaired(&mut shop, "kept-money").await;
    assert_eq!(order(&shop, &placed).await.payment_status, OrderPaymentStatus::Refunded);
    assert_eq!((shop.world.kept_minor(), shop.world.memory().refunds.len()), (0, 1));
}

#[tokio::test]
async fn money_the_checkout_did_not_hear_of_is_asked_for() {
    let mut shop = Shop::open().await;
    let placed = shop.placed().await;
    shop.succeeded(placed.payment.as_ref().unwrap().payment_id);
    tamper(&shop, "UPDATE customer_order SET payment_status = 'PAID'").await;
    let mut tx = shop.db().begin().await.expect("the store is there");
    let never = shop.clock.now() + Duration::from_secs(1_000_000);
    sql("UPDATE sagas SET next_run_at = $1").bind(never).run_one(&mut tx).await.unwrap();
    tx.commit().await.expect("the store takes it");
    shop.clock.advance(LATE);
    shop.settle().await;
    repaired(&mut shop, "paid-but-waiting").await;
    assert_eq!(order(&shop, &placed).await.status, OrderStatus::Confirmed);
}

#[tokio::test]
async fn what_only_a_person_can_know_is_left_to_a_person() {
    let shop = Shop::open().await;
    let placed = shop.placed().await;
    tamper(&shop, "UPDATE customer_order SET sequence = sequence + 1").await;
    for dry_run in [true, false] {
        let [named] = repair(&shop, dry_run).await.try_into().expect("one repair");
        assert_eq!((named.rule.as_str(), named.outcome), ("history-has-gaps", RepairOutcome::ByHand));
        assert_eq!(named.id, placed.id.to_string());
        assert!(!named.detail.is_empty(), "it says what to do");
    }
    assert_eq!(rules(&shop).await, ["history-has-gaps"], "nothing was invented");
    let request = shop.post("/internal/orders/invariants/repair").json(&RepairInvariants::default());
    request.as_client(&["invariants:read"]).await.problem(403, "forbidden");
}
