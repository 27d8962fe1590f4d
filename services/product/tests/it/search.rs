//! `GET /api/products?q=` and `/api/products/suggest`.

use crate::support::{Shop, product_of, variant, variant_with};
use api::product::{Suggestions, WriteProduct};
use serde_json::json;

async fn fill(shop: &Shop) {
    let kitchen = shop.category("Kitchen", None).await.id;
    let outdoor = shop.category("Outdoor", None).await.id;
    let rows = [
        ("Automatic Espresso Machine", "Home & Co", kitchen, "ESP-1", "Brews coffee"),
        ("Drip Coffee Maker", "Home & Co", kitchen, "DRIP-1", "For the morning"),
        ("Alpine Backpack", "Daybird", outdoor, "OUT-0002", "Carries an espresso pot"),
        ("Wanderer Boots", "Daybird", outdoor, "OUT-0001", "For long ways"),
    ];
    for (name, brand, category, sku, description) in rows {
        let body = WriteProduct {
            brand: Some(brand.into()),
            description: description.into(),
            ..product_of(name, category, vec![variant_with(sku, 1_000, &[("Colour", "Slate Grey")])])
        };
        shop.product(&body).await;
    }
}

#[tokio::test]
async fn words_are_found_in_every_text_and_the_name_counts_most() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let cases: [(&str, &[&str]); 8] = [
        ("espresso", &["Automatic Espresso Machine", "Alpine Backpack"]),
        ("esspreso", &["Automatic Espresso Machine", "Alpine Backpack"]),
        ("coffe", &["Drip Coffee Maker", "Automatic Espresso Machine"]),
        ("daybird boots", &["Wanderer Boots"]),
        ("OUT-0002", &["Alpine Backpack"]),
        ("backpak", &["Alpine Backpack"]),
        ("wand", &["Wanderer Boots"]),
        ("qqqqqq", &[]),
    ];
    for (q, expected) in cases {
        let found = shop.names(&format!("q={}", q.replace(' ', "%20"))).await;
        let expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert!(found.starts_with(&expected) && (!expected.is_empty() || found.is_empty()), "{q}: {found:?}");
    }
    assert_eq!(
        shop.names("q=outdoor&sort=name").await,
        ["Alpine Backpack", "Wanderer Boots"],
        "categories are words too"
    );
    assert_eq!(shop.names("q=slate%20grey").await.len(), 4, "and so are options");
}

#[tokio::test]
async fn search_and_filters_go_together() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let page = shop.list("q=espresso&brand=daybird&facets=true&count=true").await;
    assert_eq!(page.items[0].name, "Alpine Backpack");
    assert_eq!((page.total, page.facets.unwrap().brands.len()), (Some(1), 1));
}

#[tokio::test]
async fn matches_can_be_walked_page_by_page() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let whole = shop.names("q=grey").await;
    let (mut seen, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let page = shop.list(&format!("q=grey&limit=1&cursor={cursor}")).await;
        seen.extend(page.items.into_iter().map(|own| own.name));
        next = page.next_cursor;
    }
    assert_eq!((seen.len(), &seen), (4, &whole));
}

#[tokio::test]
async fn a_change_is_found_at_once() {
    let shop = Shop::open().await;
    let made = shop.simple("Kettle", 100).await;
    assert_eq!(shop.names("q=kettle").await, ["Kettle"]);
    let path = format!("/api/products/{}", made.id);
    shop.patch(&path)
        .raw("application/merge-patch+json", json!({"name": "Teapot"}).to_string())
        .await
        .expect(200);
    assert_eq!(shop.names("q=teapot").await, ["Teapot"]);
    assert!(shop.names("q=kettle%20").await.len() <= 1);
    shop.delete(&path).await.expect(204);
    assert!(shop.names("q=teapot").await.is_empty());
}

#[tokio::test]
async fn drafts_are_not_found() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let body = WriteProduct { status: None, ..product_of("Secret lamp", category, vec![variant("L", 1)]) };
    shop.product(&body).await;
    assert!(shop.names("q=secret").await.is_empty());
    let found: Suggestions = shop.service.get("/api/products/suggest?q=sec").await.expect(200).json();
    assert!(found.products.is_empty());
}

#[tokio::test]
async fn while_one_types_products_categories_and_brands_are_suggested() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let suggest = async |q: &str| -> Suggestions {
        shop.service.get(&format!("/api/products/suggest?q={q}")).await.expect(200).json()
    };
    let found = suggest("esp").await;
    assert_eq!(found.products[0].name, "Automatic Espresso Machine");
    assert_eq!(found.products[0].price_from.minor, 1_000);
    let found = suggest("kit").await;
    assert_eq!(
        found.categories.iter().map(|own| (own.name.as_str(), own.count)).collect::<Vec<_>>(),
        [("Kitchen", 2)]
    );
    assert_eq!(suggest("day").await.brands, ["Daybird"]);
    assert_eq!(suggest("").await, Suggestions::default());
    assert_eq!(suggest("%20%26").await, Suggestions::default());
    let long = "a".repeat(201);
    shop.service.get(&format!("/api/products/suggest?q={long}")).await.problem(422, "validation");
}
