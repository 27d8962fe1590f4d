//! The way of a message from one service to another.

use crate::support::{
    Log, OrderCancelled, OrderPlaced, Shop, note_in, note_once, notes, placed, publish, queue, rows,
    settle_all, store,
};
use base::context::{self, RequestContext};
use events::broker::{Broker, Publication};
use events::{Consumers, LocalBroker, Outcome, Queue, Runtime, StandardMessage, Tasks, outbox};

#[tokio::test]
async fn a_published_message_has_its_effect_once() {
    let shop = Shop::new().await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&publisher]).await;
    assert_eq!(consumer.gauges().await.unwrap().waiting, [("cart.order.events".to_owned(), 1)]);
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!(shop.notes().await, [("a".into(), 1)]);
    assert_eq!(shop.rows("queue_message").await, 0);
    assert_eq!(consumer.gauges().await.unwrap().waiting, [("cart.order.events".to_owned(), 0)]);
    assert_eq!(publisher.gauges().await.unwrap().outbox_pending, 0);
    assert_eq!(publisher.stats().published(), 1);
    assert_eq!(consumer.stats().consumed_from("cart.order.events", Outcome::Ok), 1);
}

#[tokio::test]
async fn what_is_rolled_back_is_not_published() {
    let shop = Shop::new().await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    let mut tx = shop.order.begin().await.unwrap();
    outbox::publish(&mut tx, &placed("a", 1)).await.unwrap();
    drop(tx);
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!(shop.notes().await, []);
}

#[tokio::test]
async fn every_bound_queue_gets_a_message_and_no_other_queue() {
    let shop = Shop::new().await;
    let mail = store("mail", &shop.clock).await;
    let twice = Consumers::new()
        .queue(
            Queue::named("mail.order.events")
                .bind("order.events", &["order.#"])
                .on::<OrderPlaced, _, _>(note_in(&mail)),
        )
        .queue(
            Queue::named("mail.payment.events")
                .bind("payment.events", &["#"])
                .on::<OrderPlaced, _, _>(note_in(&mail)),
        );
    let mailer = Runtime::new("mail", (*mail).clone(), shop.broker.clone(), twice, Tasks::new());
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&publisher, &consumer, &mailer]).await;
    assert_eq!(shop.notes().await.len(), 1);
    assert_eq!(notes(&mail).await.len(), 1);
}

#[tokio::test]
async fn a_message_nobody_wants_is_counted_and_does_not_stay() {
    let shop = Shop::new().await;
    let publisher = shop.publisher();
    shop.publish(&[placed("a", 1), placed("b", 2)]).await;
    settle_all(&[&publisher]).await;
    let key = ("order.events".to_owned(), "order.order.placed.v1".to_owned());
    assert_eq!(shop.broker.unrouted(), [(key, 2)]);
    assert_eq!(publisher.gauges().await.unwrap().outbox_pending, 0);
}

#[tokio::test]
async fn messages_of_one_order_stay_in_order() {
    let shop = Shop::new().await;
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    let messages: Vec<_> = (0..300).map(|n| placed(["a", "b", "c"][n as usize % 3], n)).collect();
    for chunk in messages.chunks(7) {
        shop.publish(chunk).await;
    }
    settle_all(&[&publisher, &consumer]).await;
    let noted = shop.notes().await;
    assert_eq!(noted.len(), 300);
    for order in ["a", "b", "c"] {
        let numbers: Vec<i64> = noted.iter().filter(|note| note.0 == order).map(|note| note.1).collect();
        assert!(numbers.is_sorted(), "{order}: {numbers:?}");
    }
}

#[tokio::test]
async fn a_message_delivered_again_has_no_second_effect() {
    let shop = Shop::new().await;
    let consumer = shop.noting_consumer();
    let message = StandardMessage::now(shop.clock.now(), placed("a", 1));
    for _ in 0..5 {
        shop.broker.deliver(&message).await.unwrap();
        shop.broker.deliver(&message).await.unwrap();
        settle_all(&[&consumer]).await;
    }
    assert_eq!(shop.notes().await.len(), 1);
    assert_eq!(shop.rows("queue_message").await, 0);
}

#[tokio::test]
async fn two_queues_of_one_service_each_have_their_own_effect() {
    let shop = Shop::new().await;
    let second = Queue::named("cart.order.commands").bind("order.events", &["#"]);
    let consumers = Consumers::new()
        .queue(queue().on::<OrderPlaced, _, _>(note_in(&shop.cart)))
        .queue(second.on::<OrderPlaced, _, _>(note_in(&shop.cart)));
    let consumer = Runtime::new("cart", (*shop.cart).clone(), shop.broker.clone(), consumers, Tasks::new());
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", 1))).await.unwrap();
    settle_all(&[&consumer]).await;
    assert_eq!(shop.notes().await.len(), 2);
}

