//! The statements on `queue_message`.

use crate::broker::{DeadLetter, Incoming, Publication, Settlement, Verdict, Which};
use crate::consumer::Queue;
use crate::topology::PREFETCH;
use base::{Id, Result, Timestamp};
use db::{Arg, Conn, Db, DbError, FromRow, Row, Sql, Tx, sql};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one INSERT.
const ROWS: usize = 100;

/// A message that was in hand at this many crashes is a dead letter (contracts §2.4).
const MAX_CRASHES: i64 = 20;

/// Puts messages of `batch` into queues of this store, all or none. One that is already there
/// stays as it is.
pub(super) async fn insert(db: &Db, batch: &[Publication], rows: &[(Arc<Queue>, usize)]) -> Result<()> {
    let mut tx = db.begin().await?;
    let now = tx.now();
    for chunk in rows.chunks(ROWS) {
        let mut insert =
            sql("INSERT INTO queue_message (id, queue, message_id, exchange, routing_key, partition_key,
            causation_id, traceparent, reply_to, body, next_attempt_at, created_at) VALUES ");
        for (index, (queue, position)) in chunk.iter().enumerate() {
            insert = insert.push(if index == 0 { "" } else { ", " });
            insert = insert.push_row(row(queue.name(), &batch[*position], now));
        }
        insert.push(" ON CONFLICT (queue, message_id) DO NOTHING").run(&mut tx).await?;
    }
    for (queue, _) in rows {
        tx.wake(queue.channel());
    }
    tx.commit().await?;
    Ok(())
}

fn row(queue: &str, message: &Publication, now: Timestamp) -> [Arg; 12] {
    let properties = &message.properties;
    [
        Id::<()>::new().into(),
        queue.into(),
        properties.message_id.into(),
        message.exchange.as_str().into(),
        message.routing_key.as_str().into(),
        properties.partition_key.as_str().into(),
        properties.causation_id.clone().into(),
        properties.traceparent.clone().into(),
        properties.reply_to.clone().into(),
        message.body.as_slice().into(),
        now.into(),
        now.into(),
    ]
}

impl FromRow for Incoming {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            receipt: row.get("id")?,
            in_store: true,
            attempt: row.get::<u32>("attempts")? + 1,
            exchange: row.get("exchange")?,
            routing_key: row.get("routing_key")?,
            partition_key: row.get("partition_key")?,
            causation_id: row.get("causation_id")?,
            traceparent: row.get("traceparent")?,
            reply_to: row.get("reply_to")?,
            body: row.get("body")?,
        })
    }
}

