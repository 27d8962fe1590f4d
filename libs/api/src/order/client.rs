//! The calls other services may make to the order service (contracts §4.14).

use super::{Order, Payable, Quote, QuoteRequest};
use crate::ids::OrderId;
use base::Result;
use peer::{Peer, Peers};

/// The order service.
#[derive(Clone)]
pub struct OrderClient {
    peer: Peer,
}

impl OrderClient {
    /// The order service as `peers` finds it.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("order") }
    }

    /// What has to be paid for an order (scope `order:read`).
    ///
    /// # Errors
    /// `not-found`.
    pub async fn payable(&self, order: OrderId) -> Result<Payable> {
        self.peer.get(format!("/internal/orders/{order}/payable")).send().await
    }

    /// An order (scope `order:read`).
    ///
    /// # Errors
    /// `not-found`.
    pub async fn order(&self, order: OrderId) -> Result<Order> {
        self.peer.get(format!("/api/orders/{order}")).send().await
    }

    /// What a cart would cost at an address (scope `order:quote`).
    ///
    /// # Errors
    /// `shipping-unavailable` where nothing is sent to, `currency-mismatch`.
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote> {
        self.peer.post("/internal/orders/quote").json(request).send().await
    }
}
