//! Background loops: wake-ups, the manual clock, and a graceful end.

use crate::support::{
    Log, OrderPlaced, START, Shop, busy, eventually, note_once, placed, queue, rows, settle_all, store,
};
use base::Clock;
use events::broker::{Broker as _, Publication};
use events::{Consumers, LocalBroker, Runtime, StandardMessage, Tasks};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn started_services_work_by_themselves_and_can_be_started_again() {
    let shop = Shop::new().await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    for round in 1..=3 {
        publisher.start();
        publisher.start();
        consumer.start();
        shop.publish(&[placed("a", round)]).await;
        eventually("the effect", || async { rows(&shop.cart, "effect").await == round }).await;
        assert_eq!(publisher.settle().await.unwrap_err().code(), "already-running");
        publisher.stop().await;
        consumer.stop().await;
        consumer.stop().await;
    }
    assert!(consumer.settle().await.unwrap().is_idle());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn background_loops_follow_a_manual_clock() {
    let shop = Shop::new().await;
    let log = Log::new();
    let seen = log.clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        seen.add(delivery.attempt);
        async { Err(busy()) }
    }));
    consumer.start();
    shop.broker.deliver(&StandardMessage::now(START, placed("a", 1))).await.unwrap();
    for (noted, wait) in [
        ("queue_message WHERE attempts = 1", 0),
        ("queue_message WHERE attempts = 2", 5),
        ("queue_message WHERE attempts = 3", 30),
        ("queue_message WHERE attempts = 4", 300),
        ("queue_message WHERE dead_at IS NOT NULL", 1800),
    ] {
        shop.clock.advance(Duration::from_secs(wait));
        eventually("the next attempt", || async { shop.rows(noted).await == 1 }).await;
    }
    assert_eq!(log.all(), [1, 2, 3, 4, 5]);
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_lets_a_handler_finish_and_begins_nothing_new() {
    let shop = Shop::new().await;
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let db = (*shop.cart).clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>({
        let (entered, go_on) = (entered.clone(), go_on.clone());
        move |delivery| {
            let (db, entered, go_on) = (db.clone(), entered.clone(), go_on.clone());
            async move {
                if delivery.message.payload.n == 0 {
                    entered.notify_one();
                    go_on.notified().await;
                }
                note_once(&db, &delivery).await
            }
        }
    }));
    consumer.start();
    shop.broker.deliver(&StandardMessage::now(START, placed("a", 0))).await.unwrap();
    entered.notified().await;
    let mut stopping = pin!(consumer.stop());
    // The first poll of `stop` tells the loops to stop; they wait for the handler.
    assert!(futures::poll!(&mut stopping).is_pending());
    let late = (1..=200).map(|n| Publication::of(&StandardMessage::now(START, placed("b", n))).unwrap());
    for answer in shop.broker.publish(late.collect()).await {
        answer.unwrap();
    }
    go_on.notify_one();
    stopping.await;
    let noted = shop.notes().await;
    assert!(noted.contains(&("a".into(), 0)), "what was begun has ended");
    // What it was just fetching when it was told to stop may be among them, but no second helping.
    assert!(noted.len() <= 33, "{} were handled", noted.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_handler_holds_up_its_own_order_only() {
    let db = store("cart", &Clock::system()).await;
    let broker = LocalBroker::new();
    let go_on = Arc::new(Notify::new());
    let (store, wait) = ((*db).clone(), go_on.clone());
    let slow = queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (store, wait) = (store.clone(), wait.clone());
        async move {
            if delivery.message.payload.n == 0 {
                wait.notified().await;
            }
            note_once(&store, &delivery).await
        }
    });
    let consumers = Consumers::new().queue(slow);
    let consumer = Runtime::new("cart", (*db).clone(), broker.clone(), consumers, Tasks::new());
    consumer.start();
    for n in 0..100 {
        let order = if n % 10 == 0 { "slow" } else { "fast" };
        broker.deliver(&StandardMessage::now(db.clock().now(), placed(order, n))).await.unwrap();
    }
    // Ten slow ones and the fast ones do not fit into one prefetch, but neither waits for the other.
    eventually("the fast ones", || async { rows(&db, "effect").await == 90 }).await;
    go_on.notify_one();
    eventually("the slow ones", || async { rows(&db, "effect").await == 100 }).await;
    consumer.stop().await;
    let noted = crate::support::notes(&db).await;
    let slow: Vec<i64> = noted.iter().filter(|note| note.0 == "slow").map(|note| note.1).collect();
    assert_eq!(slow, (0..100).step_by(10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_end_is_cut_off_and_called_again_after_a_restart() {
    // Tokio's time is paused and runs ahead while everybody waits, so only SQLite can take part.
    if db::testing::backend() == db::Engine::Postgres {
        return;
    }
    let shop = Shop::new().await;
    let log = Log::new();
    let (db, seen) = ((*shop.cart).clone(), log.clone());
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (db, seen) = (db.clone(), seen.clone());
        async move {
            seen.add(delivery.attempt);
            if seen.all().len() == 1 {
                tokio::time::sleep(Duration::from_secs(25)).await;
            }
            note_once(&db, &delivery).await
        }
    }));
    consumer.start();
    shop.broker.deliver(&StandardMessage::now(START, placed("a", 1))).await.unwrap();
    eventually("the call", || async { !log.all().is_empty() }).await;
    consumer.stop().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(shop.notes().await, [], "it was cut off before its effect");
    settle_all(&[&consumer]).await;
    assert_eq!(log.all(), [1, 1]);
    assert_eq!(shop.notes().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_that_is_dropped_stops_by_itself() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    consumer.start();
    shop.broker.deliver(&StandardMessage::now(START, placed("a", 1))).await.unwrap();
    eventually("the effect", || async { rows(&shop.cart, "effect").await == 1 }).await;
    drop(consumer);
    let leases = || async { rows(&shop.cart, "event_lease").await };
    eventually("the end", || async { leases().await == 0 }).await;
}
