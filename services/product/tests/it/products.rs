//! `/api/products` and `/api/products/{id}`.

use crate::support::{
    CATALOG_MANAGER, Shop, eur, least, nobody, product_of, unchanged, variant, variant_with,
};
use api::product::{
    Product, ProductCreated, ProductDeleted, ProductStatus, ProductStatusChanged, ProductUpdated,
    ProductVariantRemoved, ProductVariantUpdated, StockState,
};
use serde_json::json;

#[tokio::test]
async fn a_new_product_is_read_by_id_and_by_slug_at_once() {
    let shop = Shop::open().await;
    let made = shop.simple("Crème Brûlée Set", 2_490).await;
    assert_eq!(made.slug, "creme-brulee-set");
    assert_eq!(made.version, 1);
    let seen = shop.read(made.id).await;
    assert_eq!(seen, shop.read("creme-brulee-set").await);
    assert_eq!(seen.variants[0].effective_price, eur(2_490));
    assert_eq!(seen.variants[0].name, "Crème Brûlée Set");
    assert_eq!(seen.variants[0].stock_state, StockState::OutOfStock, "nothing was received yet");
    assert_eq!(shop.names("").await, ["Crème Brûlée Set"]);
}

#[tokio::test]
async fn creating_answers_201_with_location_and_etag_and_tells_others() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let body = product_of("Boots", category, vec![variant("B-1", 5_000)]);
    let answer = shop.post("/api/products").json(&body).await.expect(201);
    let made: Product = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/api/products/{}", made.id).as_str()));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let told = shop.service.published::<ProductCreated>().await;
    assert_eq!((told.len(), told[0].aggregate_version, told[0].sku.as_str()), (1, 1, "B-1"));
    assert_eq!(told[0].variants[0].variant_id, made.variants[0].id);
    assert_eq!(told[0].list_price, Some(eur(5_000)));
    assert_eq!(told[0].categories[0].category_id, category);
}

#[tokio::test]
async fn a_product_starts_as_a_draft_nobody_sees() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let made: Product = shop.post("/api/products").json(&least("Lamp", category)).await.expect(201).json();
    assert_eq!(made.status, ProductStatus::Draft);
    shop.service.get(&format!("/api/products/{}", made.id)).await.problem(404, "not-found");
    shop.service.get(&format!("/api/products/{}", made.slug)).await.problem(404, "not-found");
    assert!(shop.names("").await.is_empty());
    let path = format!("/api/products/{}", made.id);
    let seen: Product = shop.service.get(&path).as_staff(&CATALOG_MANAGER).await.expect(200).json();
    assert_eq!(seen.id, made.id);
}

#[tokio::test]
async fn everything_wrong_is_named_at_once() {
    let shop = Shop::open().await;
    let body = json!({
        "name": "", "slug": "No Slug", "categoryIds": [], "tags": ["a", "a"], "countryOfOrigin": "Germany",
        "variants": [
            {"sku": " x", "price": {"base": {"amount": -1, "currency": "EUR"}}},
            {"sku": "y", "price": {"base": {"amount": 5, "currency": "USD"}, "sale": {"amount": 9, "currency": "USD"}}},
        ],
    });
    let problem = shop.post("/api/products").json(&body).await.problem(422, "validation");
    let pointers: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    for expected in [
        "/name",
        "/slug",
        "/categoryIds",
        "/tags/1",
        "/countryOfOrigin",
        "/variants/0/sku",
        "/variants/0/price/base/amount",
        "/variants/1/price",
        "/variants/1/price/sale",
        "/variants/1/attributes",
    ] {
        assert!(pointers.contains(&expected), "{expected} is missing in {pointers:?}");
    }
}

#[tokio::test]
async fn a_category_that_is_not_there_is_refused() {
    let shop = Shop::open().await;
    let problem = shop
        .post("/api/products")
        .json(&least("X", api::ids::CategoryId::new()))
        .await
        .problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/categoryIds/0");
}

#[tokio::test]
async fn skus_and_slugs_are_unique_in_the_shop() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    shop.product(&product_of("Boots", category, vec![variant("B-1", 100)])).await;
    let same_sku = product_of("Other", category, vec![variant("B-1", 100)]);
    shop.post("/api/products").json(&same_sku).await.problem(409, "sku-taken");
    let same_slug = product_of("Boots", category, vec![variant("B-2", 100)]);
    shop.post("/api/products").json(&same_slug).await.problem(409, "slug-taken");
    assert_eq!(shop.names("").await, ["Boots"]);
}

