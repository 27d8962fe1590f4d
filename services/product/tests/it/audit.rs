//! What staff do to the catalogue leaves an audit record, one per change.

use crate::support::{Shop, least};
use api::audit::{AuditOutcome, AuditRecord};
use api::product::{Category, Product, ProductAuditRecorded};
use api::shared::ActorKind;
use serde_json::{Value, json};
use std::time::Duration;

/// The records so far, oldest first.
async fn records(shop: &Shop) -> Vec<AuditRecord> {
    shop.service.published::<ProductAuditRecorded>().await.into_iter().map(|record| record.0).collect()
}

async fn actions(shop: &Shop) -> Vec<String> {
    records(shop).await.into_iter().map(|record| record.action).collect()
}

#[tokio::test]
async fn every_change_of_the_catalogue_by_staff_is_recorded_and_nothing_else() {
    let shop = Shop::open().await;
    let category: Category =
        shop.post("/api/categories").json(&json!({"name": "Light"})).await.expect(201).json();
    let made: Product = shop.post("/api/products").json(&least("Lamp", category.id)).await.expect(201).json();
    let path = format!("/api/products/{}", made.id);
    let patch = |body: Value| shop.patch(&path).json(&body);
    patch(json!({"brand": "Lumen"})).await.expect(200);
    patch(json!({"brand": "Lumen"})).await.expect(200);
    let status = format!("{path}/status");
    shop.put(&status).json(&json!({"status": "ACTIVE"})).await.expect(200);
    let price = format!("{path}/variants/{}/price", made.variants[0].id);
    let money = json!({"base": {"amount": 777, "currency": "EUR"}});
    shop.put(&price).json(&money).await.expect(200);
    let images = format!("{path}/images");
    shop.post(&images).json(&json!({"url": "https://example.org/lamp.png"})).await.expect(201);
    shop.delete(&format!("{path}?reason=broken")).await.expect(204);
    assert_eq!(
        actions(&shop).await,
        [
            "category.create",
            "product.create",
            "product.update",
            "product.status.write",
            "product.price.write",
            "product.image.create",
            "product.delete"
        ],
        "a patch that changes nothing leaves none"
    );
    let all = records(&shop).await;
    let update = &all[2];
    assert_eq!((update.actor.kind, update.outcome), (ActorKind::Admin, AuditOutcome::Success));
    assert_eq!(update.resource_id, Some(made.id.to_string()));
    assert_eq!(update.after.clone().map(Value::Object), Some(json!({"brand": "Lumen"})));
    assert_eq!(all[6].reason.as_deref(), Some("broken"));
}

#[tokio::test]
async fn an_import_leaves_one_record_with_its_counts_and_none_if_it_changes_nothing() {
    let shop = Shop::open().await;
    let file = crate::import::catalogue("home.shopify.csv");
    shop.import(file.clone()).await;
    shop.import(file).await;
    let [record] = records(&shop).await.try_into().unwrap();
    assert_eq!(record.action, "product.import");
    let counts = record.after.unwrap();
    assert_eq!((&counts["created"], &counts["stockLines"]), (&json!(37), &json!(87)));
}

#[tokio::test]
async fn a_refused_change_is_recorded_with_who_asked_for_it() {
    let shop = Shop::open().await;
    let eve = auth::UserId::new();
    let path = format!("/api/products/{}", base::Id::<()>::new());
    for _ in 0..3 {
        let ask = shop.service.delete(&path).as_user(eve).header("x-forwarded-for", "192.0.2.7");
        ask.header("user-agent", "curl/8").await.problem(403, "forbidden");
    }
    let mut found = records(&shop).await;
    for _ in 0..500 {
        if !found.is_empty() {
            break;
        }
        // It is written beside the request, so that nobody waits for it.
        tokio::time::sleep(Duration::from_millis(10)).await;
        found = records(&shop).await;
    }
    let [record] = found.try_into().unwrap();
    assert_eq!((record.action.as_str(), record.outcome), ("delete_product", AuditOutcome::Denied));
    assert_eq!((record.actor.kind, record.actor.id), (ActorKind::User, Some(eve.to_string())));
    assert_eq!(record.resource_type, "/api/products/{id}");
    assert_eq!(record.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(record.user_agent.as_deref(), Some("curl/8"));
    let numbers = shop.service.metrics().await;
    assert!(numbers.contains("access_refusals_total{"), "{numbers}");
}
