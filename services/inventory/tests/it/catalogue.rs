//! What the catalogue's events do to stock.

use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{InventoryItemCreated, ItemStatus, OutOfStock};
use api::product::{
    ProductCreated, ProductDeleted, ProductStatus, ProductVariantAdded, ProductVariantRemoved,
    ProductVariantUpdated,
};
use api::shared::{Actor, PriceRecord, VariantSnapshot};
use base::{Currency, Money, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

fn snapshot(article: &Article) -> VariantSnapshot {
    VariantSnapshot {
        variant_id: article.variant_id,
        sku: article.sku.clone(),
        name: "Blue".into(),
        attributes: Default::default(),
        price: PriceRecord {
            base: Money::new(1290, Currency::EUR),
            sale: None,
            effective_from: None,
            effective_until: None,
            tax_class: "standard".into(),
        },
        weight_grams: None,
        barcode: None,
        position: 0,
    }
}

fn created(articles: &[Article], version: i64) -> ProductCreated {
    ProductCreated {
        product_id: articles[0].product_id,
        aggregate_version: version,
        name: "Mug Ærø".into(),
        slug: "mug".into(),
        description: String::new(),
        sku: articles[0].sku.clone(),
        brand: None,
        tags: vec![],
        status: ProductStatus::Active,
        categories: vec![],
        variants: articles.iter().map(snapshot).collect(),
        is_hazardous_material: false,
        country_of_origin: None,
        list_price: None,
        metadata: None,
        created_at: NOW,
        created_by: Actor::system(),
    }
}

fn sibling(article: &Article) -> Article {
    Article { product_id: article.product_id, ..Article::new() }
}

fn updated(article: &Article, version: i64) -> ProductVariantUpdated {
    ProductVariantUpdated {
        product_id: article.product_id,
        aggregate_version: version,
        variant_id: article.variant_id,
        updated_fields: vec!["sku".into()],
        variant: snapshot(article),
        updated_at: NOW,
    }
}

fn deleted(article: &Article) -> ProductDeleted {
    ProductDeleted {
        product_id: article.product_id,
        aggregate_version: 9,
        deletion_reason: None,
        deleted_at: NOW,
        deleted_by: Actor::system(),
    }
}

#[tokio::test]
async fn a_new_product_gets_one_empty_item_per_variant() {
    let shop = Inventory::open().await;
    let blue = Article::new();
    let red = sibling(&blue);
    let event = shop.publish(created(&[blue.clone(), red], 1)).await;
    shop.redeliver(&event).await;
    shop.publish(created(std::slice::from_ref(&blue), 1)).await;
    let items = shop.items(&blue).await;
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.on_hand == 0 && item.status == ItemStatus::Active));
    assert_eq!(shop.published::<InventoryItemCreated>().await.len(), 2);
}

#[tokio::test]
async fn stock_may_be_counted_before_the_product_is_heard_of() {
    let shop = Inventory::open().await;
    let blue = shop.article(4).await;
    shop.publish(created(std::slice::from_ref(&blue), 1)).await;
    assert_eq!(shop.levels(&blue).await, (4, 0));
    shop.reserved(&[blue.line(4)]).await;
    shop.settle().await;
    let out = shop.published::<OutOfStock>().await;
    assert_eq!(out[0].product_name.as_deref(), Some("Mug Ærø"));
}

#[tokio::test]
async fn variants_come_change_their_sku_and_go() {
    let shop = Inventory::open().await;
    let blue = Article::new();
    shop.publish(created(std::slice::from_ref(&blue), 1)).await;
    let red = sibling(&blue);
    let added = ProductVariantAdded {
        product_id: red.product_id,
        aggregate_version: 2,
        variant: snapshot(&red),
        created_at: NOW,
    };
    shop.publish(added).await;
    assert_eq!(shop.items(&blue).await.len(), 2);
    let renamed = Article { sku: "RED-2".into(), ..red.clone() };
    shop.publish(updated(&renamed, 4)).await;
    let late = Article { sku: "RED-1".into(), ..red.clone() };
    shop.publish(updated(&late, 3)).await;
    let path = "/api/inventory/items?sku=RED-2";
    let found = shop.get(path).as_staff(MANAGER).await.expect(200).value();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "the older change came late");
    let removed = ProductVariantRemoved {
        product_id: red.product_id,
        aggregate_version: 5,
        variant_id: red.variant_id,
        sku: "RED-2".into(),
        removed_at: NOW,
        removed_by: Actor::system(),
    };
    shop.publish(removed).await;
    let status: Vec<_> = shop.items(&blue).await.iter().map(|item| item.status).collect();
    assert_eq!(status, [ItemStatus::Active, ItemStatus::Discontinued]);
    let reused = Article { sku: "RED-2".into(), ..Article::new() };
    shop.publish(created(&[reused], 1)).await;
    let found = shop.get(path).as_staff(MANAGER).await.expect(200).value();
    assert_eq!(found["items"].as_array().unwrap().len(), 2, "a SKU is free once its variant is gone");
}

#[tokio::test]
async fn what_is_held_of_a_deleted_product_still_ships_and_nothing_more_is_sold() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let held = shop.confirmed(&[article.line(2)]).await;
    shop.publish(deleted(&article)).await;
    assert_eq!(shop.item(&article).await.status, ItemStatus::Discontinued);
    shop.ask(base::Id::new(), &[article.line(1)]).await.problem(409, "insufficient-stock");
    assert_eq!(shop.published::<OutOfStock>().await.len(), 0, "nobody refills what is not sold any more");
    let _released = shop.step(held.order_id, "cancel").await.expect(200);
    assert_eq!(shop.levels(&article).await, (5, 0));
    shop.publish(deleted(&Article::new())).await;
    shop.assert_sound().await;
}
