//! What is forgotten with time, and that it makes no difference.

use crate::gateway::GatewayStore;
use crate::shop::{PRICE, Shop, VISA};
use crate::webhooks::{event, secret, send, sign, unpaid};
use api::payment::{
    CancelPayment, CapturePayment, Payment, PaymentFlow, PaymentStatus, Refund, RefundPayment,
};
use base::{Currency, Money};
use db::{Db, sql};
use std::time::Duration;
use testkit::TestRequest;

const DAY: Duration = Duration::from_hours(24);

async fn rows(db: &Db, table: &str) -> i64 {
    sql(format!("SELECT COUNT(*) FROM {table}"))
        .scalar(&mut db.conn().await.expect("the store"))
        .await
        .expect("the store")
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_forgotten_and_a_refund_still_happens_once() {
    let shop = Shop::open().await;
    let gateway = GatewayStore::of(&shop).await;
    let paid = shop.paid(VISA).await;
    let ask = || -> TestRequest {
        let amount = Some(Money::new(1_000, Currency::EUR));
        let body = RefundPayment { amount, reason: "damaged".into(), notes: None };
        let request = shop.t.post(&format!("/api/payments/{}/refund", paid.id)).as_service("order");
        request.header("idempotency-key", "refund-1").json(&body)
    };
    let refund: Refund = ask().await.expect(202).json();
    shop.moment().await;
    let kept = async || {
        let ours = shop.t.db();
        (
            rows(gateway.db(), "request").await,
            rows(ours, "operation").await,
            rows(ours, "webhook_event").await,
        )
    };
    let (requests, operations, webhooks) = kept().await;
    assert!(requests >= 3 && operations >= 3 && webhooks >= 2, "{requests} {operations} {webhooks}");
    shop.t.after(6 * DAY).await;
    assert_eq!(kept().await, (requests, operations, webhooks));
    shop.t.after(2 * DAY).await;
    assert_eq!(kept().await, (0, operations, webhooks));
    shop.t.after(21 * DAY).await;
    assert_eq!(kept().await, (0, operations, webhooks));
    shop.t.after(2 * DAY).await;
    assert_eq!(kept().await, (0, 0, 0));
    let again: Refund = ask().await.expect(202).json();
    assert_eq!((again.id, again.status), (refund.id, shop.refund_now(refund.id).await.status));
    shop.moment().await;
    assert_eq!(shop.books().await.refunds.len(), 1);
    assert_eq!(shop.kept(paid.order_id).await, PRICE - 1_000);
    shop.check().await;
}

#[tokio::test]
async fn more_than_one_batch_is_forgotten_at_once() {
    let shop = Shop::open().await;
    let mut tx = shop.t.db().begin().await.unwrap();
    for number in 0..1_100 {
        sql("INSERT INTO webhook_event (id, gateway, provider_event_id, type, object_id, received_at)
            VALUES ($1, 'simulator', $2, 'x', 'pi_1', $3)")
        .bind(base::Id::<()>::new().uuid())
        .bind(format!("evt_{number}"))
        .bind(shop.t.clock.now())
        .run_one(&mut tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    shop.t.after(31 * DAY).await;
    assert_eq!(rows(shop.t.db(), "webhook_event").await, 0);
}

#[tokio::test]
async fn the_calls_of_a_payment_are_kept_while_it_is_open() {
    let shop = Shop::open_with(&[("capture_on", "shipment")]).await;
    let held: Payment =
        shop.create(shop.order(), PaymentFlow::SavedMethod, Some(VISA)).await.expect(201).json();
    shop.t.after(40 * DAY).await;
    assert_eq!(rows(shop.t.db(), "operation").await, 1);
    let path = format!("/api/payments/{}/capture", held.id);
    shop.t.post(&path).as_service("order").json(&CapturePayment { amount: None }).await.expect(200);
    shop.t.after(31 * DAY).await;
    assert_eq!(rows(shop.t.db(), "operation").await, 0);
    shop.check().await;
}

#[tokio::test]
async fn a_payment_that_ended_long_ago_can_be_ended_at_the_gateway_again() {
    let shop = Shop::open().await;
    let gateway = GatewayStore::of(&shop).await;
    let (payment, intent) = unpaid(&shop).await;
    let body = CancelPayment { reason: "changed their mind".into() };
    let path = format!("/api/payments/{}/cancel", payment.id);
    shop.t.post(&path).as_service("order").json(&body).await.expect(200);
    // The first of its calls is forgotten before the second one, and a third is needed.
    for (id, wait) in [("evt_1", 20 * DAY), ("evt_2", 11 * DAY)] {
        shop.t.after(wait).await;
        gateway.claim("requires_payment_method").await;
        let body = event(id, "payment_intent.created", &intent);
        send(&shop, &sign(&secret(&shop), shop.t.clock.now(), &body), &body).await.expect(200);
        shop.moment().await;
        assert_eq!(gateway.statuses().await, ["canceled"], "{id}");
    }
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Cancelled);
    shop.check().await;
}
