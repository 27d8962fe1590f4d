//! `/internal/inventory/stock/import`.

use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{ImportResult, ImportStock, ImportStockLine, InventoryItemCreated, StockLevelChanged};

fn line(article: &Article, quantity: i64) -> ImportStockLine {
    let Article { product_id, variant_id, sku } = article.clone();
    ImportStockLine { sku, product_id, variant_id, quantity }
}

#[tokio::test]
async fn importing_twice_changes_nothing_the_second_time() {
    let shop = Inventory::open().await;
    let articles: Vec<_> = (0..250).map(|_| Article::new()).collect();
    let lines: Vec<_> = articles.iter().zip(0..).map(|(article, quantity)| line(article, quantity)).collect();
    let body = ImportStock { lines };
    let first: ImportResult = shop.import(&body).await.expect(200).json();
    assert_eq!((first.created, first.changed, first.unchanged), (250, 249, 0));
    let second: ImportResult = shop.import(&body).await.expect(200).json();
    assert_eq!((second.created, second.changed, second.unchanged), (0, 0, 250));
    assert_eq!(shop.levels(&articles[137]).await, (137, 0));
    shop.settle().await;
    assert_eq!(shop.published::<InventoryItemCreated>().await.len(), 250);
    assert_eq!(shop.published::<StockLevelChanged>().await.len(), 249);
    shop.assert_sound().await;
}

#[tokio::test]
async fn lines_below_what_is_held_are_reported_and_the_others_done() {
    let shop = Inventory::open().await;
    let (held, free) = (shop.article(5).await, shop.article(5).await);
    shop.reserved(&[held.line(3)]).await;
    let body = ImportStock { lines: vec![line(&held, 2), line(&free, 2)] };
    let result: ImportResult = shop.import(&body).await.expect(200).json();
    assert_eq!((result.changed, result.problems.len()), (1, 1));
    assert_eq!(
        (result.problems[0].sku.as_str(), result.problems[0].code.as_str()),
        (held.sku.as_str(), "below-reserved")
    );
    assert_eq!((shop.levels(&held).await, shop.levels(&free).await), ((5, 3), (2, 0)));
}

#[tokio::test]
async fn a_sku_of_another_variant_is_reported() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    let thief = Article { sku: article.sku.clone(), ..Article::new() };
    let result: ImportResult = shop.count(&thief, 1).await.expect(200).json();
    assert_eq!((result.created, result.problems[0].code.as_str()), (0, "duplicate-item"));
    assert_eq!(shop.levels(&article).await, (5, 0));
}

#[tokio::test]
async fn impossible_counts_change_nothing() {
    let shop = Inventory::open().await;
    let article = shop.article(5).await;
    for quantity in [-1, 1_000_000_001, i64::MIN] {
        let body = ImportStock { lines: vec![line(&Article::new(), 3), line(&article, quantity)] };
        shop.import(&body).await.problem(422, "validation");
    }
    shop.import(&ImportStock { lines: vec![] }).await.problem(422, "validation");
    shop.import(&ImportStock { lines: vec![line(&article, 1); 1001] }).await.problem(422, "validation");
    let body = ImportStock { lines: vec![line(&article, 1)] };
    let request = shop.post("/internal/inventory/stock/import").json(&body);
    request.as_staff(MANAGER).await.problem(403, "forbidden");
    assert_eq!(shop.levels(&article).await, (5, 0));
}
