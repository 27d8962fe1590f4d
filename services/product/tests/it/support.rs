//! What the stories share: a shop with an inventory that is only a router, and things to put in.

use api::ids::{CategoryId, ProductId, VariantId};
use api::inventory::{ImportResult, ImportStock, StockAnswer, StockAnswers, StockState};
use api::product::{
    Category, ImportReport, Product, ProductPage, SetPrice, WriteCategory, WriteProduct, WriteVariant,
};
use auth::Role;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use base::{Currency, Money, Timestamp};
use serde_json::{Value, json};
use service::http::Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use testkit::{TestRequest, TestService};

pub(crate) const CATALOG_MANAGER: [Role; 1] = [Role::CatalogManager];

/// The inventory of these tests: what it has, and what it was told.
#[derive(Clone, Default)]
pub(crate) struct Inventory {
    pub(crate) pieces: Arc<Mutex<HashMap<VariantId, i64>>>,
    pub(crate) told: Arc<Mutex<Vec<ImportStock>>>,
    pub(crate) down: Arc<Mutex<bool>>,
}

impl Inventory {
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/internal/inventory/availability", post(answer))
            .route("/internal/inventory/stock/import", post(take))
            .with_state(self.clone())
    }

    pub(crate) fn has(&self, variant: VariantId, pieces: i64) {
        self.pieces.lock().unwrap().insert(variant, pieces);
    }

    pub(crate) fn is_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    /// Quantities by SKU, in the order they were told.
    pub(crate) fn told(&self) -> Vec<(String, i64)> {
        let told = self.told.lock().unwrap();
        told.iter().flat_map(|told| &told.lines).map(|line| (line.sku.clone(), line.quantity)).collect()
    }
}

async fn answer(
    State(inventory): State<Inventory>,
    Json(asked): Json<api::inventory::CheckStock>,
) -> service::http::Result<Json<StockAnswers>> {
    if *inventory.down.lock().unwrap() {
        return Err(base::Error::unavailable("down").into());
    }
    let pieces = inventory.pieces.lock().unwrap();
    let line = |query: api::inventory::StockQuery| {
        let available_quantity = query.variant_id.and_then(|id| pieces.get(&id)).copied().unwrap_or(0);
        StockAnswer {
            product_id: query.product_id,
            variant_id: query.variant_id,
            available_quantity,
            state: StockState::InStock,
        }
    };
    Ok(Json(StockAnswers {
        lines: asked.lines.into_iter().map(line).collect(),
        checked_at: Timestamp::EPOCH,
    }))
}

async fn take(
    State(inventory): State<Inventory>,
    Json(told): Json<ImportStock>,
) -> service::http::Result<Json<ImportResult>> {
    if *inventory.down.lock().unwrap() {
        return Err(base::Error::unavailable("down").into());
    }
    inventory.told.lock().unwrap().push(told);
    Ok(Json(ImportResult::default()))
}

