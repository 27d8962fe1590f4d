//! Statements on `notification` that move it along; lists are in `log`.

use super::{Word, word};
use crate::domain::notification::Notification;
use api::ids::{NotificationId, UserId};
use api::notification::{Category, NotificationStatus};
use base::Timestamp;
use db::{Conn, DbError, FromRow, Json, Row, Sql, Tx, json_opt, sql};
use uuid::Uuid;

/// The columns of a [`Notification`].
pub(super) const COLUMNS: &str = "id, trigger_id, event_id, template, category, user_id, address, address_key, masked, name,
    recipient_key, locale, claim_id, order_id, link, title, context, fingerprint, message_id, resend_of, in_app,
    status, reason, attempts, next_attempt_at, lease, leased_until, expires_at, sent_at, read_at, created_at";

impl FromRow for Notification {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            trigger_id: row.get("trigger_id")?,
            event_id: row.get("event_id")?,
            template: row.get("template")?,
            category: row.get::<Word<Category>>("category")?.0,
            user_id: row.get("user_id")?,
            address: row.get("address")?,
            address_key: row.get("address_key")?,
            masked: row.get("masked")?,
            name: row.get("name")?,
            recipient_key: row.get("recipient_key")?,
            locale: row.get("locale")?,
            claim_id: row.get("claim_id")?,
            order_id: row.get("order_id")?,
            link: row.get("link")?,
            title: row.get("title")?,
            context: row.get::<Option<Json<_>>>("context")?.map(|json| json.0),
            fingerprint: row.get("fingerprint")?,
            message_id: row.get("message_id")?,
            resend_of: row.get("resend_of")?,
            in_app: row.get("in_app")?,
            status: row.get::<Word<NotificationStatus>>("status")?.0,
            reason: row.get("reason")?,
            attempts: row.get("attempts")?,
            next_attempt_at: row.get("next_attempt_at")?,
            lease: row.get("lease")?,
            leased_until: row.get("leased_until")?,
            expires_at: row.get("expires_at")?,
            sent_at: row.get("sent_at")?,
            read_at: row.get("read_at")?,
            created_at: row.get("created_at")?,
        })
    }
}

pub(super) fn select(rest: &str) -> Sql {
    sql(format!("SELECT {COLUMNS} FROM notification {rest}"))
}

/// Stores a new one; `false` if its trigger has one of this template for this recipient already.
pub(crate) async fn insert(tx: &mut Tx, new: &Notification) -> Result<bool, DbError> {
    let inserted = sql("INSERT INTO notification (id, trigger_id, event_id, template, category, user_id, address, address_key,
             masked, name, recipient_key, locale, claim_id, order_id, link, title, context, fingerprint, message_id,
             resend_of, in_app, status, next_attempt_at, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
             $23, $24, $25, $25)
         ON CONFLICT DO NOTHING")
    .bind(new.id)
    .bind(new.trigger_id)
    .bind(new.event_id)
    .bind(new.template.as_str())
    .bind(word(new.category))
    .bind(new.user_id)
    .bind(new.address.clone())
    .bind(new.address_key.clone())
    .bind(new.masked.as_str())
    .bind(new.name.clone())
    .bind(new.recipient_key.as_str())
    .bind(new.locale.clone())
    .bind(new.claim_id)
    .bind(new.order_id)
    .bind(new.link.clone())
    .bind(new.title.clone())
    .bind(json_opt(new.context.as_ref()))
    .bind(new.fingerprint.as_str())
    .bind(new.message_id.as_str())
    .bind(new.resend_of)
    .bind(new.in_app)
    .bind(word(new.status))
    .bind(new.next_attempt_at)
    .bind(new.expires_at)
    .bind(new.created_at)
    .run(tx)
    .await?;
    Ok(inserted == 1)
}

pub(crate) async fn by_id(c: &mut Conn, id: NotificationId) -> Result<Option<Notification>, DbError> {
    select("WHERE id = $1").bind(id).opt(c).await
}

pub(crate) async fn of_trigger(c: &mut Conn, trigger: Uuid) -> Result<Vec<Notification>, DbError> {
    select("WHERE trigger_id = $1").bind(trigger).all(c).await
}

