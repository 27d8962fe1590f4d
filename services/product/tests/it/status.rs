//! `/api/products/{id}/status`.

use crate::support::{CATALOG_MANAGER, Shop, least};
use api::product::{Product, ProductStatus, ProductStatusChanged};
use serde_json::json;

#[tokio::test]
async fn a_product_goes_through_its_states_and_each_step_is_told() {
    let shop = Shop::open().await;
    let made: Product =
        shop.post("/api/products").json(&least("Lamp", shop.some_category().await)).await.expect(201).json();
    let path = format!("/api/products/{}/status", made.id);
    let steps = ["ACTIVE", "INACTIVE", "ACTIVE", "DISCONTINUED", "ARCHIVED"];
    for (step, status) in steps.iter().enumerate() {
        let after: Product = shop.put(&path).json(&json!({"status": status})).await.expect(200).json();
        assert_eq!(after.version, step as i64 + 2);
        let seen = shop.service.get(&format!("/api/products/{}", made.id)).await;
        let public = matches!(*status, "ACTIVE" | "DISCONTINUED");
        assert_eq!(seen.status.as_u16(), if public { 200 } else { 404 }, "{status}");
        assert_eq!(shop.names("").await.len(), usize::from(public), "{status}");
    }
    let told = shop.service.published::<ProductStatusChanged>().await;
    let ways: Vec<_> = told.iter().map(|told| (told.old_status, told.new_status)).collect();
    assert_eq!(ways.len(), 5);
    assert_eq!(ways[3], (ProductStatus::Active, ProductStatus::Discontinued));
}

#[tokio::test]
async fn a_way_that_does_not_exist_is_refused_with_those_that_do() {
    let shop = Shop::open().await;
    let made: Product =
        shop.post("/api/products").json(&least("Lamp", shop.some_category().await)).await.expect(201).json();
    let path = format!("/api/products/{}/status", made.id);
    let problem =
        shop.put(&path).json(&json!({"status": "DISCONTINUED"})).await.problem(409, "invalid-transition");
    assert_eq!(problem.extra["allowed"], json!(["ACTIVE"]));
    shop.put(&path).json(&json!({"status": "SOLD"})).await.problem(422, "validation");
    shop.put(&path).json(&json!({"status": "DRAFT"})).await.expect(200);
    assert!(shop.service.published::<ProductStatusChanged>().await.is_empty());
}

#[tokio::test]
async fn staff_list_products_by_state_and_nobody_else_does() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    shop.post("/api/products").json(&least("Draft", category)).await.expect(201);
    shop.simple("Live", 100).await;
    let staff = |query: &'static str| shop.service.get(query).as_staff(&CATALOG_MANAGER);
    let names =
        |page: api::product::ProductPage| page.items.into_iter().map(|own| own.name).collect::<Vec<_>>();
    assert_eq!(names(staff("/api/products?status=DRAFT").await.expect(200).json()), ["Draft"]);
    assert_eq!(
        names(staff("/api/products?status=DRAFT&status=ACTIVE&sort=name").await.expect(200).json()),
        ["Draft", "Live"]
    );
    shop.service.get("/api/products?status=DRAFT").await.problem(401, "unauthenticated");
    shop.service
        .get("/api/products?status=ACTIVE")
        .as_user(auth::UserId::new())
        .await
        .problem(403, "forbidden");
    assert_eq!(shop.names("").await, ["Live"]);
}
