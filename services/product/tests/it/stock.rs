//! What the inventory's messages make of the catalogue.

use crate::support::Shop;
use api::ids::{InventoryItemId, WarehouseId};
use api::inventory::{
    ChangeType, LowStockThresholdReached, OutOfStock, ProductBackInStock, StockLevelChanged,
};
use api::product::{Product, StockState};
use base::Id;
use std::time::Duration;

/// The one item of the product's first variant.
fn item(product: &Product) -> InventoryItemId {
    Id::derived(product.variants[0].id.uuid(), "item")
}

pub(crate) fn level(product: &Product, version: i64, available: i64) -> StockLevelChanged {
    StockLevelChanged {
        aggregate_version: version,
        inventory_item_id: item(product),
        product_id: product.id,
        variant_id: Some(product.variants[0].id),
        sku: product.variants[0].sku.clone(),
        warehouse_id: WarehouseId::new(),
        location: None,
        change_type: ChangeType::Receipt,
        previous_quantity_available: 0,
        new_quantity_available: available,
        quantity_changed: available,
        quantity_reserved: 0,
        quantity_on_hand: available,
        transaction_id: None,
        reason: None,
        notes: None,
    }
}

fn sold_out(product: &Product, version: i64) -> OutOfStock {
    OutOfStock {
        aggregate_version: version,
        inventory_item_id: item(product),
        product_id: product.id,
        variant_id: Some(product.variants[0].id),
        sku: product.variants[0].sku.clone(),
        product_name: None,
        warehouse_id: WarehouseId::new(),
        last_available_timestamp: None,
    }
}

fn back(shop: &Shop, product: &Product, quantity: i64) -> ProductBackInStock {
    ProductBackInStock {
        aggregate_version: 1,
        product_id: product.id,
        variant_id: Some(product.variants[0].id),
        sku: product.variants[0].sku.clone(),
        product_name: None,
        product_url: None,
        new_quantity_available: quantity,
        restocked_at: shop.service.clock.now(),
    }
}

fn low(product: &Product, version: i64, available: i64, threshold: i64) -> LowStockThresholdReached {
    LowStockThresholdReached {
        aggregate_version: version,
        inventory_item_id: item(product),
        product_id: product.id,
        variant_id: Some(product.variants[0].id),
        sku: product.variants[0].sku.clone(),
        product_name: None,
        warehouse_id: WarehouseId::new(),
        current_quantity_available: available,
        reorder_threshold: threshold,
        target_stock_level: None,
    }
}

async fn state(shop: &Shop, product: &Product) -> StockState {
    shop.read(product.id).await.variants[0].stock_state
}

#[tokio::test]
async fn what_arrives_is_in_stock_and_what_sells_out_is_not() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    shop.service.publish(level(&made, 2, 5)).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
    assert_eq!(shop.names("inStock=true").await, ["Boots"]);
    assert_eq!(shop.list("facets=true").await.facets.unwrap().in_stock, 1);
    assert_eq!(shop.read(made.id).await.version, 1, "stock is not part of the product");
    shop.service.publish(level(&made, 3, 0)).await;
    shop.service.publish(sold_out(&made, 3)).await;
    assert_eq!(state(&shop, &made).await, StockState::OutOfStock);
    assert!(shop.names("inStock=true").await.is_empty());
    shop.service.clock.advance(Duration::from_secs(1));
    shop.service.publish(back(&shop, &made, 4)).await;
    shop.service.publish(level(&made, 4, 4)).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
}

#[tokio::test]
async fn an_older_message_that_comes_late_changes_nothing() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    shop.service.publish(level(&made, 5, 9)).await;
    shop.service.publish(level(&made, 4, 0)).await;
    shop.service.publish(sold_out(&made, 4)).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
    let late = shop.service.publish(level(&made, 6, 0)).await;
    shop.service.publish(level(&made, 7, 3)).await;
    shop.service.redeliver(&late).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
}

#[tokio::test]
async fn the_end_of_stock_heard_after_its_return_is_old_news() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let mut end = shop.service.publish(sold_out(&made, 3)).await;
    assert_eq!(state(&shop, &made).await, StockState::OutOfStock);
    shop.service.clock.advance(Duration::from_secs(5));
    shop.service.publish(back(&shop, &made, 2)).await;
    end.message_id = Id::<()>::new().uuid();
    shop.service.redeliver(&end).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
}

#[tokio::test]
async fn stock_nobody_may_sell_is_not_in_stock() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    shop.service.publish(level(&made, 2, 5)).await;
    shop.service
        .publish(StockLevelChanged { inventory_item_id: InventoryItemId::new(), ..level(&made, 2, 8) })
        .await;
    shop.service.publish(level(&made, 3, 0)).await;
    shop.service.publish(sold_out(&made, 3)).await;
    assert_eq!(
        state(&shop, &made).await,
        StockState::OutOfStock,
        "the other eight lie where nothing is sold"
    );
    shop.service.publish(level(&made, 4, 1)).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
}

#[tokio::test]
async fn few_pieces_are_called_few() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    shop.service.publish(level(&made, 2, 3)).await;
    shop.service.publish(low(&made, 2, 3, 3)).await;
    assert_eq!(state(&shop, &made).await, StockState::LowStock);
    assert_eq!(shop.names("inStock=true").await, ["Boots"]);
    shop.service.publish(level(&made, 3, 50)).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock);
}

#[tokio::test]
async fn numbers_are_not_for_the_public() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    shop.service.publish(level(&made, 2, 4242)).await;
    for path in [format!("/api/products/{}", made.id), "/api/products?facets=true".into()] {
        assert!(!shop.service.get(&path).await.expect(200).text().contains("4242"));
    }
}

#[tokio::test]
async fn a_reader_who_keeps_an_answer_learns_of_new_stock() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    let tag = shop.service.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    shop.service.publish(level(&made, 2, 4)).await;
    let fresh = shop.service.get(&path).header("if-none-match", &tag).await.expect(200);
    let tag = fresh.header("etag").unwrap().to_owned();
    shop.service.get(&path).header("if-none-match", &tag).await.expect(304);
    shop.patch(&path)
        .header("if-match", &tag)
        .raw("application/merge-patch+json", r#"{"brand": "B"}"#)
        .await
        .expect(200);
}

#[tokio::test]
async fn messages_about_strangers_are_passed_over() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let stranger = Product { id: crate::support::nobody(), ..made.clone() };
    shop.service.publish(level(&stranger, 2, 4)).await;
    shop.service.publish(sold_out(&stranger, 2)).await;
    assert_eq!(state(&shop, &made).await, StockState::OutOfStock);
    let unnamed = StockLevelChanged { variant_id: None, ..level(&made, 2, 4) };
    shop.service.publish(unnamed).await;
    assert_eq!(state(&shop, &made).await, StockState::InStock, "a message may name the SKU only");
}
