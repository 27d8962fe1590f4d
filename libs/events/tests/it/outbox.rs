//! What may be published, and what the outbox keeps.

use crate::support::{OrderPlaced, Shop, notes, placed, publish, rows, settle_all, store};
use base::{Clock, Kind};
use events::envelope::MAX_BYTES;
use events::{Message, Retention, Runtime, Tasks, outbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Text {
    #[schemars(length(max = 1_000_000))]
    text: String,
    key: String,
}

impl Message for Text {
    const NAME: &'static str = "TextWritten";
    const EXCHANGE: &'static str = "order.events";
    const ROUTING_KEY: &'static str = "order.text.written.v1";
    const SOURCE: &'static str = "OrderService";

    fn partition_key(&self) -> String {
        self.key.clone()
    }
}

fn text(length: usize) -> Text {
    Text { text: "x".repeat(length), key: "k".into() }
}

#[tokio::test]
async fn a_message_above_256_kib_is_refused_when_it_is_written() {
    let db = store("order", &Clock::system()).await;
    let mut tx = db.begin().await.unwrap();
    let error = outbox::publish(&mut tx, &text(MAX_BYTES)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::TooLarge, "message-too-large"));
    outbox::publish(&mut tx, &text(MAX_BYTES - 1000)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows(&db, "outbox").await, 1);
}

#[tokio::test]
async fn a_text_with_nul_is_refused_on_both_engines() {
    let db = store("order", &Clock::system()).await;
    let mut tx = db.begin().await.unwrap();
    let error = outbox::publish(&mut tx, &placed("a\0b", 1)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    outbox::publish(&mut tx, &placed("a\\u0000b", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(outbox::published::<OrderPlaced>(&db).await.unwrap(), [placed("a\\u0000b", 1)]);
}

#[tokio::test]
async fn a_message_that_breaks_its_own_schema_is_refused() {
    let db = store("order", &Clock::system()).await;
    let mut tx = db.begin().await.unwrap();
    assert_eq!(outbox::publish(&mut tx, &text(1_000_001)).await.unwrap_err().kind(), Kind::Internal);
}

#[tokio::test]
async fn odd_partition_keys_are_carried() {
    let shop = Shop::new().await;
    let mut tx = shop.order.begin().await.unwrap();
    for key in ["", "ключ", &"k".repeat(1000), &"k".repeat(1001), "a\0"] {
        outbox::publish(&mut tx, &Text { text: "x".into(), key: key.replace('\0', "") + "" }).await.unwrap();
    }
    tx.commit().await.unwrap();
    let sql = "SELECT partition_key FROM outbox ORDER BY id";
    let keys: Vec<(String,)> = db::sql(sql).all(&mut shop.order.conn().await.unwrap()).await.unwrap();
    assert!(keys.iter().all(|(key,)| (1..=128).contains(&key.len())), "{keys:?}");
    assert_eq!(keys[1].0, "ключ");
    assert_ne!(keys[2], keys[3]);
}

#[tokio::test]
async fn the_outbox_can_be_looked_at() {
    let shop = Shop::new().await;
    shop.publish(&[placed("a", 1), placed("b", 2)]).await;
    shop.clock.advance(Duration::from_secs(90));
    let publisher = shop.publisher();
    let gauges = publisher.gauges().await.unwrap();
    assert_eq!((gauges.outbox_pending, gauges.outbox_oldest), (2, Duration::from_secs(90)));
    let waiting = outbox::list(&mut shop.order.conn().await.unwrap(), 1).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].partition_key.as_str(), waiting[0].attempts), ("a", 0));
    assert_eq!(
        outbox::published::<OrderPlaced>(&shop.order).await.unwrap(),
        [placed("a", 1), placed("b", 2)]
    );
}

#[tokio::test]
async fn what_is_done_is_forgotten_in_time_and_what_is_not_done_never() {
    let shop = Shop::new().await;
    let publisher = shop.publisher();
    let many: Vec<_> = (0..1200).map(|n| placed("nobody", n)).collect();
    publish(&shop.order, &many).await;
    settle_all(&[&publisher]).await;
    let consumer = shop.noting_consumer();
    shop.publish(&[placed("a", 1), placed("a", 2)]).await;
    settle_all(&[&publisher, &consumer]).await;
    let day = Duration::from_hours(24);
    shop.clock.advance(day * 2);
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!((rows(&shop.order, "outbox").await, rows(&shop.cart, "inbox").await), (1202, 2));
    shop.publish(&[placed("b", 1)]).await;
    shop.clock.advance(day * 2);
    publisher.faults().die_at(events::Step::OutboxCommitted, 1, events::Death::Simulated);
    assert!(publisher.settle().await.is_err());
    let publisher = shop.publisher();
    shop.clock.advance(Duration::from_hours(1));
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!((rows(&shop.order, "outbox").await, rows(&shop.cart, "inbox").await), (1, 3));
    shop.clock.advance(day * 11);
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!(rows(&shop.cart, "inbox").await, 1);
    assert_eq!(notes(&shop.cart).await.len(), 3);
}

#[tokio::test]
async fn how_long_notes_are_kept_can_be_set() {
    let shop = Shop::new().await;
    let retention = Retention { outbox: Duration::from_secs(1), ..Retention::default() };
    let publisher = Runtime::with_retention(
        "order",
        (*shop.order).clone(),
        shop.broker.clone(),
        events::Consumers::new(),
        Tasks::new(),
        retention,
    );
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&publisher]).await;
    shop.clock.advance(Duration::from_hours(2));
    settle_all(&[&publisher]).await;
    assert_eq!(rows(&shop.order, "outbox").await, 0);
}