#[tokio::test]
async fn the_correlation_id_and_the_cause_travel_with_the_message() {
    let shop = Shop::new().await;
    let seen = Log::new();
    let log = seen.clone();
    let db = (*shop.cart).clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (log, db) = (log.clone(), db.clone());
        async move {
            log.add((delivery.message.clone(), context::current()));
            let mut tx = db.begin().await?;
            let answer = OrderCancelled { order_id: "a".into(), reason: "test".into() };
            outbox::publish(&mut tx, &answer).await?;
            Ok(tx.commit().await?)
        }
    }));
    let publisher = shop.publisher();
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = RequestContext {
        correlation_id: "checkout-1".into(),
        traceparent: Some(traceparent.into()),
        ..RequestContext::background()
    };
    context::scope(request, shop.publish(&[placed("a", 1)])).await;
    settle_all(&[&publisher, &consumer]).await;
    let (message, inside) = seen.all().remove(0);
    assert_eq!(message.correlation_id, "checkout-1");
    assert_eq!(message.partition_key, "a");
    assert_eq!(&*inside.correlation_id, "checkout-1");
    assert_eq!(inside.causation_id.as_deref(), Some(&*message.message_id.to_string()));
    assert_eq!(inside.traceparent.as_deref(), Some(traceparent));
    assert!(inside.deadline.is_some());
    let sql = "SELECT correlation_id, causation_id, traceparent FROM outbox";
    let caused: (String, Option<String>, Option<String>) =
        db::sql(sql).one(&mut shop.cart.conn().await.unwrap()).await.unwrap();
    let text = |shared: Option<std::sync::Arc<str>>| shared.map(|text| text.to_string());
    assert_eq!(caused, ("checkout-1".into(), text(inside.causation_id), text(inside.traceparent)));
}

#[tokio::test]
async fn an_envelope_keeps_identity_type_time_and_payload_on_its_way() {
    let shop = Shop::new().await;
    let seen = Log::new();
    let log = seen.clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        log.add((delivery.message.clone(), delivery.attempt, delivery.routing_key.clone()));
        async { Ok(()) }
    }));
    let publisher = shop.publisher();
    let text = "Grüße 🛒 \"quoted\" \\ back\u{1} <b>&amp;</b> '; DROP TABLE effect; --";
    let mut tx = shop.order.begin().await.unwrap();
    let id = outbox::publish(&mut tx, &placed(text, i64::MAX)).await.unwrap();
    tx.commit().await.unwrap();
    settle_all(&[&publisher, &consumer]).await;
    let (message, attempt, routing_key) = seen.all().remove(0);
    assert_eq!((message.message_id, attempt, routing_key.as_str()), (id, 1, "order.order.placed.v1"));
    assert_eq!(message.message_type.to_string(), "OrderPlacedEventV1");
    assert_eq!(message.timestamp, shop.clock.now());
    assert_eq!(message.source_service, "OrderService");
    assert_eq!(message.payload, placed(text, i64::MAX));
}

