//! One-time links.

use super::{name_of, named};
use crate::domain::claim::Claim;
use api::ids::{ClaimId, UserId};
use api::user::ClaimPurpose;
use base::Timestamp;
use db::{Conn, DbError, FromRow, Row, sql};

const COLUMNS: &str = "id, purpose, user_id, email, expires_at, used_at";

impl FromRow for Claim {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            purpose: named(row, "purpose")?,
            user_id: row.get("user_id")?,
            email: row.get("email")?,
            expires_at: row.get("expires_at")?,
            used_at: row.get("used_at")?,
        })
    }
}

/// Stores a new claim.
pub(crate) async fn insert(c: &mut Conn, claim: &Claim, now: Timestamp) -> Result<(), DbError> {
    sql("INSERT INTO secret_claim (id, purpose, user_id, email, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(claim.id)
        .bind(name_of(&claim.purpose))
        .bind(claim.user_id)
        .bind(claim.email.clone())
        .bind(claim.expires_at)
        .bind(now)
        .run_one(c)
        .await
}

/// The claim.
pub(crate) async fn find(c: &mut Conn, id: ClaimId) -> Result<Option<Claim>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM secret_claim WHERE id = $1")).bind(id).opt(c).await
}

/// The latest claim of a purpose that belongs to no account and still works.
pub(crate) async fn live_without_owner(
    c: &mut Conn,
    purpose: ClaimPurpose,
    now: Timestamp,
) -> Result<Option<Claim>, DbError> {
    let query = format!(
        "SELECT {COLUMNS} FROM secret_claim
         WHERE user_id IS NULL AND purpose = $1 AND used_at IS NULL AND expires_at > $2
         ORDER BY expires_at DESC, id LIMIT 1"
    );
    sql(query).bind(name_of(&purpose)).bind(now).opt(c).await
}

/// Uses the claim up; of several that try at once exactly one gets `true`.
pub(crate) async fn consume(c: &mut Conn, id: ClaimId, now: Timestamp) -> Result<bool, DbError> {
    let update =
        sql("UPDATE secret_claim SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2");
    Ok(update.bind(id).bind(now).run(c).await? == 1)
}

/// Withdraws all unused claims of a user for these purposes.
pub(crate) async fn withdraw(
    c: &mut Conn,
    user: UserId,
    purposes: &[ClaimPurpose],
    now: Timestamp,
) -> Result<u64, DbError> {
    let update =
        sql("UPDATE secret_claim SET used_at = $1 WHERE used_at IS NULL AND user_id = $2 AND purpose IN ");
    update.bind(now).bind(user).push_list(purposes.iter().map(name_of)).run(c).await
}

/// Removes claims that ended before `before`.
pub(crate) async fn prune(c: &mut Conn, before: Timestamp) -> Result<u64, DbError> {
    sql("DELETE FROM secret_claim WHERE expires_at < $1").bind(before).run(c).await
}
