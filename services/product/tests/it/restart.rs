//! What is left after a restart, and what a second process sees.

use crate::support::{Shop, eur, variant_with};
use api::product::{Product, SetPrice};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt as _;

#[tokio::test]
async fn after_a_restart_everything_is_as_before() {
    let mut shop = Shop::open().await;
    let made = shop.simple("Trail boots", 1_000).await;
    let path = format!("/api/products/{}", made.id);
    shop.post(&format!("{path}/variants"))
        .json(&variant_with("T-2", 900, &[("Size", "42")]))
        .await
        .expect(201);
    shop.post(&format!("{path}/images")).json(&json!({"url": "https://cdn.example/a.jpg"})).await.expect(201);
    let start = shop.service.clock.now() + Duration::from_secs(3600);
    let plan = SetPrice { effective_from: Some(start), ..SetPrice::plain(eur(2_000)) };
    shop.put(&format!("{path}/variants/{}/price", made.variants[0].id)).json(&plan).await.expect(200);
    shop.service.publish(crate::stock::level(&made, 2, 3)).await;
    let before: Product = shop.read(made.id).await;
    let list = shop.service.get("/api/products?facets=true&q=trail").await.expect(200).text();
    shop.service.restart().await;
    assert_eq!(shop.read(made.id).await, before);
    assert_eq!(shop.service.get("/api/products?facets=true&q=trail").await.expect(200).text(), list);
    shop.service.after(Duration::from_secs(3600)).await;
    assert_eq!(shop.read(made.id).await.variants[0].effective_price, eur(2_000), "the plan survived too");
}

#[tokio::test]
async fn another_process_sees_a_change_soon() {
    if db::testing::backend() == db::Engine::Sqlite {
        return; // A SQLite file belongs to one process.
    }
    let shop = Shop::open().await;
    let early = shop.simple("Early", 100).await;
    let other = shop.service.another_process().await;
    let late = shop.simple("Late", 100).await;
    let router = other.router("product").unwrap();
    let get = async |path: String| {
        let answer = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    };
    assert_eq!(
        get(format!("/api/products/{}", late.id)).await.0,
        200,
        "what is asked for by name is looked for"
    );
    shop.patch(&format!("/api/products/{}", early.id))
        .raw("application/merge-patch+json", r#"{"name": "Renamed"}"#)
        .await
        .expect(200);
    shop.service.clock.advance(Duration::from_millis(1));
    shop.service.publish(crate::stock::level(&early, 2, 3)).await;
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let (_, seen) = get(format!("/api/products/{}", early.id)).await;
        if seen.contains("Renamed") && seen.contains("IN_STOCK\"") && !seen.contains("OUT_OF_STOCK") {
            break;
        }
        assert!(tokio::time::Instant::now() < until, "{seen}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    other.stop().await;
}
