//! The border between what the platform does with messages and who carries them.
//!
//! [`LocalBroker`](crate::LocalBroker) carries them inside this process. A broker of another kind
//! implements the same two traits: [`Broker::publish`] answers when the messages are safe
//! (publisher confirms), [`Source`] is one consumer's end of a queue (deliveries with explicit
//! acknowledgement). Retry schedule, order, validation and dead-lettering decisions are made by
//! the worker on this side of the border, so every broker does them alike.

use crate::consumer::Queue;
use crate::envelope::{Envelope, StandardMessage};
use crate::message::Message;
use base::{Error, Id, Result, Timestamp};
use db::Db;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What travels beside the body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// `message_id`.
    pub message_id: Uuid,
    /// `type`, the wire name.
    pub message_type: String,
    /// Header `x-message-version`.
    pub message_version: String,
    /// `app_id`.
    pub source_service: String,
    /// `correlation_id`.
    pub correlation_id: String,
    /// Header `x-partition-key`.
    pub partition_key: String,
    /// `timestamp`.
    pub timestamp: Timestamp,
    /// Header `x-causation-id`.
    pub causation_id: Option<String>,
    /// Header `traceparent`.
    pub traceparent: Option<String>,
    /// `reply_to`.
    pub reply_to: Option<String>,
}

impl Properties {
    /// The properties that repeat what the envelope says.
    pub fn of<T>(envelope: &StandardMessage<T>) -> Self {
        Self {
            message_id: envelope.message_id,
            message_type: envelope.message_type.to_string(),
            message_version: envelope.message_version.clone(),
            source_service: envelope.source_service.clone(),
            correlation_id: envelope.correlation_id.clone(),
            partition_key: envelope.partition_key.clone(),
            timestamp: envelope.timestamp,
            causation_id: None,
            traceparent: None,
            reply_to: None,
        }
    }
}

/// A message on its way to the broker.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Where it is published; empty means straight to the queue named by the routing key.
    pub exchange: String,
    /// Which queues get it.
    pub routing_key: String,
    /// What travels beside the body.
    pub properties: Properties,
    /// The envelope as JSON.
    pub body: Vec<u8>,
}

impl Publication {
    /// The message in this envelope, to its own exchange and routing key.
    ///
    /// # Errors
    /// 500 if it has no JSON form.
    pub fn of<M: Message>(envelope: &StandardMessage<M>) -> Result<Self> {
        Self::with_route(M::EXCHANGE, M::ROUTING_KEY, envelope)
    }

    fn with_route<T: Serialize>(exchange: &str, key: &str, envelope: &StandardMessage<T>) -> Result<Self> {
        Ok(Self {
            exchange: exchange.to_owned(),
            routing_key: key.to_owned(),
            properties: Properties::of(envelope),
            body: serde_json::to_vec(envelope).map_err(Error::internal)?,
        })
    }

    /// Any bytes, as a foreign publisher may send them.
    pub fn raw(exchange: &str, routing_key: &str, body: Vec<u8>) -> Self {
        let id = Id::<()>::new().uuid();
        let unknown = || Properties {
            message_id: id,
            message_type: String::new(),
            message_version: String::new(),
            source_service: String::new(),
            correlation_id: id.to_string(),
            partition_key: id.to_string(),
            timestamp: Timestamp::EPOCH,
            causation_id: None,
            traceparent: None,
            reply_to: None,
        };
        let properties =
            Envelope::parse(&body).map_or_else(|_| unknown(), |envelope| Properties::of(&envelope));
        Self { exchange: exchange.to_owned(), routing_key: routing_key.to_owned(), properties, body }
    }
}

/// A message as it comes out of a queue.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What [`Source::settle`] knows it by.
    pub receipt: Uuid,
    /// Whether it is the row `receipt` of `queue_message` in the consumer's own store, which a
    /// handler can remove in the transaction of its effect.
    pub in_store: bool,
    /// Which delivery this is, counted from 1.
    pub attempt: u32,
    /// Where it was published.
    pub exchange: String,
    /// With which routing key.
    pub routing_key: String,
    /// Messages of one key are handled one after another.
    pub partition_key: String,
    /// What caused it.
    pub causation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Queue for the reply.
    pub reply_to: Option<String>,
    /// The envelope as JSON, if the publisher kept to the rules.
    pub body: Vec<u8>,
}

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledge.
    Done,
    /// Its row went away in the transaction of the effect; nothing is left to do.
    DoneInStore,
    /// Deliver again.
    Retry {
        /// What went wrong.
        error: String,
        /// After this wait.
        after: Duration,
    },
    /// Dead letter.
    Dead {
        /// What went wrong.
        error: String,
    },
}

