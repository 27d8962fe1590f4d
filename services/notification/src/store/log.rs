//! Lists of notifications: the log of staff, and what customers see.

use super::notification::select;
use super::word;
use crate::domain::notification::Notification;
use api::ids::{NotificationId, UserId};
use api::notification::{Channel, NotificationStatus};
use base::Timestamp;
use db::{Conn, DbError, Tx, sql};

/// Which rows of the log are wanted.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) user: Option<UserId>,
    pub(crate) address_key: Option<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) status: Option<NotificationStatus>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// Where the page before ended.
pub(crate) type Position = (Timestamp, NotificationId);

/// The newest first, one more than `limit` if there are more.
pub(crate) async fn list(
    c: &mut Conn,
    filter: &Filter,
    before: Option<Position>,
    limit: u32,
) -> Result<Vec<Notification>, DbError> {
    if filter.channel.is_some_and(|channel| channel != Channel::Email) {
        return Ok(Vec::new());
    }
    let mut query = select("WHERE 1 = 1");
    if let Some(user) = filter.user {
        query = query.push(" AND user_id = ").push_bind(user);
    }
    if let Some(key) = &filter.address_key {
        query = query.push(" AND address_key = ").push_bind(key.as_str());
    }
    if let Some(status) = filter.status {
        query = query.push(" AND status = ").push_bind(word(status));
    }
    if let Some(from) = filter.from {
        query = query.push(" AND created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query = query.push(" AND created_at < ").push_bind(to);
    }
    if let Some((at, id)) = before {
        query = query.push(" AND (created_at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(limit + 1).all(c).await
}

/// A customer's own list, the newest first, one more than `limit` if there are more.
pub(crate) async fn in_app(
    c: &mut Conn,
    user: UserId,
    before: Option<Position>,
    limit: u32,
) -> Result<Vec<Notification>, DbError> {
    let mut query =
        select("WHERE in_app AND title IS NOT NULL AND status <> 'CANCELLED' AND user_id = ").push_bind(user);
    if let Some((at, id)) = before {
        query = query.push(" AND (created_at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(limit + 1).all(c).await
}

/// Notes that a customer has read one of theirs; `false` if it is none of theirs.
pub(crate) async fn mark_read(tx: &mut Tx, user: UserId, id: NotificationId) -> Result<bool, DbError> {
    let touched = sql("UPDATE notification SET read_at = COALESCE(read_at, $3)
         WHERE id = $1 AND user_id = $2 AND in_app AND title IS NOT NULL AND status <> 'CANCELLED'")
    .bind(id)
    .bind(user)
    .bind(tx.now())
    .run(tx)
    .await?;
    Ok(touched == 1)
}

/// The ids of a person's notifications, to find their mails elsewhere.
pub(crate) async fn ids_of_user(c: &mut Conn, user: UserId) -> Result<Vec<NotificationId>, DbError> {
    let rows: Vec<(NotificationId,)> =
        sql("SELECT id FROM notification WHERE user_id = $1").bind(user).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
