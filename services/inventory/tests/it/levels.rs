//! `/api/inventory/items/{id}/receive`, `/adjust`, `/transfer`.

use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{
    ChangeType, InventoryItem, LowStockThresholdReached, OutOfStock, ProductBackInStock, StockLevelChanged,
};
use serde_json::{Value, json};
use testkit::TestRequest;

async fn change(shop: &Inventory, article: &Article, verb: &str, body: Value) -> TestRequest {
    let item = shop.items(article).await.remove(0);
    let path = format!("/api/inventory/items/{}/{verb}", item.id);
    shop.post(&path).as_staff(MANAGER).json(&body)
}

#[tokio::test]
async fn received_goods_are_on_hand_and_in_the_ledger() {
    let shop = Inventory::open().await;
    let article = shop.article(2).await;
    let body = json!({ "quantity": 7, "reference": "PO-4711 ☃" });
    let item: InventoryItem = change(&shop, &article, "receive", body).await.await.expect(200).json();
    assert_eq!((item.on_hand, item.available), (9, 9));
    let path = format!("/api/inventory/transactions?itemId={}", item.id);
    let entries = shop.get(&path).as_staff(MANAGER).await.expect(200).value();
    let newest = &entries["items"][0];
    assert_eq!(newest["changeType"], "RECEIPT");
    assert_eq!((&newest["onHandChange"], &newest["onHand"]), (&json!(7), &json!(9)));
    assert_eq!((&newest["reference"], &newest["actor"]["type"]), (&json!("PO-4711 ☃"), &json!("ADMIN")));
    shop.assert_sound().await;
}

#[tokio::test]
async fn quantities_that_make_no_sense_are_refused() {
    let shop = Inventory::open().await;
    let article = shop.article(2).await;
    for quantity in [0, -1, 1_000_000_001, i64::MAX, i64::MIN] {
        let body = json!({ "quantity": quantity });
        change(&shop, &article, "receive", body).await.await.problem(422, "validation");
    }
    let full = json!({ "quantity": 1_000_000_000 });
    change(&shop, &article, "receive", full).await.await.problem(409, "too-many-pieces");
    for body in [
        json!({ "reason": "count" }),
        json!({ "reason": "count", "delta": 1, "countedQuantity": 1 }),
        json!({ "reason": "", "delta": 1 }),
        json!({ "reason": "count", "countedQuantity": -1 }),
        json!({ "reason": "found some", "delta": 1, "shrinkage": true }),
    ] {
        change(&shop, &article, "adjust", body).await.await.problem(422, "validation");
    }
    let fraction = json!({ "quantity": 1.5 });
    change(&shop, &article, "receive", fraction).await.await.problem(422, "validation");
    assert_eq!(shop.levels(&article).await, (2, 0));
    shop.assert_sound().await;
}

#[tokio::test]
async fn an_adjustment_never_takes_what_is_held() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    shop.reserved(&[article.line(3)]).await;
    let short = json!({ "reason": "count", "countedQuantity": 2 });
    let problem = change(&shop, &article, "adjust", short).await.await.problem(409, "insufficient-stock");
    assert_eq!(problem.extra["shortages"][0]["sku"], json!(article.sku));
    let stolen = json!({ "reason": "stolen", "delta": -2, "shrinkage": true });
    let item: InventoryItem = change(&shop, &article, "adjust", stolen).await.await.expect(200).json();
    assert_eq!((item.on_hand, item.reserved, item.available), (3, 3, 0));
    shop.assert_sound().await;
}

#[tokio::test]
async fn counting_the_same_again_changes_nothing() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let before = shop.item(&article).await;
    let same = json!({ "reason": "count", "countedQuantity": 5 });
    let after: InventoryItem = change(&shop, &article, "adjust", same).await.await.expect(200).json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn neighbours_hear_of_every_turn_once() {
    let shop = Inventory::open().await;
    let article = shop.article(7).await;
    for counted in [6, 5, 4, 0, 3, 9, 2] {
        let body = json!({ "reason": "count", "countedQuantity": counted });
        let _counted = change(&shop, &article, "adjust", body).await.await.expect(200);
    }
    shop.settle().await;
    let changed: Vec<_> = shop.published::<StockLevelChanged>().await;
    let levels: Vec<_> = changed.iter().map(|event| event.new_quantity_available).collect();
    assert_eq!(levels, [7, 6, 5, 4, 0, 3, 9, 2]);
    assert!(changed.windows(2).all(|pair| pair[0].aggregate_version < pair[1].aggregate_version));
    assert!(changed.iter().all(|event| event.change_type == ChangeType::Adjustment));
    let low: Vec<_> = shop.published::<LowStockThresholdReached>().await;
    let low: Vec<_> = low.iter().map(|event| event.current_quantity_available).collect();
    assert_eq!(low, [5, 2], "once until refilled above the threshold of 5");
    assert_eq!(shop.published::<OutOfStock>().await.len(), 1);
    let back = shop.published::<ProductBackInStock>().await;
    assert_eq!(back.iter().map(|event| event.new_quantity_available).collect::<Vec<_>>(), [7, 3]);
    assert!(back[0].aggregate_version < back[1].aggregate_version);
}

#[tokio::test]
async fn a_transfer_moves_pieces_and_shoppers_notice_nothing() {
    let shop = Inventory::open().await;
    let (article, second) = (shop.article(5).await, shop.warehouse("SECOND", 1).await);
    shop.reserved(&[article.line(2)]).await;
    let body = json!({ "toWarehouseId": second.id, "quantity": 4 });
    change(&shop, &article, "transfer", body).await.await.problem(409, "insufficient-stock");
    assert_eq!(shop.items(&article).await.len(), 1, "the item opened for the transfer is gone with it");
    shop.transfer(&article, second.id, 3).await;
    let levels: Vec<_> =
        shop.items(&article).await.iter().map(|item| (item.on_hand, item.reserved)).collect();
    assert_eq!(levels, [(2, 2), (3, 0)]);
    shop.settle().await;
    assert_eq!(shop.published::<OutOfStock>().await.len(), 0);
    assert_eq!(shop.published::<ProductBackInStock>().await.len(), 1);
    let nowhere = json!({ "toWarehouseId": base::Id::<()>::new(), "quantity": 1 });
    change(&shop, &article, "transfer", nowhere).await.await.problem(404, "not-found");
    let here = shop.items(&article).await.remove(0).warehouse_id;
    let back = json!({ "toWarehouseId": here, "quantity": 1 });
    change(&shop, &article, "transfer", back).await.await.problem(422, "validation");
    shop.assert_sound().await;
}