#[tokio::test]
async fn a_put_of_what_was_read_changes_nothing() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let variants =
        vec![variant_with("T-R", 900, &[("Colour", "Red")]), variant_with("T-B", 900, &[("Colour", "Blue")])];
    let made = shop.product(&product_of("Shirt", category, variants)).await;
    let after: Product =
        shop.put(&format!("/api/products/{}", made.id)).json(&unchanged(&made)).await.expect(200).json();
    assert_eq!(after, made);
    assert!(shop.service.published::<ProductUpdated>().await.is_empty());
    assert!(shop.service.published::<ProductVariantUpdated>().await.is_empty());
}

#[tokio::test]
async fn a_put_clears_what_it_leaves_out() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let mut body = product_of(
        "Shirt",
        category,
        vec![variant_with("T-R", 900, &[("Colour", "Red")]), variant_with("T-B", 950, &[("Colour", "Blue")])],
    );
    body.brand = Some("Acme".into());
    body.tags = vec!["cotton".into()];
    let made = shop.product(&body).await;
    let bare = json!({
        "name": "Shirt", "categoryIds": [category],
        "variants": [{"sku": "T-B", "attributes": {"Colour": "Blue"}, "price": {"base": {"amount": 950, "currency": "EUR"}}}],
    });
    let after: Product =
        shop.put(&format!("/api/products/{}", made.slug)).json(&bare).await.expect(200).json();
    assert_eq!((after.brand, after.tags.len(), after.description.as_str()), (None, 0, ""));
    assert_eq!(after.variants.len(), 1);
    assert_eq!(after.variants[0].id, made.variants[1].id, "a variant is found again by its SKU");
    assert_eq!(after.slug, made.slug, "the address stays");
    let gone = shop.service.published::<ProductVariantRemoved>().await;
    assert_eq!((gone.len(), gone[0].sku.as_str(), gone[0].aggregate_version), (1, "T-R", 2));
    let told = shop.service.published::<ProductUpdated>().await;
    assert_eq!(told[0].updated_fields, ["description", "brand", "tags"]);
}

#[tokio::test]
async fn two_variants_may_swap_their_skus() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let made = shop
        .product(&product_of(
            "Shirt",
            category,
            vec![variant_with("A", 1, &[("C", "1")]), variant_with("B", 2, &[("C", "2")])],
        ))
        .await;
    let mut body = unchanged(&made);
    body.variants[0].sku = "B".into();
    body.variants[1].sku = "A".into();
    let after: Product = shop.put(&format!("/api/products/{}", made.id)).json(&body).await.expect(200).json();
    let skus: Vec<_> = after.variants.iter().map(|own| (own.id, own.sku.as_str())).collect();
    assert_eq!(skus, [(made.variants[0].id, "B"), (made.variants[1].id, "A")]);
}