/// Takes the lease of a notification that is as `seen`, with the address it goes to; `false` if
/// another worker was faster.
pub(crate) async fn start(
    tx: &mut Tx,
    seen: &Notification,
    lease: Uuid,
    until: Timestamp,
) -> Result<bool, DbError> {
    let touched = sql("UPDATE notification SET status = 'SENDING', attempts = attempts + 1, lease = $4, leased_until = $5,
             next_attempt_at = NULL, reason = NULL, address = $6, address_key = $7, masked = $8, updated_at = $9
         WHERE id = $1 AND status = $2 AND attempts = $3")
    .bind(seen.id)
    .bind(word(seen.status))
    .bind(seen.attempts)
    .bind(lease)
    .bind(until)
    .bind(seen.address.clone())
    .bind(seen.address_key.clone())
    .bind(seen.masked.as_str())
    .bind(tx.now())
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Where a notification is put that no worker has in hand.
pub(crate) struct Place<'a> {
    pub(crate) status: NotificationStatus,
    pub(crate) reason: Option<&'a str>,
    pub(crate) next: Option<Timestamp>,
    /// How often it was tried, this time included.
    pub(crate) attempts: i64,
}

/// Moves a notification that is as `seen`; `false` if it changed meanwhile.
pub(crate) async fn put(tx: &mut Tx, seen: &Notification, place: Place<'_>) -> Result<bool, DbError> {
    let touched = sql(
        "UPDATE notification SET status = $4, reason = $5, next_attempt_at = $6, attempts = $7, lease = NULL,
             leased_until = NULL, updated_at = $8
         WHERE id = $1 AND status = $2 AND attempts = $3",
    )
    .bind(seen.id)
    .bind(word(seen.status))
    .bind(seen.attempts)
    .bind(word(place.status))
    .bind(place.reason)
    .bind(place.next)
    .bind(place.attempts)
    .bind(tx.now())
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Ends the lease; `false` if it had run out and another worker took over.
pub(crate) async fn finish(
    tx: &mut Tx,
    id: NotificationId,
    lease: Uuid,
    status: NotificationStatus,
    reason: Option<&str>,
    next: Option<Timestamp>,
) -> Result<bool, DbError> {
    let sent_at = (status == NotificationStatus::Sent).then(|| tx.now());
    let touched = sql(
        "UPDATE notification SET status = $3, reason = $4, next_attempt_at = $5, sent_at = $6, lease = NULL,
             leased_until = NULL, updated_at = $7
         WHERE id = $1 AND lease = $2",
    )
    .bind(id)
    .bind(lease)
    .bind(word(status))
    .bind(reason)
    .bind(next)
    .bind(sent_at)
    .bind(tx.now())
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// Mails of the category that went to the address since `since`, those under way included.
pub(crate) async fn sent_since(
    c: &mut Conn,
    address_key: &str,
    category: Category,
    since: Timestamp,
) -> Result<i64, DbError> {
    sql("SELECT COUNT(*) FROM notification
         WHERE address_key = $1 AND category = $2 AND (sent_at > $3 OR status = 'SENDING')")
    .bind(address_key)
    .bind(word(category))
    .bind(since)
    .scalar(c)
    .await
}

/// Those that should have been tried before `late` and were not.
pub(crate) async fn overdue(
    c: &mut Conn,
    late: Timestamp,
    most: u32,
) -> Result<Vec<NotificationId>, DbError> {
    let rows: Vec<(NotificationId,)> = sql("SELECT id FROM notification
         WHERE (status IN ('QUEUED', 'SCHEDULED') AND next_attempt_at < $1)
            OR (status = 'SENDING' AND leased_until < $1)
         ORDER BY id LIMIT $2")
    .bind(late)
    .bind(most)
    .all(c)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Calls off what has not begun for a person who is being erased.
pub(crate) async fn cancel_of_user(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    sql("UPDATE notification SET status = 'CANCELLED', reason = 'recipient-erased', next_attempt_at = NULL, updated_at = $2
         WHERE user_id = $1 AND status IN ('QUEUED', 'SCHEDULED')")
    .bind(user)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

/// Forgets what is personal in the notifications of a person.
pub(crate) async fn redact_user(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    sql("UPDATE notification SET address = NULL, address_key = NULL, masked = '***', name = NULL, title = NULL,
             context = NULL, link = NULL, in_app = $2, updated_at = $3
         WHERE user_id = $1")
    .bind(user)
    .bind(false)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

/// Forgets the content of up to `most` that ended before `limit`; answers how many.
pub(crate) async fn redact_before(tx: &mut Tx, limit: Timestamp, most: u32) -> Result<u64, DbError> {
    sql("UPDATE notification SET address = NULL, name = NULL, context = NULL, updated_at = $3
         WHERE id IN (SELECT id FROM notification
                      WHERE created_at < $1 AND (context IS NOT NULL OR address IS NOT NULL OR name IS NOT NULL)
                        AND status IN ('SENT', 'FAILED', 'SUPPRESSED', 'CANCELLED')
                      ORDER BY id LIMIT $2)")
    .bind(limit)
    .bind(most)
    .bind(tx.now())
    .run(tx)
    .await
}

/// Removes up to `most` from the log that ended before `limit`; answers how many.
pub(crate) async fn prune_before(tx: &mut Tx, limit: Timestamp, most: u32) -> Result<u64, DbError> {
    sql("DELETE FROM notification
         WHERE id IN (SELECT id FROM notification
                      WHERE created_at < $1 AND status IN ('SENT', 'FAILED', 'SUPPRESSED', 'CANCELLED')
                      ORDER BY id LIMIT $2)")
    .bind(limit)
    .bind(most)
    .run(tx)
    .await
}
