//! Another signed-in customer on the first customer's things: every operation that names one gives
//! the answer of `authorisation.txt`, and afterwards nothing of the first customer has changed.

use crate::authorisation::{Row, rows};
use crate::client::{Answer, Client, Shopper};
use crate::shop::{Shop, catalogue};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the first customer has, by the words that paths and bodies name it with.
struct Ada {
    shopper: Shopper,
    things: BTreeMap<&'static str, String>,
}

impl Ada {
    /// A customer with an address, a paid order, a refund, mails, and a cart with something in it.
    async fn settle_in(shop: &Shop) -> Self {
        let shopper = Shopper::customer(&shop.client).await;
        let boots = shop.client.product("wanderer-black-hiking-boots").await;
        shopper.add(&boots, 0, 1).await.expect(201);
        let order = shopper.order(None).await.expect(201);
        shopper.pay(&order, "pm_card_visa").await.expect(200);
        shopper.wait_for(&order, "CONFIRMED").await;
        shop.settled().await;
        let cart = shopper.add(&boots, 0, 2).await.expect(201);
        let address =
            shop.client.post("/api/users/me/addresses", &shopper.headers(), &address()).await.expect(201);
        let payment = text(&order["payment"]["paymentId"]);
        let bearer = format!("Bearer {}", shop.administrator().await);
        let staff = [("authorization", bearer.as_str())];
        let refund = json!({ "amount": { "amount": 100, "currency": "EUR" }, "reason": "GOODWILL" });
        let refund = shop.client.post(&format!("/api/payments/{payment}/refund"), &staff, &refund).await;
        assert!(refund.status.is_success(), "{}", refund.text);
        shop.settled().await;
        let email = shopper.email().to_owned();
        let see = async |path: &str| shop.client.get(path, &shopper.headers()).await.expect(200);
        let first = async |path: String| {
            let list = shop.client.get(&path, &[staff[0], ("accept", "application/json")]).await.expect(200);
            text(&list["items"][0]["id"])
        };
        let things = BTreeMap::from([
            ("user", text(&see("/api/auth/me").await["id"])),
            ("address", text(&address["id"])),
            ("session", text(&see("/api/auth/sessions").await["items"][0]["id"])),
            ("cart", text(&cart["id"])),
            ("line", text(&cart["items"][0]["itemId"])),
            ("order", text(&order["id"])),
            ("payment", payment),
            ("refund", text(&refund.json()["id"])),
            ("notification", text(&see("/api/notifications").await["items"][0]["id"])),
            ("log", first(format!("/api/admin/notifications/log?recipient={email}")).await),
            ("mail", first(format!("/api/mailbox?to={email}")).await),
            ("email", email),
        ]);
        Self { shopper, things }
    }

    fn id(&self, thing: &str) -> &str {
        &self.things[thing]
    }

    /// The path of an operation with the ids of this customer's things, and a query where one names them.
    fn path(&self, row: &Row) -> String {
        let owner = match row.path.split('/').nth(2).unwrap_or_default() {
            _ if row.path.starts_with("/api/admin/notifications/log") => "log",
            _ if row.path.starts_with("/api/auth/sessions") => "session",
            "cart" => "line",
            "orders" => "order",
            "payments" => "payment",
            "refunds" => "refund",
            "notifications" => "notification",
            "mailbox" => "mail",
            _ => "user",
        };
        let names = [
            ("{addressId}", "address"),
            ("{cartId}", "cart"),
            ("{orderId}", "order"),
            ("{userId}", "user"),
            ("{claimId}", "mail"),
            ("{id}", owner),
        ];
        let path =
            names.iter().fold(row.path.clone(), |path, (name, thing)| path.replace(name, self.id(thing)));
        match row.path.as_str() {
            "/api/orders" if row.method == "GET" => format!("{path}?userId={}", self.id("user")),
            "/api/payments" | "/api/refunds" if row.method == "GET" => {
                format!("{path}?orderId={}", self.id("order"))
            }
            "/api/admin/notifications/log" => format!("{path}?recipient={}", self.id("email")),
            "/api/mailbox" => format!("{path}?to={}", self.id("email")),
            _ => path,
        }
    }

