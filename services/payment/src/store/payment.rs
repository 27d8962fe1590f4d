//! Table `payment`.

use super::{optional_json, unjson, wire, word};
use crate::domain::ledger::Breakdown;
use crate::domain::{Capture, Failure, Handle, Payment};
use api::ids::{OrderId, PaymentId, UserId};
use api::payment::{FailureReason, ListPayments, PaymentStatus};
use base::page::{ByTime, Part};
use base::{Currency, Money, Timestamp};
use db::{Conn, DbError, FromRow, Json, Row, sql};
use serde::{Deserialize, Serialize};

const COLUMNS: &str = "SELECT id, order_id, order_number, user_id, customer_email, attempt, status, flow, gateway, capture,
    currency, amount_minor, discount_minor, tax_minor, shipping_minor, captured_minor, refund_reserved_minor,
    refunded_minor, gateway_intent, gateway_session, method_id, method, next_action, failure, return_url, cancel_url,
    cancel_reason, order_cancelled, expires_at, version, created_at FROM payment";

const OPEN: &str = "('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED')";

/// [`Failure`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredFailure {
    reason: FailureReason,
    code: String,
    retryable: bool,
}

impl FromRow for Payment {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get("currency")?;
        let capture: String = row.get("capture")?;
        Ok(Payment {
            id: row.get("id")?,
            order_id: row.get("order_id")?,
            order_number: row.get("order_number")?,
            user_id: row.get("user_id")?,
            customer_email: row.get("customer_email")?,
            attempt: row.get("attempt")?,
            status: word(row, "status")?,
            flow: word(row, "flow")?,
            gateway: row.get("gateway")?,
            capture: if capture == Capture::Manual.as_str() { Capture::Manual } else { Capture::Automatic },
            amount: Money::new(row.get("amount_minor")?, currency),
            breakdown: Breakdown {
                discount_minor: row.get("discount_minor")?,
                tax_minor: row.get("tax_minor")?,
                shipping_minor: row.get("shipping_minor")?,
            },
            captured_minor: row.get("captured_minor")?,
            refund_reserved_minor: row.get("refund_reserved_minor")?,
            refunded_minor: row.get("refunded_minor")?,
            handle: Handle { intent: row.get("gateway_intent")?, session: row.get("gateway_session")? },
            method_id: row.get("method_id")?,
            method: unjson(row.get("method")?),
            next_action: unjson(row.get("next_action")?),
            failure: failure(row)?,
            return_url: row.get("return_url")?,
            cancel_url: row.get("cancel_url")?,
            cancel_reason: row.get("cancel_reason")?,
            order_cancelled: row.get("order_cancelled")?,
            expires_at: row.get("expires_at")?,
            created_at: row.get("created_at")?,
            version: row.get("version")?,
        })
    }
}

fn failure(row: &Row<'_>) -> Result<Option<Failure>, DbError> {
    let stored: Option<Json<StoredFailure>> = row.get("failure")?;
    Ok(stored.map(|Json(StoredFailure { reason, code, retryable })| Failure { reason, code, retryable }))
}

fn stored(failure: Option<&Failure>) -> Option<StoredFailure> {
    failure.cloned().map(|Failure { reason, code, retryable }| StoredFailure { reason, code, retryable })
}

pub(crate) async fn by_id(c: &mut Conn, id: PaymentId) -> Result<Option<Payment>, DbError> {
    sql(COLUMNS).push(" WHERE id = ").push_bind(id).opt(c).await
}

/// The payments of an order, the latest attempt first.
pub(crate) async fn of_order(c: &mut Conn, order: OrderId) -> Result<Vec<Payment>, DbError> {
    sql(COLUMNS).push(" WHERE order_id = ").push_bind(order).push(" ORDER BY attempt DESC").all(c).await
}

pub(crate) async fn by_intent(c: &mut Conn, intent: &str) -> Result<Option<Payment>, DbError> {
    sql(COLUMNS).push(" WHERE gateway_intent = ").push_bind(intent).opt(c).await
}

/// Stores a new payment. `false` when the order has an open one, or one of this attempt.
pub(crate) async fn insert(c: &mut Conn, new: &Payment) -> Result<bool, DbError> {
    let inserted = sql("INSERT INTO payment (id, order_id, order_number, user_id, customer_email, attempt, status, flow,
            gateway, capture, currency, amount_minor, discount_minor, tax_minor, shipping_minor, captured_minor,
            refund_reserved_minor, refunded_minor, method_id, return_url, cancel_url, order_cancelled, expires_at,
            version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25)
        ON CONFLICT DO NOTHING")
    .bind(new.id)
    .bind(new.order_id)
    .bind(&new.order_number)
    .bind(new.user_id)
    .bind(new.customer_email.clone())
    .bind(new.attempt)
    .bind(new.status.as_str())
    .bind(wire(&new.flow))
    .bind(&new.gateway)
    .bind(new.capture.as_str())
    .bind(new.amount.currency)
    .bind(new.amount.minor)
    .bind(new.breakdown.discount_minor)
    .bind(new.breakdown.tax_minor)
    .bind(new.breakdown.shipping_minor)
    .bind(new.captured_minor)
    .bind(new.refund_reserved_minor)
    .bind(new.refunded_minor)
    .bind(new.method_id.clone())
    .bind(&new.return_url)
    .bind(&new.cancel_url)
    .bind(new.order_cancelled)
    .bind(new.expires_at)
    .bind(new.version)
    .bind(new.created_at)
    .run(c)
    .await?;
    Ok(inserted == 1)
}