#[tokio::test]
async fn a_patch_changes_only_what_it_names() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let mut body = product_of("Shirt", category, vec![variant("T", 900)]);
    body.brand = Some("Acme".into());
    body.metadata.insert("season".into(), json!({"year": 2026, "name": "spring"}));
    let made = shop.product(&body).await;
    let path = format!("/api/products/{}", made.id);
    let patch = json!({"name": "Blouse", "brand": null, "metadata": {"season": {"name": "summer"}}});
    let after: Product =
        shop.patch(&path).raw("application/merge-patch+json", patch.to_string()).await.expect(200).json();
    assert_eq!((after.name.as_str(), after.brand.as_deref(), after.version), ("Blouse", None, 2));
    assert_eq!(after.metadata["season"], json!({"year": 2026, "name": "summer"}));
    assert_eq!(after.variants[0].name, "Blouse", "a name made from the product's follows it");
    assert_eq!(after.variants[0].price, made.variants[0].price);
    shop.patch(&path)
        .raw("application/merge-patch+json", r#"{"nome": "x"}"#)
        .await
        .problem(422, "unknown-field");
    shop.patch(&path)
        .raw("application/merge-patch+json", r#"{"name": null}"#)
        .await
        .problem(422, "validation");
    shop.patch(&path)
        .raw("application/merge-patch+json", r#"{"variants": []}"#)
        .await
        .problem(422, "validation");
    shop.patch(&path)
        .raw("application/merge-patch+json", r#"{"status": "INACTIVE"}"#)
        .await
        .problem(422, "validation");
    assert_eq!(shop.read(made.id).await.version, 2);
}

#[tokio::test]
async fn who_has_seen_an_older_version_cannot_overwrite_a_newer_one() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    let patch = |name: &str| json!({"name": name}).to_string();
    let first = shop
        .patch(&path)
        .header("if-match", "\"1\"")
        .raw("application/merge-patch+json", patch("A"))
        .await
        .expect(200);
    assert_eq!(first.header("etag"), Some("\"2\""));
    shop.patch(&path)
        .header("if-match", "\"1\"")
        .raw("application/merge-patch+json", patch("B"))
        .await
        .problem(412, "version-conflict");
    shop.put(&path)
        .header("if-match", "\"nonsense\"")
        .json(&unchanged(&made))
        .await
        .problem(412, "version-conflict");
    shop.delete(&path).header("if-match", "\"1\"").await.problem(412, "version-conflict");
    assert_eq!(shop.read(made.id).await.name, "A");
}

#[tokio::test]
async fn a_reader_with_the_present_version_gets_304() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    let tag = shop.service.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"1\"");
    let again = shop.service.get(&path).header("if-none-match", &tag).await.expect(304);
    assert!(again.body.is_empty());
    shop.patch(&path).raw("application/merge-patch+json", r#"{"name": "New"}"#).await.expect(200);
    shop.service.get(&path).header("if-none-match", &tag).await.expect(200);
}

#[tokio::test]
async fn a_deleted_product_is_archived_and_gone_for_shoppers() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    shop.delete(&format!("{path}?reason=out%20of%20fashion")).await.expect(204);
    shop.service.get(&path).await.problem(404, "not-found");
    assert!(shop.names("").await.is_empty());
    let seen: Product = shop.service.get(&path).as_staff(&CATALOG_MANAGER).await.expect(200).json();
    assert_eq!(seen.status, ProductStatus::Archived);
    let told = shop.service.published::<ProductDeleted>().await;
    assert_eq!(told[0].deletion_reason.as_deref(), Some("out of fashion"));
    assert_eq!(shop.service.published::<ProductStatusChanged>().await.len(), 1);
    shop.delete(&path).await.expect(204);
    assert_eq!(shop.service.published::<ProductDeleted>().await.len(), 1, "deleting it again tells nobody");
    shop.patch(&path)
        .raw("application/merge-patch+json", r#"{"name": "x"}"#)
        .await
        .problem(409, "invalid-state");
    let body = product_of("Boots", made.categories[0].category_id, vec![variant("NEW", 1)]);
    shop.post("/api/products").json(&body).await.problem(409, "slug-taken");
}

#[tokio::test]
async fn a_product_nobody_has_is_not_found_whatever_is_asked() {
    let shop = Shop::open().await;
    let id = nobody();
    for path in [
        format!("/api/products/{id}"),
        "/api/products/none".into(),
        "/api/products/%20".into(),
        "/api/products/..%2f".into(),
    ] {
        shop.service.get(&path).await.problem(404, "not-found");
        shop.delete(&path).await.problem(404, "not-found");
    }
    shop.put(&format!("/api/products/{id}/status"))
        .json(&json!({"status": "ACTIVE"}))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn prices_are_shown_in_the_currency_asked_for() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let mut own = variant("A", 1_000);
    own.other_prices =
        vec![api::product::SetPrice::plain("USD".parse().map(|usd| base::Money::new(1_100, usd)).unwrap())];
    let made = shop.product(&product_of("Boots", category, vec![own])).await;
    shop.simple("Euro only", 500).await;
    let seen: Product =
        shop.service.get(&format!("/api/products/{}?currency=USD", made.id)).await.expect(200).json();
    assert_eq!(seen.variants[0].effective_price.minor, 1_100);
    assert_eq!(seen.variants[0].other_prices[0].base, eur(1_000));
    let page = shop.list("currency=USD").await;
    assert_eq!(page.items.len(), 1, "what cannot be bought in a currency is not listed in it");
    assert_eq!(page.items[0].variants[0].price.base.minor, 1_100);
    assert_eq!(shop.names("currency=USD&priceMin=1050").await, ["Boots"]);
    assert!(shop.names("currency=USD&priceMax=1050").await.is_empty());
    shop.service.get("/api/products?currency=EURO").await.problem(422, "validation");
    shop.service.get(&format!("/api/products/{}?currency=x", made.id)).await.problem(422, "validation");
}

#[tokio::test]
async fn the_same_idempotency_key_creates_one_product() {
    let shop = Shop::open().await;
    let body = least("Boots", shop.some_category().await);
    let send = || shop.post("/api/products").header("idempotency-key", "k-1").json(&body);
    let staff = api::ids::UserId::new();
    let identity = testkit::Identity::User(auth::UserId::from_uuid(staff.uuid()), CATALOG_MANAGER.to_vec());
    let first: Product = send().as_identity(identity.clone()).await.expect(201).json();
    let again = send().as_identity(identity).await.expect(201);
    assert_eq!(again.json::<Product>().id, first.id);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(shop.service.published::<ProductCreated>().await.len(), 1);
}