    /// A body that the owner could send, so that nothing but the owner is wrong.
    fn body(&self, row: &Row) -> Value {
        match format!("{} {}", row.method, row.path).as_str() {
            "PUT /api/cart/items/{id}" => json!({ "quantity": 5 }),
            "PATCH /api/orders/{id}" => json!({ "customerNotes": "leave it with me" }),
            "PATCH /api/users/{id}" => json!({ "firstName": "Eve" }),
            "POST /api/orders" => json!({
                "shippingAddressId": self.id("address"), "shippingMethod": "STANDARD", "payment": { "flow": "CLIENT_SDK" },
            }),
            "POST /api/orders/{id}/cancel" => json!({ "reasonCode": "CUSTOMER_REQUEST" }),
            "POST /api/orders/{id}/payments" => json!({ "flow": "CLIENT_SDK" }),
            "POST /api/payments" => json!({ "orderId": self.id("order"), "flow": "CLIENT_SDK" }),
            "POST /api/payments/{id}/confirm" => json!({ "paymentMethodId": "pm_card_visa" }),
            "POST /api/users/{id}/addresses" | "PUT /api/users/{id}/addresses/{addressId}" => address(),
            "POST /api/users/{id}/addresses/{addressId}/default" => json!({ "purpose": "SHIPPING" }),
            "PUT /api/users/{id}/profile" => json!({ "firstName": "Eve", "lastName": "Lovelace" }),
            _ => json!({}),
        }
    }

    /// Everything this customer sees of their own.
    async fn sees(&self, client: &Client) -> BTreeMap<String, String> {
        let (order, payment) = (self.id("order"), self.id("payment"));
        let paths = [
            "/api/auth/me".to_owned(),
            "/api/users/me".to_owned(),
            "/api/users/me/profile".to_owned(),
            "/api/users/me/addresses".to_owned(),
            "/api/users/me/email-preferences".to_owned(),
            "/api/users/me/history".to_owned(),
            "/api/cart".to_owned(),
            "/api/orders".to_owned(),
            format!("/api/orders/{order}"),
            format!("/api/orders/{order}/history"),
            format!("/api/payments/{payment}"),
            format!("/api/payments?orderId={order}"),
            format!("/api/refunds?orderId={order}"),
            "/api/notifications".to_owned(),
            "/api/notifications/settings".to_owned(),
        ];
        let mut seen = BTreeMap::new();
        for path in paths {
            let answer = client.get(&path, &self.shopper.headers()).await;
            assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
            seen.insert(path, answer.text);
        }
        let sessions = client.get("/api/auth/sessions", &self.shopper.headers()).await.expect(200);
        seen.insert("sessions".to_owned(), sessions["items"].as_array().map_or(0, Vec::len).to_string());
        seen
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} should be an id")).to_owned()
}

fn address() -> Value {
    json!({ "addressType": "HOME", "addressLine1": "Unter den Linden 1", "city": "Berlin", "postalCode": "10117", "country": "DE" })
}

async fn ask(client: &Client, ada: &Ada, row: &Row, eve: &Shopper) -> Answer {
    let method: Method = row.method.parse().expect("a method");
    let has_body = !matches!(row.method.as_str(), "GET" | "DELETE");
    let mut headers = eve.headers().to_vec();
    headers.push(("accept", "application/json"));
    let body = has_body.then(|| ada.body(row));
    client.send(method, &ada.path(row), &headers, body.as_ref()).await
}

/// Whether the answer is the one of the table.
fn is_as_expected(expected: &str, answer: &Answer) -> bool {
    let (status, word) = expected.split_once(' ').unwrap_or((expected, ""));
    let body = answer.json();
    let said = match word {
        "" => true,
        "empty" => body["items"].as_array().is_some_and(Vec::is_empty),
        code => body["code"] == code,
    };
    said && status.parse() == Ok(answer.status.as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customer_gets_nothing_of_the_first_and_changes_nothing() {
    let shop = Shop::with_catalogue(&catalogue("outdoor.shopify.csv")).await;
    let ada = Ada::settle_in(&shop).await;
    let eve = Shopper::customer(&shop.client).await;
    let boots = shop.client.product("wanderer-black-hiking-boots").await;
    eve.add(&boots, 0, 1).await.expect(201);
    let before = ada.sees(&shop.client).await;
    let mut wrong = Vec::new();
    let owned: Vec<Row> = rows().into_values().filter(|row| row.other != "-").collect();
    for row in &owned {
        let answer = ask(&shop.client, &ada, row, &eve).await;
        if !is_as_expected(&row.other, &answer) {
            let Row { method, path, other, .. } = row;
            wrong.push(format!("{method} {path}: not {other} but {} {:.200}", answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "authorisation.txt:\n{}", wrong.join("\n"));
    assert!(owned.len() > 50, "only {} operations name a thing with an owner", owned.len());
    shop.settled().await;
    assert_eq!(ada.sees(&shop.client).await, before);
    shop.must_be_consistent().await;
}