/// Writes what observing the gateway and refunds change. `false` when somebody else changed the
/// payment since version `seen` was read. Wishes and reservations have statements of their own.
pub(crate) async fn save(c: &mut Conn, payment: &Payment, seen: i64) -> Result<bool, DbError> {
    let touched =
        sql("UPDATE payment SET status = $3, captured_minor = $4, refunded_minor = $5, gateway_intent = $6,
            gateway_session = $7, method = $8, next_action = $9, failure = $10, version = $11
        WHERE id = $1 AND version = $2")
        .bind(payment.id)
        .bind(seen)
        .bind(payment.status.as_str())
        .bind(payment.captured_minor)
        .bind(payment.refunded_minor)
        .bind(payment.handle.intent.clone())
        .bind(payment.handle.session.clone())
        .bind(optional_json(payment.method.as_ref()))
        .bind(optional_json(payment.next_action.as_ref()))
        .bind(optional_json(stored(payment.failure.as_ref()).as_ref()))
        .bind(payment.version)
        .run(c)
        .await?;
    Ok(touched == 1)
}

/// Notes which method the gateway is going to be asked to charge, if nothing is decided yet.
pub(crate) async fn choose_method(c: &mut Conn, id: PaymentId, method_id: &str) -> Result<bool, DbError> {
    let touched =
        sql("UPDATE payment SET method_id = $2 WHERE id = $1 AND status IN ('PENDING', 'REQUIRES_ACTION')")
            .bind(id)
            .bind(method_id)
            .run(c)
            .await?;
    Ok(touched == 1)
}

/// Notes that the payment is to end; the first reason stays. `false` when it is not open.
pub(crate) async fn wish_end(c: &mut Conn, id: PaymentId, reason: &str) -> Result<bool, DbError> {
    let touched =
        sql("UPDATE payment SET cancel_reason = COALESCE(cancel_reason, $2) WHERE id = $1 AND status IN ")
            .bind(id)
            .bind(reason)
            .push(OPEN)
            .run(c)
            .await?;
    Ok(touched == 1)
}

/// Notes on all payments of an order that it was cancelled. It counts as a change, so that
/// whoever is booking money at this moment decides again and gives it back.
pub(crate) async fn mark_order_cancelled(c: &mut Conn, order: OrderId) -> Result<(), DbError> {
    sql("UPDATE payment SET order_cancelled = $2, version = version + 1 WHERE order_id = $1")
        .bind(order)
        .bind(true)
        .run(c)
        .await
        .map(drop)
}

/// Promises `minor` of what was captured to a refund. `false` when there is not as much left:
/// of refunds that race, exactly those win that fit.
pub(crate) async fn reserve_refund(c: &mut Conn, id: PaymentId, minor: i64) -> Result<bool, DbError> {
    let touched = sql("UPDATE payment SET refund_reserved_minor = refund_reserved_minor + $2
        WHERE id = $1 AND refund_reserved_minor + $2 <= captured_minor
            AND status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')")
    .bind(id)
    .bind(minor)
    .run(c)
    .await?;
    Ok(touched == 1)
}

/// Open payments made before `before`, by id after `after`.
pub(crate) async fn open_after(
    c: &mut Conn,
    before: Timestamp,
    after: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<PaymentId>, DbError> {
    let mut query =
        sql("SELECT id FROM payment WHERE created_at < $1 AND status IN ").bind(before).push(OPEN);
    if let Some(after) = after {
        query = query.push(" AND id > ").push_bind(after);
    }
    let rows: Vec<(PaymentId,)> = query.push(" ORDER BY id LIMIT ").push_bind(limit).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A page of payments, the latest first; of `owner` only when given.
pub(crate) async fn list(
    c: &mut Conn,
    owner: Option<UserId>,
    filter: &ListPayments,
    part: &Part<ByTime>,
) -> Result<Vec<Payment>, DbError> {
    filtered(COLUMNS, owner, filter).latest_first(part, ["created_at", "id"]).all(c).await
}

/// How many payments the filter matches.
pub(crate) async fn count(
    c: &mut Conn,
    owner: Option<UserId>,
    filter: &ListPayments,
) -> Result<i64, DbError> {
    filtered("SELECT COUNT(*) FROM payment", owner, filter).scalar(c).await
}

fn filtered(select: &'static str, owner: Option<UserId>, filter: &ListPayments) -> db::Sql {
    let mut query =
        sql(select).push(" WHERE created_at >= ").push_bind(filter.from.unwrap_or(Timestamp::EPOCH));
    if let Some(owner) = owner {
        query = query.push(" AND user_id = ").push_bind(owner);
    }
    if let Some(order) = filter.order_id {
        query = query.push(" AND order_id = ").push_bind(order);
    }
    if let Some(status) = filter.status {
        query = query.push(" AND status = ").push_bind(PaymentStatus::as_str(status));
    }
    if let Some(to) = filter.to {
        query = query.push(" AND created_at < ").push_bind(to);
    }
    query
}