/// A verdict and what it is about.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Which delivery.
    pub receipt: Uuid,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// One consumer's end of a queue.
pub trait Source: Send {
    /// Up to `room` deliveries that are due and not in the caller's hands yet; none if there are
    /// none now. With `room` 0 it only keeps the connection (or lease) alive.
    fn take(&mut self, room: usize) -> BoxFuture<'_, Result<Vec<Incoming>>>;

    /// Returns when `take` may have more. Dropping the future loses nothing.
    fn ready(&mut self) -> BoxFuture<'_, ()>;

    /// Carries out verdicts; those not carried out because of an error are delivered again.
    fn settle(&mut self, done: Vec<Settlement>) -> BoxFuture<'_, Result<()>>;

    /// Lets others have the queue; nothing is in the caller's hands any more.
    fn release(&mut self) -> BoxFuture<'_, Result<()>>;
}

/// Which dead letters an operator means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of the queue.
    All,
    /// These, by [`DeadLetter::id`].
    These(Vec<Uuid>),
}

/// A message that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What to name it by.
    pub id: Uuid,
    /// The messageId.
    pub message_id: Uuid,
    /// Where it was published.
    pub exchange: String,
    /// With which routing key.
    pub routing_key: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// Why it is dead.
    pub last_error: String,
    /// Since when.
    pub dead_at: Timestamp,
    /// Its body; what is not text is replaced.
    pub body: String,
}

/// Who carries messages.
pub trait Broker: Send + Sync + 'static {
    /// Declares `queue` with its bindings and opens this process's end of it. `service` and `db`
    /// are the consumer's.
    fn attach(&self, queue: &Arc<Queue>, service: &'static str, db: &Db) -> Box<dyn Source>;

    /// Sends messages and waits until they are safe; one answer for each, in their order. In each
    /// queue messages of one partition key keep their order, and none overtakes one that failed.
    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<()>>>;

    /// The dead letters of `queue`, oldest first, at most `most`.
    fn dead_letters<'a>(&'a self, queue: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<DeadLetter>>>;

    /// How many dead letters `queue` has.
    fn count_dead<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>>;

    /// How many messages wait in `queue` or are being handled.
    fn count_waiting<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>>;

    /// Puts dead letters back into `queue`, and nowhere else; answers how many.
    fn replay<'a>(&'a self, queue: &'a str, which: Which) -> BoxFuture<'a, Result<u64>>;

    /// Throws dead letters away; `reason` goes to the log. Answers how many.
    fn discard<'a>(&'a self, queue: &'a str, which: Which, reason: &'a str) -> BoxFuture<'a, Result<u64>>;
}

impl<B: Broker + ?Sized> Broker for Arc<B> {
    fn attach(&self, queue: &Arc<Queue>, service: &'static str, db: &Db) -> Box<dyn Source> {
        (**self).attach(queue, service, db)
    }

    fn publish(&self, batch: Vec<Publication>) -> BoxFuture<'_, Vec<Result<()>>> {
        (**self).publish(batch)
    }

    fn dead_letters<'a>(&'a self, queue: &'a str, most: u32) -> BoxFuture<'a, Result<Vec<DeadLetter>>> {
        (**self).dead_letters(queue, most)
    }

    fn count_dead<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        (**self).count_dead(queue)
    }

    fn count_waiting<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64>> {
        (**self).count_waiting(queue)
    }

    fn replay<'a>(&'a self, queue: &'a str, which: Which) -> BoxFuture<'a, Result<u64>> {
        (**self).replay(queue, which)
    }

    fn discard<'a>(&'a self, queue: &'a str, which: Which, reason: &'a str) -> BoxFuture<'a, Result<u64>> {
        (**self).discard(queue, which, reason)
    }
}
