//! Failed logins per typed address.

use crate::domain::lockout::Throttle;
use base::Timestamp;
use db::{Conn, DbError, FromRow, Row, sql};

impl FromRow for Throttle {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            failures: row.get("failures")?,
            last_failure_at: row.get("last_failure_at")?,
            locked_until: row.get("locked_until")?,
        })
    }
}

/// The failures at the address.
pub(crate) async fn find(c: &mut Conn, address_hash: [u8; 32]) -> Result<Option<Throttle>, DbError> {
    sql("SELECT failures, last_failure_at, locked_until FROM login_throttle WHERE address_hash = $1")
        .bind(address_hash.as_slice())
        .opt(c)
        .await
}

/// Stores `after` if the failures are still as they were `before`; `false` if somebody else
/// failed in the meantime.
pub(crate) async fn replace(
    c: &mut Conn,
    address_hash: [u8; 32],
    before: Option<&Throttle>,
    after: &Throttle,
) -> Result<bool, DbError> {
    let statement = match before {
        None => sql("INSERT INTO login_throttle (address_hash, failures, last_failure_at, locked_until)
             VALUES ($1, $2, $3, $4) ON CONFLICT (address_hash) DO NOTHING"),
        Some(_) => sql("UPDATE login_throttle SET failures = $2, last_failure_at = $3, locked_until = $4
             WHERE address_hash = $1"),
    };
    let statement = statement
        .bind(address_hash.as_slice())
        .bind(after.failures)
        .bind(after.last_failure_at)
        .bind(after.locked_until);
    let statement = match before {
        None => statement,
        Some(before) => statement.push(" AND failures = ").push_bind(before.failures),
    };
    Ok(statement.run(c).await? == 1)
}

/// Forgets the failures at the address.
pub(crate) async fn clear(c: &mut Conn, address_hash: [u8; 32]) -> Result<(), DbError> {
    let delete = sql("DELETE FROM login_throttle WHERE address_hash = $1");
    delete.bind(address_hash.as_slice()).run(c).await.map(drop)
}

/// Forgets failures before `before`.
pub(crate) async fn prune(c: &mut Conn, before: Timestamp) -> Result<u64, DbError> {
    sql("DELETE FROM login_throttle WHERE last_failure_at < $1").bind(before).run(c).await
}
