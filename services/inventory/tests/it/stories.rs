//! Words the tests are written in.

use api::ids::{OrderId, OrderLineId, ProductId, VariantId, WarehouseId};
use api::inventory::{
    ImportStock, ImportStockLine, InventoryItem, Reservation, Reserve, ReserveLine, SaveWarehouse,
    StockViolations, Warehouse,
};
use auth::Role;
use base::page::Page;
use base::{Id, Timestamp};
use serde_json::json;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use testkit::{Answer, TestRequest, TestService};

pub(crate) const MANAGER: &[Role] = &[Role::InventoryManager];

/// Something on sale.
#[derive(Clone, Debug)]
pub(crate) struct Article {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub sku: String,
}

impl Article {
    pub(crate) fn new() -> Self {
        let variant_id = VariantId::new();
        let sku = format!("SKU-{}", variant_id.uuid().simple());
        Self { product_id: ProductId::new(), variant_id, sku }
    }

    /// An order line of `quantity` pieces of it.
    pub(crate) fn line(&self, quantity: i64) -> ReserveLine {
        let (product_id, variant_id) = (self.product_id, Some(self.variant_id));
        ReserveLine { product_id, variant_id, order_item_id: OrderLineId::new(), quantity }
    }
}

pub(crate) struct Inventory(TestService);

impl Deref for Inventory {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.0
    }
}

impl DerefMut for Inventory {
    fn deref_mut(&mut self) -> &mut TestService {
        &mut self.0
    }
}

impl Inventory {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With other numbers in `[inventory]`.
    pub(crate) async fn open_with(settings: &[(&str, i64)]) -> Self {
        let builder = TestService::of(inventory::definition());
        let builder =
            settings.iter().fold(builder, |builder, (key, value)| builder.setting("inventory", key, *value));
        let service = builder.start().await;
        // Recurring tasks begin to count when they are first seen.
        service.settle().await;
        Self(service)
    }

    /// A new article with `quantity` pieces in the default warehouse.
    pub(crate) async fn article(&self, quantity: i64) -> Article {
        let article = Article::new();
        self.count(&article, quantity).await.expect(200);
        article
    }

    /// Sets the counted stock of the default warehouse.
    pub(crate) async fn count(&self, article: &Article, quantity: i64) -> Answer {
        let Article { product_id, variant_id, sku } = article.clone();
        let lines = vec![ImportStockLine { sku, product_id, variant_id, quantity }];
        self.import(&ImportStock { lines }).await
    }

    pub(crate) fn import(&self, body: &ImportStock) -> TestRequest {
        self.post("/internal/inventory/stock/import").as_client(&["inventory:import"]).json(body)
    }

    /// The items of an article, one per warehouse.
    pub(crate) async fn items(&self, article: &Article) -> Vec<InventoryItem> {
        let path = format!("/api/inventory/items?productId={}", article.product_id);
        let page: Page<InventoryItem> = self.get(&path).as_staff(MANAGER).await.expect(200).json();
        page.items
    }

    /// Its one item.
    pub(crate) async fn item(&self, article: &Article) -> InventoryItem {
        let mut items = self.items(article).await;
        assert_eq!(items.len(), 1);
        items.remove(0)
    }

    /// (on hand, reserved) of its one item.
    pub(crate) async fn levels(&self, article: &Article) -> (i64, i64) {
        let item = self.item(article).await;
        assert_eq!(item.available, item.on_hand - item.reserved);
        (item.on_hand, item.reserved)
    }

    pub(crate) async fn warehouse(&self, code: &str, priority: i64) -> Warehouse {
        let body = SaveWarehouse {
            code: code.to_owned(),
            name: format!("Warehouse {code}"),
            address: None,
            sellable: true,
            priority,
        };
        self.post("/api/inventory/warehouses").as_staff(MANAGER).json(&body).await.expect(201).json()
    }

    /// Moves pieces of the article's first item to another warehouse.
    pub(crate) async fn transfer(&self, article: &Article, to: WarehouseId, quantity: i64) {
        let from = self.items(article).await.remove(0);
        let path = format!("/api/inventory/items/{}/transfer", from.id);
        let body = json!({ "toWarehouseId": to, "quantity": quantity });
        let _moved = self.post(&path).as_staff(MANAGER).json(&body).await.expect(200);
    }

    /// In 45 minutes, as order-service asks for.
    pub(crate) fn soon(&self) -> Timestamp {
        self.clock.now() + Duration::from_secs(45 * 60)
    }

    pub(crate) fn ask(&self, order_id: OrderId, lines: &[ReserveLine]) -> TestRequest {
        let body = Reserve { order_id, lines: lines.to_vec(), expires_at: self.soon() };
        self.post("/internal/inventory/reservations").as_service("order").json(&body)
    }

    /// A reservation of one new order.
    pub(crate) async fn reserved(&self, lines: &[ReserveLine]) -> Reservation {
        self.ask(Id::new(), lines).await.expect(201).json()
    }

    /// `confirm`, `cancel` or `extend`.
    pub(crate) fn step(&self, order_id: OrderId, verb: &str) -> TestRequest {
        let path = format!("/internal/inventory/reservations/{order_id}/{verb}");
        let body = match verb {
            "extend" => json!({ "expiresAt": self.soon() }),
            _ => json!({}),
        };
        self.post(&path).as_service("order").json(&body)
    }

    pub(crate) async fn confirmed(&self, lines: &[ReserveLine]) -> Reservation {
        let held = self.reserved(lines).await;
        self.step(held.order_id, "confirm").await.expect(200).json()
    }

    pub(crate) async fn reservation(&self, order_id: OrderId) -> Reservation {
        let path = format!("/internal/inventory/reservations/{order_id}");
        self.get(&path).as_service("order").await.expect(200).json()
    }

    /// The ledger agrees with the levels and the levels with the reservations.
    pub(crate) async fn assert_sound(&self) {
        let request = self.get("/internal/inventory/invariants").as_client(&["invariants:read"]);
        let found: StockViolations = request.await.expect(200).json();
        assert_eq!(found.violations, []);
    }
}
