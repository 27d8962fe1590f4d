//! Words the tests are written in, and the stub peers.

use api::cart::{AddItem, Cart, CartSnapshot, LockCart};
use api::ids::{OrderId, ProductId, UserId, VariantId};
use api::order::{OrderStatus, Quote, QuoteRequest, Totals};
use api::product::{
    Availability, AvailabilityAnswer, AvailabilityLine, AvailabilityProblem, AvailabilityRequest,
};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base::{Currency, Error, Id, Money, Timestamp};
use serde_json::{Value, json};
use service::http::{Failure, Json, Path};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use testkit::{Answer, TestRequest, TestService};

/// Something on sale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Article {
    pub product_id: ProductId,
    pub variant_id: VariantId,
}

impl Article {
    pub(crate) fn add(self, quantity: i64) -> AddItem {
        let Article { product_id, variant_id } = self;
        AddItem { product_id, variant_id: Some(variant_id), quantity, currency: None }
    }
}

/// What the stubs know.
#[derive(Default)]
pub(crate) struct World {
    goods: HashMap<VariantId, Goods>,
    pub orders: HashMap<OrderId, OrderStatus>,
    pub product_is_down: bool,
    pub order_is_down: bool,
    pub calls: usize,
}

pub(crate) struct Goods {
    product_id: ProductId,
    pub prices: Vec<Money>,
    pub stock: i64,
    pub sellable: bool,
}

type Shared = Arc<Mutex<World>>;

pub(crate) struct Shop {
    service: TestService,
    world: Shared,
}

impl Deref for Shop {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.service
    }
}

impl DerefMut for Shop {
    fn deref_mut(&mut self) -> &mut TestService {
        &mut self.service
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let world = Shared::default();
        let product = Router::new().route("/internal/products/availability", post(availability));
        let order =
            Router::new().route("/internal/orders/quote", post(quote)).route("/api/orders/{id}", get(order));
        let service = TestService::of(cart::definition())
            .peer("product", product.with_state(world.clone()))
            .peer("order", order.with_state(world.clone()))
            .start()
            .await;
        // Recurring tasks begin to count when they are first seen.
        service.settle().await;
        Self { service, world }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no stub panicked")
    }

    /// A new article for `price` euro cents, `stock` pieces of it.
    pub(crate) fn article(&self, price: i64, stock: i64) -> Article {
        let article = Article { product_id: ProductId::new(), variant_id: VariantId::new() };
        let prices = vec![Money::new(price, Currency::EUR)];
        let goods = Goods { product_id: article.product_id, prices, stock, sellable: true };
        self.world().goods.insert(article.variant_id, goods);
        article
    }

    /// Changes what the catalogue says of an article.
    pub(crate) fn change(&self, article: Article, change: impl FnOnce(&mut Goods)) {
        change(self.world().goods.get_mut(&article.variant_id).expect("it was put on sale"));
    }

    pub(crate) fn add(&self, item: &AddItem) -> TestRequest {
        self.post("/api/cart/items").json(item)
    }

