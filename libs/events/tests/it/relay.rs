//! Order and patience of the relay, with a broker that refuses what the test wants.

use crate::support::{Log, Shop, busy, placed, publish, rows, settle_all};
use base::{Error, Result};
use db::Db;
use events::broker::{DeadLetter, Publication, Source, Which};
use events::{Broker, Consumers, LocalBroker, Queue, Runtime, Tasks, outbox};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Confirms what it gets, except the partition keys it is told to refuse.
#[derive(Clone, Default)]
struct Moody {
    local: LocalBroker,
    refuses: Arc<Mutex<BTreeSet<String>>>,
    got: Log<(String, i64)>,
    calls: Log<usize>,
}

impl Moody {
    fn refuse(&self, keys: &[&str]) {
        *self.refuses.lock().unwrap() = keys.iter().map(ToString::to_string).collect();
    }

    fn take(&self, message: &Publication) -> Result<()> {
        let key = message.properties.partition_key.clone();
        let refuses = self.refuses.lock().unwrap();
        if refuses.contains(&key) || refuses.contains("*") {
            return Err(busy());
        }
        let body: serde_json::Value = serde_json::from_slice(&message.body).map_err(Error::internal)?;
        self.got.add((key, body["payload"]["n"].as_i64().expect("it has a number")));
        Ok(())
    }

    fn numbers_of(&self, key: &str) -> Vec<i64> {
        self.got.all().into_iter().filter(|got| got.0 == key).map(|got| got.1).collect()
    }
}

impl Broker for Moody {
    fn attach(&self, queue: &Arc<Queue>, service: &'static str, db: &Db) -> Box<dyn Source> {
        self.local.attach(queue, service, db)
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<()>>> {
        self.calls.add(batch.len());
        let mut failed = BTreeSet::new();
        let mut answer = |message: &Publication| {
            let key = message.properties.partition_key.clone();
            if failed.contains(&key) {
                return Err(busy());
            }
            let taken = self.take(message);
            if taken.is_err() {
                failed.insert(key);
            }
            taken
        };
        let answers = batch.iter().map(&mut answer).collect();
        async move { answers }.boxed()
    }

    fn dead_letters<'a>(&'a self, queue: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<DeadLetter>>> {
        self.local.dead_letters(queue, most)
    }

    fn count_dead<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        self.local.count_dead(queue)
    }

    fn count_waiting<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        self.local.count_waiting(queue)
    }

    fn replay<'a>(&'a self, queue: &'a str, which: Which) -> BoxFuture<'a, Result<u64>> {
        self.local.replay(queue, which)
    }

    fn discard<'a>(&'a self, queue: &'a str, which: Which, reason: &'a str) -> BoxFuture<'a, Result<u64>> {
        self.local.discard(queue, which, reason)
    }
}

fn publisher(shop: &Shop, broker: &Moody) -> Runtime {
    Runtime::new("order", (*shop.order).clone(), broker.clone(), Consumers::new(), Tasks::new())
}

#[tokio::test]
async fn a_message_that_is_refused_holds_up_its_own_order_and_no_other() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    broker.refuse(&["a"]);
    shop.publish(&[placed("a", 1), placed("b", 1), placed("a", 2), placed("c", 1)]).await;
    settle_all(&[&publisher]).await;
    shop.publish(&[placed("a", 3), placed("b", 2)]).await;
    settle_all(&[&publisher]).await;
    assert_eq!(broker.numbers_of("a"), [0; 0]);
    assert_eq!(broker.numbers_of("b"), [1, 2]);
    assert_eq!(broker.numbers_of("c"), [1]);
    broker.refuse(&[]);
    settle_all(&[&publisher]).await;
    assert_eq!(broker.numbers_of("a"), [0; 0], "not before its wait is over");
    shop.clock.advance(Duration::from_secs(1));
    settle_all(&[&publisher]).await;
    assert_eq!(broker.numbers_of("a"), [1, 2, 3]);
}

#[tokio::test]
async fn hundreds_of_refused_messages_do_not_starve_the_others() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    broker.refuse(&["a"]);
    let refused: Vec<_> = (0..350).map(|n| placed("a", n)).collect();
    publish(&shop.order, &refused).await;
    shop.publish(&[placed("b", 1)]).await;
    for _ in 0..3 {
        settle_all(&[&publisher]).await;
        shop.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(broker.numbers_of("b"), [1]);
    broker.refuse(&[]);
    settle_all(&[&publisher]).await;
    assert_eq!(broker.numbers_of("a"), (0..350).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_refused_message_is_sent_again_after_1_2_4_and_at_most_60_seconds_for_ever() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    broker.refuse(&["*"]);
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&publisher]).await;
    let mut waits = Vec::new();
    for _ in 0..9 {
        let calls = broker.calls.all().len();
        let mut seconds = 0;
        while broker.calls.all().len() == calls {
            shop.clock.advance(Duration::from_secs(1));
            seconds += 1;
            publisher.settle().await.unwrap();
        }
        waits.push(seconds);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    let waiting = outbox::list(&mut shop.order.conn().await.unwrap(), 10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 10));
    assert!(waiting[0].last_error.as_deref().unwrap().contains("busy"), "{waiting:?}");
}

#[tokio::test]
async fn a_broker_that_is_away_is_left_alone_and_gets_everything_when_it_is_back() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    broker.refuse(&["*"]);
    let many: Vec<_> = (0..1000).map(|n| placed(&format!("order-{n}"), n)).collect();
    publish(&shop.order, &many).await;
    settle_all(&[&publisher]).await;
    assert_eq!(broker.calls.all().len(), 1, "a thousand waiting messages are no reason to knock ten times");
    for _ in 0..60 {
        shop.clock.advance(Duration::from_secs(1));
        settle_all(&[&publisher]).await;
    }
    assert!(broker.calls.all().len() <= 15, "{:?}", broker.calls.all());
    broker.refuse(&[]);
    shop.clock.advance(Duration::from_mins(2));
    settle_all(&[&publisher]).await;
    assert_eq!(broker.got.all().len(), 1000);
    assert_eq!(publisher.stats().published(), 1000);
}

#[tokio::test]
async fn hundreds_of_orders_that_are_refused_do_not_starve_the_others() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    let names: Vec<String> = (0..250).map(|n| format!("order-{n}")).collect();
    broker.refuse(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let refused: Vec<_> = names.iter().map(|name| placed(name, 1)).collect();
    publish(&shop.order, &refused).await;
    shop.publish(&[placed("good", 1)]).await;
    for _ in 0..20 {
        settle_all(&[&publisher]).await;
        shop.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(broker.numbers_of("good"), [1]);
}

#[tokio::test]
async fn messages_are_sent_in_batches_and_marked_together() {
    let (shop, broker) = (Shop::new().await, Moody::default());
    let publisher = publisher(&shop, &broker);
    publisher.settle().await.unwrap();
    let many: Vec<_> = (0..300).map(|n| placed(&format!("order-{}", n % 10), n)).collect();
    publish(&shop.order, &many).await;
    let before = shop.order.stats();
    publisher.settle().await.unwrap();
    assert_eq!(broker.calls.all(), [100, 100, 100]);
    let commits = shop.order.stats().commits - before.commits;
    assert!(commits <= 5, "three marks and the lease are {commits} commits");
    assert_eq!(rows(&shop.order, "outbox").await, 300);
}
