//! Who may do what; things of others are not there.

use crate::shop::{Shop, VISA, creation};
use api::ids::PaymentId;
use api::payment::{PaymentAuditRecorded, PaymentFlow, PaymentStatus};
use auth::{Role, UserId};
use serde_json::json;
use testkit::{Identity, TestRequest};

fn body_for(path: &str) -> serde_json::Value {
    match path.rsplit('/').next() {
        Some("confirm") => json!({ "paymentMethodId": VISA }),
        Some("cancel" | "refund") => json!({ "reason": "because" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn the_payments_of_others_are_not_there() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let stranger = UserId::new();
    let read = format!("/api/payments/{}", payment.id);
    shop.t.get(&read).as_user(stranger).await.problem(404, "not-found");
    shop.t.get(&read).as_user(shop.customer).await.expect(200);
    let confirm = format!("{read}/confirm");
    shop.t.post(&confirm).as_user(stranger).json(&body_for(&confirm)).await.problem(404, "not-found");
    // Staff may look, but not pay for others.
    shop.t
        .post(&confirm)
        .as_staff(&[Role::SuperAdmin])
        .json(&body_for(&confirm))
        .await
        .problem(404, "not-found");
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction);
    let list = shop.t.get("/api/payments").as_user(stranger).await.expect(200);
    assert_eq!(list.value()["items"], json!([]));
}

#[tokio::test]
async fn an_order_of_others_cannot_be_paid_or_looked_at() {
    let shop = Shop::open().await;
    let order = shop.order();
    let body = creation(order, PaymentFlow::CheckoutRedirect, None);
    shop.t.post("/api/payments").as_user(UserId::new()).json(&body).await.problem(404, "not-found");
    shop.change_order(order, |payable| payable.user_id = None);
    shop.t.post("/api/payments").as_user(shop.customer).json(&body).await.problem(404, "not-found");
    shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201);
    let unknown = creation(api::ids::OrderId::new(), PaymentFlow::CheckoutRedirect, None);
    shop.t.post("/api/payments").as_user(shop.customer).json(&unknown).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_customer_pays_for_their_own_order() {
    let shop = Shop::open().await;
    let body = creation(shop.order(), PaymentFlow::SavedMethod, Some(VISA));
    shop.t.post("/api/payments").as_user(shop.customer).json(&body).await.expect(201);
}

#[tokio::test]
async fn every_route_refuses_those_the_contract_does_not_name() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let refund = shop.refund(payment.id, Some(1), "x").await;
    let id = payment.id;
    let customer = || Identity::User(shop.customer, vec![Role::Customer]);
    let staff = |role| Identity::User(UserId::new(), vec![role]);
    let cases: Vec<(&str, String, Vec<Identity>)> = vec![
        ("POST", "/api/payments".into(), vec![Identity::Service("cart")]),
        ("GET", "/api/payments".into(), vec![Identity::Service("cart")]),
        ("GET", format!("/api/payments/{id}"), vec![Identity::Service("notification")]),
        ("POST", format!("/api/payments/{id}/confirm"), vec![Identity::Service("cart")]),
        (
            "POST",
            format!("/api/payments/{id}/capture"),
            vec![customer(), staff(Role::SupportAgent), Identity::Service("cart")],
        ),
        (
            "POST",
            format!("/api/payments/{id}/cancel"),
            vec![customer(), staff(Role::SupportAgent), Identity::Service("cart")],
        ),
        (
            "POST",
            format!("/api/payments/{id}/refund"),
            vec![customer(), staff(Role::SupportAgent), Identity::Service("cart")],
        ),
        (
            "GET",
            format!("/api/payments/{id}/ledger"),
            vec![customer(), staff(Role::CatalogManager), Identity::Service("order")],
        ),
        ("GET", "/api/refunds".into(), vec![Identity::Service("cart")]),
        ("GET", format!("/api/refunds/{}", refund.id), vec![Identity::Service("cart")]),
        ("POST", format!("/api/refunds/{}/retry", refund.id), vec![customer(), Identity::Service("order")]),
        (
            "GET",
            "/internal/simulator/charges".into(),
            vec![customer(), staff(Role::SuperAdmin), Identity::Service("order")],
        ),
        (
            "GET",
            "/internal/payments/ledger/verify".into(),
            vec![staff(Role::SuperAdmin), Identity::Service("order")],
        ),
        (
            "GET",
            "/internal/payments/invariants".into(),
            vec![staff(Role::SuperAdmin), Identity::Service("order")],
        ),
    ];
    for (method, path, refused) in cases {
        let ask = || -> TestRequest {
            let request = shop.t.request(method.parse().unwrap(), &path);
            if method == "POST" { request.json(&body_for(&path)) } else { request }
        };
        ask().await.problem(401, "unauthenticated");
        for identity in refused {
            let answer = ask().as_identity(identity.clone()).await;
            assert_eq!(answer.status.as_u16(), 403, "{method} {path} as {identity:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn ids_that_are_none_are_not_found() {
    let shop = Shop::open().await;
    for id in ["7", "null", "%27", "00000000-0000-0000-0000-000000000000", &PaymentId::new().to_string()] {
        shop.t.get(&format!("/api/payments/{id}")).as_user(shop.customer).await.expect(404);
        shop.t.get(&format!("/api/refunds/{id}")).as_user(shop.customer).await.expect(404);
    }
}

#[tokio::test]
async fn unknown_fields_and_wrong_types_are_named() {
    let shop = Shop::open().await;
    let order = shop.order();
    for body in [
        json!({ "orderId": order, "price": 1 }),
        json!({ "orderId": "x" }),
        json!({ "orderId": order, "flow": "CASH" }),
        json!({ "orderId": order, "amount": { "amount": 1.5, "currency": "EUR" } }),
        json!({ "orderId": order, "amount": { "amount": 1, "currency": "XXX1" } }),
        json!([]),
    ] {
        let answer = shop.t.post("/api/payments").as_service("order").json(&body).await;
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_staff_read_and_do_is_written_down() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let path = format!("/api/payments/{}", payment.id);
    shop.t.get(&path).as_staff(&[Role::SupportAgent]).await.expect(200);
    shop.t.get("/api/payments").as_staff(&[Role::SupportAgent]).await.expect(200);
    shop.refund(payment.id, None, "damaged").await;
    shop.t.get(&path).as_user(shop.customer).await.expect(200);
    let records = shop.t.published::<PaymentAuditRecorded>().await;
    let actions: Vec<_> = records.iter().map(|record| record.0.action.as_str()).collect();
    assert_eq!(actions, ["payment.read", "payment.read", "payment.refund"]);
    assert_eq!(records[0].0.resource_id, Some(payment.id.to_string()));
    assert_eq!(records[2].0.reason.as_deref(), Some("damaged"));
}
