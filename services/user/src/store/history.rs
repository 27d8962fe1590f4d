//! What happened to accounts.

use super::{name_of, named};
use api::ids::UserId;
use api::user::{HistoryEntry, HistoryKind};
use base::{Id, Timestamp};
use db::{Conn, DbError, FromRow, Json, Row, json, sql};
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

/// Up to `limit` entries of a user, the latest first.
pub(crate) async fn list(
    c: &mut Conn,
    user: UserId,
    kind: Option<HistoryKind>,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Placed>, DbError> {
    let mut query =
        sql("SELECT id, kind, at, summary, ref_id, actor FROM history WHERE user_id = $1").bind(user);
    if let Some(kind) = kind {
        query = query.push(" AND kind = ").push_bind(name_of(&kind));
    }
    if let Some((at, id)) = after {
        query = query.push(" AND (at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(limit).all(c).await
}
