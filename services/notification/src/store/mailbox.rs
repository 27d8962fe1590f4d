//! Statements on `mail`, the table of the built-in mailbox, which is a store of its own.

use api::ids::NotificationId;
use base::Timestamp;
use base::page::{ByTime, Part};
use db::{Conn, DbError, FromRow, Row, Sql, Tx, sql};
use uuid::Uuid;

/// A mail that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredMail {
    pub(crate) id: Uuid,
    pub(crate) message_id: String,
    pub(crate) notification_id: NotificationId,
    pub(crate) template: String,
    pub(crate) recipient: String,
    pub(crate) sender: String,
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
    pub(crate) source: String,
    pub(crate) received_at: Timestamp,
}

impl FromRow for StoredMail {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            message_id: row.get("message_id")?,
            notification_id: row.get("notification_id")?,
            template: row.get("template")?,
            recipient: row.get("recipient")?,
            sender: row.get("sender")?,
            subject: row.get("subject")?,
            html: row.get("html")?,
            text: row.get("plain")?,
            source: row.get("source")?,
            received_at: row.get("received_at")?,
        })
    }
}

const SELECT: &str =
    "SELECT id, message_id, notification_id, template, recipient, sender, subject, html, plain, source,
    received_at FROM mail";

/// Takes a mail in; one whose Message-ID is there already is the same mail again.
pub(crate) async fn add(tx: &mut Tx, mail: &StoredMail) -> Result<(), DbError> {
    sql("INSERT INTO mail (id, message_id, notification_id, template, recipient, recipient_key, sender, subject, html,
             plain, source, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (message_id) DO NOTHING")
    .bind(mail.id)
    .bind(mail.message_id.as_str())
    .bind(mail.notification_id)
    .bind(mail.template.as_str())
    .bind(mail.recipient.as_str())
    .bind(crate::domain::address::normal(&mail.recipient))
    .bind(mail.sender.as_str())
    .bind(mail.subject.as_str())
    .bind(mail.html.as_str())
    .bind(mail.text.as_str())
    .bind(mail.source.as_str())
    .bind(mail.received_at)
    .run(tx)
    .await
    .map(drop)
}

pub(crate) async fn by_id(c: &mut Conn, id: Uuid) -> Result<Option<StoredMail>, DbError> {
    sql(SELECT).push(" WHERE id = ").push_bind(id).opt(c).await
}

pub(crate) async fn list(
    c: &mut Conn,
    recipient_key: Option<&str>,
    part: &Part<ByTime>,
) -> Result<Vec<StoredMail>, DbError> {
    to(sql(SELECT), recipient_key).latest_first(part, ["received_at", "id"]).all(c).await
}

pub(crate) async fn count(c: &mut Conn, recipient_key: Option<&str>) -> Result<u64, DbError> {
    let count: i64 = to(sql("SELECT COUNT(*) FROM mail"), recipient_key).scalar(c).await?;
    Ok(count.unsigned_abs())
}

fn to(query: Sql, recipient_key: Option<&str>) -> Sql {
    let query = query.push(" WHERE 1 = 1");
    match recipient_key {
        Some(key) => query.push(" AND recipient_key = ").push_bind(key),
        None => query,
    }
}

/// Which of the notifications have a mail here.
pub(crate) async fn of_notifications(
    c: &mut Conn,
    ids: &[NotificationId],
) -> Result<Vec<NotificationId>, DbError> {
    let query =
        sql("SELECT notification_id FROM mail WHERE notification_id IN ").push_list(ids.iter().copied());
    let rows: Vec<(NotificationId,)> = query.all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Removes the mails of these notifications.
pub(crate) async fn forget(tx: &mut Tx, ids: &[NotificationId]) -> Result<(), DbError> {
    for some in ids.chunks(500) {
        sql("DELETE FROM mail WHERE notification_id IN ").push_list(some.iter().copied()).run(tx).await?;
    }
    Ok(())
}

pub(crate) async fn prune(tx: &mut Tx, limit: Timestamp) -> Result<(), DbError> {
    sql("DELETE FROM mail WHERE received_at < $1").bind(limit).run(tx).await.map(drop)
}
