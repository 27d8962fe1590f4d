//! What shoppers do, as load.

use crate::limits;
use crate::load::{Connection, Measured, connections, run};
use crate::report::Report;
use crate::shop::Shop;
use anyhow::{Context as _, bail};
use http::header::HeaderName;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Vendure's figures on such a machine: what the goals are multiples of.
const VENDURE_SEARCH: f64 = 126.0;
const VENDURE_CHECKOUT: f64 = 8.7;

const CART_TOKEN: HeaderName = HeaderName::from_static("x-cart-token");

/// Product list, product detail, search.
pub(crate) async fn reads(
    report: &mut Report,
    shop: &Shop,
    count: usize,
    time: Duration,
) -> anyhow::Result<()> {
    for (what, path) in
        [("product list of 20", "/api/products?limit=20"), ("product detail", "/api/products/item-77")]
    {
        let bytes = Connection::open(&shop.address).await?.get(path).await?.body;
        let limit = limits::bare_axum(&bytes, count, time).await?;
        let measured = gets(shop, count, time, vec![path.to_owned()]).await?;
        report.ratio(what, measured.per_second, measured.p99_ms, ("bare axum", limit.per_second), "≥ 0.4");
    }
    let words = [
        "alpine kettle",
        "crimson",
        "foldng teapot",
        "quiet grinder 7",
        "nordik jacket",
        "lantern",
        "copper stove",
        "gol",
        "velvet blanket",
        "harbour",
    ];
    let paths = words
        .iter()
        .map(|words| format!("/api/products?facets=true&q={}", words.replace(' ', "+")))
        .collect();
    let measured = gets(shop, count, time, paths).await?;
    report.ratio(
        "search with facets",
        measured.per_second,
        measured.p99_ms,
        ("Vendure", VENDURE_SEARCH),
        "≥ 15 and ≥ 2,000/s",
    );
    Ok(())
}

async fn gets(shop: &Shop, count: usize, time: Duration, paths: Vec<String>) -> anyhow::Result<Measured> {
    let next = Arc::new(AtomicUsize::new(0));
    let paths = Arc::new(paths);
    let step = move |mut connection: Connection| {
        let path = paths[next.fetch_add(1, Ordering::Relaxed) % paths.len()].clone();
        async move {
            connection.get(&path).await?;
            Ok(connection)
        }
    };
    run(connections(&shop.address, count).await?, time, step).await
}

/// A shopper on a connection.
struct Shopper {
    connection: Connection,
    token: String,
    products: Arc<Vec<Value>>,
    turn: usize,
}

impl Shopper {
    async fn post(&mut self, path: &str, body: Value) -> anyhow::Result<Value> {
        let headers = [(CART_TOKEN, self.token.clone())];
        let answer = self.connection.send(Method::POST, path, &headers, Some(body.to_string())).await?;
        if !answer.status.is_success() {
            bail!("{path}: {} {:?}", answer.status, answer.body);
        }
        answer.json()
    }

    async fn add(&mut self) -> anyhow::Result<()> {
        let body = self.addition();
        self.post("/api/cart/items", body).await.map(drop)
    }

    /// The next product a shopper puts into the cart.
    fn addition(&mut self) -> Value {
        self.turn += 1;
        let product = &self.products[self.turn % self.products.len()];
        json!({ "productId": product["id"], "variantId": product["variants"][0]["id"], "quantity": 1 })
    }

    async fn fresh_cart(&mut self) -> anyhow::Result<()> {
        let answer = self.connection.get("/api/cart").await?;
        let token = answer.headers.get(CART_TOKEN).context("a guest gets a token")?;
        token.to_str()?.clone_into(&mut self.token);
        Ok(())
    }
}

