//! `POST /internal/products/availability`.

use crate::support::{Shop, eur, nobody, product_of, variant, variant_with};
use api::product::{
    AvailabilityAnswer, AvailabilityLine, AvailabilityProblem as Problem, AvailabilityRequest, Product,
    SetPrice,
};
use base::{Currency, Money};
use serde_json::json;
use std::time::Duration;

fn line(product: &Product, index: usize, quantity: i64) -> AvailabilityLine {
    AvailabilityLine { product_id: product.id, variant_id: Some(product.variants[index].id), quantity }
}

async fn ask(shop: &Shop, request: &AvailabilityRequest) -> AvailabilityAnswer {
    shop.service
        .post("/internal/products/availability")
        .as_service("order")
        .json(request)
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn price_and_quantity_are_those_of_this_moment() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let variants =
        vec![variant_with("S-R", 900, &[("Colour", "Red")]), variant_with("S-B", 950, &[("Colour", "Blue")])];
    let made = shop.product(&product_of("Shirt", category, variants)).await;
    shop.inventory.has(made.variants[1].id, 7);
    let answer = ask(&shop, &AvailabilityRequest::of(vec![line(&made, 1, 7), line(&made, 0, 1)])).await;
    let first = &answer.lines[0];
    assert_eq!((first.sku.as_str(), first.name.as_str()), ("S-B", "Shirt – Blue"));
    assert_eq!((first.unit_price, first.available_quantity, first.problem), (Some(eur(950)), 7, None));
    assert_eq!(
        (first.sellable, first.tax_class.as_str(), first.attributes["Colour"].as_str()),
        (true, "standard", "Blue")
    );
    assert_eq!(answer.lines[1].problem, Some(Problem::InsufficientStock));
    assert!(!answer.stale);
}

#[tokio::test]
async fn the_only_variant_need_not_be_named() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    shop.inventory.has(made.variants[0].id, 2);
    let wish = AvailabilityLine { variant_id: None, ..line(&made, 0, 2) };
    let answer = ask(&shop, &AvailabilityRequest::of(vec![wish])).await;
    assert_eq!(
        (answer.lines[0].variant_id, answer.lines[0].name.as_str()),
        (Some(made.variants[0].id), "Boots")
    );
    assert_eq!(answer.lines[0].problem, None);
}

#[tokio::test]
async fn lines_of_the_same_variant_share_what_there_is() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    shop.inventory.has(made.variants[0].id, 3);
    let answer = ask(&shop, &AvailabilityRequest::of(vec![line(&made, 0, 2), line(&made, 0, 2)])).await;
    let problems: Vec<_> = answer.lines.iter().map(|line| line.problem).collect();
    assert_eq!(problems, [Some(Problem::InsufficientStock); 2]);
}

#[tokio::test]
async fn each_line_has_its_own_problem() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    let gone = shop.simple("Gone", 500).await;
    let two = shop
        .product(&product_of(
            "Two",
            shop.some_category().await,
            vec![variant_with("T-1", 1, &[("N", "1")]), variant_with("T-2", 1, &[("N", "2")])],
        ))
        .await;
    shop.put(&format!("/api/products/{}/status", gone.id))
        .json(&json!({"status": "INACTIVE"}))
        .await
        .expect(200);
    for own in [&made, &gone] {
        shop.inventory.has(own.variants[0].id, 9);
    }
    let stranger = AvailabilityLine { product_id: nobody(), variant_id: None, quantity: 1 };
    let foreign =
        AvailabilityLine { product_id: made.id, variant_id: Some(gone.variants[0].id), quantity: 1 };
    let unnamed = AvailabilityLine { product_id: two.id, variant_id: None, quantity: 1 };
    let request = AvailabilityRequest::of(vec![
        line(&made, 0, 1),
        line(&gone, 0, 1),
        stranger,
        foreign,
        unnamed,
        line(&two, 0, 1),
    ]);
    let answer = ask(&shop, &request).await;
    let problems: Vec<_> = answer.lines.iter().map(|line| line.problem).collect();
    let not_found = Some(Problem::NotFound);
    assert_eq!(
        problems,
        [None, Some(Problem::NotSellable), not_found, not_found, not_found, Some(Problem::InsufficientStock)]
    );
    let usd = AvailabilityRequest {
        currency: "USD".parse().ok(),
        ..AvailabilityRequest::of(vec![line(&made, 0, 1)])
    };
    let answer = ask(&shop, &usd).await;
    assert_eq!((answer.lines[0].problem, answer.lines[0].unit_price), (Some(Problem::NoPrice), None));
}

