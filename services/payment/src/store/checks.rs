//! Questions whose answer should be an empty list: what breaks an invariant.

use api::ids::{OrderId, PaymentId};
use api::payment::Violation;
use base::{Currency, Timestamp};
use db::{Conn, DbError, sql};
use uuid::Uuid;

/// The most rows one rule reports.
const LIMIT: i64 = 100;

fn violation(rule: &str, id: impl ToString, detail: String) -> Violation {
    Violation { rule: rule.into(), id: id.to_string(), detail }
}

/// Everything that is wrong with the ledger.
pub(crate) async fn ledger(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let mut found = unbalanced(c).await?;
    found.extend(totals(c).await?);
    found.extend(unbooked_captures(c).await?);
    found.extend(unbooked_refunds(c).await?);
    Ok(found)
}

/// Transactions whose entries do not add up, or are not all there.
async fn unbalanced(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(Uuid, i64, i64, i64)> =
        sql("SELECT t.id, t.entry_count, COUNT(e.position), CAST(COALESCE(SUM(e.amount_minor), 0) AS BIGINT)
            FROM ledger_transaction t LEFT JOIN ledger_entry e ON e.transaction_id = t.id
            GROUP BY t.id, t.entry_count
            HAVING COUNT(e.position) <> t.entry_count OR COALESCE(SUM(e.amount_minor), 0) <> 0
            ORDER BY t.id LIMIT $1")
        .bind(LIMIT)
        .all(c)
        .await?;
    let text = |entries, count, sum| format!("{count} of {entries} entries add up to {sum}");
    Ok(rows
        .into_iter()
        .map(|(id, entries, count, sum)| violation("ledger-balanced", id, text(entries, count, sum)))
        .collect())
}

/// Currencies whose entries do not add up, or in which the gateway owes us something for ever.
async fn totals(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let sums: Vec<(Currency, i64)> =
        sql("SELECT currency, CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry GROUP BY currency HAVING SUM(amount_minor) <> 0")
            .all(c)
            .await?;
    let owed: Vec<(Currency, i64)> = sql(
        "SELECT currency, CAST(SUM(amount_minor) AS BIGINT) FROM ledger_entry WHERE account = 'receivable'
            GROUP BY currency HAVING SUM(amount_minor) <> 0",
    )
    .all(c)
    .await?;
    let sums = sums.into_iter().map(|(currency, sum)| {
        violation("ledger-balanced", currency, format!("all entries add up to {sum}"))
    });
    let owed = owed
        .into_iter()
        .map(|(currency, sum)| violation("ledger-receivable", currency, format!("the gateway owes {sum}")));
    Ok(sums.chain(owed).collect())
}

/// Captured money that is not booked as what it is.
async fn unbooked_captures(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, i64, i64)> =
        sql("SELECT p.id, p.captured_minor, CAST(COALESCE(SUM(e.amount_minor), 0) AS BIGINT)
            FROM payment p
            LEFT JOIN ledger_transaction t ON t.payment_id = p.id AND t.refund_id IS NULL
            LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account IN ('cash', 'fees')
            GROUP BY p.id, p.captured_minor
            HAVING p.captured_minor <> COALESCE(SUM(e.amount_minor), 0)
            ORDER BY p.id LIMIT $1")
        .bind(LIMIT)
        .all(c)
        .await?;
    let text = |captured, booked| format!("{captured} were captured, {booked} are booked");
    Ok(rows
        .into_iter()
        .map(|(id, captured, booked)| violation("ledger-captured", id, text(captured, booked)))
        .collect())
}

/// Money given back that is not booked.
async fn unbooked_refunds(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, i64, i64)> =
        sql("SELECT p.id, p.refunded_minor, CAST(COALESCE(SUM(-e.amount_minor), 0) AS BIGINT)
            FROM payment p
            LEFT JOIN ledger_transaction t ON t.payment_id = p.id AND t.refund_id IS NOT NULL
            LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account = 'cash'
            GROUP BY p.id, p.refunded_minor
            HAVING p.refunded_minor <> COALESCE(SUM(-e.amount_minor), 0)
            ORDER BY p.id LIMIT $1")
        .bind(LIMIT)
        .all(c)
        .await?;
    let text = |refunded, booked| format!("{refunded} went back, {booked} are booked");
    Ok(rows
        .into_iter()
        .map(|(id, refunded, booked)| violation("ledger-refunded", id, text(refunded, booked)))
        .collect())
}

/// Everything that is wrong with payments and refunds.
pub(crate) async fn payments(c: &mut Conn, overdue_before: Timestamp) -> Result<Vec<Violation>, DbError> {
    let mut found = refund_sums(c).await?;
    found.extend(paid_twice(c).await?);
    found.extend(never_ended(c, overdue_before).await?);
    found.extend(stuck_calls(c, overdue_before).await?);
    found.extend(kept_money(c, overdue_before).await?);
    Ok(found)
}

/// Payments whose sums differ from those of their refunds.
async fn refund_sums(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, i64, i64, i64, i64)> =
        sql("SELECT p.id, p.refund_reserved_minor, CAST(COALESCE(SUM(r.amount_minor), 0) AS BIGINT), p.refunded_minor,
                CAST(COALESCE(SUM(CASE WHEN r.status = 'SUCCEEDED' THEN r.amount_minor ELSE 0 END), 0) AS BIGINT)
            FROM payment p LEFT JOIN refund r ON r.payment_id = p.id
            GROUP BY p.id, p.refund_reserved_minor, p.refunded_minor
            HAVING p.refund_reserved_minor <> COALESCE(SUM(r.amount_minor), 0)
                OR p.refunded_minor <> COALESCE(SUM(CASE WHEN r.status = 'SUCCEEDED' THEN r.amount_minor ELSE 0 END), 0)
            ORDER BY p.id LIMIT $1")
        .bind(LIMIT)
        .all(c)
        .await?;
    let text = |reserved, all, refunded, done| {
        format!("{reserved} reserved for refunds of {all}, {refunded} given back by refunds of {done}")
    };
    let row = |(id, reserved, all, refunded, done)| {
        violation("refund-sums", id, text(reserved, all, refunded, done))
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Orders for which two payments keep money.
async fn paid_twice(c: &mut Conn) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(OrderId, i64)> =
        sql("SELECT order_id, COUNT(*) FROM payment WHERE captured_minor > refund_reserved_minor
            GROUP BY order_id HAVING COUNT(*) > 1 ORDER BY order_id LIMIT $1")
        .bind(LIMIT)
        .all(c)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, count)| violation("order-paid-once", id, format!("{count} payments keep money")))
        .collect())
}