#[tokio::test]
async fn a_consumer_of_everything_sees_every_envelope_unread() {
    let shop = Shop::new().await;
    let seen = Log::new();
    let log = seen.clone();
    let everything =
        Queue::named("audit.order.events").bind("order.events", &["#"]).on_any(move |delivery| {
            log.add((delivery.message.message_type.to_string(), delivery.message.payload.get().to_owned()));
            async { Ok(()) }
        });
    let audit = shop.consumer(everything);
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", 1))).await.unwrap();
    let foreign = br#"{"eventId":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","eventType":"NeverHeardOf","timestamp":"2026-03-02T09:00:00Z","source":"X","data":{"a":1}}"#;
    let sent =
        shop.broker.publish(vec![Publication::raw("order.events", "order.x.y.v1", foreign.to_vec())]).await;
    assert!(sent[0].is_ok());
    settle_all(&[&audit]).await;
    let expected = [
        ("OrderPlacedEventV1".to_owned(), r#"{"orderId":"a","n":1}"#.to_owned()),
        ("NeverHeardOfEventV1".to_owned(), r#"{"a":1}"#.to_owned()),
    ];
    assert_eq!(seen.all(), expected);
}

#[tokio::test]
async fn a_command_is_answered_on_the_queue_of_its_sender() {
    let shop = Shop::new().await;
    let db = (*shop.cart).clone();
    let asked = queue().on::<OrderPlaced, _, _>(move |delivery| {
        let db = db.clone();
        async move {
            let mut tx = db.begin().await?;
            let reply =
                OrderCancelled { order_id: delivery.message.message_id.to_string(), reason: "ok".into() };
            let to = delivery.reply_to.clone().expect("the sender wants a reply");
            outbox::reply(&mut tx, &reply, &to).await?;
            Ok(tx.commit().await?)
        }
    });
    let asked = shop.consumer(asked);
    let answers = Log::new();
    let log = answers.clone();
    let name = events::topology::reply_queue("order", "7f3a");
    let replies = Queue::replies(name.clone()).on::<OrderCancelled, _, _>(move |delivery| {
        log.add(delivery.message.payload.order_id.clone());
        async { Ok(()) }
    });
    let consumers = Consumers::new().queue(replies);
    let asking = Runtime::new("order", (*shop.order).clone(), shop.broker.clone(), consumers, Tasks::new());
    let mut tx = shop.order.begin().await.unwrap();
    let id = outbox::request(&mut tx, &placed("a", 1), &name).await.unwrap();
    tx.commit().await.unwrap();
    settle_all(&[&asking, &asked]).await;
    assert_eq!(answers.all(), [id.to_string()]);
}

#[tokio::test]
async fn a_broadcast_reaches_every_process_and_is_not_repeated() {
    let shop = Shop::new().await;
    let seen = Log::new();
    let listen = |name: &'static str| {
        let log = seen.clone();
        let queue = Queue::broadcast("gateway.order.events").bind("order.events", &["#"]);
        shop.consumer(queue.on::<OrderPlaced, _, _>(move |delivery| {
            log.add((name, delivery.message.payload.n));
            async { Err(crate::support::busy()) }
        }))
    };
    let (one, two) = (listen("one"), listen("two"));
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", 7))).await.unwrap();
    settle_all(&[&one, &two]).await;
    assert_eq!(seen.all(), [("one", 7), ("two", 7)]);
    assert_eq!(rows(&shop.cart, "queue_message").await, 0);
    drop(one);
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", 8))).await.unwrap();
    settle_all(&[&two]).await;
    assert_eq!(seen.all().last(), Some(&("two", 8)));
}

#[tokio::test]
async fn a_broadcast_queue_that_is_full_drops_and_counts() {
    let shop = Shop::new().await;
    let queue = Queue::broadcast("gateway.order.events").bind("order.events", &["#"]);
    let _slow = shop.consumer(queue.on::<OrderPlaced, _, _>(|_| async { Ok(()) }));
    for n in 0..1100 {
        shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", n))).await.unwrap();
    }
    assert_eq!(shop.broker.dropped(), 1100 - 1024);
}

#[tokio::test]
async fn a_handler_that_claims_and_then_does_nothing_is_not_called_for_ever() {
    let shop = Shop::new().await;
    let db = (*shop.cart).clone();
    let calls = Log::new();
    let log = calls.clone();
    let consumer = shop.consumer(queue().on::<OrderPlaced, _, _>(move |delivery| {
        let (db, log) = (db.clone(), log.clone());
        async move {
            log.add(delivery.message.payload.n);
            let mut tx = db.begin().await?;
            delivery.claim(&mut tx).await?;
            Ok(())
        }
    }));
    shop.broker.deliver(&StandardMessage::now(shop.clock.now(), placed("a", 1))).await.unwrap();
    settle_all(&[&consumer]).await;
    assert_eq!(calls.all(), [1]);
    assert_eq!(shop.rows("queue_message").await, 0);
}

#[tokio::test]
async fn a_store_that_is_down_delays_only_its_own_messages() {
    let shop = Shop::new().await;
    let mail = store("mail", &shop.clock).await;
    let all = Queue::named("mail.order.events").bind("order.events", &["order.order.cancelled.v1"]);
    let consumers = Consumers::new().queue(all.on::<OrderCancelled, _, _>(|_| async { Ok(()) }));
    let _mailer = Runtime::new("mail", (*mail).clone(), shop.broker.clone(), consumers, Tasks::new());
    let (publisher, consumer) = (shop.publisher(), shop.noting_consumer());
    mail.close().await;
    let mut tx = shop.order.begin().await.unwrap();
    let cancelled = OrderCancelled { order_id: "b".into(), reason: "x".into() };
    outbox::publish(&mut tx, &cancelled).await.unwrap();
    tx.commit().await.unwrap();
    publish(&shop.order, &[placed("a", 1)]).await;
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!(shop.notes().await, [("a".into(), 1)]);
    let waiting = outbox::list(&mut shop.order.conn().await.unwrap(), 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].last_error.as_deref().unwrap().contains("mail"), "{waiting:?}");
}

#[tokio::test]
async fn a_broker_may_be_shared_as_a_trait_object() {
    let shop = Shop::new().await;
    let shared: std::sync::Arc<dyn Broker> = std::sync::Arc::new(LocalBroker::new());
    let consumers = Consumers::new().queue(queue().on::<OrderPlaced, _, _>({
        let db = (*shop.cart).clone();
        move |delivery| {
            let db = db.clone();
            async move { note_once(&db, &delivery).await }
        }
    }));
    let consumer = Runtime::new("cart", (*shop.cart).clone(), shared.clone(), consumers, Tasks::new());
    let publisher = Runtime::new("order", (*shop.order).clone(), shared, Consumers::new(), Tasks::new());
    shop.publish(&[placed("a", 1)]).await;
    settle_all(&[&publisher, &consumer]).await;
    assert_eq!(shop.notes().await.len(), 1);
}
