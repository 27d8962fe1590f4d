//! Exchanges, queues and bindings of the platform as data (contracts §2.1–§2.3), and the names
//! derived from them. Both brokers use these names.

use crate::topic::is_word;
use base::{Error, Result};
use std::time::Duration;

/// Where the broker puts what no queue is bound to.
pub const UNROUTED: &str = "platform.unrouted";

/// The default exchange: the routing key is the name of a queue.
pub const DEFAULT_EXCHANGE: &str = "";

/// The waits before the second to fifth delivery of a message that failed (contracts §2.4).
pub const RETRY_DELAYS: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(5), Duration::from_mins(30)];

/// Deliveries in all before a message becomes a dead letter.
pub const MAX_DELIVERIES: u32 = RETRY_DELAYS.len() as u32 + 1;

/// Deliveries a handler may have in hand at once.
pub const PREFETCH: usize = 32;

/// The wait before the delivery after delivery number `attempt` (from 1); `None` after the last.
pub fn retry_delay(attempt: u32) -> Option<Duration> {
    RETRY_DELAYS.get(attempt.checked_sub(1)? as usize).copied()
}

/// `<exchange>.retry`, a direct exchange.
pub fn retry_exchange(exchange: &str) -> String {
    format!("{exchange}.retry")
}

/// `<exchange>.dlx`, a direct exchange.
pub fn dead_letter_exchange(exchange: &str) -> String {
    format!("{exchange}.dlx")
}

/// `<queue>.retry.<step>`, steps from 1.
pub fn retry_queue(queue: &str, step: usize) -> String {
    format!("{queue}.retry.{step}")
}

/// `<queue>.dlq`.
pub fn dead_letter_queue(queue: &str) -> String {
    format!("{queue}.dlq")
}

/// `<queue>.<instance>`, the name of a broadcast queue of one process.
pub fn broadcast_queue(queue: &str, instance: &str) -> String {
    format!("{queue}.{instance}")
}

/// `<service>.replies.<instance>`.
pub fn reply_queue(service: &str, instance: &str) -> String {
    format!("{service}.replies.{instance}")
}

/// The exchange a queue belongs to, which names its retry and dead-letter exchanges:
/// `order.events` for `notification.order.events`, `user.commands` for `user.commands`.
///
/// # Errors
/// 422 `validation` for a name that is not of the form of contracts §2.1.
pub fn exchange_of(queue: &str) -> Result<String> {
    let words: Vec<&str> = queue.split('.').collect();
    let good = queue.len() <= 200 && words.iter().all(|word| is_word(word));
    match words.as_slice() {
        [_, domain, family @ ("events" | "commands")] if good => Ok(format!("{domain}.{family}")),
        [_, "commands"] if good => Ok(queue.to_owned()),
        _ => Err(Error::field(
            "/queue",
            "queue-name",
            format!("{queue:?} is not a queue name such as cart.order.events"),
        )),
    }
}

/// Whether `name` is an exchange of the platform: `<domain>.events` or `<domain>.commands`.
pub fn is_exchange(name: &str) -> bool {
    let parts = name.split_once('.');
    parts.is_some_and(|(domain, family)| is_word(domain) && matches!(family, "events" | "commands"))
}

/// An exchange and who publishes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `<domain>.events` or `<domain>.commands`.
    pub name: &'static str,
    /// `sourceService` values that may publish; empty = any service.
    pub publishers: &'static [&'static str],
}

