//! The in-process broker: topic routing as RabbitMQ does it, queues in the consumers' own stores.
//!
//! Delivering to a queue is an insert into `queue_message` of the consumer's store; when it is
//! committed the message is safe, which is the publisher confirm. All messages of a batch for one
//! service share one transaction.

mod memory;
mod queue;
mod store;

use crate::broker::{Broker, DeadLetter, Incoming, Publication, Source, Which};
use crate::consumer::Queue;
use crate::envelope::StandardMessage;
use crate::message::Message;
use base::{Error, Id, Result};
use db::Db;
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::mpsc;

/// How many kinds of unrouted messages are told apart.
const MAX_UNROUTED_KEYS: usize = 1000;

/// Carries messages between the services of this process. Clones are the same broker.
#[derive(Clone, Debug, Default)]
pub struct LocalBroker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    attached: RwLock<Vec<Arc<Attached>>>,
    unrouted: Mutex<BTreeMap<(String, String), u64>>,
    dropped: AtomicU64,
}

/// A queue that was attached, and where its messages go.
#[derive(Debug)]
struct Attached {
    queue: Arc<Queue>,
    service: &'static str,
    end: End,
}

#[derive(Debug)]
enum End {
    Store(Db),
    Memory(mpsc::Sender<Incoming>),
}

/// The messages of a batch that go to one store, as pairs of queue and position in the batch.
struct Parcel {
    db: Db,
    rows: Vec<(Arc<Queue>, usize)>,
}

impl LocalBroker {
    /// A broker without queues. Attach all of a process's queues (build all its runtimes) before
    /// the first runtime starts, or what is published earlier does not reach them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes `message` as its publisher would.
    ///
    /// # Errors
    /// 503 if a queue's store does not take it.
    pub async fn deliver<M: Message>(&self, message: &StandardMessage<M>) -> Result<()> {
        let answers = self.publish(vec![Publication::of(message)?]).await;
        answers.into_iter().collect()
    }

    /// How many messages no queue was bound to, by exchange and routing key (contracts §2.1,
    /// `platform.unrouted`).
    pub fn unrouted(&self) -> Vec<((String, String), u64)> {
        let counts = self.0.unrouted.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// How many messages broadcast queues had no room for.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn attached(&self) -> Vec<Arc<Attached>> {
        self.0.attached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn store_of(&self, queue: &str) -> Result<Db> {
        let found = self.attached().into_iter().find_map(|attached| match &attached.end {
            End::Store(db) if attached.queue.name() == queue => Some(db.clone()),
            _ => None,
        });
        found.ok_or_else(|| Error::not_found("queue"))
    }

    fn note_unrouted(&self, message: &Publication) {
        let key = (message.exchange.clone(), message.routing_key.clone());
        let command = message.exchange.ends_with(".commands");
        if command {
            tracing::warn!(exchange = key.0, routing_key = key.1, "nobody consumes this command");
        }
        let mut counts = self.0.unrouted.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < MAX_UNROUTED_KEYS || counts.contains_key(&key) {
            *counts.entry(key).or_default() += 1;
        }
    }

    async fn publish_batch(&self, batch: Vec<Publication>) -> Vec<Result<()>> {
        let attached = self.attached();
        let mut parcels: BTreeMap<&'static str, Parcel> = BTreeMap::new();
        let mut broadcasts = Vec::new();
        for (position, message) in batch.iter().enumerate() {
            let gets =
                |attached: &&Arc<Attached>| attached.queue.gets(&message.exchange, &message.routing_key);
            let mut routed = false;
            for attached in attached.iter().filter(gets) {
                routed = true;
                match &attached.end {
                    End::Memory(sender) => broadcasts.push((sender, position)),
                    End::Store(db) => parcels
                        .entry(attached.service)
                        .or_insert_with(|| Parcel { db: db.clone(), rows: Vec::new() })
                        .rows
                        .push((attached.queue.clone(), position)),
                }
            }
            if !routed {
                self.note_unrouted(message);
            }
        }
        let answers = deliver_parcels(&batch, parcels).await;
        for (sender, position) in broadcasts {
            if answers[position].is_ok() {
                self.broadcast(sender, &batch[position]);
            }
        }
        answers
    }

    fn broadcast(&self, sender: &mpsc::Sender<Incoming>, message: &Publication) {
        let incoming = Incoming {
            receipt: Id::<()>::new().uuid(),
            in_store: false,
            attempt: 1,
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
            partition_key: message.properties.partition_key.clone(),
            causation_id: message.properties.causation_id.clone(),
            traceparent: message.properties.traceparent.clone(),
            reply_to: message.properties.reply_to.clone(),
            body: message.body.clone(),
        };
        if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(incoming) {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                routing_key = message.routing_key,
                "a broadcast queue is full, a message was dropped"
            );
        }
    }
}

