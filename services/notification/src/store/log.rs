//! Lists of notifications: the log of staff, and what customers see.

use super::notification::select;
use super::word;
use crate::domain::notification::Notification;
use api::ids::{NotificationId, UserId};
use api::notification::{Channel, NotificationStatus};
use base::Timestamp;
use base::page::{ByTime, Part};
use db::{Conn, DbError, Sql, Tx, sql};

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

impl Filter {
    fn apply(&self, mut query: Sql) -> Sql {
        // All there are travel by mail.
        if self.channel.is_some_and(|channel| channel != Channel::Email) {
            query = query.push(" AND 1 = 0");
        }
        if let Some(user) = self.user {
            query = query.push(" AND user_id = ").push_bind(user);
        }
        if let Some(key) = &self.address_key {
            query = query.push(" AND address_key = ").push_bind(key.as_str());
        }
        if let Some(status) = self.status {
            query = query.push(" AND status = ").push_bind(word(status));
        }
        if let Some(from) = self.from {
            query = query.push(" AND created_at >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            query = query.push(" AND created_at < ").push_bind(to);
        }
        query
    }
}

/// The columns both lists are ordered by.
const LATEST: [&str; 2] = ["created_at", "id"];

/// The notifications of a part of the log, the newest first.
pub(crate) async fn list(
    c: &mut Conn,
    filter: &Filter,
    part: &Part<ByTime>,
) -> Result<Vec<Notification>, DbError> {
    filter.apply(select("WHERE 1 = 1")).latest_first(part, LATEST).all(c).await
}

/// How many notifications are in the log.
pub(crate) async fn count(c: &mut Conn, filter: &Filter) -> Result<u64, DbError> {
    let count: i64 = filter.apply(sql("SELECT COUNT(*) FROM notification WHERE 1 = 1")).scalar(c).await?;
    Ok(count.unsigned_abs())
}

/// What a customer sees.
const IN_APP: &str = "in_app AND title IS NOT NULL AND status <> 'CANCELLED' AND user_id = ";

/// A part of a customer's own list, the newest first.
pub(crate) async fn in_app(
    c: &mut Conn,
    user: UserId,
    part: &Part<ByTime>,
) -> Result<Vec<Notification>, DbError> {
    select("WHERE ").push(IN_APP).push_bind(user).latest_first(part, LATEST).all(c).await
}

/// How long a customer's own list is.
pub(crate) async fn count_in_app(c: &mut Conn, user: UserId) -> Result<u64, DbError> {
    let query = sql("SELECT COUNT(*) FROM notification WHERE ").push(IN_APP).push_bind(user);
    let count: i64 = query.scalar(c).await?;
    Ok(count.unsigned_abs())
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
