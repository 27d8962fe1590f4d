//! Questions whose answer is empty when all is well.

use api::ids::NotificationId;
use base::Timestamp;
use db::{Conn, DbError, sql};
use uuid::Uuid;

/// The most rows a question answers with.
const MOST: u32 = 200;

/// Placed orders that were heard of and have not exactly one confirmation: event and how many.
pub(crate) async fn unconfirmed_orders(c: &mut Conn) -> Result<Vec<(Uuid, i64)>, DbError> {
    sql("SELECT i.message_id, COUNT(n.id) FROM inbox i
         LEFT JOIN notification n
           ON n.event_id = i.message_id AND n.template = 'order-confirmation' AND n.resend_of IS NULL
         WHERE i.consumer = 'notification.order.events' AND i.message_type = 'OrderPlacedEventV1'
         GROUP BY i.message_id HAVING COUNT(n.id) <> 1 LIMIT $1")
    .bind(MOST)
    .all(c)
    .await
}

/// Notifications whose worker has been silent since before `late`.
pub(crate) async fn stuck(
    c: &mut Conn,
    late: Timestamp,
) -> Result<Vec<(NotificationId, Timestamp)>, DbError> {
    sql("SELECT id, leased_until FROM notification WHERE status = 'SENDING' AND leased_until < $1 LIMIT $2")
        .bind(late)
        .bind(MOST)
        .all(c)
        .await
}

/// Notifications that should have been tried before `late`.
pub(crate) async fn forgotten(
    c: &mut Conn,
    late: Timestamp,
) -> Result<Vec<(NotificationId, Timestamp)>, DbError> {
    sql("SELECT id, next_attempt_at FROM notification
         WHERE status IN ('QUEUED', 'SCHEDULED') AND next_attempt_at < $1 LIMIT $2")
    .bind(late)
    .bind(MOST)
    .all(c)
    .await
}

/// Sent notifications without an accepted attempt, and accepted ones that are not sent.
pub(crate) async fn disagreeing(c: &mut Conn) -> Result<Vec<(NotificationId, String)>, DbError> {
    sql("SELECT n.id, n.status FROM notification n
         LEFT JOIN attempt a ON a.notification_id = n.id AND a.outcome = 'ACCEPTED'
         WHERE (n.status = 'SENT' AND a.number IS NULL) OR (n.status <> 'SENT' AND a.number IS NOT NULL)
         LIMIT $1")
    .bind(MOST)
    .all(c)
    .await
}

/// The newest notifications the built-in mailbox accepted since `since`.
pub(crate) async fn in_mailbox(c: &mut Conn, since: Timestamp) -> Result<Vec<NotificationId>, DbError> {
    let rows: Vec<(NotificationId,)> = sql("SELECT n.id FROM notification n
         JOIN attempt a ON a.notification_id = n.id AND a.outcome = 'ACCEPTED' AND a.provider = 'mailbox'
         WHERE n.sent_at > $1 AND n.address IS NOT NULL ORDER BY n.created_at DESC, n.id DESC LIMIT $2")
    .bind(since)
    .bind(MOST)
    .all(c)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