/// Up to `most` messages that are due and not in `in_hand`, oldest first.
pub(super) async fn due(
    c: &mut Conn,
    queue: &str,
    in_hand: &HashSet<Uuid>,
    most: usize,
) -> Result<Vec<Incoming>> {
    let mut rows =
        sql("SELECT id, attempts, exchange, routing_key, partition_key, causation_id, traceparent,
            reply_to, body FROM queue_message
         WHERE queue = $1 AND dead_at IS NULL AND next_attempt_at <= $2")
        .bind(queue)
        .bind(c.now());
    if !in_hand.is_empty() {
        rows = rows.push(" AND id NOT IN ").push_list(in_hand);
    }
    let rows = rows.push(" ORDER BY next_attempt_at, id LIMIT ").push_bind(most as i64);
    Ok(rows.all(c).await?)
}

pub(super) async fn any_due(c: &mut Conn, queue: &str) -> Result<bool> {
    let now = c.now();
    let row: Option<(Uuid,)> = sql("SELECT id FROM queue_message
         WHERE queue = $1 AND dead_at IS NULL AND next_attempt_at <= $2 LIMIT 1")
    .bind(queue)
    .bind(now)
    .opt(c)
    .await?;
    Ok(row.is_some())
}

/// When the next message that waits for a retry is due.
pub(super) async fn next_due(c: &mut Conn, queue: &str) -> Result<Option<Timestamp>> {
    let now = c.now();
    let next = sql("SELECT MIN(next_attempt_at) FROM queue_message
         WHERE queue = $1 AND dead_at IS NULL AND next_attempt_at > $2");
    Ok(next.bind(queue).bind(now).scalar(c).await?)
}

pub(super) async fn remove(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    sql("DELETE FROM queue_message WHERE id IN ").push_list(ids).run(tx).await?;
    Ok(())
}

/// Carries out verdicts.
pub(super) async fn settle(tx: &mut Tx, done: Vec<Settlement>) -> Result<()> {
    let now = tx.now();
    let mut acknowledged = Vec::new();
    for Settlement { receipt, verdict } in done {
        let update = match verdict {
            Verdict::Done | Verdict::DoneInStore => {
                acknowledged.push(receipt);
                continue;
            }
            Verdict::Retry { error, after } => {
                sql("UPDATE queue_message SET attempts = attempts + 1, last_error = $2, next_attempt_at = $3
                     WHERE id = $1")
                .bind(receipt)
                .bind(error)
                .bind(now + after)
            }
            Verdict::Dead { error } => {
                sql("UPDATE queue_message SET attempts = attempts + 1, last_error = $2, dead_at = $3 WHERE id = $1")
                    .bind(receipt)
                    .bind(error)
                    .bind(now)
            }
        };
        update.run(tx).await?;
    }
    if !acknowledged.is_empty() {
        remove(tx, &acknowledged).await?;
    }
    Ok(())
}

/// After a crash of the process that worked on `queue`: counts it for the messages it may have
/// had in hand, and puts aside those that were there too often.
pub(super) async fn count_crash(tx: &mut Tx, queue: &str) -> Result<()> {
    let now = tx.now();
    sql("UPDATE queue_message SET crashes = crashes + 1 WHERE id IN
         (SELECT id FROM queue_message WHERE queue = $1 AND dead_at IS NULL AND next_attempt_at <= $2
          ORDER BY next_attempt_at, id LIMIT $3)")
    .bind(queue)
    .bind(now)
    .bind(PREFETCH as i64)
    .run(tx)
    .await?;
    sql("UPDATE queue_message SET dead_at = $2, last_error = $3
         WHERE queue = $1 AND dead_at IS NULL AND crashes >= $4")
    .bind(queue)
    .bind(now)
    .bind("the process crashed too often while it had this message in hand")
    .bind(MAX_CRASHES)
    .run(tx)
    .await?;
    Ok(())
}

impl FromRow for DeadLetter {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let body: Vec<u8> = row.get("body")?;
        let last_error: Option<String> = row.get("last_error")?;
        Ok(Self {
            id: row.get("id")?,
            message_id: row.get("message_id")?,
            exchange: row.get("exchange")?,
            routing_key: row.get("routing_key")?,
            attempts: row.get("attempts")?,
            last_error: last_error.unwrap_or_default(),
            dead_at: row.get("dead_at")?,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

pub(super) async fn dead(c: &mut Conn, queue: &str, most: u32) -> Result<Vec<DeadLetter>> {
    let rows = sql("SELECT id, message_id, exchange, routing_key, attempts, last_error, dead_at, body
         FROM queue_message WHERE queue = $1 AND dead_at IS NOT NULL ORDER BY id LIMIT $2")
    .bind(queue)
    .bind(most);
    Ok(rows.all(c).await?)
}

pub(super) async fn count_dead(c: &mut Conn, queue: &str) -> Result<u64> {
    let count: i64 = sql("SELECT COUNT(*) FROM queue_message WHERE queue = $1 AND dead_at IS NOT NULL")
        .bind(queue)
        .scalar(c)
        .await?;
    Ok(count as u64)
}

pub(super) async fn count_waiting(c: &mut Conn, queue: &str) -> Result<u64> {
    let count: i64 = sql("SELECT COUNT(*) FROM queue_message WHERE queue = $1 AND dead_at IS NULL")
        .bind(queue)
        .scalar(c)
        .await?;
    Ok(count as u64)
}

/// Makes dead letters due now, with all attempts before them.
pub(super) async fn replay(tx: &mut Tx, queue: &str, which: &Which) -> Result<u64> {
    let update =
        sql("UPDATE queue_message SET dead_at = NULL, attempts = 0, crashes = 0, next_attempt_at = $2
         WHERE queue = $1 AND dead_at IS NOT NULL")
        .bind(queue)
        .bind(tx.now());
    Ok(these(update, which).run(tx).await?)
}

pub(super) async fn discard(tx: &mut Tx, queue: &str, which: &Which) -> Result<u64> {
    let delete = sql("DELETE FROM queue_message WHERE queue = $1 AND dead_at IS NOT NULL").bind(queue);
    Ok(these(delete, which).run(tx).await?)
}

fn these(statement: Sql, which: &Which) -> Sql {
    match which {
        Which::All => statement,
        Which::These(ids) => statement.push(" AND id IN ").push_list(ids),
    }
}
