//! `/api/categories`.

use crate::support::{Shop, product_of, variant};
use api::ids::CategoryId;
use api::product::{
    Category, CategoryCreated, CategoryDeleted, CategoryList, CategoryMoved, CategoryUpdated, WriteCategory,
};
use serde_json::json;

async fn list(shop: &Shop) -> Vec<Category> {
    let all: CategoryList = shop.service.get("/api/categories").await.expect(200).json();
    all.items
}

#[tokio::test]
async fn categories_are_listed_as_a_tree_with_their_products_counted() {
    let shop = Shop::open().await;
    let kitchen = shop.category("Kitchen", None).await;
    let kettles = shop.category("Kettles", Some(kitchen.id)).await;
    shop.category("Garden", None).await;
    shop.product(&product_of("Kettle", kettles.id, vec![variant("K", 1)])).await;
    let all = list(&shop).await;
    let seen: Vec<_> = all.iter().map(|own| (own.name.as_str(), own.level, own.product_count)).collect();
    assert_eq!(seen, [("Garden", 0, 0), ("Kitchen", 0, 1), ("Kettles", 1, 1)]);
    assert_eq!(all[2].path, format!("{}/{}", kitchen.id, kettles.id));
    assert_eq!(shop.names(&format!("categoryId={}", kitchen.id)).await, ["Kettle"], "what is below counts");
    let told = shop.service.published::<CategoryCreated>().await;
    assert_eq!((told[1].path.clone(), told[1].level, told[1].aggregate_version), (all[2].path.clone(), 1, 1));
}

#[tokio::test]
async fn a_renamed_category_is_renamed_in_its_products_at_once() {
    let shop = Shop::open().await;
    let kitchen = shop.category("Kitchen", None).await;
    let made = shop.product(&product_of("Kettle", kitchen.id, vec![variant("K", 1)])).await;
    let path = format!("/api/products/{}", made.id);
    let tag = shop.service.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    shop.service.clock.advance(std::time::Duration::from_secs(1));
    let body = WriteCategory { name: "Cooking".into(), ..Default::default() };
    let after: Category =
        shop.put(&format!("/api/categories/{}", kitchen.id)).json(&body).await.expect(200).json();
    assert_eq!((after.slug.as_str(), after.version), ("kitchen", 2), "the address stays");
    let seen = shop.service.get(&path).header("if-none-match", &tag).await.expect(200);
    assert_eq!(seen.json::<api::product::Product>().categories[0].name, "Cooking");
    let new_tag = seen.header("etag").unwrap().to_owned();
    shop.service.get(&path).header("if-none-match", &new_tag).await.expect(304);
    shop.patch(&path)
        .header("if-match", &new_tag)
        .raw("application/merge-patch+json", "{}")
        .await
        .expect(200);
    assert_eq!(shop.names("q=cooking").await, ["Kettle"]);
    assert!(shop.names("q=kitchen").await.is_empty());
    assert_eq!(shop.service.published::<CategoryUpdated>().await[0].updated_fields, ["name"]);
}

#[tokio::test]
async fn a_moved_category_takes_everything_below_along() {
    let shop = Shop::open().await;
    let home = shop.category("Home", None).await;
    let kitchen = shop.category("Kitchen", None).await;
    let kettles = shop.category("Kettles", Some(kitchen.id)).await;
    shop.product(&product_of("Kettle", kettles.id, vec![variant("K", 1)])).await;
    let path = format!("/api/categories/{}/move", kitchen.id);
    let moved: Category = shop.post(&path).json(&json!({"parentId": home.id})).await.expect(200).json();
    assert_eq!((moved.parent_id, moved.level), (Some(home.id), 1));
    assert_eq!(shop.names(&format!("categoryId={}", home.id)).await, ["Kettle"]);
    let below: Category =
        shop.service.get(&format!("/api/categories/{}", kettles.id)).await.expect(200).json();
    assert_eq!((below.level, below.version), (2, 2), "its path changed, so its version did");
    let told = shop.service.published::<CategoryMoved>().await;
    assert_eq!((told[0].old_path.clone(), told[0].new_level), (kitchen.id.to_string(), 1));
    let top: Category = shop.post(&path).json(&json!({})).await.expect(200).json();
    assert_eq!(top.parent_id, None);
    assert!(shop.names(&format!("categoryId={}", home.id)).await.is_empty());
}

#[tokio::test]
async fn no_category_hangs_below_itself() {
    let shop = Shop::open().await;
    let a = shop.category("A", None).await;
    let b = shop.category("B", Some(a.id)).await;
    for parent in [a.id, b.id] {
        let path = format!("/api/categories/{}/move", a.id);
        shop.post(&path).json(&json!({"parentId": parent})).await.problem(409, "category-cycle");
    }
    let body = WriteCategory { name: "A".into(), parent_id: Some(b.id), ..Default::default() };
    shop.put(&format!("/api/categories/{}", a.id)).json(&body).await.problem(409, "category-cycle");
    let path = format!("/api/categories/{}/move", a.id);
    shop.post(&path).json(&json!({"parentId": CategoryId::new()})).await.problem(422, "validation");
}

#[tokio::test]
async fn names_are_unique_under_a_parent_and_slugs_in_the_shop() {
    let shop = Shop::open().await;
    let a = shop.category("Café", None).await;
    let send = |body: WriteCategory| shop.post("/api/categories").json(&body);
    let body = |name: &str, slug: Option<&str>, parent_id| WriteCategory {
        name: name.into(),
        slug: slug.map(str::to_owned),
        parent_id,
        ..Default::default()
    };
    send(body("CAFE", Some("other"), None)).await.problem(409, "name-taken");
    send(body("Other", Some("cafe"), None)).await.problem(409, "slug-taken");
    send(body("Café", Some("cafe-2"), Some(a.id))).await.expect(201);
    send(body("", None, None)).await.problem(422, "validation");
    send(body("x", Some("A B"), None)).await.problem(422, "validation");
}

#[tokio::test]
async fn only_an_empty_category_is_removed() {
    let shop = Shop::open().await;
    let top = shop.category("Top", None).await;
    let below = shop.category("Below", Some(top.id)).await;
    let made = shop.product(&product_of("Thing", below.id, vec![variant("T", 1)])).await;
    let path = |id: CategoryId| format!("/api/categories/{id}");
    shop.delete(&path(top.id)).await.problem(409, "category-not-empty");
    shop.delete(&path(below.id)).await.problem(409, "category-not-empty");
    shop.delete(&format!("/api/products/{}", made.id)).await.expect(204);
    shop.delete(&path(below.id)).header("if-match", "\"9\"").await.problem(412, "version-conflict");
    shop.delete(&path(below.id)).await.expect(204);
    shop.delete(&path(top.id)).await.expect(204);
    shop.delete(&path(top.id)).await.problem(404, "not-found");
    assert!(list(&shop).await.is_empty());
    assert_eq!(shop.service.published::<CategoryDeleted>().await.len(), 2);
}
