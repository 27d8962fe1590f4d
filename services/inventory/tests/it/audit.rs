//! What staff do to stock leaves an audit record, one per change.

use crate::stories::{Article, Inventory, MANAGER};
use api::audit::AuditRecord;
use api::inventory::{ImportStock, ImportStockLine, InventoryAuditRecorded, Warehouse};
use serde_json::{Value, json};

async fn records(shop: &Inventory) -> Vec<AuditRecord> {
    shop.published::<InventoryAuditRecorded>().await.into_iter().map(|record| record.0).collect()
}

#[tokio::test]
async fn every_change_of_stock_by_staff_is_recorded_and_what_changes_nothing_is_not() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let item = shop.item(&article).await;
    let known = records(&shop).await.len();
    let path = format!("/api/inventory/items/{}", item.id);
    let post = |path: String, body: Value| shop.post(&path).as_staff(MANAGER).json(&body);
    post(format!("{path}/receive"), json!({"quantity": 3, "reference": "D-1"})).await.expect(200);
    post(format!("{path}/adjust"), json!({"countedQuantity": 8, "reason": "count"})).await.expect(200);
    post(format!("{path}/adjust"), json!({"countedQuantity": 7, "reason": "count"})).await.expect(200);
    let place = json!({"status": "ACTIVE", "location": "A-7"});
    for _ in 0..2 {
        shop.put(&path).as_staff(MANAGER).json(&place).await.expect(200);
    }
    let body = json!({"code": "NORTH", "name": "North", "sellable": true, "priority": 3});
    let made: Warehouse = post("/api/inventory/warehouses".into(), body.clone()).await.expect(201).json();
    let warehouse = format!("/api/inventory/warehouses/{}", made.id);
    shop.put(&warehouse).as_staff(MANAGER).json(&body).await.expect(200);
    post(format!("{path}/transfer"), json!({"quantity": 2, "toWarehouseId": made.id})).await.expect(200);
    let all = records(&shop).await.split_off(known);
    let actions: Vec<_> = all.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(
        actions,
        ["stock.receive", "stock.adjust", "inventory-item.update", "warehouse.create", "stock.transfer"]
    );
    assert_eq!(
        (all[0].resource_id.clone(), all[0].reason.as_deref()),
        (Some(item.id.to_string()), Some("D-1"))
    );
    let states = serde_json::to_value((&all[1].before, &all[1].after)).unwrap();
    assert_eq!(states, json!([{"onHand": 8}, {"onHand": 7}]));
}

#[tokio::test]
async fn an_import_of_stock_leaves_one_record_with_its_counts_and_none_if_nothing_changes() {
    let shop = Inventory::open().await;
    let line = |article: Article| ImportStockLine {
        sku: article.sku,
        product_id: article.product_id,
        variant_id: article.variant_id,
        quantity: 4,
    };
    let body = ImportStock { lines: (0..150).map(|_| line(Article::new())).collect() };
    for _ in 0..2 {
        shop.import(&body).await.expect(200);
    }
    let [record] = records(&shop).await.try_into().unwrap();
    assert_eq!(record.action, "stock.import");
    let counts = record.after.unwrap();
    assert_eq!((&counts["created"], &counts["changed"]), (&json!(150), &json!(150)));
}
