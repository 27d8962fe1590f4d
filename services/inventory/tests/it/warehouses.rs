//! `/api/inventory/warehouses`.

use crate::stories::{Inventory, MANAGER};
use api::inventory::{OutOfStock, ProductBackInStock, Warehouse};
use base::Id;
use base::page::Page;
use serde_json::{Value, json};

async fn list(shop: &Inventory) -> Vec<Warehouse> {
    let page: Page<Warehouse> =
        shop.get("/api/inventory/warehouses").as_staff(MANAGER).await.expect(200).json();
    page.items
}

fn body(code: &str, sellable: bool) -> Value {
    json!({ "code": code, "name": "Depot", "sellable": sellable, "priority": 5 })
}

#[tokio::test]
async fn the_default_warehouse_is_there_and_stays() {
    let shop = Inventory::open().await;
    let main = list(&shop).await.remove(0);
    assert_eq!((main.code.as_str(), main.sellable), ("MAIN", true));
    let path = format!("/api/inventory/warehouses/{}", main.id);
    shop.delete(&path).as_staff(MANAGER).await.problem(409, "default-warehouse");
    shop.put(&path).as_staff(MANAGER).json(&body("OTHER", true)).await.problem(409, "default-warehouse");
    let renamed: Warehouse =
        shop.put(&path).as_staff(MANAGER).json(&body("MAIN", true)).await.expect(200).json();
    assert_eq!((renamed.name.as_str(), renamed.version), ("Depot", main.version + 1));
}

#[tokio::test]
async fn codes_are_unique_and_plain() {
    let shop = Inventory::open().await;
    let post = |body: &Value| shop.post("/api/inventory/warehouses").as_staff(MANAGER).json(body);
    post(&body("MAIN", true)).await.problem(409, "duplicate-warehouse");
    for code in ["", "main", "A B", "Ä", "A23456789012345678901", "A'--"] {
        post(&body(code, true)).await.problem(422, "validation");
    }
    let mut with_address = body("NORTH", true);
    with_address["address"] = json!({ "addressLine1": "Kai 1", "city": "Hamburg", "country": "DE" });
    let north: Warehouse = post(&with_address).await.expect(201).json();
    assert_eq!(north.address.as_ref().unwrap().city, "Hamburg");
    let path = format!("/api/inventory/warehouses/{}", north.id);
    let read: Warehouse = shop.get(&path).as_staff(MANAGER).await.expect(200).json();
    assert_eq!(read, north);
    shop.put(&path).as_staff(MANAGER).json(&body("MAIN", true)).await.problem(409, "duplicate-warehouse");
    let stale = shop.put(&path).as_staff(MANAGER).header("if-match", "\"7\"").json(&body("NORTH", true));
    stale.await.problem(412, "version-conflict");
}

#[tokio::test]
async fn a_warehouse_with_items_cannot_be_removed() {
    let shop = Inventory::open().await;
    let (article, depot) = (shop.article(3).await, shop.warehouse("DEPOT", 1).await);
    shop.transfer(&article, depot.id, 1).await;
    let path = format!("/api/inventory/warehouses/{}", depot.id);
    shop.delete(&path).as_staff(MANAGER).await.problem(409, "warehouse-not-empty");
    let empty = shop.warehouse("EMPTY", 1).await;
    let path = format!("/api/inventory/warehouses/{}", empty.id);
    let _removed = shop.delete(&path).as_staff(MANAGER).await.expect(204);
    shop.get(&path).as_staff(MANAGER).await.problem(404, "not-found");
    shop.delete(&path).as_staff(MANAGER).await.problem(404, "not-found");
    shop.delete("/api/inventory/warehouses/nowhere").as_staff(MANAGER).await.problem(404, "not-found");
}

#[tokio::test]
async fn closing_a_warehouse_tells_shoppers_what_that_means() {
    let shop = Inventory::open().await;
    let depot = shop.warehouse("DEPOT", 1).await;
    let mut only_there = Vec::new();
    for _ in 0..3 {
        let article = shop.article(2).await;
        shop.transfer(&article, depot.id, 2).await;
        only_there.push(article);
    }
    let elsewhere_too = shop.article(2).await;
    shop.transfer(&elsewhere_too, depot.id, 1).await;
    shop.settle().await;
    let path = format!("/api/inventory/warehouses/{}", depot.id);
    let _closed = shop.put(&path).as_staff(MANAGER).json(&body("DEPOT", false)).await.expect(200);
    shop.settle().await;
    assert_eq!(shop.published::<OutOfStock>().await.len(), 3);
    shop.ask(Id::new(), &[only_there[0].line(1)]).await.problem(409, "insufficient-stock");
    let _open = shop.put(&path).as_staff(MANAGER).json(&body("DEPOT", true)).await.expect(200);
    shop.settle().await;
    assert_eq!(shop.published::<OutOfStock>().await.len(), 3);
    assert_eq!(shop.published::<ProductBackInStock>().await.len(), 4 + 3, "4 first fills, 3 reopened");
    shop.reserved(&[only_there[0].line(1)]).await;
}
