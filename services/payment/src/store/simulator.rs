//! The simulator's books: every statement on its own store. Only `providers::simulator` uses this.

use crate::providers::simulator::objects::{Charge, Intent, Refund, Session};
use api::ids::{PaymentId, RefundId};
use api::payment::{SimulatorCharge, SimulatorRefund};
use base::{Id, Money, Timestamp};
use db::{Conn, DbError, FromRow, Json, Row, json, sql};
use std::time::Duration;

const INTENTS: &str =
    "SELECT i.id, i.amount_minor, i.currency, i.capture_method, i.status, i.client_secret, i.method,
    i.refusal, i.return_url, i.description, i.order_id, i.payment_id, i.version, i.created_at,
    s.id AS session_id, s.status AS session_status, s.success_url, s.cancel_url, s.expires_at,
    c.id AS charge_id, c.method AS charge_method, c.captured_minor, c.refunded_minor, c.fee_minor
    FROM intent i LEFT JOIN session s ON s.intent_id = i.id
    LEFT JOIN charge c ON c.intent_id = i.id AND c.status = 'succeeded'";

impl FromRow for Intent {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Intent {
            id: row.get("id")?,
            amount: Money::new(row.get("amount_minor")?, row.get("currency")?),
            capture_method: row.get("capture_method")?,
            status: row.get("status")?,
            client_secret: row.get("client_secret")?,
            method: row.get("method")?,
            refusal: row.get::<Option<Json<_>>>("refusal")?.map(|json| json.0),
            return_url: row.get("return_url")?,
            description: row.get("description")?,
            order_id: row.get("order_id")?,
            payment_id: row.get("payment_id")?,
            version: row.get("version")?,
            created_at: row.get("created_at")?,
            session: session_of(row)?,
            charge: charge_of(row)?,
        })
    }
}

fn session_of(row: &Row<'_>) -> Result<Option<Session>, DbError> {
    let Some(id) = row.get("session_id")? else { return Ok(None) };
    Ok(Some(Session {
        id,
        status: row.get("session_status")?,
        success_url: row.get("success_url")?,
        cancel_url: row.get("cancel_url")?,
        expires_at: row.get("expires_at")?,
    }))
}

fn charge_of(row: &Row<'_>) -> Result<Option<Charge>, DbError> {
    let Some(id) = row.get("charge_id")? else { return Ok(None) };
    Ok(Some(Charge {
        id,
        method: row.get("charge_method")?,
        captured_minor: row.get("captured_minor")?,
        refunded_minor: row.get("refunded_minor")?,
        fee_minor: row.get("fee_minor")?,
    }))
}

pub(crate) async fn intent(c: &mut Conn, id: &str) -> Result<Option<Intent>, DbError> {
    sql(INTENTS).push(" WHERE i.id = ").push_bind(id).opt(c).await
}

pub(crate) async fn intent_of_session(c: &mut Conn, session: &str) -> Result<Option<Intent>, DbError> {
    sql(INTENTS).push(" WHERE s.id = ").push_bind(session).opt(c).await
}

pub(crate) async fn intents_of_payment(c: &mut Conn, payment: PaymentId) -> Result<Vec<Intent>, DbError> {
    sql(INTENTS)
        .push(" WHERE i.payment_id = ")
        .push_bind(payment)
        .push(" ORDER BY i.created_at DESC, i.id")
        .all(c)
        .await
}

