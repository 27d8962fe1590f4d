//! Many at once for the same pieces.

use crate::stories::{Article, Inventory};
use api::ids::OrderId;
use api::inventory::{InventoryReservationExpired, InventoryReserved, ReservationStatus};
use base::Id;
use futures::future::join_all;
use std::time::Duration;

/// How many of `buyers` got their `quantity` pieces at the same time.
async fn race(shop: &Inventory, article: &Article, buyers: usize, quantity: i64) -> usize {
    let asks = (0..buyers).map(|_| shop.ask(Id::new(), &[article.line(quantity)]).into_future());
    let answers = join_all(asks).await;
    for answer in &answers {
        assert!(matches!(answer.status.as_u16(), 201 | 409), "{}", answer.text());
    }
    answers.iter().filter(|answer| answer.status.as_u16() == 201).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_unit_is_sold_once() {
    let shop = Inventory::open().await;
    let article = shop.article(1).await;
    assert_eq!(race(&shop, &article, 50, 1).await, 1);
    assert_eq!(shop.levels(&article).await, (1, 1));
    shop.settle().await;
    assert_eq!(shop.published::<InventoryReserved>().await.len(), 1);
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn quantities_that_do_not_divide_the_stock_leave_a_rest() {
    let shop = Inventory::open().await;
    let article = shop.article(10).await;
    assert_eq!(race(&shop, &article, 20, 3).await, 3);
    assert_eq!(shop.levels(&article).await, (10, 9));
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_warehouses_are_sold_out_exactly() {
    let shop = Inventory::open().await;
    let article = shop.article(11).await;
    let second = shop.warehouse("SECOND", 1).await;
    shop.transfer(&article, second.id, 5).await;
    assert_eq!(race(&shop, &article, 20, 2).await, 5);
    let available: i64 = shop.items(&article).await.iter().map(|item| item.available).sum();
    assert_eq!(available, 1);
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn baskets_with_the_same_articles_in_any_order_do_not_block_each_other() {
    let shop = Inventory::open().await;
    let (a, b, c) = (shop.article(10).await, shop.article(10).await, shop.article(10).await);
    let baskets = [[&a, &b, &c], [&c, &b, &a], [&b, &c, &a]];
    let asks = (0..30).map(|number| {
        let lines: Vec<_> = baskets[number % 3].iter().map(|article| article.line(1)).collect();
        shop.ask(Id::new(), &lines).into_future()
    });
    let won = join_all(asks).await.iter().filter(|answer| answer.status.as_u16() == 201).count();
    assert_eq!(won, 10);
    for article in [&a, &b, &c] {
        assert_eq!(shop.levels(article).await, (10, 10));
    }
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_order_asking_ten_times_at_once_holds_once() {
    let shop = Inventory::open().await;
    let (article, order_id) = (shop.article(10).await, OrderId::new());
    let lines = [article.line(4)];
    let answers = join_all((0..10).map(|_| shop.ask(order_id, &lines).into_future())).await;
    let created = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
    let same = answers.iter().filter(|answer| answer.status.as_u16() == 200).count();
    assert_eq!((created, same), (1, 9));
    assert_eq!(shop.levels(&article).await, (10, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn paying_and_cancelling_at_once_end_in_one_of_both() {
    let shop = Inventory::open().await;
    let article = shop.article(100).await;
    for _ in 0..10 {
        let held = shop.reserved(&[article.line(3)]).await;
        let verbs = ["confirm", "cancel", "confirm", "cancel"];
        join_all(verbs.map(|verb| shop.step(held.order_id, verb).into_future())).await;
        let status = shop.reservation(held.order_id).await.status;
        assert_eq!(status, ReservationStatus::Cancelled, "a confirmed one is cancelled by the other call");
    }
    assert_eq!(shop.levels(&article).await, (100, 0));
    shop.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_expiry_runners_and_a_late_payer_agree() {
    let shop = Inventory::open().await;
    let article = shop.article(100).await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        orders.push(shop.reserved(&[article.line(1)]).await.order_id);
    }
    let other = shop.another_process().await;
    let others = other.runtime("inventory").unwrap();
    shop.clock.advance(Duration::from_secs(46 * 60));
    let payers = orders.iter().step_by(2).map(|order| shop.step(*order, "confirm").into_future());
    let (paid, (), settled) = futures::join!(join_all(payers), shop.settle(), others.settle());
    settled.unwrap();
    assert!(paid.iter().all(|answer| answer.status.as_u16() == 200), "there is enough to hold again");
    shop.after(Duration::from_secs(60)).await;
    assert_eq!(shop.levels(&article).await, (100, 10));
    let mut expired: Vec<_> =
        shop.published::<InventoryReservationExpired>().await.iter().map(|event| event.order_id).collect();
    let all = expired.len();
    expired.sort();
    expired.dedup();
    assert_eq!(expired.len(), all, "nobody expires twice");
    assert!(all >= 10);
    shop.assert_sound().await;
    other.stop().await;
}
