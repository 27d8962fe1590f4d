//! `/api/inventory/items`.

use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{InventoryItem, InventoryItemCreated, ItemStatus};
use auth::Role;
use base::Id;
use base::page::Page;
use serde_json::{Value, json};

fn body(article: &Article, warehouse: impl ToString) -> Value {
    json!({
        "sku": article.sku, "productId": article.product_id, "variantId": article.variant_id,
        "warehouseId": warehouse.to_string(), "reorderThreshold": 3, "costPrice": { "amount": 450, "currency": "EUR" },
    })
}

#[tokio::test]
async fn an_item_is_opened_once_per_sku_and_warehouse() {
    let shop = Inventory::open().await;
    let (article, second) = (Article::new(), shop.warehouse("SECOND", 1).await);
    let create = |body: Value| shop.post("/api/inventory/items").as_staff(MANAGER).json(&body);
    let created = create(body(&article, second.id)).await.expect(201);
    let item: InventoryItem = created.json();
    assert_eq!(created.header("location"), Some(format!("/api/inventory/items/{}", item.id).as_str()));
    assert_eq!((item.on_hand, item.reserved, item.available, item.status), (0, 0, 0, ItemStatus::Active));
    create(body(&article, second.id)).await.problem(409, "duplicate-item");
    let stranger = Article { sku: article.sku.clone(), ..Article::new() };
    create(body(&stranger, second.id)).await.problem(409, "duplicate-item");
    create(body(&article, Id::<()>::new())).await.problem(404, "not-found");
    shop.settle().await;
    let events = shop.published::<InventoryItemCreated>().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].inventory_item_id, events[0].aggregate_version), (item.id, 1));
}

#[tokio::test]
async fn impossible_items_are_refused_field_by_field() {
    let shop = Inventory::open().await;
    let mut body = body(&Article::new(), Id::<()>::new());
    body["sku"] = json!("");
    body["reorderThreshold"] = json!(-1);
    body["targetStockLevel"] = json!(2_000_000_000);
    let request = shop.post("/api/inventory/items").as_staff(MANAGER).json(&body);
    let problem = request.await.problem(422, "validation");
    let fields: Vec<_> = problem.errors.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(fields, ["/sku", "/reorderThreshold", "/targetStockLevel"]);
    body["onHand"] = json!(1000);
    let request = shop.post("/api/inventory/items").as_staff(MANAGER).json(&body);
    request.await.problem(422, "unknown-field");
}

#[tokio::test]
async fn only_inventory_staff_see_and_change_items() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let item = shop.item(&article).await;
    let path = format!("/api/inventory/items/{}", item.id);
    shop.get(&path).await.problem(401, "unauthenticated");
    shop.get(&path).as_user(Id::new()).await.problem(403, "forbidden");
    shop.get(&path).as_service("product").await.problem(403, "forbidden");
    let _readable = shop.get(&path).as_staff(&[Role::SupportAgent]).await.expect(200);
    let write = json!({ "status": "INACTIVE" });
    shop.put(&path).as_staff(&[Role::SupportAgent]).json(&write).await.problem(403, "forbidden");
    shop.delete(&path).as_staff(&[Role::CatalogManager]).await.problem(403, "forbidden");
    assert_eq!(shop.item(&article).await, item);
}

#[tokio::test]
async fn a_stale_writer_is_refused() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let item = shop.item(&article).await;
    let path = format!("/api/inventory/items/{}", item.id);
    let write = |seen: i64, location: &str| {
        let request = shop.put(&path).as_staff(MANAGER).header("if-match", &format!("\"{seen}\""));
        request.json(&json!({ "status": "ACTIVE", "location": location }))
    };
    let changed = write(item.version, "A-7").await.expect(200);
    assert_eq!(changed.header("etag"), Some(format!("\"{}\"", item.version + 1).as_str()));
    write(item.version, "B-1").await.problem(412, "version-conflict");
    let now: InventoryItem = changed.json();
    assert_eq!((now.location.as_deref(), now.on_hand), (Some("A-7"), 5));
    let unchanged =
        shop.get(&path).as_staff(MANAGER).header("if-none-match", &format!("\"{}\"", now.version));
    let _not_modified = unchanged.await.expect(304);
}

#[tokio::test]
async fn an_item_with_stock_cannot_be_deleted_and_an_empty_one_keeps_its_ledger() {
    let shop = Inventory::open().await;
    let article = shop.article(1).await;
    let item = shop.item(&article).await;
    let path = format!("/api/inventory/items/{}", item.id);
    shop.delete(&path).as_staff(MANAGER).await.problem(409, "item-not-empty");
    shop.count(&article, 0).await.expect(200);
    let _gone = shop.delete(&path).as_staff(MANAGER).await.expect(204);
    assert_eq!(shop.item(&article).await.status, ItemStatus::Discontinued);
    let ledger = format!("/api/inventory/transactions?itemId={}", item.id);
    let entries = shop.get(&ledger).as_staff(MANAGER).await.expect(200).value();
    assert_eq!(entries["items"].as_array().unwrap().len(), 2);
    shop.assert_sound().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let shop = Inventory::open().await;
    for quantity in [0, 5, 6, 20, 30] {
        shop.article(quantity).await;
    }
    let list = async |query: &str| -> Page<InventoryItem> {
        shop.get(&format!("/api/inventory/items?{query}")).as_staff(MANAGER).await.expect(200).json()
    };
    assert_eq!(list("low=true").await.items.len(), 2);
    let first = list("limit=3&count=true").await;
    assert_eq!((first.items.len(), first.total), (3, Some(5)));
    let cursor = first.next_cursor.unwrap();
    let second = list(&format!("limit=3&cursor={cursor}")).await;
    assert_eq!((second.items.len(), second.next_cursor), (2, None));
    let foreign = format!("/api/inventory/items?low=true&cursor={cursor}");
    shop.get(&foreign).as_staff(MANAGER).await.problem(422, "bad-cursor");
    let sku = &first.items[1].sku;
    assert_eq!(list(&format!("sku={sku}")).await.items, [first.items[1].clone()]);
}
