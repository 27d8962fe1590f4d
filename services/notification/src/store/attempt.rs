//! Statements on `attempt`.

use api::ids::NotificationId;
use api::notification::Attempt;
use db::{Conn, DbError, FromRow, Row, Tx, sql};

struct AttemptRow(Attempt);

impl FromRow for AttemptRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Attempt {
            number: row.get("number")?,
            provider: row.get("provider")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
            outcome: row.get("outcome")?,
            code: row.get("code")?,
        }))
    }
}

/// Notes that the provider is about to be asked.
pub(crate) async fn begin(
    tx: &mut Tx,
    notification: NotificationId,
    number: i64,
    provider: &str,
) -> Result<(), DbError> {
    sql("INSERT INTO attempt (notification_id, number, provider, started_at, outcome)
         VALUES ($1, $2, $3, $4, 'UNKNOWN')")
    .bind(notification)
    .bind(number)
    .bind(provider)
    .bind(tx.now())
    .run_one(tx)
    .await
}

/// Notes what came of it.
pub(crate) async fn end(
    tx: &mut Tx,
    notification: NotificationId,
    number: i64,
    outcome: &str,
    code: Option<&str>,
) -> Result<(), DbError> {
    sql("UPDATE attempt SET ended_at = $3, outcome = $4, code = $5 WHERE notification_id = $1 AND number = $2")
        .bind(notification)
        .bind(number)
        .bind(tx.now())
        .bind(outcome)
        .bind(code)
        .run_one(tx)
        .await
}

pub(crate) async fn of(c: &mut Conn, notification: NotificationId) -> Result<Vec<Attempt>, DbError> {
    let rows: Vec<AttemptRow> =
        sql("SELECT number, provider, started_at, ended_at, outcome, code FROM attempt
         WHERE notification_id = $1 ORDER BY number")
        .bind(notification)
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
