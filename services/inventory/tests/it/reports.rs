//! `/api/inventory/reports` and `/internal/inventory/invariants`.

use crate::stories::{Inventory, MANAGER};
use api::inventory::{InventoryItem, MovementReport, StockTransaction, StockValue, StockViolations};
use base::page::Page;
use base::{Currency, Money};
use db::sql;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_low_stock_report_lists_what_must_be_ordered() {
    let shop = Inventory::open().await;
    let low = shop.article(5).await;
    let _enough = shop.article(6).await;
    let own_threshold = shop.article(50).await;
    let item = shop.item(&own_threshold).await;
    let write = json!({ "status": "ACTIVE", "reorderThreshold": 60 });
    let path = format!("/api/inventory/items/{}", item.id);
    let _written = shop.put(&path).as_staff(MANAGER).json(&write).await.expect(200);
    let page: Page<InventoryItem> =
        shop.get("/api/inventory/reports/low-stock").as_staff(MANAGER).await.expect(200).json();
    let skus: Vec<_> = page.items.iter().map(|item| item.sku.as_str()).collect();
    assert_eq!(skus, [low.sku.as_str(), own_threshold.sku.as_str()]);
}

#[tokio::test]
async fn the_value_report_sums_cost_prices_per_currency() {
    let shop = Inventory::open().await;
    for (quantity, amount, currency) in [(3, 450, "EUR"), (2, 100, "EUR"), (4, 7, "JPY")] {
        let item = shop.item(&shop.article(quantity).await).await;
        let write = json!({ "status": "ACTIVE", "costPrice": { "amount": amount, "currency": currency } });
        let path = format!("/api/inventory/items/{}", item.id);
        let _written = shop.put(&path).as_staff(MANAGER).json(&write).await.expect(200);
    }
    shop.article(9).await;
    let value: StockValue =
        shop.get("/api/inventory/reports/value").as_staff(MANAGER).await.expect(200).json();
    assert_eq!(value.values, [Money::new(1550, Currency::EUR), Money::new(28, "JPY".parse().unwrap())]);
    assert_eq!(value.pieces_without_cost, 9);
}

#[tokio::test]
async fn the_ledger_is_listed_newest_first_and_summed_by_kind() {
    let shop = Inventory::open().await;
    let article = shop.article(9).await;
    shop.clock.advance(Duration::from_secs(60));
    let from = shop.clock.now();
    let held = shop.reserved(&[article.line(2)]).await;
    let _released = shop.step(held.order_id, "cancel").await.expect(200);
    let path = format!("/api/inventory/transactions?sku={}&limit=2", article.sku);
    let page: Page<StockTransaction> = shop.get(&path).as_staff(MANAGER).await.expect(200).json();
    let changes: Vec<_> = page.items.iter().map(|entry| entry.reserved_change).collect();
    assert_eq!(changes, [-2, 2]);
    assert_eq!(page.items[0].reference, Some(format!("order:{}", held.order_id)));
    let path = format!("{path}&cursor={}", page.next_cursor.unwrap());
    let page: Page<StockTransaction> = shop.get(&path).as_staff(MANAGER).await.expect(200).json();
    assert_eq!((page.items.len(), page.items[0].on_hand_change), (1, 9));
    let path = format!("/api/inventory/reports/movements?from={from}");
    let report: MovementReport = shop.get(&path).as_staff(MANAGER).await.expect(200).json();
    let rows: Vec<_> = report.items.iter().map(|row| (row.movements, row.reserved_change)).collect();
    assert_eq!(rows, [(1, -2), (1, 2)], "RELEASE, RESERVATION");
    for path in ["transactions", "reports/value", "reports/movements", "reports/low-stock"] {
        let path = format!("/api/inventory/{path}");
        shop.get(&path).await.problem(401, "unauthenticated");
        shop.get(&path).as_user(base::Id::new()).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn items_and_the_ledger_are_walked_forward_and_back() {
    let shop = Inventory::open().await;
    for _ in 0..5 {
        shop.article(1).await;
    }
    for path in ["items", "transactions", "reports/low-stock"] {
        let path = format!("/api/inventory/{path}");
        let get = async |path: String| shop.get(&path).as_staff(MANAGER).await.expect(200).value();
        assert_eq!(testkit::walk(&path, get).await.len(), 5, "{path}");
    }
    let counted =
        shop.get("/api/inventory/warehouses?count=true").as_staff(MANAGER).await.expect(200).value();
    assert_eq!(counted["total"], counted["items"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_level_changed_behind_the_ledgers_back_is_found() {
    let shop = Inventory::open().await;
    let article = shop.article(9).await;
    shop.assert_sound().await;
    let mut tx = shop.db().begin().await.unwrap();
    let tampered = sql("UPDATE item SET on_hand = on_hand + 1, reserved = reserved + 1");
    tampered.run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let request = shop.get("/internal/inventory/invariants").as_client(&["invariants:read"]);
    let found: StockViolations = request.await.expect(200).json();
    let rules: Vec<_> = found.violations.iter().map(|violation| violation.rule.as_str()).collect();
    assert_eq!(
        rules,
        ["on-hand-is-sum-of-movements", "reserved-is-sum-of-movements", "reserved-is-sum-of-open-lines"]
    );
    assert_eq!(found.violations[0].id, shop.item(&article).await.id.to_string());
    let mut tx = shop.db().begin().await.unwrap();
    let impossible = sql("UPDATE item SET reserved = on_hand + 1").run_one(&mut tx).await;
    assert!(impossible.unwrap_err().is_check("item_levels"), "the database itself refuses this");
}