/// Delivers to all stores at once. A message is safe when each of its stores has taken it.
async fn deliver_parcels(batch: &[Publication], parcels: BTreeMap<&'static str, Parcel>) -> Vec<Result<()>> {
    let deliveries = parcels.into_iter().map(|(service, parcel)| async move {
        let delivered = store::insert(&parcel.db, batch, &parcel.rows).await;
        (service, parcel, delivered)
    });
    let mut answers: Vec<Result<()>> = batch.iter().map(|_| Ok(())).collect();
    for (service, parcel, delivered) in join_all(deliveries).await {
        let Err(error) = delivered else { continue };
        let what = format!("the store of {service} did not take the message: {}", error.chain());
        for (_, position) in parcel.rows {
            answers[position] = Err(Error::unavailable(what.clone()));
        }
    }
    answers
}

impl Broker for LocalBroker {
    fn attach(&self, queue: &Arc<Queue>, service: &'static str, db: &Db) -> Box<dyn Source> {
        let (end, source): (End, Box<dyn Source>) = if queue.is_durable() {
            (End::Store(db.clone()), Box::new(queue::StoreSource::new(queue.clone(), db.clone())))
        } else {
            let (sender, source) = memory::channel();
            (End::Memory(sender), Box::new(source))
        };
        let mut attached = self.0.attached.write().unwrap_or_else(PoisonError::into_inner);
        attached.retain(|known| match &known.end {
            End::Store(_) => known.queue.name() != queue.name(),
            End::Memory(sender) => !sender.is_closed(),
        });
        attached.push(Arc::new(Attached { queue: queue.clone(), service, end }));
        source
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<()>>> {
        self.publish_batch(batch).boxed()
    }

    fn dead_letters<'a>(&'a self, queue: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<DeadLetter>>> {
        async move { store::dead(&mut self.store_of(queue)?.conn().await?, queue, most).await }.boxed()
    }

    fn count_dead<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        async move { store::count_dead(&mut self.store_of(queue)?.conn().await?, queue).await }.boxed()
    }

    fn count_waiting<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        async move { store::count_waiting(&mut self.store_of(queue)?.conn().await?, queue).await }.boxed()
    }

    fn replay<'a>(&'a self, queue: &'a str, which: Which) -> BoxFuture<'a, Result<u64>> {
        async move {
            let found = self.attached().into_iter().find(|attached| attached.queue.name() == queue);
            let channel = found.ok_or_else(|| Error::not_found("queue"))?.queue.channel();
            let mut tx = self.store_of(queue)?.begin().await?;
            let replayed = store::replay(&mut tx, queue, &which).await?;
            tx.wake(channel);
            tx.commit().await?;
            tracing::info!(queue, replayed, "dead letters were put back");
            Ok(replayed)
        }
        .boxed()
    }

    fn discard<'a>(&'a self, queue: &'a str, which: Which, reason: &'a str) -> BoxFuture<'a, Result<u64>> {
        async move {
            let mut tx = self.store_of(queue)?.begin().await?;
            let discarded = store::discard(&mut tx, queue, &which).await?;
            tx.commit().await?;
            tracing::warn!(queue, discarded, reason, "dead letters were thrown away");
            Ok(discarded)
        }
        .boxed()
    }
}
