//! The gateways behind one port (contracts §4.8). A gateway is asked, never guessed about.
//!
//! Every changing call carries an idempotency key, so that repeating it after a lost answer is
//! how one asks again. A decline is an answer; an error is either a refusal that changed nothing
//! or an unknown outcome, and the two are never confused.

mod signature;
pub(crate) mod simulator;

use crate::domain::Handle;
use crate::domain::seen::{BookRow, Seen, SeenRefund};
use api::ids::{OrderId, PaymentId, RefundId};
use base::{Money, Timestamp, context};
use simulator::Simulator;
use std::future::Future;
use std::time::Duration;

/// The gateways there are.
#[derive(Clone)]
pub(crate) enum Provider {
    Simulator(Simulator),
}

/// The gateway of this installation, with the time it is given for an answer.
#[derive(Clone)]
pub(crate) struct Gateway {
    provider: Provider,
    timeout: Duration,
}

/// A payment to be made known to the gateway.
#[derive(Clone, Debug)]
pub(crate) struct NewCharge {
    pub(crate) payment_id: PaymentId,
    pub(crate) order_id: OrderId,
    pub(crate) order_number: String,
    pub(crate) amount: Money,
    /// Whether the money is only held at first.
    pub(crate) hold: bool,
    /// The method to charge at once.
    pub(crate) method_id: Option<String>,
    pub(crate) return_url: String,
    pub(crate) cancel_url: String,
    pub(crate) expires_at: Timestamp,
}

/// Money to be given back.
#[derive(Clone, Debug)]
pub(crate) struct NewRefund {
    pub(crate) refund_id: RefundId,
    pub(crate) amount: Money,
}

/// Why a call has no answer to go by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// The gateway refused the request itself; nothing happened.
    #[error("the gateway refused the request: {code}")]
    Refused {
        /// Its own code.
        code: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nobody knows whether it happened; ask again.
    #[error("the gateway gave no answer: {what}")]
    Unknown {
        what: &'static str,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl GatewayError {
    pub(crate) fn unknown(what: &'static str) -> Self {
        Self::Unknown { what, source: None }
    }
}

pub(crate) type Answer<T> = Result<T, GatewayError>;

/// A webhook whose signature is right. It says only that something is worth asking about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) object: Object,
}

/// What a webhook is about, by the gateway's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Payment(String),
    Refund(String),
    /// Nothing we keep.
    Other(String),
}

impl Object {
    /// The gateway's id.
    pub(crate) fn id(&self) -> &str {
        let (Self::Payment(id) | Self::Refund(id) | Self::Other(id)) = self;
        id
    }
}

impl Gateway {
    pub(crate) fn new(provider: Provider, timeout: Duration) -> Self {
        Self { provider, timeout }
    }

    /// What it is called in payments and paths.
    pub(crate) fn name(&self) -> &'static str {
        match &self.provider {
            Provider::Simulator(_) => simulator::NAME,
        }
    }

    /// The kind of method its payments are made with.
    pub(crate) fn method_type(&self) -> &'static str {
        match &self.provider {
            Provider::Simulator(_) => "TEST",
        }
    }

    /// The simulator, when it is the gateway.
    #[expect(clippy::unnecessary_wraps, reason = "other gateways are no simulator")]
    pub(crate) fn simulator(&self) -> Option<&Simulator> {
        match &self.provider {
            Provider::Simulator(simulator) => Some(simulator),
        }
    }

    /// How long a call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Makes a page on which the customer pays.
    pub(crate) async fn create_session(&self, new: &NewCharge, key: &str) -> Answer<Seen> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.create_session(new, key)).await,
        }
    }

    /// Makes a payment without a page; charges it when `new` names a method.
    pub(crate) async fn create_intent(&self, new: &NewCharge, key: &str) -> Answer<Seen> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.create_intent(new, key)).await,
        }
    }

    /// Charges a method.
    pub(crate) async fn confirm(
        &self,
        intent: &str,
        method_id: &str,
        return_url: &str,
        key: &str,
    ) -> Answer<Seen> {
        match &self.provider {
            Provider::Simulator(simulator) => {
                self.within(simulator.confirm_intent(intent, method_id, return_url, key)).await
            }
        }
    }

    /// Takes held money.
    pub(crate) async fn capture(&self, intent: &str, amount: Money, key: &str) -> Answer<Seen> {
        match &self.provider {
            Provider::Simulator(simulator) => {
                self.within(simulator.capture_intent(intent, amount, key)).await
            }
        }
    }

    /// Ends a payment and its page, or lets held money go.
    pub(crate) async fn cancel(&self, handle: &Handle, key: &str) -> Answer<Seen> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.cancel_intent(handle, key)).await,
        }
    }

    /// Gives money back.
    pub(crate) async fn refund(&self, intent: &str, new: &NewRefund, key: &str) -> Answer<SeenRefund> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.refund_intent(intent, new, key)).await,
        }
    }

    /// How a payment stands; `None` when the gateway has never heard of it.
    pub(crate) async fn fetch(&self, payment: PaymentId, handle: &Handle) -> Answer<Option<Seen>> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.fetch(payment, handle)).await,
        }
    }

    /// How the payment with the gateway's own id stands.
    pub(crate) async fn fetch_by_reference(&self, intent: &str) -> Answer<Option<Seen>> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.fetch_by_reference(intent)).await,
        }
    }

    /// How a refund stands, by our id or the gateway's.
    pub(crate) async fn fetch_refund(
        &self,
        ours: Option<RefundId>,
        reference: Option<&str>,
    ) -> Answer<Option<SeenRefund>> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.fetch_refund(ours, reference)).await,
        }
    }

    /// What it took and gave back since `since`, a page at a time; `after` is the last row seen.
    pub(crate) async fn books(
        &self,
        since: Timestamp,
        after: Option<&BookRow>,
        limit: i64,
    ) -> Answer<Vec<BookRow>> {
        match &self.provider {
            Provider::Simulator(simulator) => self.within(simulator.book_rows(since, after, limit)).await,
        }
    }

    /// The notice in a webhook; `None` unless the signature is right.
    pub(crate) fn verify_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Option<Notice> {
        match &self.provider {
            Provider::Simulator(simulator) => simulator.verify_webhook(signature, body, now),
        }
    }

    async fn within<T>(&self, call: impl Future<Output = Answer<T>>) -> Answer<T> {
        debug_assert!(!context::in_transaction(), "no gateway may be called while a transaction is open");
        match tokio::time::timeout(self.timeout, Box::pin(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(GatewayError::unknown("time-out")),
        }
    }
}
