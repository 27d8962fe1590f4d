//! A process that dies between two commits: nothing is lost, nothing has its effect twice.

use crate::support::{Log, OrderPlaced, QUEUE, START, Shop, busy, note_in, placed, queue, rows, settle_all};
use base::Result;
use db::{Db, sql};
use events::{Death, Runtime, Step, Task, TaskRun, Tasks, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longer than any lease.
const LATER: Duration = Duration::from_mins(6);

const MESSAGES: i64 = 40;

async fn publish_all(shop: &Shop) {
    for n in 0..MESSAGES {
        shop.publish(&[placed(&format!("order-{}", n % 5), n)]).await;
    }
}

async fn assert_each_once_and_in_order(shop: &Shop) {
    let noted = shop.notes().await;
    let mut numbers: Vec<i64> = noted.iter().map(|note| note.1).collect();
    for order in 0..5 {
        let name = format!("order-{order}");
        let own: Vec<i64> = noted.iter().filter(|note| note.0 == name).map(|note| note.1).collect();
        assert!(own.is_sorted(), "{name}: {own:?}");
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..MESSAGES).collect::<Vec<_>>());
    assert_eq!(shop.rows("queue_message").await, 0);
}

#[tokio::test]
async fn a_publisher_that_dies_loses_and_doubles_nothing() {
    for step in [Step::OutboxCommitted, Step::Delivered] {
        let shop = Shop::new().await;
        publish_all(&shop).await;
        let publisher = shop.publisher();
        publisher.faults().die_at(step, 1, Death::Simulated);
        assert!(publisher.settle().await.is_err(), "{step:?}");
        assert!(publisher.faults().is_dead());
        assert!(publisher.settle().await.is_err(), "the dead stay dead");
        assert_eq!(rows(&shop.order, "outbox").await, MESSAGES);
        shop.clock.advance(LATER);
        let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
        settle_all(&[&publisher, &consumer]).await;
        assert_each_once_and_in_order(&shop).await;
    }
}

#[tokio::test]
async fn a_publisher_that_dies_after_the_consumer_was_faster_doubles_nothing() {
    let shop = Shop::new().await;
    publish_all(&shop).await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    publisher.faults().die_at(Step::Delivered, 1, Death::Simulated);
    assert!(publisher.settle().await.is_err());
    settle_all(&[&consumer]).await;
    shop.clock.advance(LATER);
    settle_all(&[&shop.publisher(), &consumer]).await;
    assert_each_once_and_in_order(&shop).await;
}

#[tokio::test]
async fn a_consumer_that_dies_at_any_step_at_any_time_loses_and_doubles_nothing() {
    for step in [Step::Claimed, Step::Handled] {
        for nth in [1, 2, 7, 31, 40] {
            let shop = Shop::new().await;
            let consumer = shop.noting_consumer();
            publish_all(&shop).await;
            settle_all(&[&shop.publisher()]).await;
            consumer.faults().die_at(step, nth, Death::Simulated);
            assert!(consumer.settle().await.is_err(), "{step:?} {nth}");
            shop.clock.advance(LATER);
            settle_all(&[&shop.noting_consumer()]).await;
            assert_each_once_and_in_order(&shop).await;
        }
    }
}

#[tokio::test]
async fn a_consumer_without_inbox_is_called_again_after_a_crash() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = || {
        let log = calls.clone();
        shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
            log.add(delivery.message.payload.n);
            async { Ok(()) }
        }))
    };
    let first = consumer();
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&shop.publisher()]).await;
    first.faults().die_at(Step::Handled, 1, Death::Simulated);
    assert!(first.settle().await.is_err());
    shop.clock.advance(LATER);
    settle_all(&[&consumer()]).await;
    assert_eq!(calls.all(), [1, 1]);
    assert_eq!(shop.rows("queue_message").await, 0);
}

#[tokio::test]
async fn a_message_that_kills_its_process_is_put_aside_after_20_crashes() {
    let shop = Shop::new().await;
    let calls = Log::new();
    let consumer = || {
        let (log, notes) = (calls.clone(), note_in(&shop.cart));
        shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
            log.add(delivery.message.payload.n);
            notes(delivery)
        }))
    };
    let bound = consumer();
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&shop.publisher()]).await;
    drop(bound);
    for crash in 0..40 {
        let consumer = consumer();
        consumer.faults().die_at(Step::Claimed, 1, Death::Simulated);
        if consumer.settle().await.is_ok() {
            assert_eq!(crash, 20);
            let dead = consumer.broker().dead_letters(QUEUE, 10).await.unwrap();
            assert!(dead[0].last_error.contains("crashed"), "{}", dead[0].last_error);
            assert_eq!(calls.all().len(), 20);
            assert_eq!(consumer.broker().replay(QUEUE, events::broker::Which::All).await.unwrap(), 1);
            consumer.faults().die_at(Step::Claimed, 1000, Death::Simulated);
            settle_all(&[&consumer]).await;
            assert_eq!(shop.notes().await.len(), 1);
            return;
        }
        shop.clock.advance(LATER);
    }
    panic!("it kills for ever");
}

#[tokio::test]
async fn a_process_that_stops_properly_counts_as_no_crash() {
    let shop = Shop::new().await;
    for n in 0..25 {
        let busy = shop.consumer(queue().on::<OrderPlaced, _, _>(|_| async { Err(busy()) }));
        shop.broker.deliver(&events::StandardMessage::now(START, placed("a", n))).await.unwrap();
        settle_all(&[&busy]).await;
        shop.clock.advance(Duration::from_secs(31));
    }
    let crashes = "SELECT CAST(SUM(crashes) AS BIGINT) FROM queue_message";
    let crashes: i64 = sql(crashes).scalar(&mut shop.cart.conn().await.unwrap()).await.unwrap();
    assert_eq!(crashes, 0);
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    n: i64,
}

impl Task for Note {
    const KIND: &'static str = "note";
    const MAX_ATTEMPTS: u32 = 5;

    fn key(&self) -> String {
        self.n.to_string()
    }
}

fn noting_tasks(shop: &Shop) -> Runtime {
    let db = (*shop.cart).clone();
    let tasks = Tasks::new().on::<Note, _, _>(move |run| {
        let db = db.clone();
        async move { note_task(&db, run).await }
    });
    Runtime::new("cart", (*shop.cart).clone(), shop.broker.clone(), events::Consumers::new(), tasks)
}

async fn note_task(db: &Db, run: TaskRun<Note>) -> Result<()> {
    let mut tx = db.begin().await?;
    crate::support::note(&mut tx, "task", run.task.n).await?;
    if run.complete(&mut tx).await? { Ok(tx.commit().await?) } else { Ok(()) }
}

#[tokio::test]
async fn a_worker_that_dies_runs_its_tasks_once_in_effect() {
    for step in [Step::TaskClaimed, Step::TaskHandled] {
        for nth in [1, 5, 20] {
            let shop = Shop::new().await;
            let mut tx = shop.cart.begin().await.unwrap();
            for n in 0..20 {
                tasks::schedule(&mut tx, &Note { n }, START).await.unwrap();
            }
            tx.commit().await.unwrap();
            let worker = noting_tasks(&shop);
            worker.faults().die_at(step, nth, Death::Simulated);
            assert!(worker.settle().await.is_err(), "{step:?} {nth}");
            shop.clock.advance(LATER);
            settle_all(&[&noting_tasks(&shop)]).await;
            let mut numbers: Vec<i64> = shop.notes().await.iter().map(|note| note.1).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "{step:?} {nth}");
        }
    }
}
