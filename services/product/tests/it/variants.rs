//! `/api/products/{id}/variants`.

use crate::support::{Shop, product_of, variant, variant_with};
use api::ids::VariantId;
use api::product::{Product, ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated};

async fn shirt(shop: &Shop) -> Product {
    let category = shop.some_category().await;
    shop.product(&product_of("Shirt", category, vec![variant_with("S-R", 900, &[("Colour", "Red")])])).await
}

#[tokio::test]
async fn a_variant_is_added_with_its_own_price() {
    let shop = Shop::open().await;
    let made = shirt(&shop).await;
    let path = format!("/api/products/{}/variants", made.id);
    let answer = shop
        .post(&path)
        .json(&variant_with("S-B", 950, &[("Colour", "Blue"), ("Size", "L")]))
        .await
        .expect(201);
    let after: Product = answer.json();
    let added = &after.variants[1];
    assert_eq!((added.sku.as_str(), added.name.as_str(), added.position), ("S-B", "Blue / L", 1));
    assert_eq!(after.options, ["Colour", "Size"]);
    assert_eq!(answer.header("location"), Some(format!("{path}/{}", added.id).as_str()));
    let told = shop.service.published::<ProductVariantAdded>().await;
    assert_eq!((told[0].variant.variant_id, told[0].aggregate_version), (added.id, 2));
    assert_eq!(shop.read(made.id).await.variants.len(), 2);
}

#[tokio::test]
async fn two_variants_never_have_the_same_sku_or_values() {
    let shop = Shop::open().await;
    let made = shirt(&shop).await;
    let path = format!("/api/products/{}/variants", made.id);
    shop.post(&path).json(&variant_with("S-R", 1, &[("Colour", "Blue")])).await.problem(409, "sku-taken");
    shop.post(&path).json(&variant_with("S-X", 1, &[("Colour", "Red")])).await.problem(422, "validation");
    let four = variant_with("S-4", 1, &[("Colour", "Red"), ("A", "1"), ("B", "2"), ("C", "3")]);
    shop.post(&path).json(&four).await.problem(422, "validation");
}

#[tokio::test]
async fn a_variant_is_replaced_in_its_place() {
    let shop = Shop::open().await;
    let made = shirt(&shop).await;
    let path = format!("/api/products/{}/variants", made.id);
    shop.post(&path).json(&variant_with("S-B", 950, &[("Colour", "Blue")])).await.expect(201);
    let own = made.variants[0].id;
    let mut body = variant_with("S-RED", 900, &[("Colour", "Crimson")]);
    body.weight_grams = Some(180);
    let after: Product = shop.put(&format!("{path}/{own}")).json(&body).await.expect(200).json();
    let seen: Vec<_> = after.variants.iter().map(|own| (own.sku.as_str(), own.name.as_str())).collect();
    assert_eq!(seen, [("S-RED", "Crimson"), ("S-B", "Blue")]);
    assert_eq!((after.variants[0].id, after.variants[0].weight_grams), (own, Some(180)));
    let told = shop.service.published::<ProductVariantUpdated>().await;
    assert_eq!(told[0].updated_fields, ["sku", "name", "attributes", "weightGrams"]);
    shop.put(&format!("{path}/{own}")).json(&body).await.expect(200);
    assert_eq!(shop.read(made.id).await.version, after.version, "the same again is no change");
}

#[tokio::test]
async fn variants_can_be_put_in_another_order() {
    let shop = Shop::open().await;
    let made = shirt(&shop).await;
    let path = format!("/api/products/{}/variants", made.id);
    let mut first = variant_with("S-B", 950, &[("Colour", "Blue")]);
    first.position = Some(0);
    let after: Product = shop.post(&path).json(&first).await.expect(201).json();
    let skus: Vec<_> = after.variants.iter().map(|own| (own.sku.as_str(), own.position)).collect();
    assert_eq!(skus, [("S-B", 0), ("S-R", 1)]);
}

#[tokio::test]
async fn the_last_variant_stays() {
    let shop = Shop::open().await;
    let made = shirt(&shop).await;
    let path = format!("/api/products/{}/variants", made.id);
    let only = made.variants[0].id;
    shop.delete(&format!("{path}/{only}")).await.problem(409, "last-variant");
    shop.post(&path).json(&variant_with("S-B", 950, &[("Colour", "Blue")])).await.expect(201);
    shop.delete(&format!("{path}/{only}")).header("if-match", "\"1\"").await.problem(412, "version-conflict");
    shop.delete(&format!("{path}/{only}")).await.expect(204);
    assert_eq!(shop.service.published::<ProductVariantRemoved>().await[0].variant_id, only);
    shop.delete(&format!("{path}/{only}")).await.problem(404, "not-found");
    shop.post(&path).json(&variant_with("S-R", 1, &[("Colour", "Red")])).await.expect(201);
}

#[tokio::test]
async fn variants_of_others_are_not_found() {
    let shop = Shop::open().await;
    let (made, other) = (shirt(&shop).await, shop.simple("Other", 1).await);
    let foreign = other.variants[0].id;
    for id in [foreign, VariantId::new()] {
        let path = format!("/api/products/{}/variants/{id}", made.id);
        shop.put(&path).json(&variant("X", 1)).await.problem(404, "not-found");
        shop.delete(&path).await.problem(404, "not-found");
    }
    let mut body = variant("X", 1);
    body.variant_id = Some(foreign);
    let path = format!("/api/products/{}/variants/{}", made.id, made.variants[0].id);
    shop.put(&path).json(&body).await.problem(422, "validation");
}

#[tokio::test]
async fn a_product_has_at_most_a_hundred_variants() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let many: Vec<_> =
        (0..100).map(|n| variant_with(&format!("M-{n}"), 100, &[("N", &n.to_string())])).collect();
    let made = shop.product(&product_of("Many", category, many.clone())).await;
    assert_eq!(made.variants.len(), 100);
    let path = format!("/api/products/{}/variants", made.id);
    shop.post(&path).json(&variant_with("M-100", 1, &[("N", "100")])).await.problem(409, "limit-reached");
    let mut more = many;
    more.push(variant_with("M-100", 1, &[("N", "100")]));
    shop.post("/api/products").json(&product_of("More", category, more)).await.problem(422, "validation");
}
