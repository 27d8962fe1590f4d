//! Measures the way from outbox to effect: `cargo run --release -p events --features testing --example flow`.
//!
//! A publisher writes messages one transaction each, a consumer notes them one transaction each.
//! `EMPORION_TEST_BACKEND=postgres` measures PostgreSQL instead of SQLite.

#![expect(clippy::print_stdout, reason = "the numbers are what it is for")]

use base::{Clock, Result};
use db::{Db, sql};
use events::{Consumers, Delivery, LocalBroker, Message, Queue, Runtime, Tasks, outbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

const MESSAGES: i64 = 20_000;
const WRITERS: i64 = 32;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Placed {
    order: String,
    lines: Vec<String>,
}

impl Message for Placed {
    const NAME: &'static str = "OrderPlaced";
    const EXCHANGE: &'static str = "order.events";
    const ROUTING_KEY: &'static str = "order.order.placed.v1";
    const SOURCE: &'static str = "OrderService";

    fn partition_key(&self) -> String {
        self.order.clone()
    }
}

async fn handle(db: &Db, delivery: Delivery<Placed>) -> Result<()> {
    let mut tx = db.begin().await?;
    if delivery.claim(&mut tx).await? {
        tx.commit().await?;
    }
    Ok(())
}

async fn write(db: Db, writer: i64) -> Result<()> {
    for n in 0..MESSAGES / WRITERS {
        let lines = (0..10).map(|line| format!("product {line} of order {n}")).collect();
        let mut tx = db.begin().await?;
        outbox::publish(&mut tx, &Placed { order: format!("order-{writer}-{n}"), lines }).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn count(db: &Db, table: &'static str) -> Result<i64> {
    Ok(sql("SELECT COUNT(*) FROM ").push(table).scalar(&mut db.conn().await?).await?)
}

#[tokio::main]
async fn main() -> Result<()> {
    let order = db::testing::database("order", events::MIGRATIONS, Clock::system()).await;
    let cart = db::testing::database("cart", events::MIGRATIONS, Clock::system()).await;
    let broker = LocalBroker::new();
    let store = (*cart).clone();
    let queue =
        Queue::named("cart.order.events").bind("order.events", &["#"]).on::<Placed, _, _>(move |delivery| {
            let store = store.clone();
            async move { handle(&store, delivery).await }
        });
    let consumer =
        Runtime::new("cart", (*cart).clone(), broker.clone(), Consumers::new().queue(queue), Tasks::new());
    let publisher = Runtime::new("order", (*order).clone(), broker, Consumers::new(), Tasks::new());
    publisher.start();
    consumer.start();
    let start = Instant::now();
    let writers: Vec<_> = (0..WRITERS).map(|n| base::spawn("writer", write((*order).clone(), n))).collect();
    for writer in writers {
        writer.await.map_err(base::Error::internal)??;
    }
    println!("{:>8.0} messages/s written", MESSAGES as f64 / start.elapsed().as_secs_f64());
    while count(&cart, "inbox").await? < MESSAGES {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{:>8.0} messages/s from outbox to effect", MESSAGES as f64 / start.elapsed().as_secs_f64());
    for (name, stats) in [("publisher", order.stats()), ("consumer", cart.stats())] {
        let per = |number: u64| number as f64 / MESSAGES as f64;
        println!(
            "{name}: {:.2} commits, {:.2} statements per message",
            per(stats.commits),
            per(stats.statements)
        );
    }
    consumer.stop().await;
    publisher.stop().await;
    Ok(())
}
