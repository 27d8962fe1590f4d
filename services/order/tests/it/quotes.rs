//! Estimates, the ways to send things, and the tables staff edit.

use crate::shop::{Shop, body_json};
use api::order::{Order, OrderAuditRecorded, Quote};
use auth::Role;
use base::Currency;
use serde_json::{Value, json};

fn quote_body(country: &str) -> Value {
    let euro = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    json!({
        "country": country, "shippingMethod": "STANDARD", "currency": "EUR",
        "lines": [
            { "quantity": 2, "unitPrice": euro(1_990), "listPrice": euro(2_490), "taxClass": "standard" },
            { "quantity": 1, "unitPrice": euro(500), "taxClass": "reduced", "weightGrams": 1_200 }
        ],
        "discountAmount": euro(100)
    })
}

async fn quoted(shop: &Shop, body: &Value) -> Quote {
    shop.post("/internal/orders/quote").as_client(&["order:quote"]).json(body).await.expect(200).json()
}

#[tokio::test]
async fn a_quote_explains_its_total_to_the_cent() {
    let shop = Shop::open().await;
    for country in ["DE", "AT", "CH", "US", "NZ"] {
        let quote = quoted(&shop, &quote_body(country)).await;
        let sum: i64 = quote.explanation.iter().map(|step| step.amount.minor).sum();
        assert_eq!(sum, quote.totals.total_amount.minor, "{country}");
        assert_eq!((quote.totals.subtotal.minor, quote.totals.discount_amount.minor), (4_480, 100));
        assert_eq!(quote.prices_include_tax, !["US", "NZ"].contains(&country));
    }
    let mut new_york = quote_body("US");
    new_york["stateOrProvince"] = json!("NY");
    new_york["postalCode"] = json!("10001");
    let quote = quoted(&shop, &new_york).await;
    let shipping = 1_990 + 2 * 500;
    assert_eq!(quote.totals.shipping_cost.minor, shipping);
    // 8.875 % per line, half up: 38.91 and 4.89 after the discount's shares, and the shipping.
    assert_eq!(quote.totals.tax_amount.minor, 345 + 43 + 265);
    assert_eq!(quote.totals.total_amount.minor, 4_380 + shipping + 653);
}

#[tokio::test]
async fn a_quote_is_what_the_order_then_costs() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    let mut body = quote_body("DE");
    body["lines"] = json!([{ "quantity": 2, "unitPrice": { "amount": 1_990, "currency": "EUR" }, "taxClass": "standard" }]);
    body.as_object_mut().unwrap().remove("discountAmount");
    let quote = quoted(&shop, &body).await;
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!(order.totals, quote.totals);
    assert_eq!(order.explanation, quote.explanation);
}

#[tokio::test]
async fn a_quote_that_makes_no_sense_is_refused() {
    let shop = Shop::open().await;
    let ask =
        async |body: &Value| shop.post("/internal/orders/quote").as_client(&["order:quote"]).json(body).await;
    let mut body = quote_body("DE");
    body["lines"][0]["unitPrice"]["currency"] = json!("USD");
    ask(&body).await.problem(422, "currency-mismatch");
    let mut body = quote_body("DE");
    body["lines"][0]["quantity"] = json!(0);
    ask(&body).await.problem(422, "amount-invalid");
    body["lines"][0]["quantity"] = json!(i64::MAX);
    ask(&body).await.problem(422, "amount-invalid");
    let mut body = quote_body("FR");
    body["shippingMethod"] = json!("PICKUP");
    ask(&body).await.problem(422, "shipping-unavailable");
    shop.post("/internal/orders/quote").as_user(shop.ada).json(&body).await.problem(403, "forbidden");
}

#[tokio::test]
async fn anyone_may_ask_how_things_can_be_sent() {
    let shop = Shop::open().await;
    let methods = async |query: &str| {
        let answer = shop.get(&format!("/api/shipping-methods?{query}")).await.expect(200).value();
        answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["method"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(methods("country=DE").await, ["PICKUP", "STANDARD", "EXPRESS"]);
    assert_eq!(methods("country=NZ&currency=USD").await, ["STANDARD", "EXPRESS"]);
    assert!(methods("country=NZ&currency=JPY").await.is_empty());
    shop.get("/api/shipping-methods?country=DE&currency=EURO").await.problem(422, "validation");
    shop.get("/api/shipping-methods").await.problem(422, "validation");
}

#[tokio::test]
async fn staff_replace_a_table_and_the_next_order_costs_accordingly() {
    let shop = Shop::open().await;
    let answer = shop.get("/api/admin/tax-rates").as_staff(&[Role::Admin]).await.expect(200);
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let mut rates = answer.value();
    let german = rates["items"].as_array_mut().unwrap().iter_mut().find(|rate| rate["zone"] == "de").unwrap();
    german["ratePpm"] = json!(100_000);
    let put = |tag: &str| {
        shop.put("/api/admin/tax-rates").as_staff(&[Role::Admin]).header("if-match", tag).json(&rates)
    };
    put("\"7\"").await.problem(412, "version-conflict");
    assert_eq!(put("\"1\"").await.expect(200).header("etag"), Some("\"2\""));
    let _article = shop.fill();
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!(order.totals.tax_amount.minor, 362 + 45, "10 % instead of 19 %");
    assert_eq!(shop.published::<OrderAuditRecorded>().await[0].0.action, "tax-rates.replace");
}

#[tokio::test]
async fn tables_that_contradict_themselves_are_refused() {
    let shop = Shop::open().await;
    let mut zones = shop.get("/api/admin/tax-zones").as_staff(&[Role::Admin]).await.expect(200).value();
    zones["items"].as_array_mut().unwrap().remove(0);
    let put = async |path: &str, body: &Value| shop.put(path).as_staff(&[Role::Admin]).json(body).await;
    let problem = put("/api/admin/tax-zones", &zones).await.problem(422, "validation");
    assert_eq!(
        (problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()),
        ("/rates/0", "unknown-zone")
    );
    let mut methods =
        shop.get("/api/admin/shipping-methods").as_staff(&[Role::Admin]).await.expect(200).value();
    methods["items"][0]["flat"]["amount"] = json!(-1);
    let problem = put("/api/admin/shipping-methods", &methods).await.problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/items/0/flat/amount");
    methods["items"][0]["flat"]["amount"] = json!(1_000);
    let _replaced = put("/api/admin/shipping-methods", &methods).await.expect(200);
    for role in [Role::SupportAgent, Role::Finance, Role::Customer] {
        shop.get("/api/admin/tax-zones").as_staff(&[role]).await.problem(403, "forbidden");
    }
    shop.get("/api/admin/tax-zones").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn yen_have_no_cents_and_taxes_are_whole_yen() {
    let shop = Shop::open().await;
    let article = shop.world.article(1_234, 10);
    shop.world.fill_cart(&shop.ada.to_string(), &[(&article, 3)], "JPY".parse::<Currency>().unwrap());
    let mut body = body_json();
    body["shippingAddress"]["country"] = json!("JP");
    let order: Order = shop.post("/api/orders").as_user(shop.ada).json(&body).await.expect(201).json();
    assert_eq!(order.totals.subtotal.minor, 3_702);
    assert_eq!(order.totals.shipping_cost.minor, 3_000 + 2 * 800);
    assert_eq!(order.totals.tax_amount.minor, 337 + 418, "10 % contained, half up per line");
    assert_eq!(order.explanation[0].detail, "3 × 1234");
    shop.assert_sound().await;
}
