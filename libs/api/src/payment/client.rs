//! The calls other services may make (contracts §4.14).

use super::{CancelPayment, CapturePayment, ConfirmPayment, CreatePayment, Payment, Refund, RefundPayment};
use crate::ids::{OrderId, PaymentId, RefundId};
use base::Result;
use base::page::Page;
use peer::{Peer, Peers};
use std::time::Duration;

/// A call that waits for the gateway (contracts §7.2 step 6).
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(5);

/// Payment service, typed. Every method fails with the problem the service answered, or with
/// 503/504 when it cannot be reached.
#[derive(Clone)]
pub struct PaymentClient {
    peer: Peer,
}

impl PaymentClient {
    /// The payment service among `peers`.
    pub fn new(peers: &Peers) -> Self {
        Self { peer: peers.of("payment") }
    }

    /// Starts paying for an order; an open payment of the order is returned as it is.
    /// `key` is `order:{orderId}:payment:{attempt}`.
    ///
    /// # Errors
    /// 402 `payment-declined` (member `paymentId`); 409 `already-paid`, `order-not-payable`;
    /// 422 `amount-mismatch`; 502 `gateway-error`.
    pub async fn create(&self, request: &CreatePayment, key: &str) -> Result<Payment> {
        let call = self.peer.post("/api/payments").json(request);
        call.idempotency_key(key).timeout(GATEWAY_TIMEOUT).send().await
    }

    /// Pays with a method, or asks the gateway how the payment stands.
    ///
    /// # Errors
    /// 402 `payment-declined`; 409 `invalid-transition`.
    pub async fn confirm(&self, id: PaymentId, request: &ConfirmPayment, key: &str) -> Result<Payment> {
        let call = self.peer.post(format!("/api/payments/{id}/confirm")).json(request);
        call.idempotency_key(key).timeout(GATEWAY_TIMEOUT).send().await
    }

    /// Takes money that is held.
    ///
    /// # Errors
    /// 409 `invalid-transition`; 422 `capture-exceeds-payment`, `currency-mismatch`.
    pub async fn capture(&self, id: PaymentId, request: &CapturePayment, key: &str) -> Result<Payment> {
        let call = self.peer.post(format!("/api/payments/{id}/capture")).json(request);
        call.idempotency_key(key).timeout(GATEWAY_TIMEOUT).send().await
    }

    /// Ends an attempt that is under way.
    ///
    /// # Errors
    /// 409 `invalid-transition` when it was paid.
    pub async fn cancel(&self, id: PaymentId, request: &CancelPayment, key: &str) -> Result<Payment> {
        let call = self.peer.post(format!("/api/payments/{id}/cancel")).json(request);
        call.idempotency_key(key).timeout(GATEWAY_TIMEOUT).send().await
    }

    /// Gives money back. With the key `cancelled:{paymentId}` it is the same refund as the one
    /// that `OrderCancelled` starts, whichever comes first.
    ///
    /// # Errors
    /// 409 `not-refundable`; 422 `refund-exceeds-payment`, `currency-mismatch`.
    pub async fn refund(&self, id: PaymentId, request: &RefundPayment, key: &str) -> Result<Refund> {
        let call = self.peer.post(format!("/api/payments/{id}/refund")).json(request);
        call.idempotency_key(key).timeout(GATEWAY_TIMEOUT).send().await
    }

    /// A payment.
    ///
    /// # Errors
    /// 404 `not-found`.
    pub async fn get(&self, id: PaymentId) -> Result<Payment> {
        self.peer.get(format!("/api/payments/{id}")).send().await
    }

    /// The payments of an order, the latest attempt first; at most 100 of them.
    ///
    /// # Errors
    /// Only those every call has.
    pub async fn by_order(&self, order_id: OrderId) -> Result<Vec<Payment>> {
        let path = format!("/api/payments?orderId={order_id}&limit=100");
        let page: Page<Payment> = self.peer.get(path).send().await?;
        Ok(page.items)
    }

    /// A refund.
    ///
    /// # Errors
    /// 404 `not-found`.
    pub async fn get_refund(&self, id: RefundId) -> Result<Refund> {
        self.peer.get(format!("/api/refunds/{id}")).send().await
    }
}