async fn shoppers(shop: &Shop, count: usize) -> anyhow::Result<Vec<Shopper>> {
    let mut connection = Connection::open(&shop.address).await?;
    let list = connection.get("/api/products?limit=50").await?.json()?;
    let products = Arc::new(list["items"].as_array().context("a list")?.clone());
    let mut found = Vec::new();
    for (turn, connection) in connections(&shop.address, count).await?.into_iter().enumerate() {
        let mut shopper = Shopper { connection, token: String::new(), products: products.clone(), turn };
        shopper.fresh_cart().await?;
        found.push(shopper);
    }
    Ok(found)
}

/// Add to cart; after 20 additions a shopper takes a new cart.
pub(crate) async fn carts(
    report: &mut Report,
    shop: &Shop,
    count: usize,
    time: Duration,
) -> anyhow::Result<()> {
    let mut first = shoppers(shop, 1).await?.pop().context("a shopper")?;
    let limit = limits::durable_commits(&first.addition().to_string(), count, time).await?;
    let step = |mut shopper: Shopper| async move {
        if shopper.turn.is_multiple_of(20) {
            shopper.fresh_cart().await?;
        }
        shopper.add().await?;
        Ok(shopper)
    };
    let measured = run(shoppers(shop, count).await?, time, step).await?;
    report.ratio(
        "add to cart",
        measured.per_second,
        measured.p99_ms,
        ("group commit", limit.per_second),
        "≥ 0.15",
    );
    Ok(())
}

/// The whole way to a paid order: cart, order, confirmation of the payment.
pub(crate) async fn checkouts(report: &mut Report, shop: &Shop, time: Duration) -> anyhow::Result<()> {
    let step = |mut shopper: Shopper| async move {
        shopper.fresh_cart().await?;
        shopper.add().await?;
        let order = shopper.post("/api/orders", order()).await?;
        let payment = order["payment"]["paymentId"].as_str().context("the order has a payment")?;
        let link = order["link"].as_str().context("a guest gets a link")?;
        let token = link.split_once("token=").context("the link has a token")?.1;
        let path = format!("/api/payments/{payment}/confirm?token={token}");
        shopper.post(&path, json!({ "paymentMethodId": "pm_card_visa" })).await?;
        Ok(shopper)
    };
    let measured = run(shoppers(shop, 8).await?, time, step).await?;
    report.ratio(
        "checkout to a paid order",
        measured.per_second,
        measured.p99_ms,
        ("Vendure", VENDURE_CHECKOUT),
        "≥ 20 and ≥ 150/s",
    );
    Ok(())
}

fn order() -> Value {
    json!({
        "email": "load@example.org",
        "shippingAddress": { "recipientName": "Load", "addressLine1": "Street 1", "city": "Berlin", "postalCode": "10117", "country": "DE" },
        "shippingMethod": "STANDARD",
        "payment": { "flow": "CLIENT_SDK" },
    })
}

/// Sign-in, which is argon2id and little else.
pub(crate) async fn logins(report: &mut Report, shop: &Shop, time: Duration) -> anyhow::Result<()> {
    let raw = tokio::task::spawn_blocking(move || limits::raw_argon2(time)).await??;
    let account = json!({ "email": "login@example.org", "password": "a long enough passphrase" });
    let mut connection = Connection::open(&shop.address).await?;
    let made = connection.send(Method::POST, "/api/auth/register", &[], Some(account.to_string())).await?;
    if made.status != StatusCode::CREATED {
        bail!("register: {} {:?}", made.status, made.body);
    }
    let body = account.to_string();
    let step = move |mut connection: Connection| {
        let body = body.clone();
        async move {
            let answer = connection.send(Method::POST, "/api/auth/login", &[], Some(body)).await?;
            if answer.status != StatusCode::OK {
                bail!("login: {} {:?}", answer.status, answer.body);
            }
            Ok(connection)
        }
    };
    let measured = run(connections(&shop.address, 8).await?, time, step).await?;
    report.ratio("login", measured.per_second, measured.p99_ms, ("argon2id on one core", raw), "≥ 0.9");
    Ok(())
}