pub(crate) struct Shop {
    pub(crate) service: TestService,
    pub(crate) inventory: Inventory,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let inventory = Inventory::default();
        let service =
            TestService::of(product::definition()).peer("inventory", inventory.router()).start().await;
        Self { service, inventory }
    }

    /// Where the service keeps its files.
    pub(crate) fn files(&self) -> &std::path::Path {
        self.service.files()
    }

    pub(crate) async fn category(&self, name: &str, parent_id: Option<CategoryId>) -> Category {
        let body = WriteCategory { name: name.into(), parent_id, ..Default::default() };
        self.service.post("/api/categories").as_staff(&CATALOG_MANAGER).json(&body).await.expect(201).json()
    }

    /// Creates what `body` says, ACTIVE.
    pub(crate) async fn product(&self, body: &WriteProduct) -> Product {
        self.service.post("/api/products").as_staff(&CATALOG_MANAGER).json(body).await.expect(201).json()
    }

    /// An ACTIVE product with one variant.
    pub(crate) async fn simple(&self, name: &str, minor: i64) -> Product {
        let category = self.some_category().await;
        self.product(&product_of(name, category, vec![variant(&sku(name), minor)])).await
    }

    /// The category `Things`.
    pub(crate) async fn some_category(&self) -> CategoryId {
        let all: api::product::CategoryList = self.service.get("/api/categories").await.expect(200).json();
        match all.items.iter().find(|category| category.name == "Things") {
            Some(category) => category.id,
            None => self.category("Things", None).await.id,
        }
    }

    pub(crate) async fn read(&self, id: impl std::fmt::Display) -> Product {
        self.service.get(&format!("/api/products/{id}")).await.expect(200).json()
    }

    pub(crate) async fn list(&self, query: &str) -> ProductPage {
        self.service.get(&format!("/api/products?{query}")).await.expect(200).json()
    }

    /// Names of the products of a list, in order.
    pub(crate) async fn names(&self, query: &str) -> Vec<String> {
        self.list(query).await.items.into_iter().map(|product| product.name).collect()
    }

    pub(crate) fn put(&self, path: &str) -> TestRequest {
        self.service.put(path).as_staff(&CATALOG_MANAGER)
    }

    pub(crate) fn post(&self, path: &str) -> TestRequest {
        self.service.post(path).as_staff(&CATALOG_MANAGER)
    }

    pub(crate) fn patch(&self, path: &str) -> TestRequest {
        self.service.patch(path).as_staff(&CATALOG_MANAGER)
    }

    pub(crate) fn delete(&self, path: &str) -> TestRequest {
        self.service.delete(path).as_staff(&CATALOG_MANAGER)
    }

    pub(crate) async fn import(&self, csv: impl Into<bytes::Bytes>) -> ImportReport {
        self.post("/api/products/import").raw("text/csv", csv).await.expect(200).json()
    }

    pub(crate) async fn export(&self) -> String {
        self.service.get("/api/products/export.csv").as_staff(&CATALOG_MANAGER).await.expect(200).text()
    }
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub(crate) fn sku(name: &str) -> String {
    name.to_uppercase().replace(' ', "-")
}

pub(crate) fn variant(sku: &str, minor: i64) -> WriteVariant {
    WriteVariant {
        variant_id: None,
        sku: sku.into(),
        name: None,
        attributes: BTreeMap::new(),
        price: SetPrice::plain(eur(minor)),
        other_prices: Vec::new(),
        weight_grams: None,
        barcode: None,
        position: None,
        metadata: Default::default(),
    }
}

pub(crate) fn variant_with(sku: &str, minor: i64, options: &[(&str, &str)]) -> WriteVariant {
    let attributes = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    WriteVariant { attributes, ..variant(sku, minor) }
}

pub(crate) fn product_of(name: &str, category: CategoryId, variants: Vec<WriteVariant>) -> WriteProduct {
    WriteProduct {
        name: name.into(),
        description: format!("A good {name}"),
        category_ids: vec![category],
        variants,
        status: Some(api::product::ProductStatus::Active),
        ..WriteProduct::default()
    }
}

/// The least JSON that makes a product.
pub(crate) fn least(name: &str, category: CategoryId) -> Value {
    json!({
        "name": name, "categoryIds": [category],
        "variants": [{"sku": sku(name), "price": {"base": {"amount": 1000, "currency": "EUR"}}}],
    })
}

/// The body of a PUT that changes nothing.
pub(crate) fn unchanged(product: &Product) -> WriteProduct {
    WriteProduct {
        name: product.name.clone(),
        slug: Some(product.slug.clone()),
        description: product.description.clone(),
        brand: product.brand.clone(),
        category_ids: product.categories.iter().map(|category| category.category_id).collect(),
        tags: product.tags.clone(),
        options: product.options.clone(),
        variants: product
            .variants
            .iter()
            .map(|own| WriteVariant {
                variant_id: Some(own.id),
                sku: own.sku.clone(),
                name: Some(own.name.clone()),
                attributes: own.attributes.clone(),
                price: own.price.clone().into(),
                other_prices: own.other_prices.iter().cloned().map(SetPrice::from).collect(),
                weight_grams: own.weight_grams,
                barcode: own.barcode.clone(),
                position: Some(own.position),
                metadata: own.metadata.clone(),
            })
            .collect(),
        status: None,
        attributes: product.attributes.clone(),
        is_hazardous_material: product.is_hazardous_material,
        country_of_origin: product.country_of_origin.clone(),
        metadata: product.metadata.clone(),
    }
}

pub(crate) fn nobody() -> ProductId {
    ProductId::new()
}
