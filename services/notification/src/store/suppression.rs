//! Statements on `suppression`.

use api::ids::NotificationId;
use base::Timestamp;
use db::{Conn, DbError, Tx, sql};

pub(crate) async fn contains(c: &mut Conn, address_key: &str) -> Result<bool, DbError> {
    let found: i64 =
        sql("SELECT COUNT(*) FROM suppression WHERE address_key = $1").bind(address_key).scalar(c).await?;
    Ok(found > 0)
}

pub(crate) async fn add(
    tx: &mut Tx,
    address_key: &str,
    reason: &str,
    notification: NotificationId,
) -> Result<(), DbError> {
    sql("INSERT INTO suppression (address_key, reason, notification_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (address_key) DO NOTHING")
    .bind(address_key)
    .bind(reason)
    .bind(notification)
    .bind(tx.now())
    .run(tx)
    .await
    .map(drop)
}

pub(crate) async fn lift(tx: &mut Tx, address_key: &str) -> Result<(), DbError> {
    sql("DELETE FROM suppression WHERE address_key = $1").bind(address_key).run(tx).await.map(drop)
}

/// Gives addresses another chance that were put on the list before `limit`.
pub(crate) async fn prune(tx: &mut Tx, limit: Timestamp) -> Result<(), DbError> {
    sql("DELETE FROM suppression WHERE created_at < $1").bind(limit).run(tx).await.map(drop)
}