#[tokio::test]
async fn what_is_discontinued_is_sold_while_it_lasts() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    shop.inventory.has(made.variants[0].id, 1);
    shop.put(&format!("/api/products/{}/status", made.id))
        .json(&json!({"status": "DISCONTINUED"}))
        .await
        .expect(200);
    let answer = ask(&shop, &AvailabilityRequest::of(vec![line(&made, 0, 1)])).await;
    assert_eq!(answer.lines[0].problem, None);
}

#[tokio::test]
async fn without_the_inventory_the_remembered_quantity_is_told_and_called_so() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    shop.service.publish(crate::stock::level(&made, 1, 4)).await;
    shop.inventory.is_down(true);
    let answer = ask(&shop, &AvailabilityRequest::of(vec![line(&made, 0, 4)])).await;
    assert!(answer.stale);
    assert_eq!((answer.lines[0].available_quantity, answer.lines[0].problem), (4, None));
}

#[tokio::test]
async fn a_planned_price_holds_the_moment_it_begins_even_before_it_is_told() {
    let shop = Shop::open().await;
    let mut own = variant("A", 1_000);
    own.other_prices = vec![SetPrice::plain(Money::new(1_100, Currency::USD))];
    let made = shop.product(&product_of("Boots", shop.some_category().await, vec![own])).await;
    let start = shop.service.clock.now() + Duration::from_secs(60);
    let path = format!("/api/products/{}/variants/{}/price", made.id, made.variants[0].id);
    shop.put(&path)
        .json(&SetPrice { effective_from: Some(start), ..SetPrice::plain(eur(1_500)) })
        .await
        .expect(200);
    shop.service.clock.advance(Duration::from_secs(60));
    let mut request = AvailabilityRequest::of(vec![line(&made, 0, 1)]);
    assert_eq!(ask(&shop, &request).await.lines[0].unit_price, Some(eur(1_500)));
    request.currency = Some(Currency::USD);
    assert_eq!(ask(&shop, &request).await.lines[0].unit_price, Some(Money::new(1_100, Currency::USD)));
    shop.service.settle().await;
}

#[tokio::test]
async fn only_services_with_the_scope_may_ask() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    let request = || {
        shop.service
            .post("/internal/products/availability")
            .json(&AvailabilityRequest::of(vec![line(&made, 0, 1)]))
    };
    request().await.problem(401, "unauthenticated");
    request().as_staff(&crate::support::CATALOG_MANAGER).await.problem(403, "forbidden");
    request().as_service("payment").await.problem(403, "forbidden");
    request().as_service("cart").await.expect(200);
}

#[tokio::test]
async fn impossible_questions_are_refused() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 500).await;
    let ask = |lines: Vec<AvailabilityLine>| {
        shop.service
            .post("/internal/products/availability")
            .as_service("cart")
            .json(&AvailabilityRequest::of(lines))
    };
    ask(vec![]).await.problem(422, "validation");
    ask(vec![line(&made, 0, 0)]).await.problem(422, "validation");
    ask(vec![line(&made, 0, -1)]).await.problem(422, "validation");
    ask(vec![line(&made, 0, i64::MAX)]).await.problem(422, "validation");
    ask(vec![line(&made, 0, 1); 201]).await.problem(422, "validation");
}
