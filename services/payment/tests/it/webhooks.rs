//! `POST /api/payments/webhooks/{gateway}`.

use crate::shop::{PRICE, Shop, page_of};
use api::payment::{Payment, PaymentFlow, PaymentStatus, PaymentSucceeded};
use base::Timestamp;
use futures::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;
use std::time::Duration;
use testkit::TestRequest;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

pub(crate) fn secret(shop: &Shop) -> String {
    hex(&shop.t.keys.derive("payment-simulator-webhook"))
}

pub(crate) fn sign(secret: &str, at: Timestamp, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key");
    mac.update(format!("{}.{body}", at.seconds()).as_bytes());
    format!("t={},v1={}", at.seconds(), hex(&mac.finalize().into_bytes()))
}

pub(crate) fn event(id: &str, kind: &str, object: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"{kind}","data":{{"object":{{"id":"{object}","object":"payment_intent"}}}}}}"#
    )
}

pub(crate) fn send(shop: &Shop, signature: &str, body: &str) -> TestRequest {
    let request = shop.t.post("/api/payments/webhooks/simulator").raw("application/json", body.to_owned());
    request.header("stripe-signature", signature)
}

/// An intent of the gateway that is not paid, whatever a webhook claims.
pub(crate) async fn unpaid(shop: &Shop) -> (Payment, String) {
    let order = shop.order();
    let payment: Payment = shop.create(order, PaymentFlow::ClientSdk, None).await.expect(201).json();
    let secret = payment.next_action.clone().and_then(|next| next.client_secret).expect("a secret");
    let intent = secret.split("_secret_").next().expect("an id").to_owned();
    (payment, intent)
}

#[tokio::test]
async fn a_webhook_is_a_reason_to_ask_and_never_believed() {
    let shop = Shop::open().await;
    let (payment, intent) = unpaid(&shop).await;
    let body = event("evt_1", "payment_intent.succeeded", &intent);
    let answer = send(&shop, &sign(&secret(&shop), shop.t.clock.now(), &body), &body).await.expect(200);
    assert_eq!(answer.text(), r#"{"received":true}"#);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Pending, "the gateway says nobody has paid");
}

#[tokio::test]
async fn forged_stale_and_changed_webhooks_are_refused() {
    let shop = Shop::open().await;
    let (_, intent) = unpaid(&shop).await;
    let now = shop.t.clock.now();
    let body = event("evt_1", "payment_intent.succeeded", &intent);
    let good = sign(&secret(&shop), now, &body);
    for bad in [
        String::new(),
        "nonsense".into(),
        sign("another secret", now, &body),
        sign("", now, &body),
        sign(&secret(&shop), now - Duration::from_secs(301), &body),
        sign(&secret(&shop), now + Duration::from_secs(301), &body),
        good.replace("v1=", "v0="),
        sign(&secret(&shop), now, &body.replace("evt_1", "evt_2")),
    ] {
        send(&shop, &bad, &body).await.problem(400, "bad-signature");
    }
    shop.t
        .post("/api/payments/webhooks/simulator")
        .raw("application/json", body.clone())
        .await
        .problem(400, "bad-signature");
    let spaced = body.replace(':', ": ");
    send(&shop, &good, &spaced).await.problem(400, "bad-signature");
    shop.t.clock.advance(Duration::from_mins(6));
    send(&shop, &good, &body).await.problem(400, "bad-signature");
}

#[tokio::test]
async fn signed_nonsense_is_refused_or_ignored() {
    let shop = Shop::open().await;
    let now = shop.t.clock.now();
    let strange = event("evt_☃", "x", "pi_1");
    let long = event(&"e".repeat(300), "x", "pi_1");
    for body in ["", "{}", "[]", "not json", "\u{0}", r#"{"id":7}"#, strange.as_str(), long.as_str()] {
        send(&shop, &sign(&secret(&shop), now, body), body).await.problem(400, "bad-signature");
    }
    let foreign = event("evt_9", "payment_intent.succeeded", "pi_of_somebody_else");
    send(&shop, &sign(&secret(&shop), now, &foreign), &foreign).await.expect(200);
    let other =
        r#"{"id":"evt_10","type":"customer.created","data":{"object":{"id":"cus_1","object":"customer"}}}"#;
    send(&shop, &sign(&secret(&shop), now, other), other).await.expect(200);
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn a_gateway_that_is_not_in_use_is_not_there() {
    let shop = Shop::open().await;
    let body = event("evt_1", "x", "pi_1");
    let signature = sign(&secret(&shop), shop.t.clock.now(), &body);
    for gateway in ["stripe", "Simulator", "..", "paypal"] {
        let path = format!("/api/payments/webhooks/{gateway}");
        let request = shop.t.post(&path).raw("application/json", body.clone());
        request.header("stripe-signature", &signature).await.expect(404);
    }
}

#[tokio::test]
async fn the_same_event_delivered_twenty_times_at_once_books_once() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let page = page_of(&payment);
    shop.t
        .post(&page)
        .raw("application/x-www-form-urlencoded", "action=pay&card=pm_sim_webhook_lost")
        .await
        .expect(303);
    let intent = shop.books().await.charges[0].intent_id.clone();
    let now = shop.t.clock.now();
    let body = event("evt_1", "payment_intent.succeeded", &intent);
    let signature = sign(&secret(&shop), now, &body);
    for answer in join_all((0..20).map(|_| send(&shop, &signature, &body).into_future())).await {
        answer.expect(200);
    }
    // Older news that arrives later, and the news again under other names.
    for (id, kind) in [
        ("evt_0", "payment_intent.created"),
        ("evt_2", "payment_intent.payment_failed"),
        ("evt_3", "payment_intent.succeeded"),
    ] {
        let body = event(id, kind, &intent);
        send(&shop, &sign(&secret(&shop), now, &body), &body).await.expect(200);
    }
    shop.t.settle().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.t.published::<PaymentSucceeded>().await.len(), 1);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_webhook_without_news_is_stored_and_asks_nothing() {
    let shop = Shop::open().await;
    let (unpaid, open_intent) = unpaid(&shop).await;
    let paid = shop.paid("pm_sim_webhook_lost").await;
    let books = shop.books().await;
    let paid_intent =
        &books.charges.iter().find(|charge| charge.payment_id == Some(paid.id)).unwrap().intent_id;
    let now = shop.t.clock.now();
    for (id, intent, asks) in [("evt_1", paid_intent, 0), ("evt_2", &open_intent, 1)] {
        let body = event(id, "payment_intent.succeeded", intent);
        send(&shop, &sign(&secret(&shop), now, &body), &body).await.expect(200);
        let waiting = events::tasks::list(&mut shop.t.db().conn().await.unwrap(), 100).await.unwrap();
        assert_eq!(waiting.iter().filter(|task| task.kind == "apply-webhook").count(), asks, "{id}");
    }
    shop.moment().await;
    assert_eq!(shop.status(unpaid.id).await, PaymentStatus::Pending);
}
