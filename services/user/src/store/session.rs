//! Sessions, and the devices seen before.

use crate::domain::session::Family;
use api::ids::{SessionId, UserId};
use base::Timestamp;
use db::{Conn, DbError, FromRow, Row, sql};

const COLUMNS: &str =
    "id, user_id, nonce, generation, rotated_at, expires_at, revoked_at, device_name, user_agent,
    ip_address, created_at";

impl FromRow for Family {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            nonce: row.get("nonce")?,
            generation: row.get("generation")?,
            rotated_at: row.get("rotated_at")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            revoked_at: row.get("revoked_at")?,
            device_name: row.get("device_name")?,
            user_agent: row.get("user_agent")?,
            ip_address: row.get("ip_address")?,
        })
    }
}

/// Stores a new family with the hash of its first token.
pub(crate) async fn insert(c: &mut Conn, family: &Family, token_hash: [u8; 32]) -> Result<(), DbError> {
    sql("INSERT INTO session (id, user_id, nonce, generation, token_hash, rotated_at, expires_at, device_name,
             user_agent, ip_address, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(family.id)
    .bind(family.user_id)
    .bind(family.nonce.as_slice())
    .bind(family.generation)
    .bind(token_hash.as_slice())
    .bind(family.rotated_at)
    .bind(family.expires_at)
    .bind(family.device_name.clone())
    .bind(family.user_agent.clone())
    .bind(family.ip_address.clone())
    .bind(family.created_at)
    .run_one(c)
    .await
}

/// The family.
pub(crate) async fn find(c: &mut Conn, id: SessionId) -> Result<Option<Family>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM session WHERE id = $1")).bind(id).opt(c).await
}

/// Makes `next` of `family` the one good token, if the token with the hash `presented` still is:
/// of several that try at once exactly one gets `true`.
pub(crate) async fn rotate(
    c: &mut Conn,
    next: &Family,
    presented: [u8; 32],
    next_hash: [u8; 32],
) -> Result<bool, DbError> {
    let touched =
        sql("UPDATE session SET generation = $3, token_hash = $4, rotated_at = $5, expires_at = $6,
             user_agent = $7, ip_address = $8
         WHERE id = $1 AND token_hash = $2 AND generation = $9 AND revoked_at IS NULL")
        .bind(next.id)
        .bind(presented.as_slice())
        .bind(next.generation)
        .bind(next_hash.as_slice())
        .bind(next.rotated_at)
        .bind(next.expires_at)
        .bind(next.user_agent.clone())
        .bind(next.ip_address.clone())
        .bind(next.generation - 1)
        .run(c)
        .await?;
    Ok(touched == 1)
}

/// Which sessions of a user.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// All of them.
    All,
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
}

/// Ends sessions that are still open; answers which.
pub(crate) async fn revoke(
    c: &mut Conn,
    user: UserId,
    which: Which,
    now: Timestamp,
) -> Result<Vec<SessionId>, DbError> {
    let update = sql(
        "UPDATE session SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL AND expires_at > $1",
    );
    let update = update.bind(now).bind(user);
    let update = match which {
        Which::All => update,
        Which::One(id) => update.push(" AND id = ").push_bind(id),
        Which::AllBut(id) => update.push(" AND id <> ").push_bind(id),
    };
    let ended: Vec<(SessionId,)> = update.push(" RETURNING id").all(c).await?;
    Ok(ended.into_iter().map(|row| row.0).collect())
}

/// The open sessions of a user, the latest used first.
pub(crate) async fn open(c: &mut Conn, user: UserId, now: Timestamp) -> Result<Vec<Family>, DbError> {
    let query = format!(
        "SELECT {COLUMNS} FROM session WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY rotated_at DESC, id DESC LIMIT 200"
    );
    sql(query).bind(user).bind(now).all(c).await
}

/// Removes up to `most` sessions that ended before `before`.
pub(crate) async fn prune(c: &mut Conn, before: Timestamp, most: i64) -> Result<u64, DbError> {
    let delete =
        sql("DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at < $1 LIMIT $2)");
    delete.bind(before).bind(most).run(c).await
}

// ---- known_device

/// Notes that a user came with a device; answers whether it was the first time.
pub(crate) async fn note_device(
    c: &mut Conn,
    user: UserId,
    device_hash: [u8; 32],
    now: Timestamp,
) -> Result<bool, DbError> {
    let insert = sql(
        "INSERT INTO known_device (user_id, device_hash, last_seen_at, created_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (user_id, device_hash) DO NOTHING",
    )
    .bind(user)
    .bind(device_hash.as_slice())
    .bind(now);
    if insert.run(c).await? == 1 {
        return Ok(true);
    }
    let update = sql("UPDATE known_device SET last_seen_at = $3 WHERE user_id = $1 AND device_hash = $2");
    update.bind(user).bind(device_hash.as_slice()).bind(now).run_one(c).await?;
    Ok(false)
}

/// Forgets devices not seen since `before`.
pub(crate) async fn forget_devices(c: &mut Conn, before: Timestamp) -> Result<u64, DbError> {
    sql("DELETE FROM known_device WHERE last_seen_at < $1").bind(before).run(c).await
}
