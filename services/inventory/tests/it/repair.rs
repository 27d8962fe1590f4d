//! `/internal/inventory/invariants/repair`: a level is the sum of its movements again.

use crate::stories::{Inventory, MANAGER};
use api::inventory::{StockLevelChanged, StockTransaction};
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use base::page::Page;
use db::sql;

async fn repair(shop: &Inventory, dry_run: bool) -> Vec<Repair> {
    let request = shop.post("/internal/inventory/invariants/repair").as_client(&["invariants:repair"]);
    request.json(&RepairInvariants { dry_run }).await.expect(200).json::<Repairs>().items
}

async fn tamper(shop: &Inventory, statement: &'static str) {
    let mut tx = shop.db().begin().await.expect("the store is there");
    sql(statement).run(&mut tx).await.expect("the store takes it");
    tx.commit().await.expect("the store takes it");
}

async fn entries(shop: &Inventory) -> usize {
    let answer = shop.get("/api/inventory/transactions").as_staff(MANAGER).await.expect(200);
    answer.json::<Page<StockTransaction>>().items.len()
}

#[tokio::test]
async fn a_level_that_disagrees_with_the_ledger_is_set_to_its_sum_and_the_neighbours_hear_of_it() {
    let shop = Inventory::open().await;
    let article = shop.article(9).await;
    let _held = shop.reserved(&[article.line(2)]).await;
    shop.settle().await;
    let (told, written, item) =
        (shop.published::<StockLevelChanged>().await.len(), entries(&shop).await, shop.item(&article).await);
    tamper(&shop, "UPDATE item SET on_hand = on_hand + 4, reserved = reserved + 1").await;
    let planned = repair(&shop, true).await;
    assert_eq!(planned.len(), 3, "one entry for every rule that is broken: {planned:?}");
    assert_eq!(shop.levels(&article).await, (13, 3), "a dry run changes nothing");
    let done = repair(&shop, false).await;
    assert!(done.iter().all(|repair| repair.outcome == RepairOutcome::Repaired), "{done:?}");
    assert_eq!(done[0].id, item.id.to_string());
    assert_eq!(shop.levels(&article).await, (9, 2));
    assert_eq!(entries(&shop).await, written, "the ledger gets no entry");
    let changes = shop.published::<StockLevelChanged>().await;
    assert_eq!(changes.len(), told + 1);
    let last = changes.last().unwrap();
    assert_eq!((last.new_quantity_available, last.aggregate_version), (7, item.version + 1));
    assert!(repair(&shop, false).await.is_empty(), "there is nothing left to repair");
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_hold_without_lines_and_a_ledger_without_sense_need_a_person() {
    let shop = Inventory::open().await;
    let article = shop.article(9).await;
    let _held = shop.reserved(&[article.line(2)]).await;
    tamper(&shop, "DELETE FROM reservation_line").await;
    let [named] = repair(&shop, false).await.try_into().expect("one repair");
    assert_eq!(
        (named.rule.as_str(), named.outcome),
        ("reserved-is-sum-of-open-lines", RepairOutcome::ByHand)
    );
    tamper(&shop, "DELETE FROM stock_movement WHERE on_hand_change > 0").await;
    let named = repair(&shop, false).await;
    assert!(named.iter().all(|repair| repair.outcome == RepairOutcome::ByHand), "{named:?}");
    assert_eq!(shop.levels(&article).await, (9, 2), "nothing was invented");
    let request = shop.post("/internal/inventory/invariants/repair").json(&RepairInvariants::default());
    request.as_client(&["invariants:read"]).await.problem(403, "forbidden");
}
