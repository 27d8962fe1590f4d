//! What a service consumes: queues, their bindings, and a handler for each message type.

use crate::envelope::StandardMessage;
use crate::faults::{Faults, Step};
use crate::inbox;
use crate::message::{Message, type_name};
use crate::name::{MessageKind, TypeName};
use crate::topic::Pattern;
use crate::topology::{self, DEFAULT_EXCHANGE};
use base::Result;
use db::{Tx, sql};
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// The queues of a service.
#[derive(Debug, Default)]
#[must_use = "give them to the Runtime"]
pub struct Consumers(pub(crate) Vec<Queue>);

impl Consumers {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a queue.
    pub fn queue(mut self, queue: Queue) -> Self {
        self.0.push(queue);
        self
    }
}

/// A message in a handler's hands.
#[derive(Clone, Debug)]
pub struct Delivery<T> {
    /// The message.
    pub message: StandardMessage<T>,
    /// Which delivery of it this is, counted from 1.
    pub attempt: u32,
    /// Where it was published.
    pub exchange: String,
    /// With which routing key.
    pub routing_key: String,
    /// Queue for the reply, if the sender wants one.
    pub reply_to: Option<String>,
    pub(crate) claim: Arc<Claim>,
}

/// What a handler may take away in the transaction of its effect.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) queue: Arc<Queue>,
    pub(crate) receipt: Uuid,
    pub(crate) in_store: bool,
    pub(crate) taken: AtomicBool,
    pub(crate) faults: Faults,
}

impl<T> Delivery<T> {
    /// The queue it came through.
    pub fn queue(&self) -> &str {
        self.claim.queue.name()
    }

    /// Notes in the transaction of the effect that the message is handled. `false` means that it
    /// was handled before: drop the transaction and return `Ok`. Always `true` on broadcast
    /// queues, which are for effects that may happen twice.
    ///
    /// # Errors
    /// If the store fails; the transaction is lost then.
    pub async fn claim(&self, tx: &mut Tx) -> Result<bool> {
        if !self.claim.queue.is_durable() {
            return Ok(true);
        }
        let name = self.message.message_type.to_string();
        if !inbox::first_time(tx, self.queue(), self.message.message_id, &name).await? {
            return Ok(false);
        }
        if self.claim.in_store {
            sql("DELETE FROM queue_message WHERE id = $1").bind(self.claim.receipt).run(tx).await?;
            self.claim.taken.store(true, Ordering::Release);
        }
        self.claim.faults.step(Step::Claimed)?;
        Ok(true)
    }
}

impl Delivery<Box<RawValue>> {
    /// The same delivery with its payload read as an `M`.
    fn open<M: Message>(self) -> Result<Delivery<M>> {
        Ok(Delivery {
            message: self.message.open()?,
            attempt: self.attempt,
            exchange: self.exchange,
            routing_key: self.routing_key,
            reply_to: self.reply_to,
            claim: self.claim,
        })
    }
}

pub(crate) type Work = BoxFuture<'static, Result<()>>;
pub(crate) type Handler = Box<dyn Fn(Delivery<Box<RawValue>>) -> Work + Send + Sync>;

/// What a queue does with a message type.
pub(crate) enum Reaction<'a> {
    /// It is handled.
    Handle(&'a Handler),
    /// Another major version of it is handled.
    UnknownMajor,
    /// It is of no interest.
    Ignore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Durable,
    Broadcast,
    Replies,
}

/// A queue of a service, with the keys it is bound with and the handlers of its messages.
pub struct Queue {
    name: Cow<'static, str>,
    life: Life,
    bindings: Vec<(String, Pattern)>,
    handlers: HashMap<(String, MessageKind), HashMap<u32, Handler>>,
    any: Option<Handler>,
}

