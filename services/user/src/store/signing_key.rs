//! Signing keys, sealed.

use auth::token::KeyRecord;
use base::Timestamp;
use db::{Conn, DbError, FromRow, Row, sql};

/// A key of the store.
pub(crate) struct StoredKey {
    /// Where it is in its life.
    pub(crate) record: KeyRecord,
    /// The private key, sealed.
    pub(crate) sealed: Vec<u8>,
}

impl FromRow for StoredKey {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let record = KeyRecord {
            kid: row.get("kid")?,
            published_at: row.get("published_at")?,
            activated_at: row.get("activated_at")?,
            retired_at: row.get("retired_at")?,
        };
        Ok(Self { record, sealed: row.get("sealed")? })
    }
}

/// All keys, the latest published first.
pub(crate) async fn all(c: &mut Conn) -> Result<Vec<StoredKey>, DbError> {
    let query = "SELECT kid, sealed, published_at, activated_at, retired_at FROM signing_key";
    sql(query).push(" ORDER BY published_at DESC, kid").all(c).await
}

/// Stores a new key.
pub(crate) async fn insert(c: &mut Conn, kid: &str, sealed: Vec<u8>, now: Timestamp) -> Result<(), DbError> {
    let insert = sql("INSERT INTO signing_key (kid, sealed, published_at) VALUES ($1, $2, $3)");
    insert.bind(kid).bind(sealed).bind(now).run_one(c).await
}

/// Lets the key sign and retires those that did.
pub(crate) async fn activate(c: &mut Conn, kid: &str, now: Timestamp) -> Result<(), DbError> {
    sql("UPDATE signing_key SET retired_at = $2 WHERE kid <> $1 AND activated_at IS NOT NULL AND retired_at IS NULL")
        .bind(kid)
        .bind(now)
        .run(c)
        .await?;
    let update = sql("UPDATE signing_key SET activated_at = $2 WHERE kid = $1 AND activated_at IS NULL");
    update.bind(kid).bind(now).run(c).await.map(drop)
}

/// Forgets the key.
pub(crate) async fn remove(c: &mut Conn, kid: &str) -> Result<(), DbError> {
    sql("DELETE FROM signing_key WHERE kid = $1").bind(kid).run(c).await.map(drop)
}
