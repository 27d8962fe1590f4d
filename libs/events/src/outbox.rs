//! The outbox: a message is written in the transaction of the change it tells of, and sent
//! afterwards by the relay (contracts §2.5).

use crate::broker::{Properties, Publication};
use crate::envelope::{ENVELOPE_VERSION, MAX_BYTES, StandardMessage};
use crate::idle::storable;
use crate::message::{self, Message};
use crate::name::TypeName;
use crate::topology::DEFAULT_EXCHANGE;
use base::context::{self, RequestContext};
use base::{Error, Id, Kind, Result, Timestamp};
use db::{Conn, Db, DbError, FromRow, Json, Row, Tx, sql};
use serde_json::Value;
use uuid::Uuid;

/// The channel that wakes the relay.
pub(crate) const CHANNEL: &str = "outbox";

const MAX_PARTITION_KEY: usize = 128;

/// Publishes `message` once `tx` is committed; answers its messageId. Correlation id, cause and
/// trace come from the request being handled.
///
/// # Errors
/// 413 `message-too-large` above 256 KiB, 422 `validation` for a text with NUL in it, 500 if the
/// message does not fit its own schema or the store fails.
pub async fn publish<M: Message>(tx: &mut Tx, message: &M) -> Result<Uuid> {
    insert(tx, message, M::EXCHANGE, M::ROUTING_KEY, None).await
}

/// Publishes a command or query whose reply is wanted on the queue `reply_to`.
///
/// # Errors
/// As [`publish`].
pub async fn request<M: Message>(tx: &mut Tx, message: &M, reply_to: &str) -> Result<Uuid> {
    insert(tx, message, M::EXCHANGE, M::ROUTING_KEY, Some(reply_to)).await
}

/// Publishes a reply straight to the queue `reply_to` of the request's sender.
///
/// # Errors
/// As [`publish`].
pub async fn reply<M: Message>(tx: &mut Tx, message: &M, reply_to: &str) -> Result<Uuid> {
    insert(tx, message, DEFAULT_EXCHANGE, reply_to, None).await
}

async fn insert<M: Message>(
    tx: &mut Tx,
    message: &M,
    exchange: &str,
    routing_key: &str,
    reply_to: Option<&str>,
) -> Result<Uuid> {
    let context = context::current();
    let now = tx.now();
    let envelope = StandardMessage::about(message, now, &context).with_payload(message::write(message)?);
    check(&envelope)?;
    sql("INSERT INTO outbox (id, message_id, message_type, message_version, source_service, exchange,
             routing_key, reply_to, partition_key, correlation_id, causation_id, traceparent, payload,
             occurred_at, created_at, next_attempt_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $14)")
    .bind(Id::<()>::new())
    .bind(envelope.message_id)
    .bind(envelope.message_type.to_string())
    .bind(envelope.message_version)
    .bind(envelope.source_service)
    .bind(exchange)
    .bind(routing_key)
    .bind(reply_to)
    .bind(envelope.partition_key)
    .bind(envelope.correlation_id)
    .bind(cause(&context))
    .bind(context.traceparent.as_deref())
    .bind(envelope.payload)
    .bind(now)
    .run_one(tx)
    .await?;
    tx.wake(CHANNEL);
    Ok(envelope.message_id)
}

fn cause(context: &RequestContext) -> Option<&str> {
    let request = Some(&*context.request_id).filter(|id| !id.is_empty());
    context.causation_id.as_deref().or(request)
}

fn check(envelope: &StandardMessage<Value>) -> Result<()> {
    let bytes = serde_json::to_vec(envelope).map_err(Error::internal)?.len();
    if bytes > MAX_BYTES {
        let detail =
            format!("{} would have {bytes} bytes, at most {MAX_BYTES} are allowed", envelope.message_type);
        return Err(Error::new(Kind::TooLarge, "message-too-large", detail));
    }
    if has_nul(&envelope.payload) {
        return Err(Error::field("", "control-character", "a text must not contain NUL"));
    }
    Ok(())
}

