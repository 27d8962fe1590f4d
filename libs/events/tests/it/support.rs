//! Two services, an order service that publishes and a cart service that consumes, each with its
//! own store, and what the tests ask them.

use base::{Clock, Error, Id, Kind, Result, Timestamp};
use db::testing::TestDb;
use db::{Db, Migration, sql};
use events::{Consumers, Delivery, LocalBroker, Message, Queue, Runtime, Tasks, outbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const QUEUE: &str = "cart.order.events";

/// Something happened to an order; `n` counts, so that tests can see order and repetition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    pub(crate) n: i64,
}

impl Message for OrderPlaced {
    const NAME: &'static str = "OrderPlaced";
    const EXCHANGE: &'static str = "order.events";
    const ROUTING_KEY: &'static str = "order.order.placed.v1";
    const SOURCE: &'static str = "OrderService";

    fn partition_key(&self) -> String {
        self.order_id.clone()
    }
}

/// Another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderCancelled {
    pub(crate) order_id: String,
    pub(crate) reason: String,
}

impl Message for OrderCancelled {
    const NAME: &'static str = "OrderCancelled";
    const EXCHANGE: &'static str = "order.events";
    const ROUTING_KEY: &'static str = "order.order.cancelled.v1";
    const SOURCE: &'static str = "OrderService";

    fn partition_key(&self) -> String {
        self.order_id.clone()
    }
}

pub(crate) fn placed(order: &str, n: i64) -> OrderPlaced {
    OrderPlaced { order_id: order.into(), n }
}

const EFFECTS: Migration = Migration::new(
    "test/0001_effects",
    "CREATE TABLE effect (
        id UUID PRIMARY KEY,
        subject TEXT NOT NULL,
        n BIGINT NOT NULL
    );",
);

pub(crate) const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

pub(crate) async fn store(name: &str, clock: &Clock) -> TestDb {
    let migrations: Vec<Migration> = events::MIGRATIONS.iter().copied().chain([EFFECTS]).collect();
    db::testing::database(name, &migrations, clock.clone()).await
}

/// The stores of both services, and what is between them.
pub(crate) struct Shop {
    pub(crate) clock: Clock,
    pub(crate) broker: LocalBroker,
    pub(crate) order: TestDb,
    pub(crate) cart: TestDb,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let clock = Clock::manual(START);
        let (order, cart) = tokio::join!(store("order", &clock), store("cart", &clock));
        Self { clock, broker: LocalBroker::new(), order, cart }
    }

    pub(crate) fn publisher(&self) -> Runtime {
        Runtime::new("order", (*self.order).clone(), self.broker.clone(), Consumers::new(), Tasks::new())
    }

    pub(crate) fn consumer(&self, queue: Queue) -> Runtime {
        let consumers = Consumers::new().queue(queue);
        Runtime::new("cart", (*self.cart).clone(), self.broker.clone(), consumers, Tasks::new())
    }

    /// A consumer that notes each order once.
    pub(crate) fn noting_consumer(&self) -> Runtime {
        self.consumer(queue().on::<OrderPlaced, _, _>(note_in(&self.cart)))
    }

    pub(crate) async fn publish(&self, messages: &[OrderPlaced]) {
        publish(&self.order, messages).await;
    }

    pub(crate) async fn notes(&self) -> Vec<(String, i64)> {
        notes(&self.cart).await
    }

    pub(crate) async fn rows(&self, table: &'static str) -> i64 {
        rows(&self.cart, table).await
    }
}

pub(crate) fn queue() -> Queue {
    Queue::named(QUEUE).bind("order.events", &["order.order.*.v1"])
}

pub(crate) async fn publish(db: &Db, messages: &[OrderPlaced]) {
    let mut tx = db.begin().await.unwrap();
    for message in messages {
        outbox::publish(&mut tx, message).await.unwrap();
    }
    tx.commit().await.unwrap();
}

type Handled = futures::future::BoxFuture<'static, Result<()>>;

/// The usual handler: claim, effect, commit.
pub(crate) fn note_in(db: &Db) -> impl Fn(Delivery<OrderPlaced>) -> Handled + Send + Sync + 'static {
    let db = db.clone();
    move |delivery| {
        let db = db.clone();
        Box::pin(async move { note_once(&db, &delivery).await })
    }
}

pub(crate) async fn note_once(db: &Db, delivery: &Delivery<OrderPlaced>) -> Result<()> {
    let mut tx = db.begin().await?;
    if !delivery.claim(&mut tx).await? {
        return Ok(());
    }
    let OrderPlaced { order_id, n } = &delivery.message.payload;
    note(&mut tx, order_id, *n).await?;
    Ok(tx.commit().await?)
}

/// An effect that shows when it happens twice.
pub(crate) async fn note(tx: &mut db::Tx, subject: &str, n: i64) -> Result<()> {
    let insert = sql("INSERT INTO effect (id, subject, n) VALUES ($1, $2, $3)").bind(Id::<()>::new());
    Ok(insert.bind(subject).bind(n).run_one(tx).await?)
}

/// The effects in the order in which they happened.
pub(crate) async fn notes(db: &Db) -> Vec<(String, i64)> {
    let mut conn = db.conn().await.unwrap();
    sql("SELECT subject, n FROM effect ORDER BY id").all(&mut conn).await.unwrap()
}

pub(crate) async fn rows(db: &Db, table: &'static str) -> i64 {
    let mut conn = db.conn().await.unwrap();
    sql("SELECT COUNT(*) FROM ").push(table).scalar(&mut conn).await.unwrap()
}

/// Settles all in turns until none has anything to do.
pub(crate) async fn settle_all(runtimes: &[&Runtime]) {
    for _ in 0..100 {
        let mut idle = true;
        for runtime in runtimes {
            idle &= runtime.settle().await.unwrap().is_idle();
        }
        if idle {
            return;
        }
    }
    panic!("it does not settle");
}

/// Waits until `condition` answers true.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let waited = tokio::time::timeout(Duration::from_secs(50), async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} did not happen");
}

pub(crate) fn busy() -> Error {
    Error::unavailable("busy, as the test asked")
}

pub(crate) fn refused() -> Error {
    Error::new(Kind::Conflict, "refused", "never, as the test asked")
}

/// A shared list that handlers write to.
#[derive(Clone, Default)]
pub(crate) struct Log<T>(Arc<std::sync::Mutex<Vec<T>>>);

impl<T: Clone> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn add(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }
}
