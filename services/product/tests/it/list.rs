//! `GET /api/products`: filters, order, pages, facets.

use crate::support::{CATALOG_MANAGER, Shop, product_of, variant, variant_with};
use api::ids::CategoryId;
use api::product::{ProductPage, WriteProduct};
use std::time::Duration;

/// Five products: name, brand, tag, price, colour.
async fn fill(shop: &Shop, category: CategoryId) {
    let rows = [
        ("Alpha", "Acme", "new", 1_000, "Red"),
        ("Bravo", "acme", "new", 3_000, "Blue"),
        ("Charlie", "Zeta", "old", 2_000, "Red"),
        ("Delta", "Zeta", "old", 2_000, "Green"),
        ("Echo", "Müller", "old", 99_000, "Red"),
    ];
    for (name, brand, tag, minor, colour) in rows {
        let body = WriteProduct {
            brand: Some(brand.into()),
            tags: vec![tag.into()],
            ..product_of(name, category, vec![variant_with(name, minor, &[("Colour", colour)])])
        };
        shop.product(&body).await;
        shop.service.clock.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn filters_of_one_kind_widen_and_of_several_kinds_narrow() {
    let shop = Shop::open().await;
    fill(&shop, shop.some_category().await).await;
    let cases: [(&str, &[&str]); 14] = [
        ("", &["Alpha", "Bravo", "Charlie", "Delta", "Echo"]),
        ("brand=ACME", &["Alpha", "Bravo"]),
        ("brand=acme&brand=m%C3%BCller", &["Alpha", "Bravo", "Echo"]),
        ("brand=muller", &["Echo"]),
        ("brand=zeta&tag=old&attr.Colour=Red", &["Charlie"]),
        ("attr.colour=red", &["Alpha", "Charlie", "Echo"]),
        ("attr.Colour=Red&attr.Colour=Green", &["Alpha", "Charlie", "Delta", "Echo"]),
        ("priceMin=2000", &["Bravo", "Charlie", "Delta", "Echo"]),
        ("priceMin=2000&priceMax=3000", &["Bravo", "Charlie", "Delta"]),
        ("priceMax=999", &[]),
        ("inStock=true", &[]),
        ("inStock=false&tag=new", &["Alpha", "Bravo"]),
        ("brand=nobody", &[]),
        ("unknown=1&brand=", &["Alpha", "Bravo", "Charlie", "Delta", "Echo"]),
    ];
    for (query, expected) in cases {
        assert_eq!(shop.names(&format!("sort=name&{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn every_order_can_be_walked_page_by_page() {
    let shop = Shop::open().await;
    fill(&shop, shop.some_category().await).await;
    for sort in ["name", "-name", "price", "-price", "newest", "-newest", "rating", "-rating", "relevance"] {
        let whole = shop.names(&format!("sort={sort}&limit=100")).await;
        assert_eq!(whole.len(), 5);
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        let mut pages = 0;
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = shop.list(&format!("sort={sort}&limit=2&count=true{after}")).await;
            assert_eq!(page.total, Some(5));
            assert_eq!(page.prev_cursor.is_some(), pages > 0, "{sort}");
            seen.extend(page.items.into_iter().map(|own| own.name));
            pages += 1;
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((seen, pages), (whole, 3), "{sort}");
    }
}

#[tokio::test]
async fn one_can_turn_back_a_page() {
    let shop = Shop::open().await;
    fill(&shop, shop.some_category().await).await;
    let first = shop.list("sort=name&limit=2").await;
    let second = shop.list(&format!("sort=name&limit=2&cursor={}", first.next_cursor.unwrap())).await;
    let back = shop.list(&format!("sort=name&limit=2&cursor={}", second.prev_cursor.unwrap())).await;
    assert_eq!(back.items, first.items);
    assert!(back.prev_cursor.is_none() && back.next_cursor.is_some());
}

#[tokio::test]
async fn a_cursor_belongs_to_its_own_question() {
    let shop = Shop::open().await;
    fill(&shop, shop.some_category().await).await;
    let cursor = shop.list("sort=name&limit=2").await.next_cursor.unwrap();
    for query in ["sort=price", "sort=name&brand=acme", "sort=-name", "sort=name&q=alpha"] {
        shop.service
            .get(&format!("/api/products?limit=2&{query}&cursor={cursor}"))
            .await
            .problem(422, "bad-cursor");
    }
    for forged in ["x", "", "AAAA", "%00"] {
        let answer = shop.service.get(&format!("/api/products?sort=name&cursor={forged}")).await;
        assert!(matches!(answer.status.as_u16(), 200 | 400 | 422), "{forged}: {}", answer.text());
    }
    shop.list(&format!("sort=name&limit=3&cursor={cursor}")).await;
}

#[tokio::test]
async fn a_product_added_while_one_pages_moves_nothing() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    fill(&shop, category).await;
    let first = shop.list("sort=name&limit=2").await;
    shop.product(&product_of("Aardvark", category, vec![variant("AA", 1)])).await;
    let second = shop.names(&format!("sort=name&limit=2&cursor={}", first.next_cursor.unwrap())).await;
    assert_eq!(second, ["Charlie", "Delta"]);
}

#[tokio::test]
async fn facets_count_what_was_filtered() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    fill(&shop, category).await;
    let page = shop.list("facets=true&tag=old&limit=1").await;
    assert_eq!(page.items.len(), 1);
    let facets = page.facets.unwrap();
    let values = |counts: &[api::product::ValueCount]| {
        counts.iter().map(|own| (own.value.clone(), own.count)).collect::<Vec<_>>()
    };
    assert_eq!(values(&facets.brands), [("Zeta".to_owned(), 2), ("Müller".to_owned(), 1)]);
    assert_eq!(values(&facets.attributes["Colour"]), [("Red".to_owned(), 2), ("Green".to_owned(), 1)]);
    assert_eq!((facets.categories[0].category_id, facets.categories[0].count), (category, 3));
    assert_eq!(facets.prices.iter().map(|band| band.count).sum::<u64>(), 3);
    assert_eq!(facets.in_stock, 0);
    assert!(shop.list("").await.facets.is_none());
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    fill(&shop, category).await;
    let first = shop.service.get("/api/products?sort=name").await.expect(200);
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    shop.service.get("/api/products?sort=name").header("if-none-match", &tag).await.expect(304);
    shop.product(&product_of("New", category, vec![variant("N", 1)])).await;
    shop.service.get("/api/products?sort=name").header("if-none-match", &tag).await.expect(200);
}

#[tokio::test]
async fn impossible_questions_are_refused_with_the_parameter() {
    let shop = Shop::open().await;
    let cases = [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("sort=cheap", "/sort"),
        ("categoryId=1", "/categoryId"),
        ("priceMin=-1", "/priceMin"),
        ("priceMax=1.5", "/priceMax"),
        ("inStock=maybe", "/inStock"),
        ("status=GONE", "/status"),
        ("count=2", "/count"),
        ("currency=eur", "/currency"),
    ];
    for (query, pointer) in cases {
        let answer = shop.service.get(&format!("/api/products?{query}")).as_staff(&CATALOG_MANAGER).await;
        let problem = answer.problem(422, "validation");
        assert_eq!(problem.errors[0].pointer, pointer, "{query}");
    }
    let long = "a".repeat(201);
    shop.service.get(&format!("/api/products?q={long}")).await.problem(422, "validation");
    let many: String = (0..51).map(|n| format!("brand={n}&")).collect::<Vec<_>>().concat();
    shop.service.get(&format!("/api/products?{many}")).await.problem(422, "validation");
}

#[tokio::test]
async fn an_empty_shop_has_an_empty_list() {
    let shop = Shop::open().await;
    let page: ProductPage = shop.list("facets=true&count=true").await;
    assert!(page.items.is_empty() && page.next_cursor.is_none() && page.prev_cursor.is_none());
    assert_eq!((page.total, page.facets), (Some(0), Some(Default::default())));
}
