//! What happened to accounts.

use super::{name_of, named};
use api::ids::UserId;
use api::user::{HistoryEntry, HistoryKind};
use base::Id;
use base::page::{ByTime, Part};
use db::{Conn, DbError, FromRow, Json, Row, Sql, json, sql};
use uuid::Uuid;

/// An entry and its place in the list.
pub(crate) struct Placed {
    /// Breaks ties between entries of the same moment.
    pub(crate) id: Uuid,
    /// The entry.
    pub(crate) entry: HistoryEntry,
}

impl FromRow for Placed {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(actor) = row.get("actor")?;
        let entry = HistoryEntry {
            kind: named(row, "kind")?,
            at: row.get("at")?,
            summary: row.get("summary")?,
            ref_id: row.get("ref_id")?,
            actor,
        };
        Ok(Self { id: row.get("id")?, entry })
    }
}

/// Adds an entry.
pub(crate) async fn insert(c: &mut Conn, user: UserId, entry: &HistoryEntry) -> Result<(), DbError> {
    sql("INSERT INTO history (id, user_id, kind, at, summary, ref_id, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(Id::<()>::new())
        .bind(user)
        .bind(name_of(&entry.kind))
        .bind(entry.at)
        .bind(entry.summary.as_str())
        .bind(entry.ref_id.clone())
        .bind(json(&entry.actor))
        .run_one(c)
        .await
}

/// The entries of a user in a part of the list, the latest first.
pub(crate) async fn list(
    c: &mut Conn,
    user: UserId,
    kind: Option<HistoryKind>,
    part: &Part<ByTime>,
) -> Result<Vec<Placed>, DbError> {
    let query = sql("SELECT id, kind, at, summary, ref_id, actor FROM history");
    filtered(query, user, kind).latest_first(part, ["at", "id"]).all(c).await
}

/// How many entries a user has.
pub(crate) async fn count(c: &mut Conn, user: UserId, kind: Option<HistoryKind>) -> Result<u64, DbError> {
    let count: i64 = filtered(sql("SELECT COUNT(*) FROM history"), user, kind).scalar(c).await?;
    Ok(count.unsigned_abs())
}

fn filtered(query: Sql, user: UserId, kind: Option<HistoryKind>) -> Sql {
    let query = query.push(" WHERE user_id = ").push_bind(user);
    match kind {
        Some(kind) => query.push(" AND kind = ").push_bind(name_of(&kind)),
        None => query,
    }
}