/// Whether a text in it holds NUL, which PostgreSQL's JSONB cannot.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

impl<M: Message> StandardMessage<M> {
    /// An envelope around `message` as if it were published now, in the operation in progress;
    /// for test publishers and foreign ones.
    pub fn now(now: Timestamp, message: M) -> Self {
        StandardMessage::about(&message, now, &context::current()).with_payload(message)
    }
}

impl StandardMessage<()> {
    fn about<M: Message>(message: &M, now: Timestamp, context: &RequestContext) -> Self {
        let own = Id::<()>::new().uuid();
        let known = Some(&*context.correlation_id).filter(|id| context::is_correlation_id(id));
        StandardMessage {
            message_id: own,
            message_type: message::type_name::<M>(),
            message_version: format!("{}.{}", M::MAJOR, M::MINOR),
            envelope_version: ENVELOPE_VERSION.to_owned(),
            timestamp: now,
            source_service: M::SOURCE.to_owned(),
            correlation_id: known.map_or_else(|| Id::<()>::new().to_string(), str::to_owned),
            partition_key: usable_key(message.partition_key(), own),
            payload: (),
        }
    }
}

/// A key that is too long keeps its order under a digest of it; an empty one orders nothing.
fn usable_key(key: String, message_id: Uuid) -> String {
    match key.len() {
        0 => message_id.to_string(),
        1..=MAX_PARTITION_KEY if !key.contains('\0') => key,
        _ => Id::<()>::derived(Uuid::nil(), &key).to_string(),
    }
}

/// A message that waits to be sent.
pub(crate) struct Pending {
    sent: Sent,
    publication: Publication,
}

/// What the outbox needs to know of a message that is being sent.
pub(crate) struct Sent {
    pub(crate) id: Uuid,
    pub(crate) partition_key: String,
    pub(crate) attempts: u32,
}

impl Pending {
    /// What the outbox needs to know of it later, and what the broker gets.
    pub(crate) fn split(self) -> (Sent, Publication) {
        (self.sent, self.publication)
    }
}

impl FromRow for Pending {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let name: String = row.get("message_type")?;
        let Json(payload): Json<Value> = row.get("payload")?;
        let envelope = StandardMessage {
            message_id: row.get("message_id")?,
            message_type: name.parse::<TypeName>().map_err(DbError::decode)?,
            message_version: row.get("message_version")?,
            envelope_version: ENVELOPE_VERSION.to_owned(),
            timestamp: row.get("occurred_at")?,
            source_service: row.get("source_service")?,
            correlation_id: row.get("correlation_id")?,
            partition_key: row.get("partition_key")?,
            payload,
        };
        let mut properties = Properties::of(&envelope);
        properties.causation_id = row.get("causation_id")?;
        properties.traceparent = row.get("traceparent")?;
        properties.reply_to = row.get("reply_to")?;
        Ok(Self {
            sent: Sent {
                id: row.get("id")?,
                partition_key: row.get("partition_key")?,
                attempts: row.get("attempts")?,
            },
            publication: Publication {
                exchange: row.get("exchange")?,
                routing_key: row.get("routing_key")?,
                properties,
                body: serde_json::to_vec(&envelope).map_err(DbError::decode)?,
            },
        })
    }
}