    /// The cart of `user` after they put `quantity` pieces in.
    pub(crate) async fn put(&self, user: UserId, article: Article, quantity: i64) -> Cart {
        let answer = self.add(&article.add(quantity)).as_user(user).await;
        assert!(matches!(answer.status.as_u16(), 200 | 201), "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn cart(&self, user: UserId) -> Cart {
        self.get("/api/cart").as_user(user).await.expect(200).json()
    }

    /// A guest with `quantity` pieces in the cart: their token and cart.
    pub(crate) async fn guest_with(&self, article: Article, quantity: i64) -> (String, Cart) {
        let cart: Cart = self.add(&article.add(quantity)).await.expect(201).json();
        (cart.cart_token.clone().expect("a new guest gets a token"), cart)
    }

    pub(crate) async fn cart_of_guest(&self, token: &str) -> Cart {
        self.get("/api/cart").guest(token).await.expect(200).json()
    }

    pub(crate) fn set(&self, cart: &Cart, index: usize, quantity: i64) -> TestRequest {
        let path = format!("/api/cart/items/{}", cart.items[index].item.item_id);
        self.put_request(&path, &json!({ "quantity": quantity }))
    }

    pub(crate) fn put_request(&self, path: &str, body: &Value) -> TestRequest {
        self.service.put(path).json(body)
    }

    pub(crate) fn lock(&self, user: UserId, order_id: OrderId) -> TestRequest {
        let body = LockCart { user_id: Some(user), cart_token: None, order_id };
        self.post("/internal/carts/lock").as_service("order").json(&body)
    }

    pub(crate) async fn locked(&self, user: UserId, order_id: OrderId) -> CartSnapshot {
        self.lock(user, order_id).await.expect(200).json()
    }

    pub(crate) async fn unlock(&self, snapshot: &CartSnapshot, order_id: OrderId) -> Answer {
        let path = format!("/internal/carts/{}/unlock", snapshot.cart_id);
        self.post(&path).as_service("order").json(&json!({ "orderId": order_id })).await.expect(204)
    }
}

/// Quantities by line.
pub(crate) fn quantities(cart: &Cart) -> Vec<i64> {
    cart.items.iter().map(|line| line.item.quantity).collect()
}

pub(crate) fn user() -> UserId {
    Id::new()
}

async fn availability(
    State(world): State<Shared>,
    Json(request): Json<AvailabilityRequest>,
) -> Result<Json<AvailabilityAnswer>, Failure> {
    let mut world = world.lock().expect("no stub panicked");
    world.calls += 1;
    if world.product_is_down {
        return Err(Error::unavailable("the catalogue is down").into());
    }
    let currency = request.currency.unwrap_or(Currency::EUR);
    let lines = request.lines.iter().map(|line| answer(&world, line, currency)).collect();
    let checked_at = Timestamp::from_micros(1_772_442_000_000_000 + world.calls as i64);
    Ok(Json(AvailabilityAnswer { lines, discounts: vec![], checked_at, stale: false }))
}

fn answer(world: &World, line: &AvailabilityLine, currency: Currency) -> Availability {
    let of_product = |id: &VariantId| world.goods[id].product_id == line.product_id;
    let only = || world.goods.keys().copied().find(of_product);
    let variant_id =
        line.variant_id.or_else(only).filter(|id| world.goods.contains_key(id) && of_product(id));
    let goods = variant_id.and_then(|id| world.goods.get(&id));
    let unit_price =
        goods.and_then(|goods| goods.prices.iter().copied().find(|price| price.currency == currency));
    let stock = goods.map_or(0, |goods| goods.stock);
    let sellable = goods.is_some_and(|goods| goods.sellable) && unit_price.is_some();
    let problem = match goods {
        None => Some(AvailabilityProblem::NotFound),
        Some(goods) if !goods.sellable => Some(AvailabilityProblem::NotSellable),
        Some(_) if unit_price.is_none() => Some(AvailabilityProblem::NoPrice),
        Some(_) if stock < line.quantity => Some(AvailabilityProblem::InsufficientStock),
        Some(_) => None,
    };
    Availability {
        product_id: line.product_id,
        variant_id: variant_id.or(line.variant_id),
        quantity: line.quantity,
        sku: goods.map_or(String::new(), |_| "SKU-Ø".into()),
        name: goods.map_or(String::new(), |_| "Becher „Ærø“ ☕".into()),
        slug: String::new(),
        attributes: Default::default(),
        image_url: None,
        sellable,
        available_quantity: stock,
        unit_price,
        tax_class: "standard".into(),
        weight_grams: Some(300),
        problem,
    }
}

async fn quote(
    State(world): State<Shared>,
    Json(request): Json<QuoteRequest>,
) -> Result<Json<Quote>, Failure> {
    if world.lock().expect("no stub panicked").order_is_down {
        return Err(Error::unavailable("orders are down").into());
    }
    if request.country == "AQ" {
        return Err(Error::conflict("shipping-unavailable", "nothing is sent there").into());
    }
    let money = |minor| Money::new(minor, request.currency);
    let subtotal: i64 = request.lines.iter().map(|line| line.unit_price.minor * line.quantity).sum();
    let shipping = request.lines.iter().filter_map(|line| line.weight_grams).sum::<i64>();
    let totals = Totals {
        subtotal: money(subtotal),
        discount_amount: money(0),
        tax_amount: money(subtotal / 10),
        shipping_cost: money(shipping),
        total_amount: money(subtotal + shipping),
        currency: request.currency,
    };
    Ok(Json(Quote { totals, prices_include_tax: true, explanation: vec![] }))
}

async fn order(State(world): State<Shared>, Path(id): Path<OrderId>) -> Result<Response, Failure> {
    let world = world.lock().expect("no stub panicked");
    if world.order_is_down {
        return Err(Error::unavailable("orders are down").into());
    }
    let status = world.orders.get(&id).ok_or_else(|| Error::not_found("order"))?;
    let zero = json!({ "amount": 0, "currency": "EUR" });
    let now = "2026-03-02T09:00:00.000Z";
    let address = json!({ "addressLine1": "Kai 1", "city": "Hamburg", "country": "DE" });
    let body = json!({
        "id": id, "orderNumber": "ORD-0123456789", "customerEmail": "ada@example.org", "customerName": "Ada",
        "status": status, "paymentStatus": "PENDING", "items": [], "subtotal": zero, "discountAmount": zero,
        "taxAmount": zero, "shippingCost": zero, "totalAmount": zero, "currency": "EUR", "refundedAmount": zero,
        "pricesIncludeTax": true, "explanation": [], "shippingAddress": address, "billingAddress": address,
        "shippingMethod": "STANDARD", "shipments": [], "allowedActions": [], "createdAt": now, "updatedAt": now,
        "version": 1,
    });
    Ok(Json(body).into_response())
}
