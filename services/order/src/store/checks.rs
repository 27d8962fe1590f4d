//! The invariants of contracts §7.4 that the order service can see, each a query for what breaks it.

use crate::error::Result;
use api::ids::OrderId;
use base::Timestamp;
use db::{Conn, Sql, sql};
use std::time::Duration;

/// A rule and the query that finds what breaks it.
pub(crate) struct Check {
    pub(crate) rule: &'static str,
    pub(crate) detail: &'static str,
    query: Sql,
}

/// The rules as they stand at `now`.
pub(crate) fn all(now: Timestamp) -> Vec<Check> {
    let ten_minutes_ago = now - Duration::from_mins(10);
    let check = |rule, detail, query| Check { rule, detail, query };
    vec![
        check(
            "pending-too-long",
            "the checkout has not ended for ten minutes",
            sql("SELECT id FROM customer_order WHERE status = 'PENDING' AND created_at < $1").bind(ten_minutes_ago),
        ),
        check(
            "unpaid-too-long",
            "ten minutes after the payment deadline the order still waits for money",
            sql("SELECT id FROM customer_order
                WHERE status IN ('PENDING_PAYMENT', 'PAYMENT_PROCESSING', 'PAYMENT_FAILED') AND payment_deadline < $1")
            .bind(ten_minutes_ago),
        ),
        check(
            "paid-but-waiting",
            "ten minutes after the money came the checkout still waits for it",
            sql("SELECT o.id FROM customer_order o JOIN sagas s ON s.order_id = o.id
                WHERE s.state = 'WAITING' AND o.payment_status IN ('PAID', 'AUTHORIZED')
                AND o.status IN ('PENDING_PAYMENT', 'PAYMENT_PROCESSING', 'PAYMENT_FAILED') AND o.updated_at < $1")
            .bind(ten_minutes_ago),
        ),
        check(
            "placed-without-money",
            "the order is placed, but no payment of it succeeded",
            sql("SELECT o.id FROM customer_order o
                WHERE o.placed_at IS NOT NULL AND o.total_minor > 0 AND NOT EXISTS (SELECT 1 FROM order_payment p
                    WHERE p.payment_id = o.paid_by AND p.order_id = o.id
                    AND p.status IN ('SUCCEEDED', 'AUTHORIZED', 'PARTIALLY_REFUNDED', 'REFUNDED'))"),
        ),
        check(
            "placed-without-stock",
            "the order is placed, but no stock was held for it",
            sql("SELECT id FROM customer_order WHERE placed_at IS NOT NULL AND reservation_id IS NULL"),
        ),
        check(
            "kept-money",
            "the order was cancelled ten minutes ago and its money has not gone back",
            sql("SELECT id FROM customer_order WHERE status = 'CANCELLED'
                AND total_minor > 0
                AND payment_status IN ('PAID', 'AUTHORIZED', 'PARTIALLY_REFUNDED') AND updated_at < $1")
            .bind(ten_minutes_ago),
        ),
        check(
            "lines-do-not-add-up",
            "the lines of the order do not add up to its subtotal and discount",
            sql("SELECT o.id FROM customer_order o LEFT JOIN order_line l ON l.order_id = o.id
                WHERE o.status NOT IN ('PENDING', 'REJECTED')
                GROUP BY o.id, o.subtotal_minor, o.discount_minor
                HAVING COALESCE(CAST(SUM(l.unit_minor * l.quantity) AS BIGINT), 0) <> o.subtotal_minor
                    OR COALESCE(CAST(SUM(l.discount_minor) AS BIGINT), 0) <> o.discount_minor"),
        ),
        check(
            "history-has-gaps",
            "the number of transitions is not the length of the history",
            sql("SELECT o.id FROM customer_order o LEFT JOIN order_history h ON h.order_id = o.id
                GROUP BY o.id, o.sequence HAVING COUNT(h.sequence) <> o.sequence"),
        ),
        check(
            "checkout-lost",
            "the order still waits, but its checkout says it is done",
            sql("SELECT o.id FROM customer_order o JOIN sagas s ON s.order_id = o.id
                WHERE s.step = 'DONE'
                AND o.status IN ('PENDING', 'PENDING_PAYMENT', 'PAYMENT_PROCESSING', 'PAYMENT_FAILED')"),
        ),
    ]
}

/// Orders that were cancelled between two moments, the latest first.
pub(crate) async fn cancelled(
    c: &mut Conn,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> = sql("SELECT id FROM customer_order WHERE status = 'CANCELLED'
            AND updated_at >= $1 AND updated_at < $2 ORDER BY updated_at DESC LIMIT $3")
    .bind(from)
    .bind(to)
    .bind(limit)
    .all(c)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The orders that break the rule, at most 100.
pub(crate) async fn violations(c: &mut Conn, check: Check) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> = check.query.push(" LIMIT 100").all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