impl Queue {
    /// A durable queue such as `cart.order.events`.
    ///
    /// # Panics
    /// If the name is not of the form of contracts §2.1, which is a mistake in the code.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::with_life(name.into(), Life::Durable)
    }

    /// A queue of this process alone, such as `gateway.user.events`: bounded, in memory, without
    /// retry and dead letters, for caches that would also heal by themselves.
    ///
    /// # Panics
    /// If the name is not of the form of contracts §2.1, which is a mistake in the code.
    pub fn broadcast(name: impl Into<Cow<'static, str>>) -> Self {
        Self::with_life(name.into(), Life::Broadcast)
    }

    /// The queue that replies to this process are sent to, named by
    /// [`topology::reply_queue`]; in memory like a broadcast queue.
    pub fn replies(name: String) -> Self {
        let bindings = vec![];
        Self { name: name.into(), life: Life::Replies, bindings, handlers: HashMap::new(), any: None }
    }

    fn with_life(name: Cow<'static, str>, life: Life) -> Self {
        if let Err(error) = topology::exchange_of(&name) {
            panic!("{error}");
        }
        Self { name, life, bindings: Vec::new(), handlers: HashMap::new(), any: None }
    }

    /// Binds it to `exchange` with each of `keys`.
    ///
    /// # Panics
    /// If the exchange or a key is not of the form of contracts §2.1, which is a mistake in the code.
    #[must_use]
    pub fn bind(mut self, exchange: &str, keys: &[&str]) -> Self {
        assert!(topology::is_exchange(exchange), "{exchange:?} is not an exchange such as order.events");
        for key in keys {
            let pattern = Pattern::new(key).unwrap_or_else(|error| panic!("{error}"));
            self.bindings.push((exchange.to_owned(), pattern));
        }
        self
    }

    /// Handles messages of type `M`. `Ok` acknowledges; a transient error (see
    /// [`base::Kind::is_transient`]; also 412 and 423) is tried again 5 s, 30 s, 5 min and 30 min
    /// later; any other error makes it a dead letter.
    #[must_use]
    pub fn on<M, H, F>(mut self, handler: H) -> Self
    where
        M: Message,
        H: Fn(Delivery<M>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let typed: Handler = Box::new(move |delivery| {
            let handler = handler.clone();
            Box::pin(async move { handler(delivery.open::<M>()?).await })
        });
        let name = type_name::<M>();
        let major = name.major();
        self.handlers.entry((name.base, name.kind)).or_default().insert(major, typed);
        self
    }

    /// Handles every message that has no handler of its own, payload unread; for consumers of
    /// everything, such as audit.
    #[must_use]
    pub fn on_any<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Delivery<Box<RawValue>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.any = Some(Box::new(move |delivery| {
            let handler = handler.clone();
            Box::pin(async move { handler(delivery).await })
        }));
        self
    }

    /// Its name; for a broadcast queue without the instance.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it outlives this process.
    pub fn is_durable(&self) -> bool {
        self.life == Life::Durable
    }

    /// Exchanges and keys it is bound with.
    pub fn bindings(&self) -> &[(String, Pattern)] {
        &self.bindings
    }

    /// Whether a message published so reaches it.
    pub fn gets(&self, exchange: &str, routing_key: &str) -> bool {
        if exchange == DEFAULT_EXCHANGE {
            return self.life != Life::Broadcast && self.name == routing_key;
        }
        self.bindings.iter().any(|(bound, pattern)| bound == exchange && pattern.matches(routing_key))
    }

    /// The channel that wakes its consumers.
    pub(crate) fn channel(&self) -> &'static str {
        match self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(_) => "queue",
        }
    }

    pub(crate) fn reaction(&self, name: &TypeName) -> Reaction<'_> {
        // Hashing a pair of owned and copied parts needs an owned key; names are short.
        let majors = self.handlers.get(&(name.base.clone(), name.kind));
        let own = majors.and_then(|majors| majors.get(&name.major()));
        match own.or(self.any.as_ref()) {
            Some(handler) => Reaction::Handle(handler),
            None if majors.is_some() => Reaction::UnknownMajor,
            None => Reaction::Ignore,
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bindings: Vec<_> =
            self.bindings.iter().map(|(exchange, key)| format!("{exchange} {key}")).collect();
        f.debug_struct("Queue").field("name", &self.name).field("bindings", &bindings).finish_non_exhaustive()
    }
}
