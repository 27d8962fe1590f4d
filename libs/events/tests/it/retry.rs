//! What happens to a message whose handler fails.

use crate::support::{Log, OrderPlaced, QUEUE, Shop, busy, note_once, placed, queue, refused, settle_all};
use base::{Error, Kind, Result};
use events::{Delivery, Outcome, Runtime, StandardMessage};
use std::time::Duration;

/// A consumer whose handler is `answer` for each delivery; it logs `(n, attempt)`.
fn consumer(
    shop: &Shop,
    calls: &Log<(i64, u32)>,
    answer: impl Fn(&Delivery<OrderPlaced>) -> Result<()> + Send + Sync + 'static,
) -> Runtime {
    let (db, calls) = ((*shop.cart).clone(), calls.clone());
    let answer = std::sync::Arc::new(answer);
    shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (db, calls, answer) = (db.clone(), calls.clone(), answer.clone());
        async move {
            calls.add((delivery.message.payload.n, delivery.attempt));
            answer(&delivery)?;
            note_once(&db, &delivery).await
        }
    }))
}

async fn deliver(shop: &Shop, order: &str, n: i64) {
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed(order, n))).await.unwrap();
}

#[tokio::test]
async fn a_busy_handler_is_asked_again_after_5_s_30_s_5_min_and_30_min_and_then_no_more() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = consumer(&shop, &calls, |_| Err(busy()));
    deliver(&shop, "a", 1).await;
    settle_all(&[&consumer]).await;
    for (attempt, wait) in [(1_u32, 5_u64), (2, 30), (3, 300), (4, 1800)] {
        shop.clock.advance(Duration::from_millis(wait * 1000 - 1));
        settle_all(&[&consumer]).await;
        assert_eq!(calls.all().len() as u32, attempt, "not before {wait} s");
        shop.clock.advance(Duration::from_millis(1));
        settle_all(&[&consumer]).await;
        assert_eq!(calls.all().len() as u32, attempt + 1, "after {wait} s");
    }
    let attempts: Vec<u32> = calls.all().iter().map(|call| call.1).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5]);
    let dead = consumer.broker().dead_letters(QUEUE, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].attempts, 5);
    assert!(dead[0].last_error.contains("busy, as the test asked"), "{}", dead[0].last_error);
    shop.clock.advance(Duration::from_hours(24));
    settle_all(&[&consumer]).await;
    assert_eq!(calls.all().len(), 5);
    assert_eq!(consumer.stats().consumed_from(QUEUE, Outcome::Retry), 4);
    assert_eq!(consumer.stats().consumed_from(QUEUE, Outcome::Dead), 1);
}

#[tokio::test]
async fn a_handler_that_recovers_has_its_effect_once() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer =
        consumer(&shop, &calls, |delivery| if delivery.attempt < 3 { Err(busy()) } else { Ok(()) });
    deliver(&shop, "a", 1).await;
    for _ in 0..5 {
        settle_all(&[&consumer]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(calls.all(), [(1, 1), (1, 2), (1, 3)]);
    assert_eq!(shop.notes().await, [("a".into(), 1)]);
}

#[tokio::test]
async fn a_refusal_makes_a_dead_letter_at_once() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = consumer(&shop, &calls, |_| Err(refused()));
    deliver(&shop, "a", 1).await;
    settle_all(&[&consumer]).await;
    shop.clock.advance(Duration::from_hours(1));
    settle_all(&[&consumer]).await;
    assert_eq!(calls.all(), [(1, 1)]);
    assert_eq!(consumer.gauges().await.unwrap().dead_letters, [(QUEUE.to_owned(), 1)]);
}

#[tokio::test]
async fn a_lost_race_is_tried_again() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = consumer(&shop, &calls, |delivery| match delivery.attempt {
        1 => Err(Error::stale()),
        2 => Err(Error::new(Kind::Locked, "locked", "locked")),
        _ => Ok(()),
    });
    deliver(&shop, "a", 1).await;
    for _ in 0..3 {
        settle_all(&[&consumer]).await;
        shop.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(shop.notes().await.len(), 1);
}

#[tokio::test]
async fn a_panic_is_a_failed_delivery_and_harms_nobody_else() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = consumer(&shop, &calls, |delivery| {
        assert!(delivery.message.payload.n != 2, "I cannot handle two");
        Ok(())
    });
    for n in 1..=3 {
        deliver(&shop, "a", n).await;
    }
    for _ in 0..6 {
        settle_all(&[&consumer]).await;
        shop.clock.advance(Duration::from_mins(31));
    }
    assert_eq!(shop.notes().await, [("a".into(), 1), ("a".into(), 3)]);
    let dead = consumer.broker().dead_letters(QUEUE, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].last_error.contains("I cannot handle two"), "{}", dead[0].last_error);
}

#[tokio::test]
async fn poison_behind_and_before_good_messages_holds_nothing_up() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = consumer(&shop, &calls, |delivery| match delivery.message.payload.n % 4 {
        0 => Err(refused()),
        1 => Err(busy()),
        2 => panic!("poison"),
        _ => Ok(()),
    });
    for n in 0..200 {
        deliver(&shop, &format!("order-{}", n % 7), n).await;
    }
    settle_all(&[&consumer]).await;
    let noted = shop.notes().await;
    assert_eq!(noted.len(), 50, "every good message went through at its first delivery");
    assert_eq!(calls.all().len(), 200);
}

#[tokio::test]
async fn an_error_after_the_commit_does_not_repeat_the_effect() {
    let shop = Shop::new().await;
    let db = (*shop.cart).clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let db = db.clone();
        async move {
            note_once(&db, &delivery).await?;
            Err(busy())
        }
    }));
    deliver(&shop, "a", 1).await;
    for _ in 0..6 {
        settle_all(&[&consumer]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(shop.notes().await.len(), 1);
    assert_eq!(consumer.gauges().await.unwrap().dead_letters, [(QUEUE.to_owned(), 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cut_off() {
    // Tokio's time is paused and runs ahead while everybody waits, so only SQLite can take part.
    if db::testing::backend() == db::Engine::Postgres {
        return;
    }
    let shop = Shop::new().await;
    let hangs = shop.consumer(queue().on::<OrderPlaced, _, _>(|delivery| async move {
        if delivery.attempt == 1 {
            std::future::pending::<()>().await;
        }
        Ok(())
    }));
    deliver(&shop, "a", 1).await;
    settle_all(&[&hangs]).await;
    assert_eq!(hangs.stats().consumed_from(QUEUE, Outcome::Retry), 1);
    shop.clock.advance(Duration::from_secs(5));
    settle_all(&[&hangs]).await;
    assert_eq!(hangs.stats().consumed_from(QUEUE, Outcome::Ok), 1);
}
