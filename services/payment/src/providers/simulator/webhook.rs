//! Webhooks: real signed requests to the platform, repeated until they are taken.

use super::Simulator;
use crate::providers::signature;
use base::{Result, Timestamp};
use http::header::HeaderName;
use serde_json::json;
use std::time::Duration;

/// The header with the signature; the name is Stripe's, so that both gateways share it.
pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often a webhook is tried: for three days, like Stripe's.
pub(crate) const MAX_ATTEMPTS: i64 = 23;

/// How long to wait after the `attempts`th failure: 5 s, 10 s, 20 s, … at most 6 h.
pub(crate) fn wait(attempts: i64) -> Duration {
    let seconds = 5_u64.saturating_mul(1 << attempts.clamp(0, 20));
    Duration::from_secs(seconds.min(6 * 60 * 60))
}

impl Simulator {
    /// Sends one event about `object`.
    pub(super) async fn deliver(&self, object: &str, (id, kind): &(String, String)) -> Result<()> {
        let body = body(id, kind, object, self.now());
        let signature = signature::sign(&self.secret, self.now(), &body);
        let call = self.receiver.post("/api/payments/webhooks/simulator").bytes("application/json", body);
        call.header(SIGNATURE, &signature).timeout(TIMEOUT).send_empty().await
    }
}

fn body(id: &str, kind: &str, object: &str, at: Timestamp) -> Vec<u8> {
    let object_kind = if object.starts_with("re_") { "refund" } else { "payment_intent" };
    let event = json!({
        "id": id,
        "object": "event",
        "type": kind,
        "created": at.seconds(),
        "livemode": false,
        "data": { "object": { "id": object, "object": object_kind } },
    });
    event.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_is_down_for_two_days_still_gets_its_webhooks() {
        let total: Duration = (0..MAX_ATTEMPTS).map(wait).sum();
        assert!(total > Duration::from_hours(48), "{total:?}");
        assert_eq!(wait(0), Duration::from_secs(5));
        assert_eq!(wait(1000), Duration::from_hours(6));
    }
}
