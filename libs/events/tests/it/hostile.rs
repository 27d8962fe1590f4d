//! Bytes that no publisher of ours would send: each becomes a dead letter and harms nobody.

use crate::support::{OrderPlaced, QUEUE, Shop, placed, settle_all};
use base::Id;
use events::broker::{Broker, Publication};
use events::{Outcome, StandardMessage};
use serde_json::{Value, json};

fn envelope(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut message = json!({
        "messageId": Id::<()>::new().to_string(), "messageType": "OrderPlacedEventV1", "messageVersion": "1.0",
        "envelopeVersion": "1.0", "timestamp": "2026-03-02T09:14:07.512Z", "sourceService": "OrderService",
        "partitionKey": "a", "payload": { "orderId": "a", "n": 1 }
    });
    change(&mut message);
    message.to_string().into_bytes()
}

fn with_payload(payload: &str) -> Vec<u8> {
    let text = String::from_utf8(envelope(|message| message["payload"] = json!({}))).unwrap();
    text.replacen("\"payload\":{}", &format!("\"payload\":{payload}"), 1).into_bytes()
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| {
        with_payload(&format!(
            r#"{{"orderId":"a","n":1,"x":{}1{}}}"#,
            open.repeat(20_000),
            close.repeat(20_000)
        ))
    };
    vec![
        ("nothing", vec![]),
        ("text", b"hello".to_vec()),
        ("no UTF-8", vec![0xff, 0xfe, 0x00, 0xd8]),
        ("zeros", vec![0; 100_000]),
        ("a number", b"7".to_vec()),
        ("a list", b"[1,2,3]".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("5 MB", envelope(|message| message["payload"]["x"] = json!("x".repeat(5_000_000)))),
        ("5 MB of brackets", vec![b'['; 5_000_000]),
        ("deep lists", deep("[", "]")),
        ("deep objects", deep("{\"a\":", "}")),
        ("brackets only", vec![b'['; 200_000]),
        ("a lone surrogate", with_payload(r#"{"orderId":"\ud800","n":1}"#)),
        ("a lone surrogate in a name", with_payload(r#"{"orderId":"a","n":1,"\udfff":1}"#)),
        ("wrong type", with_payload(r#"{"orderId":7,"n":1}"#)),
        ("missing field", with_payload(r#"{"orderId":"a"}"#)),
        ("null field", with_payload(r#"{"orderId":null,"n":1}"#)),
        ("a number too large", with_payload(r#"{"orderId":"a","n":99999999999999999999}"#)),
        ("a fraction", with_payload(r#"{"orderId":"a","n":1.5}"#)),
        ("payload is a list", with_payload("[]")),
        (
            "unknown major",
            envelope(|message| {
                message["messageType"] = json!("OrderPlacedEventV2");
                message["messageVersion"] = json!("2.0");
            }),
        ),
        ("two majors", envelope(|message| message["messageVersion"] = json!("2.0"))),
        ("next envelope", envelope(|message| message["envelopeVersion"] = json!("2.0"))),
        ("no id", envelope(|message| message["messageId"] = Value::Null)),
        ("no type", envelope(|message| message["messageType"] = json!("../../etc/passwd"))),
        ("rubbish after it", [envelope(|_| ()), b"}".to_vec()].concat()),
    ]
}

#[tokio::test]
async fn hostile_messages_become_dead_letters_and_their_neighbours_are_handled() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    let hostile = hostile();
    let count = hostile.len();
    let mut batch = Vec::new();
    for (n, (_, body)) in hostile.iter().enumerate() {
        batch.push(Publication::raw("order.events", "order.order.placed.v1", body.clone()));
        let good = StandardMessage::now(shop.clock.now(), placed("a", n as i64));
        batch.push(Publication::of(&good).unwrap());
    }
    for answer in shop.broker.publish(batch).await {
        answer.unwrap();
    }
    settle_all(&[&consumer]).await;
    let noted: Vec<i64> = shop.notes().await.into_iter().map(|note| note.1).collect();
    assert_eq!(noted, (0..count as i64).collect::<Vec<_>>());
    let dead = consumer.broker().dead_letters(QUEUE, 100).await.unwrap();
    assert_eq!(dead.len(), count);
    for ((name, _), letter) in hostile.iter().zip(&dead) {
        assert_eq!(letter.attempts, 1, "{name}");
        assert!(
            !letter.last_error.is_empty() && letter.last_error.len() <= 1000,
            "{name}: {}",
            letter.last_error
        );
    }
    assert_eq!(consumer.stats().consumed_from(QUEUE, Outcome::Dead), count as u64);
}

#[tokio::test]
async fn a_message_of_an_unknown_type_is_acknowledged_and_counted() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    let unknown = envelope(|message| message["messageType"] = json!("OrderSomethingNewEventV1"));
    let command = envelope(|message| message["messageType"] = json!("OrderPlacedCommandV1"));
    let batch = [unknown, command].map(|body| Publication::raw("order.events", "order.order.new.v1", body));
    shop.broker.publish(batch.to_vec()).await;
    settle_all(&[&consumer]).await;
    assert_eq!(consumer.stats().consumed_from(QUEUE, Outcome::Unknown), 2);
    assert_eq!(shop.rows("queue_message").await, 0);
}

#[tokio::test]
async fn every_spelling_of_a_name_reaches_its_handler() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    let names = [
        "OrderPlaced",
        "OrderPlacedEvent",
        "OrderPlacedEventV1",
        "OrderPlacedEvent.v1",
        "OrderPlacedForAnalytics",
    ];
    let batch = names.map(|name| {
        let body = envelope(|message| message["messageType"] = json!(name));
        Publication::raw("order.events", "order.order.placed.v1", body)
    });
    shop.broker.publish(batch.to_vec()).await;
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await.len(), names.len());
}

#[tokio::test]
async fn a_foreign_message_with_unknown_fields_is_handled() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    let foreign =
        br#"{"eventId":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","eventType":"OrderPlaced","version":1,
        "timestamp":"2026-03-02T09:00:00+02:00","source":"Elsewhere","extra":{"deep":[[[]]]},
        "data":{"orderId":"f","n":5,"unknown":{"a":null}}}"#;
    let raw = Publication::raw("order.events", "order.order.placed.v1", foreign.to_vec());
    shop.broker.publish(vec![raw.clone(), raw]).await;
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await, [("f".into(), 5)]);
}

#[test]
fn queues_and_keys_of_a_wrong_form_are_refused_at_once() {
    let queue = |name: &'static str| std::panic::catch_unwind(|| events::Queue::named(name)).is_err();
    assert!(queue("cart") && queue("Cart.order.events") && queue("cart.order.events; DROP TABLE"));
    let bind = |exchange: &'static str, key: &'static str| {
        let bound = || {
            events::Queue::named(QUEUE).bind(exchange, &[key]).on::<OrderPlaced, _, _>(|_| async { Ok(()) })
        };
        std::panic::catch_unwind(bound).is_err()
    };
    assert!(bind("order", "#") && bind("order.events", "order..x") && bind("order.events", "Order.#"));
    assert!(!bind("order.events", "#"));
}