const fn exchange(name: &'static str, publishers: &'static [&'static str]) -> Exchange {
    Exchange { name, publishers }
}

/// Every exchange (contracts §2.2).
pub const EXCHANGES: &[Exchange] = &[
    exchange("user.events", &["UserService"]),
    exchange("user.commands", &[]),
    exchange("product.events", &["ProductService"]),
    exchange("inventory.events", &["InventoryService"]),
    exchange("cart.events", &["CartService"]),
    exchange("order.events", &["OrderService"]),
    exchange("payment.events", &["PaymentService"]),
    exchange("notification.events", &["NotificationService"]),
    exchange("audit.events", &[]),
    exchange("security.events", &["AuditService"]),
    exchange("security.commands", &["AuditService"]),
    exchange("config.events", &["ConfigService"]),
    exchange("platform.events", &["DiscoveryService"]),
    exchange("loyalty.events", &["LoyaltyService"]),
    exchange("support.events", &["SupportService"]),
];

/// A durable queue and the keys it is bound with to its exchange ([`exchange_of`]).
pub type Bound = (&'static str, &'static [&'static str]);

/// Every durable queue with its binding keys (contracts §2.3). The audit queues (`#` on every
/// exchange) and the broadcast queues of each process are not listed.
pub const QUEUES: &[Bound] = &[
    ("user.commands", &["user.account.*.v1", "user.preferences.get-email.v1"]),
    ("user.order.events", &["order.order.placed.v1", "order.order.cancelled.v1"]),
    ("user.payment.events", &["payment.payment.failed.v1", "payment.method.*.v1"]),
    ("user.loyalty.events", &["loyalty.points.earned.v1"]),
    ("user.notification.events", &["notification.preference.updated.v1", "notification.delivery.updated.v1"]),
    ("user.security.events", &["security.threat.published.v1"]),
    ("user.security.commands", &["security.user.*.v1"]),
    ("product.inventory.events", &["inventory.stock.*.v1"]),
    ("product.order.events", &["order.shipment.delivered.v1"]),
    ("product.user.events", &["user.profile.updated.v1", "user.account.deleted.v1"]),
    (
        "inventory.product.events",
        &["product.product.created.v1", "product.product.deleted.v1", "product.variant.*.v1"],
    ),
    (
        "inventory.order.events",
        &["order.order.cancelled.v1", "order.shipment.shipped.v1", "order.return.received.v1"],
    ),
    ("cart.order.events", &["order.order.placed.v1", "order.order.cancelled.v1"]),
    (
        "cart.product.events",
        &[
            "product.price.updated.v1",
            "product.product.status-changed.v1",
            "product.product.deleted.v1",
            "product.variant.removed.v1",
            "product.discount.*.v1",
        ],
    ),
    ("cart.user.events", &["user.account.deactivated.v1", "user.account.deleted.v1"]),
    ("order.payment.events", &["payment.payment.*.v1", "payment.refund.*.v1"]),
    ("order.inventory.events", &["inventory.reservation.expired.v1"]),
    (
        "order.user.events",
        &[
            "user.account.created.v1",
            "user.account.updated.v1",
            "user.account.status-changed.v1",
            "user.account.deleted.v1",
            "user.address.*.v1",
        ],
    ),
    ("payment.order.events", &["order.order.cancelled.v1"]),
    ("payment.user.events", &["user.account.deleted.v1"]),
    (
        "notification.user.events",
        &[
            "user.account.*.v1",
            "user.auth.email-verification-requested.v1",
            "user.auth.password-reset-requested.v1",
            "user.auth.password-changed.v1",
            "user.auth.mfa-code-requested.v1",
            "user.auth.mfa-status-changed.v1",
            "user.auth.logged-in.v1",
            "user.privacy.export-ready.v1",
        ],
    ),
    (
        "notification.order.events",
        &[
            "order.order.created.v1",
            "order.order.placed.v1",
            "order.order.status-changed.v1",
            "order.order.cancelled.v1",
            "order.shipment.*.v1",
            "order.return.requested.v1",
            "order.return.status-changed.v1",
        ],
    ),
    (
        "notification.payment.events",
        &[
            "payment.payment.failed.v1",
            "payment.payment.requires-action.v1",
            "payment.payment.disputed.v1",
            "payment.refund.succeeded.v1",
            "payment.refund.failed.v1",
            "payment.method.added.v1",
        ],
    ),
    (
        "notification.inventory.events",
        &["inventory.stock.low.v1", "inventory.stock.out.v1", "inventory.stock.back-in-stock.v1"],
    ),
    ("notification.product.events", &["product.review.submitted.v1"]),
    ("notification.cart.events", &["cart.cart.abandoned.v1"]),
    ("notification.loyalty.events", &["loyalty.points.earned.v1"]),
    ("notification.support.events", &["support.ticket.*.v1"]),
    ("notification.audit.events", &["audit.alert.raised.v1"]),
    ("monitoring.platform.events", &["platform.#"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::{Pattern, is_routing_key};
    use std::collections::BTreeSet;

    #[test]
    fn names_are_derived_as_the_contract_writes_them() {
        assert_eq!(exchange_of("notification.order.events").unwrap(), "order.events");
        assert_eq!(exchange_of("user.security.commands").unwrap(), "security.commands");
        assert_eq!(exchange_of("user.commands").unwrap(), "user.commands");
        assert_eq!(retry_queue("notification.order.events", 2), "notification.order.events.retry.2");
        assert_eq!(dead_letter_queue("order.payment.events"), "order.payment.events.dlq");
        assert_eq!(dead_letter_exchange("payment.events"), "payment.events.dlx");
        assert_eq!(retry_exchange("payment.events"), "payment.events.retry");
        assert_eq!(reply_queue("gateway", "7f3a"), "gateway.replies.7f3a");
        assert_eq!(broadcast_queue("gateway.user.events", "7f3a"), "gateway.user.events.7f3a");
        for bad in [
            "",
            "cart",
            "cart.events",
            "cart.order.event",
            "a.b.c.events",
            "Cart.order.events",
            "cart. .events",
        ] {
            assert!(exchange_of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_message_is_delivered_five_times_over_35_minutes() {
        let waits: Vec<u64> = (1..).map_while(retry_delay).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [5, 30, 300, 1800]);
        assert_eq!(MAX_DELIVERIES, 5);
        assert_eq!(retry_delay(0), None);
    }

    #[test]
    fn every_queue_is_bound_inside_the_domain_of_its_exchange() {
        let mut names = BTreeSet::new();
        for (queue, keys) in QUEUES {
            assert!(names.insert(queue), "{queue} is listed twice");
            let exchange = exchange_of(queue).unwrap();
            assert!(EXCHANGES.iter().any(|known| known.name == exchange), "{queue}: no exchange {exchange}");
            let domain = exchange.split('.').next().unwrap();
            for key in *keys {
                Pattern::new(key).unwrap();
                assert_eq!(key.split('.').next(), Some(domain), "{queue}: {key}");
                assert!(key.contains(['*', '#']) || is_routing_key(key), "{queue}: {key}");
            }
        }
        assert!(EXCHANGES.iter().all(|exchange| is_exchange(exchange.name)));
    }
}
