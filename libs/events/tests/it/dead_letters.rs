//! What an operator can do with dead letters.

use crate::support::{Log, OrderPlaced, QUEUE, Shop, note_once, placed, queue, refused, settle_all};
use base::Kind;
use events::broker::Which;
use events::{Broker, Runtime, StandardMessage};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A consumer that refuses everything until it is told to be good.
fn moody_consumer(shop: &Shop, good: &Arc<AtomicBool>) -> Runtime {
    let (db, good) = ((*shop.cart).clone(), good.clone());
    shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (db, good) = (db.clone(), good.clone());
        async move {
            if !good.load(Ordering::SeqCst) {
                return Err(refused());
            }
            note_once(&db, &delivery).await
        }
    }))
}

async fn dead(shop: &Shop, count: i64) {
    for n in 0..count {
        shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", n))).await.unwrap();
    }
}

#[tokio::test]
async fn dead_letters_are_listed_replayed_and_thrown_away() {
    let shop = Shop::new().await;
    let good = Arc::new(AtomicBool::new(false));
    let consumer = moody_consumer(&shop, &good);
    dead(&shop, 5).await;
    settle_all(&[&consumer]).await;
    let letters = consumer.broker().dead_letters(QUEUE, 3).await.unwrap();
    assert_eq!(letters.len(), 3);
    assert_eq!((letters[0].exchange.as_str(), letters[0].attempts), ("order.events", 1));
    assert!(letters[0].body.contains(r#""orderId":"a""#));
    assert!(letters[0].last_error.contains("refused"));

    good.store(true, Ordering::SeqCst);
    let these = Which::These(vec![letters[1].id]);
    assert_eq!(consumer.broker().replay(QUEUE, these.clone()).await.unwrap(), 1);
    assert_eq!(consumer.broker().replay(QUEUE, these).await.unwrap(), 0);
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await, [("a".into(), 1)]);

    let these = Which::These(vec![letters[0].id]);
    assert_eq!(consumer.broker().discard(QUEUE, these, "test order").await.unwrap(), 1);
    assert_eq!(consumer.broker().count_dead(QUEUE).await.unwrap(), 3);
    assert_eq!(consumer.broker().replay(QUEUE, Which::All).await.unwrap(), 3);
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await.len(), 4);
    assert_eq!(consumer.broker().count_dead(QUEUE).await.unwrap(), 0);
}

#[tokio::test]
async fn a_replayed_message_has_all_its_attempts_before_it_again() {
    let shop = Shop::new().await;
    let good = Arc::new(AtomicBool::new(false));
    let consumer = moody_consumer(&shop, &good);
    dead(&shop, 1).await;
    for _ in 0..3 {
        settle_all(&[&consumer]).await;
        let letters = consumer.broker().dead_letters(QUEUE, 10).await.unwrap();
        assert_eq!((letters.len(), letters[0].attempts), (1, 1));
        consumer.broker().replay(QUEUE, Which::All).await.unwrap();
    }
}

#[tokio::test]
async fn a_message_that_is_alive_cannot_be_replayed_or_thrown_away() {
    let shop = Shop::new().await;
    let good = Arc::new(AtomicBool::new(true));
    let consumer = moody_consumer(&shop, &good);
    dead(&shop, 2).await;
    assert_eq!(consumer.broker().replay(QUEUE, Which::All).await.unwrap(), 0);
    assert_eq!(consumer.broker().discard(QUEUE, Which::All, "no").await.unwrap(), 0);
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await.len(), 2);
}

#[tokio::test]
async fn dead_letters_of_one_queue_cannot_be_reached_through_another() {
    let shop = Shop::new().await;
    let good = Arc::new(AtomicBool::new(false));
    let consumer = moody_consumer(&shop, &good);
    dead(&shop, 1).await;
    settle_all(&[&consumer]).await;
    let error = consumer.broker().replay("mail.order.events", Which::All).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let id = consumer.broker().dead_letters(QUEUE, 1).await.unwrap()[0].id;
    let other = crate::support::store("mail", &shop.clock).await;
    let calls = Log::<i64>::new();
    let log = calls.clone();
    let mails = events::Queue::named("mail.order.events").bind("order.events", &["#"]);
    let consumers = events::Consumers::new().queue(mails.on::<OrderPlaced, _, _>(move |delivery| {
        log.add(delivery.message.payload.n);
        async { Ok(()) }
    }));
    let mail = Runtime::new("mail", (*other).clone(), shop.broker.clone(), consumers, events::Tasks::new());
    assert_eq!(mail.broker().replay("mail.order.events", Which::These(vec![id])).await.unwrap(), 0);
    settle_all(&[&mail, &consumer]).await;
    assert_eq!(calls.all(), [0_i64; 0], "a replay goes to its own queue only");
}

#[tokio::test]
async fn publishing_a_dead_message_again_does_not_wake_it() {
    let shop = Shop::new().await;
    let good = Arc::new(AtomicBool::new(false));
    let consumer = moody_consumer(&shop, &good);
    let message = StandardMessage::now(shop.clock.now(), placed("a", 1));
    shop.broker.deliver(&message).await.unwrap();
    settle_all(&[&consumer]).await;
    good.store(true, Ordering::SeqCst);
    shop.broker.deliver(&message).await.unwrap();
    settle_all(&[&consumer]).await;
    assert_eq!(shop.broker.count_dead(QUEUE).await.unwrap(), 1);
    assert_eq!(shop.notes().await, []);
}
