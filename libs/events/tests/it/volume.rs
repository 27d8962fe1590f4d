//! Many messages, and how little they may cost.

use crate::support::{OrderPlaced, Shop, note_in, placed, publish, queue, rows, settle_all};
use base::Clock;
use events::{Consumers, LocalBroker, Runtime, Tasks};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_messages_flow_through_in_order() {
    let clock = Clock::system();
    let (order, cart) =
        tokio::join!(crate::support::store("order", &clock), crate::support::store("cart", &clock));
    let broker = LocalBroker::new();
    let consumers = Consumers::new().queue(queue().on::<OrderPlaced, _, _>(note_in(&cart)));
    let consumer = Runtime::new("cart", (*cart).clone(), broker.clone(), consumers, Tasks::new());
    let publisher = Runtime::new("order", (*order).clone(), broker, Consumers::new(), Tasks::new());
    consumer.start();
    publisher.start();
    for chunk in 0..100 {
        let messages: Vec<_> =
            (chunk * 100..(chunk + 1) * 100).map(|n| placed(&format!("order-{}", n % 50), n)).collect();
        publish(&order, &messages).await;
    }
    crate::support::eventually("every effect", || async { rows(&cart, "effect").await >= 10_000 }).await;
    publisher.stop().await;
    consumer.stop().await;
    let noted = crate::support::notes(&cart).await;
    assert_eq!(noted.len(), 10_000);
    for key in 0..50 {
        let name = format!("order-{key}");
        let own: Vec<i64> = noted.iter().filter(|note| note.0 == name).map(|note| note.1).collect();
        assert!(own.len() == 200 && own.is_sorted(), "{name}");
    }
    assert_eq!(rows(&cart, "queue_message").await, 0);
    assert_eq!(publisher.gauges().await.unwrap().outbox_pending, 0);
}

#[tokio::test]
async fn one_message_costs_one_commit_at_each_station() {
    let shop = Shop::new().await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    settle_all(&[&publisher, &consumer]).await;
    shop.publish(&[placed("a", 1)]).await;
    let (order, cart) = (shop.order.stats(), shop.cart.stats());
    settle_all(&[&publisher, &consumer]).await;
    let commits = |now: db::Stats, then: db::Stats| now.commits - then.commits;
    // The mark; and the lease, taken and given back, which a busy service keeps.
    assert!(commits(shop.order.stats(), order) <= 3, "{:?} {order:?}", shop.order.stats());
    // The arrival and the effect; and the lease.
    assert!(commits(shop.cart.stats(), cart) <= 4, "{:?} {cart:?}", shop.cart.stats());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_of_the_store_while_nothing_happens() {
    let clock = Clock::system();
    let cart = crate::support::store("cart", &clock).await;
    let consumers = Consumers::new().queue(queue().on::<OrderPlaced, _, _>(note_in(&cart)));
    let idle = Runtime::new("cart", (*cart).clone(), LocalBroker::new(), consumers, Tasks::new());
    idle.start();
    crate::support::eventually("the start", || async { rows(&cart, "task").await == 1 }).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let before = cart.stats();
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let asked = cart.stats().statements - before.statements;
    // Each of the three loops looks once in 5 s, with one or two statements.
    assert!(asked <= 6, "{asked} statements in 1.5 s");
    assert_eq!(cart.stats().commits, before.commits);
    idle.stop().await;
}
