//! Double clicks, repeated keys, two processes on one order, cancelling against paying.

use crate::shop::{A_WHILE, Shop, body, body_json};
use crate::world::Fault;
use api::order::{Order, OrderCancelled, OrderCreated, OrderPlaced, OrderStatus};
use base::Currency;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_makes_one_order_and_both_clicks_get_it() {
    for _ in 0..5 {
        let shop = Shop::open().await;
        let article = shop.fill();
        let (one, two) = tokio::join!(shop.place().into_future(), shop.place().into_future());
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "{} {}", one.text(), two.text());
        assert_eq!(one.json::<Order>().id, two.json::<Order>().id);
        assert_eq!(shop.world.stock(&article), 8);
        assert_eq!(shop.world.payments().len(), 1);
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn the_lock_of_an_older_order_is_no_double_click() {
    let shop = Shop::open().await;
    let first = shop.placed().await;
    let again: Order = shop.place().await.expect(200).json();
    assert_eq!(again.id, first.id);
    shop.clock.advance(Duration::from_secs(61));
    let problem = shop.place().await.problem(409, "cart-locked");
    assert_eq!(problem.extra["orderId"], first.id.to_string());
    // Cancelling the unpaid order opens the cart again.
    let mut shop = shop;
    let _cancelled = shop.cancel(first.id).await.expect(200);
    shop.calm().await;
    let second: Order = shop.place().await.expect(201).json();
    assert_ne!(second.id, first.id);
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_requests_with_one_key_are_one_order() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    shop.pays_at_once();
    let requests =
        (0..20).map(|_| base::spawn("shopper", shop.place().header("idempotency-key", "k-1").into_future()));
    let requests: Vec<_> = requests.collect();
    let mut ids = BTreeSet::new();
    for request in requests {
        let answer = request.await.unwrap();
        match answer.status.as_u16() {
            201 => drop(ids.insert(answer.json::<Order>().id)),
            _ => drop(answer.problem(409, "request-in-progress")),
        }
    }
    assert_eq!(ids.len(), 1);
    for _ in 0..20 {
        let answer = shop.place().header("idempotency-key", "k-1").await.expect(201);
        assert_eq!(answer.header("idempotent-replayed"), Some("true"));
        ids.insert(answer.json::<Order>().id);
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(shop.world.payments().len(), 1);
    let mut other = body_json();
    other["customerNotes"] = json!("ring twice");
    let other = shop.post("/api/orders").as_user(shop.ada).header("idempotency-key", "k-1").json(&other);
    other.await.problem(422, "idempotency-key-reuse");
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_shopper() {
    let shop = Shop::open().await;
    let _article = shop.fill();
    let order: Order = shop.place().header("idempotency-key", "k-1").await.expect(201).json();
    let eve = auth::UserId::new();
    shop.knows(eve, "eve@example.org").await;
    let answer = shop.post("/api/orders").as_user(eve).header("idempotency-key", "k-1").json(&body()).await;
    answer.problem(409, "cart-empty");
    assert_eq!(shop.order(order.id).await.status, OrderStatus::PendingPayment);
}

#[tokio::test]
async fn a_request_that_failed_for_want_of_a_neighbour_may_be_made_again_with_its_key() {
    let mut shop = Shop::open().await;
    let _article = shop.fill();
    shop.world.fail("reserve", &[Fault::Before; 3]);
    shop.place().header("idempotency-key", "k-1").await.problem(503, "unavailable");
    shop.calm_after(A_WHILE).await;
    let order: Order = shop.place().header("idempotency-key", "k-1").await.expect(201).json();
    assert_eq!(order.status, OrderStatus::PendingPayment);
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_checkout_do_it_once() {
    for _ in 0..5 {
        let mut shop = Shop::open_with(&[("checkout_budget", "200ms")]).await;
        let article = shop.fill();
        shop.pays_at_once();
        shop.world.fail("availability", &[Fault::Silence]);
        let _accepted = shop.place().await.expect(202);
        let other = shop.another_process().await;
        shop.clock.advance(A_WHILE);
        let runtime = other.runtime("order").unwrap();
        let (own, others) = tokio::join!(shop.runtime().settle(), runtime.settle());
        own.unwrap();
        others.unwrap();
        shop.calm_after(A_WHILE).await;
        assert_eq!(shop.world.stock(&article), 8);
        assert_eq!(shop.world.payments().len(), 1);
        assert_eq!(shop.published::<OrderPlaced>().await.len(), 1);
        shop.assert_sound().await;
        other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_against_paying_keeps_either_the_order_or_no_money() {
    for round in 0..10 {
        let mut shop = Shop::open().await;
        let article = shop.fill();
        let order: Order = shop.place().await.expect(201).json();
        let news = shop.succeeded(order.payment.as_ref().unwrap().payment_id);
        let envelope = events::StandardMessage::now(shop.clock.now(), news);
        shop.deliver(&envelope).await;
        let (cancelled, settled) = tokio::join!(shop.cancel(order.id), shop.runtime().settle());
        settled.unwrap();
        assert!([200, 409, 412].contains(&cancelled.status.as_u16()), "{}", cancelled.text());
        shop.calm_after(A_WHILE).await;
        let order = shop.order(order.id).await;
        match order.status {
            OrderStatus::Cancelled => {
                assert_eq!(shop.world.kept_minor(), 0, "round {round}");
                assert_eq!(shop.world.memory().refunds.len(), 1, "one refund, whichever path asked first");
                assert_eq!(shop.world.stock(&article), 10);
                assert_eq!(shop.published::<OrderCancelled>().await.len(), 1);
            }
            OrderStatus::Confirmed => assert_eq!(shop.world.stock(&article), 8),
            other => panic!("{other:?}"),
        }
        shop.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_shoppers_and_few_pieces_sell_each_piece_once() {
    let shop = Shop::open().await;
    let article = shop.world.article(1_000, 3);
    let shoppers: Vec<auth::UserId> = (0..8).map(|_| auth::UserId::new()).collect();
    for (index, shopper) in shoppers.iter().enumerate() {
        shop.knows(*shopper, &format!("s{index}@example.org")).await;
        shop.world.fill_cart(&shopper.to_string(), &[(&article, 1)], Currency::EUR);
    }
    shop.pays_at_once();
    let requests: Vec<_> = shoppers
        .iter()
        .map(|shopper| {
            base::spawn("shopper", shop.post("/api/orders").as_user(*shopper).json(&body()).into_future())
        })
        .collect();
    let mut sold = 0;
    for request in requests {
        let answer = request.await.unwrap();
        if answer.status.as_u16() == 201 {
            sold += 1;
        } else {
            answer.problem(409, "insufficient-stock");
        }
    }
    assert_eq!((sold, shop.world.stock(&article)), (3, 0));
    assert_eq!(shop.published::<OrderCreated>().await.len(), 3);
    shop.assert_sound().await;
}
