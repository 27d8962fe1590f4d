//! Table `operation`: the durable intent before every call of a gateway.

use crate::domain::operation::{Kind, Operation};
use api::ids::{PaymentId, RefundId};
use base::Timestamp;
use db::{Conn, DbError, FromRow, Row, sql};

const COLUMNS: &str =
    "SELECT id, payment_id, refund_id, kind, number, provider_key, method_id, return_url, amount_minor
    FROM operation";

impl FromRow for Operation {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let kind: String = row.get("kind")?;
        Ok(Operation {
            id: row.get("id")?,
            payment_id: row.get("payment_id")?,
            refund_id: row.get("refund_id")?,
            kind: Kind::of(&kind).ok_or_else(|| DbError::decode(format!("{kind} is no operation")))?,
            number: row.get("number")?,
            provider_key: row.get("provider_key")?,
            method_id: row.get("method_id")?,
            return_url: row.get("return_url")?,
            amount_minor: row.get("amount_minor")?,
        })
    }
}

/// Stores the intent. `false` when another call is under way, or this one was made before.
pub(crate) async fn insert(c: &mut Conn, new: &Operation, now: Timestamp) -> Result<bool, DbError> {
    let inserted =
        sql("INSERT INTO operation (id, payment_id, refund_id, kind, number, provider_key, method_id,
            return_url, amount_minor, state, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'OPEN', $10) ON CONFLICT DO NOTHING")
        .bind(new.id)
        .bind(new.payment_id)
        .bind(new.refund_id)
        .bind(new.kind.as_str())
        .bind(new.number)
        .bind(&new.provider_key)
        .bind(new.method_id.clone())
        .bind(new.return_url.clone())
        .bind(new.amount_minor)
        .bind(now)
        .run(c)
        .await?;
    Ok(inserted == 1)
}

/// The number of the next call of this kind for the payment; none that is stored has it.
pub(crate) async fn next_number(c: &mut Conn, payment: PaymentId, kind: Kind) -> Result<i64, DbError> {
    sql("SELECT COALESCE(MAX(number), 0) + 1 FROM operation WHERE payment_id = $1 AND kind = $2")
        .bind(payment)
        .bind(kind.as_str())
        .scalar(c)
        .await
}

/// The call whose answer is not known yet; refunds have their own.
pub(crate) async fn open(c: &mut Conn, payment: PaymentId) -> Result<Option<Operation>, DbError> {
    sql(COLUMNS)
        .push(" WHERE state = 'OPEN' AND refund_id IS NULL AND payment_id = ")
        .push_bind(payment)
        .opt(c)
        .await
}

/// The call for a refund whose answer is not known yet.
pub(crate) async fn open_of_refund(c: &mut Conn, refund: RefundId) -> Result<Option<Operation>, DbError> {
    sql(COLUMNS).push(" WHERE state = 'OPEN' AND refund_id = ").push_bind(refund).opt(c).await
}

/// Notes that the answer to the present call for a refund is known.
pub(crate) async fn finish_of_refund(c: &mut Conn, refund: RefundId, now: Timestamp) -> Result<(), DbError> {
    sql("UPDATE operation SET state = 'DONE', outcome = 'answered', finished_at = $2 WHERE refund_id = $1 AND state = 'OPEN'")
        .bind(refund)
        .bind(now)
        .run(c)
        .await
        .map(drop)
}

/// Notes the answer; `false` when somebody noted one before.
pub(crate) async fn finish(
    c: &mut Conn,
    operation: &Operation,
    state: &str,
    outcome: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let touched = sql(
        "UPDATE operation SET state = $2, outcome = $3, finished_at = $4 WHERE id = $1 AND state = 'OPEN'",
    )
    .bind(operation.id)
    .bind(state)
    .bind(outcome)
    .bind(now)
    .run(c)
    .await?;
    Ok(touched == 1)
}

/// Forgets calls answered before `before` of payments that are not open, at most `limit`; answers
/// how many.
pub(crate) async fn forget(c: &mut Conn, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    sql("DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE finished_at < $1
        AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.id = operation.payment_id
            AND payment.status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED')) LIMIT $2)")
    .bind(before)
    .bind(limit)
    .run(c)
    .await
}
