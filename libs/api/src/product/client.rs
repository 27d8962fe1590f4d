//! The calls other services may make (contracts §4.14).

use super::{AvailabilityAnswer, AvailabilityRequest};
use base::Result;
use peer::{Peer, Peers};

/// The product service, callable.
#[derive(Clone)]
pub struct ProductClient {
    peer: Peer,
}

impl ProductClient {
    /// The product service among `peers`.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("product") }
    }

    /// Whether the lines can be sold now, and for how much. Nothing is held by asking.
    ///
    /// # Errors
    /// 422 `validation` for too many lines or quantities out of range; 503 and 504 of peers.
    pub async fn availability(&self, request: &AvailabilityRequest) -> Result<AvailabilityAnswer> {
        self.peer.post("/internal/products/availability").json(request).send().await
    }
}