/// Intents with money, in the order they were made, after `after`.
pub(crate) async fn intents_with_money(
    c: &mut Conn,
    after: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Intent>, DbError> {
    sql(INTENTS)
        .push(" WHERE c.captured_minor > 0 AND (i.created_at > ")
        .push_bind(after.0)
        .push(" OR (i.created_at = ")
        .push_bind(after.0)
        .push(" AND i.id > ")
        .push_bind(after.1)
        .push(")) ORDER BY i.created_at, i.id LIMIT ")
        .push_bind(limit)
        .all(c)
        .await
}

pub(crate) async fn insert_intent(c: &mut Conn, intent: &Intent) -> Result<(), DbError> {
    sql("INSERT INTO intent (id, amount_minor, currency, capture_method, status, client_secret, method, refusal,
            return_url, description, order_id, payment_id, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
    .bind(&intent.id)
    .bind(intent.amount.minor)
    .bind(intent.amount.currency)
    .bind(&intent.capture_method)
    .bind(&intent.status)
    .bind(&intent.client_secret)
    .bind(intent.method.clone())
    .bind(intent.refusal.as_ref().map_or(db::Arg::Json(None), json))
    .bind(intent.return_url.clone())
    .bind(&intent.description)
    .bind(intent.order_id)
    .bind(intent.payment_id)
    .bind(intent.version)
    .bind(intent.created_at)
    .run_one(c)
    .await
}

pub(crate) async fn insert_session(
    c: &mut Conn,
    intent: &str,
    session: &Session,
    now: Timestamp,
) -> Result<(), DbError> {
    sql("INSERT INTO session (id, intent_id, status, success_url, cancel_url, expires_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(&session.id)
    .bind(intent)
    .bind(&session.status)
    .bind(&session.success_url)
    .bind(&session.cancel_url)
    .bind(session.expires_at)
    .bind(now)
    .run_one(c)
    .await
}

/// Whether nobody else changed the intent since it was read.
pub(crate) async fn save_intent(c: &mut Conn, intent: &Intent) -> Result<bool, DbError> {
    let touched = sql(
        "UPDATE intent SET status = $3, method = $4, refusal = $5, return_url = $6, version = version + 1
        WHERE id = $1 AND version = $2",
    )
    .bind(&intent.id)
    .bind(intent.version)
    .bind(&intent.status)
    .bind(intent.method.clone())
    .bind(intent.refusal.as_ref().map_or(db::Arg::Json(None), json))
    .bind(intent.return_url.clone())
    .run(c)
    .await?;
    if let Some(session) = &intent.session {
        sql("UPDATE session SET status = $2 WHERE id = $1 AND status <> $2")
            .bind(&session.id)
            .bind(&session.status)
            .run(c)
            .await?;
    }
    Ok(touched == 1)
}

/// A charge that succeeded or was refused.
pub(crate) struct NewCharge<'a> {
    pub(crate) intent: &'a Intent,
    pub(crate) charge: &'a Charge,
    pub(crate) status: &'static str,
}

pub(crate) async fn insert_charge(c: &mut Conn, new: NewCharge<'_>, now: Timestamp) -> Result<(), DbError> {
    sql("INSERT INTO charge (id, intent_id, method, status, currency, amount_minor, captured_minor, refunded_minor, fee_minor, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)")
    .bind(&new.charge.id)
    .bind(&new.intent.id)
    .bind(&new.charge.method)
    .bind(new.status)
    .bind(new.intent.amount.currency)
    .bind(new.intent.amount.minor)
    .bind(new.charge.captured_minor)
    .bind(new.charge.fee_minor)
    .bind(now)
    .run_one(c)
    .await
}

pub(crate) async fn capture_charge(
    c: &mut Conn,
    id: &str,
    minor: i64,
    fee_minor: i64,
) -> Result<(), DbError> {
    sql("UPDATE charge SET captured_minor = $2, fee_minor = $3 WHERE id = $1 AND captured_minor = 0")
        .bind(id)
        .bind(minor)
        .bind(fee_minor)
        .run_one(c)
        .await
}

/// Whether there was still as much to give back; negative `minor` takes it back again.
pub(crate) async fn refund_charge(c: &mut Conn, id: &str, minor: i64) -> Result<bool, DbError> {
    let touched = sql("UPDATE charge SET refunded_minor = refunded_minor + $2
        WHERE id = $1 AND refunded_minor + $2 BETWEEN 0 AND captured_minor")
    .bind(id)
    .bind(minor)
    .run(c)
    .await?;
    Ok(touched == 1)
}

impl FromRow for Refund {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Refund {
            id: row.get("id")?,
            charge_id: row.get("charge_id")?,
            amount: Money::new(row.get("amount_minor")?, row.get("currency")?),
            status: row.get("status")?,
            failure_code: row.get("failure_code")?,
            ours: row.get("refund_id")?,
            created_at: row.get("created_at")?,
        })
    }
}

struct BookedCharge(SimulatorCharge);

impl FromRow for BookedCharge {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency = row.get("currency")?;
        Ok(Self(SimulatorCharge {
            id: row.get("id")?,
            intent_id: row.get("intent_id")?,
            order_id: row.get("order_id")?,
            payment_id: row.get("payment_id")?,
            status: row.get("status")?,
            amount: Money::new(row.get("amount_minor")?, currency),
            captured: Money::new(row.get("captured_minor")?, currency),
            refunded: Money::new(row.get("refunded_minor")?, currency),
            created_at: row.get("created_at")?,
        }))
    }
}

