//! `/api/inventory/availability` and `/internal/inventory/availability`.

use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{CheckStock, StockAnswers, StockQuery, StockState, VariantStocks};
use base::Id;
use serde_json::json;

fn query(article: &Article) -> StockQuery {
    StockQuery { product_id: article.product_id, variant_id: Some(article.variant_id) }
}

#[tokio::test]
async fn shoppers_learn_states_and_staff_learn_numbers() {
    let shop = Inventory::open().await;
    let articles = [shop.article(100).await, shop.article(5).await, shop.article(0).await, Article::new()];
    let ids: Vec<_> = articles.iter().map(|article| article.variant_id.to_string()).collect();
    let path = format!("/api/inventory/availability?variantIds={}", ids.join(","));
    let public: VariantStocks = shop.get(&path).await.expect(200).json();
    let states: Vec<_> = public.items.iter().map(|item| item.state).collect();
    use StockState::{InStock, LowStock, OutOfStock};
    assert_eq!(states, [InStock, LowStock, OutOfStock, OutOfStock]);
    assert!(public.items.iter().all(|item| item.available_quantity.is_none()));
    let staff: VariantStocks = shop.get(&path).as_staff(MANAGER).await.expect(200).json();
    let numbers: Vec<_> = staff.items.iter().map(|item| item.available_quantity.unwrap()).collect();
    assert_eq!(numbers, [100, 5, 0, 0]);
    let customer: VariantStocks = shop.get(&path).as_user(Id::new()).await.expect(200).json();
    assert_eq!(customer, public);
}

#[tokio::test]
async fn bad_lists_of_variants_are_refused() {
    let shop = Inventory::open().await;
    let many = vec![Id::<()>::new().to_string(); 51].join(",");
    for ids in ["", "mug", "%00", &many] {
        let answer = shop.get(&format!("/api/inventory/availability?variantIds={ids}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{ids}: {}", answer.text());
    }
    shop.get("/api/inventory/availability").await.problem(422, "validation");
}

#[tokio::test]
async fn services_get_sums_over_sellable_warehouses() {
    let shop = Inventory::open().await;
    let article = shop.article(10).await;
    let second = shop.warehouse("SECOND", 1).await;
    shop.transfer(&article, second.id, 4).await;
    shop.reserved(&[article.line(3)]).await;
    let ask = async |lines: Vec<StockQuery>| -> StockAnswers {
        let request = shop.post("/internal/inventory/availability").as_service("product");
        request.json(&CheckStock { lines }).await.expect(200).json()
    };
    let unknown = Article::new();
    let mut wrong_product = query(&article);
    wrong_product.product_id = Id::new();
    let implicit = StockQuery { variant_id: None, ..query(&article) };
    let answers = ask(vec![query(&article), query(&unknown), wrong_product, implicit]).await;
    let numbers: Vec<_> = answers.lines.iter().map(|line| line.available_quantity).collect();
    assert_eq!(numbers, [7, 0, 0, 7]);
    let close = json!({ "code": "SECOND", "name": "Closed", "sellable": false, "priority": 1 });
    let path = format!("/api/inventory/warehouses/{}", second.id);
    let _closed = shop.put(&path).as_staff(MANAGER).json(&close).await.expect(200);
    assert_eq!(ask(vec![query(&article)]).await.lines[0].available_quantity, 3);
    assert!(ask(vec![]).await.lines.is_empty());
    let too_many = CheckStock { lines: vec![query(&article); 501] };
    let request = shop.post("/internal/inventory/availability").as_service("product").json(&too_many);
    request.await.problem(422, "validation");
    let request = shop.post("/internal/inventory/availability").as_service("cart");
    request.json(&CheckStock { lines: vec![] }).await.problem(403, "forbidden");
}