/// Up to `most` messages that may be sent now, in order. Where one has failed before, it is tried
/// alone, and those of its key behind it are left out.
pub(crate) async fn due(c: &mut Conn, most: usize) -> Result<Vec<Pending>> {
    let now = c.now();
    let rows = sql("SELECT * FROM outbox o
         WHERE o.published_at IS NULL AND (o.attempts = 0 OR o.next_attempt_at <= $1) AND NOT EXISTS
             (SELECT 1 FROM outbox f WHERE f.published_at IS NULL AND f.attempts > 0
                  AND f.partition_key = o.partition_key AND f.id < o.id)
         ORDER BY o.id LIMIT $2")
    .bind(now)
    .bind(most as i64);
    Ok(rows.all(c).await?)
}

/// When the next message that failed and waits may be sent again.
pub(crate) async fn next_due(c: &mut Conn) -> Result<Option<Timestamp>> {
    let now = c.now();
    let next = sql("SELECT MIN(next_attempt_at) FROM outbox
         WHERE published_at IS NULL AND attempts > 0 AND next_attempt_at > $1");
    Ok(next.bind(now).scalar(c).await?)
}

/// Marks messages as confirmed.
pub(crate) async fn mark_published(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    let now = tx.now();
    let update = sql("UPDATE outbox SET published_at = $1 WHERE published_at IS NULL AND id IN ").bind(now);
    update.push_list(ids).run(tx).await?;
    Ok(())
}

/// Notes why messages were not confirmed and when they are sent again.
pub(crate) async fn mark_failed(tx: &mut Tx, ids: &[Uuid], error: &str, again: Timestamp) -> Result<()> {
    let update = sql("UPDATE outbox SET attempts = attempts + 1, last_error = $1, next_attempt_at = $2
         WHERE published_at IS NULL AND id IN ")
    .bind(storable(error))
    .bind(again);
    update.push_list(ids).run(tx).await?;
    Ok(())
}

/// How many messages wait, and since when the oldest does.
///
/// # Errors
/// If the store fails.
pub async fn pending(c: &mut Conn) -> Result<(u64, Option<Timestamp>)> {
    let (count, oldest): (i64, Option<Timestamp>) =
        sql("SELECT COUNT(*), MIN(created_at) FROM outbox WHERE published_at IS NULL").one(c).await?;
    Ok((count as u64, oldest))
}

/// A message that waits, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its messageId.
    pub message_id: Uuid,
    /// Wire name.
    pub message_type: String,
    /// Where it goes.
    pub routing_key: String,
    /// Its partition key.
    pub partition_key: String,
    /// How often sending failed.
    pub attempts: u32,
    /// Why, the last time.
    pub last_error: Option<String>,
    /// When the change was made.
    pub created_at: Timestamp,
}

impl FromRow for Waiting {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            message_id: row.get("message_id")?,
            message_type: row.get("message_type")?,
            routing_key: row.get("routing_key")?,
            partition_key: row.get("partition_key")?,
            attempts: row.get("attempts")?,
            last_error: row.get("last_error")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// The `most` oldest messages that wait.
///
/// # Errors
/// If the store fails.
pub async fn list(c: &mut Conn, most: u32) -> Result<Vec<Waiting>> {
    let rows =
        sql("SELECT message_id, message_type, routing_key, partition_key, attempts, last_error, created_at
         FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1")
        .bind(most);
    Ok(rows.all(c).await?)
}

/// Makes messages that could not be sent due now instead of after their backoff; answers how many.
///
/// # Errors
/// If the store fails; the transaction is lost then.
pub async fn send_now(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let update =
        sql("UPDATE outbox SET next_attempt_at = $1 WHERE published_at IS NULL AND next_attempt_at > $1");
    let touched = update.bind(now).run(tx).await?;
    tx.wake(CHANNEL);
    Ok(touched)
}

/// The payloads of all messages of type `M` still in the outbox, sent or not, oldest first.
///
/// # Errors
/// If the store fails or a row does not fit `M`.
pub async fn published<M: Message>(db: &Db) -> Result<Vec<M>> {
    let rows: Vec<(Json<M>,)> = sql("SELECT payload FROM outbox WHERE message_type = $1 ORDER BY id")
        .bind(message::type_name::<M>().to_string())
        .all(&mut db.conn().await?)
        .await?;
    Ok(rows.into_iter().map(|(Json(message),)| message).collect())
}

/// Removes up to `most` messages confirmed before `before`; answers how many.
pub(crate) async fn prune(db: &Db, before: Timestamp, most: u32) -> Result<u64> {
    let mut tx = db.begin().await?;
    let removed = sql("DELETE FROM outbox WHERE id IN
         (SELECT id FROM outbox WHERE published_at IS NOT NULL AND published_at < $1 LIMIT $2)")
    .bind(before)
    .bind(most)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(removed)
}