struct BookedRefund(SimulatorRefund);

impl FromRow for BookedRefund {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(SimulatorRefund {
            id: row.get("id")?,
            charge_id: row.get("charge_id")?,
            order_id: row.get("order_id")?,
            refund_id: row.get("refund_id")?,
            status: row.get("status")?,
            amount: Money::new(row.get("amount_minor")?, row.get("currency")?),
            created_at: row.get("created_at")?,
        }))
    }
}

const REFUNDS: &str =
    "SELECT id, charge_id, amount_minor, currency, status, failure_code, refund_id, created_at FROM refund";

pub(crate) async fn insert_refund(c: &mut Conn, refund: &Refund) -> Result<(), DbError> {
    sql("INSERT INTO refund (id, charge_id, status, currency, amount_minor, failure_code, refund_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(&refund.id)
    .bind(&refund.charge_id)
    .bind(&refund.status)
    .bind(refund.amount.currency)
    .bind(refund.amount.minor)
    .bind(refund.failure_code.clone())
    .bind(refund.ours)
    .bind(refund.created_at)
    .run_one(c)
    .await
}

/// Whether the refund was still undecided.
pub(crate) async fn decide_refund(c: &mut Conn, id: &str, status: &str) -> Result<bool, DbError> {
    let touched = sql("UPDATE refund SET status = $2 WHERE id = $1 AND status = 'pending'")
        .bind(id)
        .bind(status)
        .run(c)
        .await?;
    Ok(touched == 1)
}

pub(crate) async fn refund(c: &mut Conn, id: &str) -> Result<Option<Refund>, DbError> {
    sql(REFUNDS).push(" WHERE id = ").push_bind(id).opt(c).await
}

/// The refunds made for one of the platform's, the latest first.
pub(crate) async fn refunds_of(c: &mut Conn, ours: RefundId) -> Result<Vec<Refund>, DbError> {
    sql(REFUNDS)
        .push(" WHERE refund_id = ")
        .push_bind(ours)
        .push(" ORDER BY created_at DESC, id DESC")
        .all(c)
        .await
}

/// Every charge, also the refused ones, for those who compare books.
pub(crate) async fn charges(c: &mut Conn) -> Result<Vec<SimulatorCharge>, DbError> {
    sql("SELECT c.id, c.intent_id, c.status, c.currency, c.amount_minor, c.captured_minor, c.refunded_minor, c.created_at,
        i.order_id, i.payment_id FROM charge c JOIN intent i ON i.id = c.intent_id ORDER BY c.created_at, c.id")
    .all::<BookedCharge>(c)
    .await
    .map(|rows| rows.into_iter().map(|row| row.0).collect())
}

/// Every refund, also the failed ones.
pub(crate) async fn refunds(c: &mut Conn) -> Result<Vec<SimulatorRefund>, DbError> {
    sql("SELECT r.id, r.charge_id, r.status, r.currency, r.amount_minor, r.refund_id, r.created_at, i.order_id
        FROM refund r JOIN charge c ON c.id = r.charge_id JOIN intent i ON i.id = c.intent_id ORDER BY r.created_at, r.id")
    .all::<BookedRefund>(c)
    .await
    .map(|rows| rows.into_iter().map(|row| row.0).collect())
}

/// Whether this is the first request with its key; if not, what it was and its answer.
pub(crate) async fn claim_key(
    c: &mut Conn,
    key: &str,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<Option<(Vec<u8>, Option<String>)>, DbError> {
    let inserted = sql("INSERT INTO request (key, fingerprint, answer, created_at) VALUES ($1, $2, NULL, $3)
        ON CONFLICT (key) DO NOTHING")
    .bind(key)
    .bind(fingerprint.to_vec())
    .bind(now)
    .run(c)
    .await?;
    if inserted == 1 {
        return Ok(None);
    }
    let known: (Vec<u8>, Option<Json<serde_json::Value>>) =
        sql("SELECT fingerprint, answer FROM request WHERE key = $1").bind(key).one(c).await?;
    Ok(Some((known.0, known.1.map(|answer| answer.0.to_string()))))
}

pub(crate) async fn keep_answer(c: &mut Conn, key: &str, answer: &serde_json::Value) -> Result<(), DbError> {
    sql("UPDATE request SET answer = $2 WHERE key = $1").bind(key).bind(json(answer)).run_one(c).await
}

/// Forgets keys of requests made before `before`, at most `limit`; answers how many.
pub(crate) async fn forget_keys(c: &mut Conn, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    sql("DELETE FROM request WHERE key IN (SELECT key FROM request WHERE created_at < $1 LIMIT $2)")
        .bind(before)
        .bind(limit)
        .run(c)
        .await
}

/// Something that is to happen later.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) id: Id<Work>,
    /// `deliver`, `settle`, `settle-refund` or `expire`.
    pub(crate) kind: String,
    /// The intent, refund or session it is about.
    pub(crate) subject: String,
    /// The event to deliver: id and type.
    pub(crate) event: Option<(String, String)>,
    pub(crate) due_at: Timestamp,
    pub(crate) attempts: i64,
}

impl FromRow for Work {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let event_id: Option<String> = row.get("event_id")?;
        let event_type: Option<String> = row.get("event_type")?;
        Ok(Work {
            id: row.get("id")?,
            kind: row.get("kind")?,
            subject: row.get("subject")?,
            event: event_id.zip(event_type),
            due_at: row.get("due_at")?,
            attempts: row.get("attempts")?,
        })
    }
}

pub(crate) async fn insert_work(c: &mut Conn, work: &Work, now: Timestamp) -> Result<(), DbError> {
    let (event_id, event_type) = work.event.clone().unzip();
    sql("INSERT INTO work (id, kind, subject, event_id, event_type, due_at, attempts, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(work.id)
    .bind(&work.kind)
    .bind(&work.subject)
    .bind(event_id)
    .bind(event_type)
    .bind(work.due_at)
    .bind(work.attempts)
    .bind(now)
    .run_one(c)
    .await
}

/// Takes what is due, for `lease`; each row goes to one taker.
pub(crate) async fn take_work(c: &mut Conn, now: Timestamp, lease: Duration) -> Result<Vec<Work>, DbError> {
    let due: Vec<Work> = sql("SELECT id, kind, subject, event_id, event_type, due_at, attempts FROM work
        WHERE due_at <= $1 ORDER BY due_at, id LIMIT 50")
    .bind(now)
    .all(c)
    .await?;
    let mut taken = Vec::new();
    for work in due {
        let mine = sql("UPDATE work SET due_at = $3, attempts = attempts + 1 WHERE id = $1 AND due_at = $2")
            .bind(work.id)
            .bind(work.due_at)
            .bind(now + lease)
            .run(c)
            .await?;
        if mine == 1 {
            taken.push(work);
        }
    }
    Ok(taken)
}

pub(crate) async fn finish_work(c: &mut Conn, work: &Work) -> Result<(), DbError> {
    sql("DELETE FROM work WHERE id = $1").bind(work.id).run(c).await.map(drop)
}

pub(crate) async fn postpone_work(c: &mut Conn, work: &Work, due_at: Timestamp) -> Result<(), DbError> {
    sql("UPDATE work SET due_at = $2 WHERE id = $1").bind(work.id).bind(due_at).run(c).await.map(drop)
}

/// Whether anything is still to be done, and when the next of it is due.
pub(crate) async fn next_due(c: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    sql("SELECT MIN(due_at) FROM work").scalar(c).await
}
