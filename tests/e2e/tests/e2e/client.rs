//! A shopper's and an administrator's HTTP client.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{body}");
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }
}

/// Talks to one shop.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none());
        Self { base: base.to_owned(), http: http.build().expect("a client") }
    }

    /// Where the shop is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request; `None` if the connection broke.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        Some(Answer { status, headers, text: response.text().await.ok()? })
    }

    /// Sends a request to a shop that must answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let answer = self.try_send(method, path, headers, body).await;
        answer.unwrap_or_else(|| panic!("{path}: no answer"))
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(Method::POST, path, headers, Some(body)).await
    }

    /// Signs in; answers the access token.
    pub(crate) async fn login(&self, email: &str, password: &str) -> String {
        let body = json!({ "email": email, "password": password });
        let answer = self.post("/api/auth/login", &[], &body).await.expect(200);
        answer["accessToken"].as_str().expect("a token").to_owned()
    }

    /// Registers a customer; answers address and access token.
    pub(crate) async fn register(&self) -> (String, String) {
        let email = format!("ada-{}@example.org", base::Id::<()>::new());
        let body = json!({ "email": email, "password": "a long enough passphrase", "firstName": "Ada", "lastName": "Lovelace" });
        let answer = self.post("/api/auth/register", &[], &body).await.expect(201);
        let token = answer["accessToken"].as_str().expect("a token").to_owned();
        (email, token)
    }

    /// A product by its slug.
    pub(crate) async fn product(&self, slug: &str) -> Value {
        self.get(&format!("/api/products/{slug}"), &[]).await.expect(200)
    }
}

/// A shopper with a cart: a guest with a token, or a customer with an access token.
#[derive(Clone)]
pub(crate) struct Shopper {
    pub(crate) client: Client,
    header: (&'static str, String),
    email: String,
}

impl Shopper {
    /// A guest with an empty cart.
    pub(crate) async fn guest(client: &Client) -> Self {
        let answer = client.get("/api/cart", &[]).await;
        let token = answer.header("x-cart-token");
        assert!(!token.is_empty(), "a guest gets a cart token: {}", answer.text);
        let email = format!("guest-{}@example.org", base::Id::<()>::new());
        Self { client: client.clone(), header: ("x-cart-token", token), email }
    }

    /// A registered customer.
    pub(crate) async fn customer(client: &Client) -> Self {
        let (email, token) = client.register().await;
        Self { client: client.clone(), header: ("authorization", format!("Bearer {token}")), email }
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn headers(&self) -> [(&str, &str); 1] {
        [(self.header.0, self.header.1.as_str())]
    }

    /// The same shopper talking to a shop that was started again at another address.
    pub(crate) fn at(&self, client: &Client) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    pub(crate) async fn add(&self, product: &Value, variant: usize, quantity: i64) -> Answer {
        let body = json!({ "productId": product["id"], "variantId": product["variants"][variant]["id"], "quantity": quantity });
        self.client.post("/api/cart/items", &self.headers(), &body).await
    }

    pub(crate) fn order_body(&self) -> Value {
        let mut body = json!({
            "shippingAddress": { "recipientName": "Ada Lovelace", "addressLine1": "Unter den Linden 1", "city": "Berlin", "postalCode": "10117", "country": "DE" },
            "shippingMethod": "STANDARD",
            "payment": { "flow": "CLIENT_SDK" },
        });
        if self.header.0 == "x-cart-token" {
            body["email"] = json!(self.email);
        }
        body
    }

    /// Places the order of the cart.
    pub(crate) async fn order(&self, key: Option<&str>) -> Answer {
        let mut headers = self.headers().to_vec();
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.client.post("/api/orders", &headers, &self.order_body()).await
    }

    /// Confirms a payment with a test method.
    pub(crate) async fn pay(&self, order: &Value, method: &str) -> Answer {
        let id = order["payment"]["paymentId"].as_str().expect("the order has a payment");
        let path = format!("/api/payments/{id}/confirm{}", query(order));
        self.client.post(&path, &self.headers(), &json!({ "paymentMethodId": method })).await
    }

    /// The order as it is now.
    pub(crate) async fn see(&self, order: &Value) -> Value {
        let id = order["id"].as_str().expect("an order has an id");
        self.client.get(&format!("/api/orders/{id}{}", query(order)), &self.headers()).await.expect(200)
    }

    /// Waits, within a bound, until the order is in `status`.
    pub(crate) async fn wait_for(&self, order: &Value, status: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..600 {
            last = self.see(order).await;
            if last["status"] == status {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the order is not {status} after 30 seconds: {last}");
    }
}

/// The query that shows a guest's right to an order: the token of its link.
pub(crate) fn query(order: &Value) -> String {
    let token = order["link"].as_str().and_then(|link| link.split_once("token="));
    token.map_or(String::new(), |(_, token)| format!("?token={token}"))
}
