//! Who may call what.

use crate::support::{CATALOG_MANAGER, Shop, least};
use auth::{Role, UserId};
use http::Method;
use serde_json::json;

#[tokio::test]
async fn only_staff_with_the_right_change_the_catalogue() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let id = made.id;
    let variant = made.variants[0].id;
    let category = made.categories[0].category_id;
    let body = least("X", category);
    let paths = [
        (Method::POST, "/api/products".to_owned()),
        (Method::PUT, format!("/api/products/{id}")),
        (Method::PATCH, format!("/api/products/{id}")),
        (Method::DELETE, format!("/api/products/{id}")),
        (Method::PUT, format!("/api/products/{id}/status")),
        (Method::POST, format!("/api/products/{id}/variants")),
        (Method::PUT, format!("/api/products/{id}/variants/{variant}")),
        (Method::DELETE, format!("/api/products/{id}/variants/{variant}")),
        (Method::PUT, format!("/api/products/{id}/variants/{variant}/price")),
        (Method::POST, format!("/api/products/{id}/images")),
        (Method::DELETE, format!("/api/products/{id}/images/{id}")),
        (Method::POST, "/api/categories".to_owned()),
        (Method::PUT, format!("/api/categories/{category}")),
        (Method::DELETE, format!("/api/categories/{category}")),
        (Method::POST, format!("/api/categories/{category}/move")),
        (Method::POST, "/api/products/import".to_owned()),
    ];
    for (method, path) in paths {
        let request = || shop.service.request(method.clone(), &path).json(&body);
        request().await.problem(401, "unauthenticated");
        request().as_user(UserId::new()).await.problem(403, "forbidden");
        request().as_staff(&[Role::SupportAgent, Role::InventoryManager]).await.problem(403, "forbidden");
        request().as_service("order").await.problem(403, "forbidden");
    }
    assert_eq!(shop.read(id).await.version, 1);
}

#[tokio::test]
async fn everyone_may_look() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    for path in [
        "/api/products".to_owned(),
        format!("/api/products/{}", made.id),
        "/api/categories".into(),
        "/api/products/suggest?q=b".into(),
    ] {
        shop.service.get(&path).await.expect(200);
        shop.service.get(&path).as_user(UserId::new()).await.expect(200);
    }
}

#[tokio::test]
async fn what_only_staff_see_stays_with_staff() {
    let shop = Shop::open().await;
    let mut body = least("Boots", shop.some_category().await);
    body["status"] = json!("ACTIVE");
    body["metadata"] = json!({"supplier": "secret-supplier"});
    body["variants"][0]["metadata"] = json!({"cost": "secret-cost"});
    shop.post("/api/products").json(&body).await.expect(201);
    for path in ["/api/products", "/api/products/boots", "/api/products?currency=USD"] {
        let seen = shop.service.get(path).await.expect(200).text();
        assert!(!seen.contains("secret"), "{seen}");
        let seen = shop.service.get(path).as_user(UserId::new()).await.expect(200).text();
        assert!(!seen.contains("secret"), "{seen}");
    }
    let seen = shop.service.get("/api/products/boots").as_staff(&CATALOG_MANAGER).await.expect(200).text();
    assert!(seen.contains("secret-supplier") && seen.contains("secret-cost"));
}
