//! `GET /api/payments`, `GET /api/refunds`, ETags.

use crate::shop::{Shop, VISA};
use api::payment::{Payment, Refund};
use auth::{Role, UserId};
use base::page::Page;
use std::time::Duration;

#[tokio::test]
async fn a_customer_pages_through_their_payments_the_latest_first() {
    let shop = Shop::open().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, shop.paid(VISA).await.id);
        shop.t.clock.advance(Duration::from_secs(1));
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/payments?limit=2{cursor}");
        let page: Page<Payment> = shop.t.get(&path).as_user(shop.customer).await.expect(200).json();
        seen.extend(page.items.iter().map(|payment| payment.id));
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let page: Page<Payment> =
        shop.t.get("/api/payments?limit=1&count=true").as_user(shop.customer).await.json();
    assert_eq!(page.total, Some(5));
    let foreign = format!("/api/payments?cursor={}", page.next_cursor.unwrap());
    shop.t.get(&foreign).as_user(UserId::new()).await.problem(422, "bad-cursor");
    shop.t.get("/api/payments?limit=0").as_user(shop.customer).await.expect(422);
    shop.t.get("/api/payments?cursor=xyz").as_user(shop.customer).await.problem(422, "bad-cursor");
}

#[tokio::test]
async fn payments_and_refunds_of_one_millisecond_are_walked_forward_and_back() {
    let shop = Shop::open().await;
    for _ in 0..5 {
        let payment = shop.paid(VISA).await;
        shop.refund(payment.id, Some(500), "damaged").await;
        shop.t.clock.advance(Duration::from_micros(1));
    }
    shop.t.settle().await;
    for path in ["/api/payments", "/api/refunds"] {
        let get = async |path: String| shop.t.get(&path).as_user(shop.customer).await.expect(200).value();
        assert_eq!(testkit::walk(path, get).await.len(), 5, "{path}");
    }
}

#[tokio::test]
async fn lists_are_filtered() {
    let shop = Shop::open().await;
    let open = shop.start(shop.order()).await;
    let paid = shop.paid(VISA).await;
    let ids = async |query: &str| {
        let page: Page<Payment> =
            shop.t.get(&format!("/api/payments?{query}")).as_service("order").await.expect(200).json();
        page.items.into_iter().map(|payment| payment.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&format!("orderId={}", open.order_id)).await, [open.id]);
    assert_eq!(ids("status=SUCCEEDED").await, [paid.id]);
    assert!(ids("status=FAILED").await.is_empty());
    assert!(ids("to=2026-01-01T00:00:00Z").await.is_empty());
    assert_eq!(ids("from=2026-01-01T00:00:00Z").await.len(), 2);
    shop.t.get("/api/payments?status=PAID").as_service("order").await.expect(422);
}

#[tokio::test]
async fn refunds_are_listed_to_their_owners_and_to_finance() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let refund = shop.refund(payment.id, Some(500), "damaged").await;
    shop.t.settle().await;
    let path = format!("/api/refunds?paymentId={}&count=true", payment.id);
    for identity in [
        testkit::Identity::User(shop.customer, vec![Role::Customer]),
        testkit::Identity::User(UserId::new(), vec![Role::Finance]),
        testkit::Identity::Service("order"),
    ] {
        let page: Page<Refund> = shop.t.get(&path).as_identity(identity).await.expect(200).json();
        assert_eq!((page.items[0].id, page.total), (refund.id, Some(1)));
    }
    let page: Page<Refund> = shop.t.get(&path).as_user(UserId::new()).await.expect(200).json();
    assert!(page.items.is_empty());
    shop.t.get(&format!("/api/refunds/{}", refund.id)).as_user(UserId::new()).await.problem(404, "not-found");
}

#[tokio::test]
async fn an_unchanged_payment_is_not_sent_again() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let path = format!("/api/payments/{}", payment.id);
    let tag = format!("\"{}\"", payment.version);
    shop.t.get(&path).as_user(shop.customer).header("if-none-match", &tag).await.expect(304);
    shop.refund(payment.id, Some(1), "x").await;
    shop.t.settle().await;
    shop.t.get(&path).as_user(shop.customer).header("if-none-match", &tag).await.expect(200);
}
