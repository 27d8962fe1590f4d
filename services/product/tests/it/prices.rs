//! `/api/products/{id}/variants/{variantId}/price`.

use crate::support::{CATALOG_MANAGER, Shop, eur, unchanged};
use api::product::{Product, ProductPriceUpdated, SetPrice};
use auth::Role;
use base::{Currency, Money};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn path(product: &Product) -> String {
    format!("/api/products/{}/variants/{}/price", product.id, product.variants[0].id)
}

async fn costs(shop: &Shop, product: &Product) -> i64 {
    shop.read(product.id).await.variants[0].effective_price.minor
}

#[tokio::test]
async fn a_new_price_holds_at_once_and_is_told() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let wish = SetPrice { sale: Some(eur(700)), ..SetPrice::plain(eur(900)) };
    let after: Product = shop.put(&path(&made)).json(&wish).await.expect(200).json();
    assert_eq!(after.variants[0].effective_price, eur(700));
    assert_eq!((costs(&shop, &made).await, after.version), (700, 2));
    let told = shop.service.published::<ProductPriceUpdated>().await;
    assert_eq!((told.len(), told[0].aggregate_version), (1, 2));
    assert_eq!(told[0].old_price.as_ref().map(|price| price.base), Some(eur(1_000)));
    assert_eq!((told[0].new_price.base, told[0].new_price.sale), (eur(900), Some(eur(700))));
    shop.put(&path(&made)).json(&wish).await.expect(200);
    assert_eq!(
        shop.service.published::<ProductPriceUpdated>().await.len(),
        1,
        "the same price again is no news"
    );
}

#[tokio::test]
async fn a_planned_price_begins_when_its_time_has_come_and_not_before() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let start = shop.service.clock.now() + HOUR;
    let wish = SetPrice { effective_from: Some(start), ..SetPrice::plain(eur(1_200)) };
    let planned: Product = shop.put(&path(&made)).json(&wish).await.expect(200).json();
    assert_eq!(planned.variants[0].planned_prices.len(), 1);
    assert_eq!(costs(&shop, &made).await, 1_000);
    assert!(shop.read(made.id).await.variants[0].planned_prices.is_empty(), "plans are not for shoppers");
    shop.service.after(Duration::from_secs(3599)).await;
    assert_eq!(costs(&shop, &made).await, 1_000);
    assert!(shop.service.published::<ProductPriceUpdated>().await.is_empty());
    shop.service.after(Duration::from_secs(1)).await;
    assert_eq!(costs(&shop, &made).await, 1_200);
    let told = shop.service.published::<ProductPriceUpdated>().await;
    assert_eq!((told.len(), told[0].new_price.base), (1, eur(1_200)));
    assert_eq!(shop.names("priceMin=1200").await, ["Boots"], "lists know it too");
    shop.service.after(HOUR).await;
    assert_eq!(shop.service.published::<ProductPriceUpdated>().await.len(), 1, "it begins once");
}

#[tokio::test]
async fn a_sale_ends_by_itself_and_gives_way_to_the_price_before() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let now = shop.service.clock.now();
    let wish = SetPrice {
        sale: Some(eur(600)),
        effective_from: Some(now + HOUR),
        effective_until: Some(now + 2 * HOUR),
        ..SetPrice::plain(eur(1_000))
    };
    shop.put(&path(&made)).json(&wish).await.expect(200);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(costs(&shop, &made).await);
        shop.service.after(HOUR).await;
    }
    assert_eq!(seen, [1_000, 600, 1_000, 1_000]);
    let told: Vec<_> = shop
        .service
        .published::<ProductPriceUpdated>()
        .await
        .iter()
        .map(|told| told.new_price.sale)
        .collect();
    assert_eq!(told, [Some(eur(600)), None]);
}

#[tokio::test]
async fn a_price_from_now_on_ends_all_plans() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let start = shop.service.clock.now() + HOUR;
    shop.put(&path(&made))
        .json(&SetPrice { effective_from: Some(start), ..SetPrice::plain(eur(2_000)) })
        .await
        .expect(200);
    shop.put(&path(&made)).json(&SetPrice::plain(eur(900))).await.expect(200);
    shop.service.after(2 * HOUR).await;
    assert_eq!(costs(&shop, &made).await, 900);
}

#[tokio::test]
async fn writing_a_product_leaves_its_planned_prices_alone() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let start = shop.service.clock.now() + HOUR;
    let planned = SetPrice { effective_from: Some(start), ..SetPrice::plain(eur(2_000)) };
    shop.put(&path(&made)).json(&planned).await.expect(200);
    let mut body = unchanged(&made);
    body.name = "Better boots".into();
    shop.put(&format!("/api/products/{}", made.id)).json(&body).await.expect(200);
    shop.service.after(HOUR).await;
    assert_eq!(costs(&shop, &made).await, 2_000);
}

#[tokio::test]
async fn a_price_in_another_currency_is_another_price() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let usd: Currency = "USD".parse().unwrap();
    let after: Product =
        shop.put(&path(&made)).json(&SetPrice::plain(Money::new(1_150, usd))).await.expect(200).json();
    assert_eq!(after.variants[0].effective_price, eur(1_000));
    assert_eq!(after.variants[0].other_prices[0].base, Money::new(1_150, usd));
    let told = shop.service.published::<ProductPriceUpdated>().await;
    assert_eq!((told[0].old_price.clone(), told[0].new_price.base.currency), (None, usd));
    let later = SetPrice {
        effective_from: Some(shop.service.clock.now() + HOUR),
        ..SetPrice::plain(Money::new(5, "CHF".parse().unwrap()))
    };
    shop.put(&path(&made)).json(&later).await.problem(422, "validation");
}

#[tokio::test]
async fn impossible_prices_are_refused() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let now = shop.service.clock.now();
    let wishes = [
        SetPrice::plain(eur(-1)),
        SetPrice::plain(eur(i64::MAX)),
        SetPrice { sale: Some(eur(1_000)), ..SetPrice::plain(eur(1_000)) },
        SetPrice { sale: Some(Money::new(1, Currency::USD)), ..SetPrice::plain(eur(1_000)) },
        SetPrice { effective_until: Some(now), ..SetPrice::plain(eur(1)) },
        SetPrice {
            effective_from: Some(now + 2 * HOUR),
            effective_until: Some(now + HOUR),
            ..SetPrice::plain(eur(1))
        },
        SetPrice { tax_class: "Standard rate".into(), ..SetPrice::plain(eur(1)) },
    ];
    for wish in wishes {
        shop.put(&path(&made)).json(&wish).await.problem(422, "validation");
    }
    assert_eq!(shop.read(made.id).await.version, 1);
}

#[tokio::test]
async fn plans_do_not_pile_up_without_end() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let now = shop.service.clock.now();
    let plan =
        |n: u32| SetPrice { effective_from: Some(now + n * HOUR), ..SetPrice::plain(eur(i64::from(n))) };
    for n in 1..20 {
        shop.put(&path(&made)).json(&plan(n)).await.expect(200);
    }
    shop.put(&path(&made)).json(&plan(20)).await.problem(422, "validation");
}

#[tokio::test]
async fn setting_prices_needs_the_right_to() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let request = || shop.service.put(&path(&made)).json(&SetPrice::plain(eur(1)));
    request().await.problem(401, "unauthenticated");
    request().as_staff(&[Role::InventoryManager]).await.problem(403, "forbidden");
    request().as_staff(&CATALOG_MANAGER).await.expect(200);
}