/// Open payments that should have ended.
async fn never_ended(c: &mut Conn, overdue_before: Timestamp) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, String)> = sql("SELECT id, status FROM payment WHERE expires_at < $1
            AND status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING') ORDER BY id LIMIT $2")
    .bind(overdue_before)
    .bind(LIMIT)
    .all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, status)| violation("payment-ends", id, format!("still {status} after its time")))
        .collect())
}

/// Calls of a gateway whose answer nobody found out.
async fn stuck_calls(c: &mut Conn, overdue_before: Timestamp) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, String)> =
        sql("SELECT payment_id, provider_key FROM operation WHERE state = 'OPEN' AND created_at < $1 ORDER BY id LIMIT $2")
            .bind(overdue_before)
            .bind(LIMIT)
            .all(c)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, key)| violation("answer-known", id, format!("the answer to {key} is not known")))
        .collect())
}

/// Money of cancelled orders that nobody is giving back.
async fn kept_money(c: &mut Conn, overdue_before: Timestamp) -> Result<Vec<Violation>, DbError> {
    let rows: Vec<(PaymentId, i64)> = sql("SELECT id, captured_minor - refund_reserved_minor FROM payment
            WHERE order_cancelled = $1 AND captured_minor > refund_reserved_minor AND created_at < $2 ORDER BY id LIMIT $3")
    .bind(true)
    .bind(overdue_before)
    .bind(LIMIT)
    .all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, kept)| violation("cancelled-keeps-nothing", id, format!("{kept} are kept")))
        .collect())
}
