//! Table `refund`.

use super::word;
use crate::domain::refund::Refund;
use api::ids::{PaymentId, RefundId, UserId};
use api::payment::{ListRefunds, RefundStatus};
use api::shared::Actor;
use base::page::{ByTime, Part};
use base::{Money, Timestamp};
use db::{Conn, DbError, FromRow, Json, Row, json, sql};

const COLUMNS: &str = "SELECT id, payment_id, order_id, user_id, currency, amount_minor, status, reason, notes,
    initiated_by, tries, gateway_refund, refused_gateway_refund, failure_code, processed_at, version, created_at FROM refund";

impl FromRow for Refund {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Refund {
            id: row.get("id")?,
            payment_id: row.get("payment_id")?,
            order_id: row.get("order_id")?,
            user_id: row.get("user_id")?,
            amount: Money::new(row.get("amount_minor")?, row.get("currency")?),
            status: word(row, "status")?,
            reason: row.get("reason")?,
            notes: row.get("notes")?,
            initiated_by: row.get::<Json<Actor>>("initiated_by")?.0,
            tries: row.get("tries")?,
            reference: row.get("gateway_refund")?,
            refused_reference: row.get("refused_gateway_refund")?,
            failure_code: row.get("failure_code")?,
            created_at: row.get("created_at")?,
            processed_at: row.get("processed_at")?,
            version: row.get("version")?,
        })
    }
}

/// By what a repeated request is recognised.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey<'a> {
    /// The key it came with.
    pub(crate) key: Option<&'a str>,
    /// Whether it named an amount.
    pub(crate) named_amount: bool,
}

pub(crate) async fn by_id(c: &mut Conn, id: RefundId) -> Result<Option<Refund>, DbError> {
    sql(COLUMNS).push(" WHERE id = ").push_bind(id).opt(c).await
}

/// The refund a request with this key made before.
pub(crate) async fn by_key(c: &mut Conn, payment: PaymentId, key: &str) -> Result<Option<Refund>, DbError> {
    sql(COLUMNS)
        .push(" WHERE payment_id = ")
        .push_bind(payment)
        .push(" AND request_key = ")
        .push_bind(key)
        .opt(c)
        .await
}

/// The latest refund made since `since` by the same request without a key.
pub(crate) async fn twin(
    c: &mut Conn,
    payment: PaymentId,
    amount: Option<Money>,
    reason: &str,
    since: Timestamp,
) -> Result<Option<Refund>, DbError> {
    let query = sql(COLUMNS).push(" WHERE request_key IS NULL AND payment_id = ").push_bind(payment);
    let query = query.push(" AND reason = ").push_bind(reason).push(" AND created_at > ").push_bind(since);
    let query = match amount {
        Some(amount) => query
            .push(" AND named_amount = ")
            .push_bind(true)
            .push(" AND amount_minor = ")
            .push_bind(amount.minor),
        None => query.push(" AND named_amount = ").push_bind(false),
    };
    let rows: Vec<Refund> = query.push(" ORDER BY created_at DESC, id DESC LIMIT 1").all(c).await?;
    Ok(rows.into_iter().next())
}

/// Stores a new refund. `false` when its key made one before.
pub(crate) async fn insert(c: &mut Conn, new: &Refund, request: &RequestKey<'_>) -> Result<bool, DbError> {
    let inserted = sql("INSERT INTO refund (id, payment_id, order_id, user_id, currency, amount_minor, status, reason, notes,
            named_amount, request_key, initiated_by, tries, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT DO NOTHING")
    .bind(new.id)
    .bind(new.payment_id)
    .bind(new.order_id)
    .bind(new.user_id)
    .bind(new.amount.currency)
    .bind(new.amount.minor)
    .bind(new.status.as_str())
    .bind(&new.reason)
    .bind(new.notes.clone())
    .bind(request.named_amount)
    .bind(request.key)
    .bind(json(&new.initiated_by))
    .bind(new.tries)
    .bind(new.version)
    .bind(new.created_at)
    .run(c)
    .await?;
    Ok(inserted == 1)
}

/// Whether nobody else changed the refund since version `seen` was read.
pub(crate) async fn save(c: &mut Conn, refund: &Refund, seen: i64) -> Result<bool, DbError> {
    let touched = sql("UPDATE refund SET status = $3, tries = $4, gateway_refund = $5, failure_code = $6,
            processed_at = $7, version = $8, refused_gateway_refund = $9
        WHERE id = $1 AND version = $2")
    .bind(refund.id)
    .bind(seen)
    .bind(refund.status.as_str())
    .bind(refund.tries)
    .bind(refund.reference.clone())
    .bind(refund.failure_code.clone())
    .bind(refund.processed_at)
    .bind(refund.version)
    .bind(refund.refused_reference.clone())
    .run(c)
    .await?;
    Ok(touched == 1)
}

/// Refunds that are at the gateway or wait for it, made before `before`, by id after `after`.
pub(crate) async fn unsettled_after(
    c: &mut Conn,
    before: Timestamp,
    after: Option<RefundId>,
    limit: i64,
) -> Result<Vec<RefundId>, DbError> {
    let mut query =
        sql("SELECT id FROM refund WHERE status IN ('PENDING', 'PROCESSING') AND created_at < $1")
            .bind(before);
    if let Some(after) = after {
        query = query.push(" AND id > ").push_bind(after);
    }
    let rows: Vec<(RefundId,)> = query.push(" ORDER BY id LIMIT ").push_bind(limit).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Refunds of a payment that are at the gateway or wait for it.
pub(crate) async fn unsettled_of(c: &mut Conn, payment: PaymentId) -> Result<Vec<RefundId>, DbError> {
    let query = sql(
        "SELECT id FROM refund WHERE payment_id = $1 AND status IN ('PENDING', 'PROCESSING') ORDER BY id",
    );
    let rows: Vec<(RefundId,)> = query.bind(payment).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A page of refunds, the latest first; of `owner` only when given.
pub(crate) async fn list(
    c: &mut Conn,
    owner: Option<UserId>,
    filter: &ListRefunds,
    part: &Part<ByTime>,
) -> Result<Vec<Refund>, DbError> {
    filtered(COLUMNS, owner, filter).latest_first(part, ["created_at", "id"]).all(c).await
}

/// How many refunds the filter matches.
pub(crate) async fn count(c: &mut Conn, owner: Option<UserId>, filter: &ListRefunds) -> Result<i64, DbError> {
    filtered("SELECT COUNT(*) FROM refund", owner, filter).scalar(c).await
}

fn filtered(select: &'static str, owner: Option<UserId>, filter: &ListRefunds) -> db::Sql {
    let mut query = sql(select).push(" WHERE created_at >= ").push_bind(Timestamp::EPOCH);
    if let Some(owner) = owner {
        query = query.push(" AND user_id = ").push_bind(owner);
    }
    if let Some(payment) = filter.payment_id {
        query = query.push(" AND payment_id = ").push_bind(payment);
    }
    if let Some(order) = filter.order_id {
        query = query.push(" AND order_id = ").push_bind(order);
    }
    if let Some(status) = filter.status {
        query = query.push(" AND status = ").push_bind(RefundStatus::as_str(status));
    }
    query
}
