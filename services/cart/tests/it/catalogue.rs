//! What the catalogue's events do to lines in carts.

use crate::stories::{Article, Shop, user};
use api::cart::CartUpdated;
use api::ids::{OrderId, UserId};
use api::product::{
    ProductDeleted, ProductPriceUpdated, ProductStatus, ProductStatusChanged, ProductVariantRemoved,
};
use api::shared::{Actor, PriceRecord};
use base::{Currency, Money, Timestamp};
use std::time::Duration;

fn priced(article: Article, base: i64, sale: Option<i64>, at: Timestamp) -> ProductPriceUpdated {
    let money = |minor| Money::new(minor, Currency::EUR);
    ProductPriceUpdated {
        product_id: article.product_id,
        aggregate_version: 5,
        variant_id: article.variant_id,
        old_price: None,
        new_price: PriceRecord {
            base: money(base),
            sale: sale.map(money),
            effective_from: None,
            effective_until: None,
            tax_class: "standard".into(),
        },
        updated_at: at,
        updated_by: Actor::system(),
    }
}

fn status(article: Article, new_status: ProductStatus, at: Timestamp) -> ProductStatusChanged {
    ProductStatusChanged {
        product_id: article.product_id,
        aggregate_version: 5,
        old_status: ProductStatus::Active,
        new_status,
        changed_at: at,
        changed_by: Actor::system(),
    }
}

/// (price, previous price, available) of the first line, as it is known.
async fn line(shop: &Shop, user: UserId) -> (i64, Option<i64>, bool) {
    shop.world().product_is_down = true;
    let line = shop.cart(user).await.items.remove(0);
    shop.world().product_is_down = false;
    (line.item.unit_price.minor, line.previous_price.map(|price| price.minor), line.available)
}

#[tokio::test]
async fn a_new_price_reaches_every_open_cart_and_no_locked_one() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 500);
    let shoppers: Vec<_> = (0..45).map(|_| user()).collect();
    for shopper in &shoppers {
        shop.put(*shopper, mug, 1).await;
    }
    let held = shop.locked(shoppers[0], OrderId::new()).await;
    let later = shop.clock.now() + Duration::from_secs(1);
    shop.publish(priced(mug, 1500, Some(1100), later)).await;
    for shopper in &shoppers[1..] {
        assert_eq!(line(&shop, *shopper).await, (1100, Some(1290), true));
    }
    assert_eq!(line(&shop, shoppers[0]).await, (1290, None, true));
    assert_eq!(shop.locked(shoppers[0], held.order_id).await, held);
    shop.publish(priced(mug, 9999, None, later - Duration::from_secs(100))).await;
    assert_eq!(line(&shop, shoppers[1]).await.0, 1100, "the older news came late");
    assert_eq!(shop.published::<CartUpdated>().await.len(), 45 + 44);
}

#[tokio::test]
async fn a_product_off_sale_is_marked_and_comes_back() {
    let shop = Shop::open().await;
    let (ada, mug, plate) = (user(), shop.article(1290, 50), shop.article(500, 50));
    shop.put(ada, mug, 1).await;
    let eve = user();
    shop.put(eve, plate, 1).await;
    let now = shop.clock.now();
    shop.publish(status(mug, ProductStatus::Inactive, now)).await;
    assert!(!line(&shop, ada).await.2);
    assert!(line(&shop, eve).await.2);
    shop.publish(status(mug, ProductStatus::Discontinued, now)).await;
    assert!(line(&shop, ada).await.2, "what is left is still sold");
    let deleted = ProductDeleted {
        product_id: mug.product_id,
        aggregate_version: 6,
        deletion_reason: None,
        deleted_at: now,
        deleted_by: Actor::system(),
    };
    let event = shop.publish(deleted).await;
    shop.redeliver(&event).await;
    assert!(!line(&shop, ada).await.2);
    assert_eq!(shop.published::<CartUpdated>().await.len(), 2 + 3);
}

#[tokio::test]
async fn only_the_removed_variant_is_marked() {
    let shop = Shop::open().await;
    let (ada, eve, blue) = (user(), user(), shop.article(1290, 50));
    let red = shop.article(1290, 50);
    shop.put(ada, blue, 1).await;
    shop.put(eve, red, 1).await;
    let removed = ProductVariantRemoved {
        product_id: blue.product_id,
        aggregate_version: 6,
        variant_id: blue.variant_id,
        sku: "SKU".into(),
        removed_at: shop.clock.now(),
        removed_by: Actor::system(),
    };
    shop.publish(removed).await;
    assert_eq!((line(&shop, ada).await.2, line(&shop, eve).await.2), (false, true));
}
