//! Networks from which logins fail at many addresses.

use base::Timestamp;
use db::{Conn, DbError, sql};

/// Notes that a login at the address failed from the network.
pub(crate) async fn note(
    c: &mut Conn,
    network: &str,
    address_hash: [u8; 32],
    at: Timestamp,
) -> Result<(), DbError> {
    sql("INSERT INTO login_source (network, address_hash, failed_at) VALUES ($1, $2, $3)
         ON CONFLICT (network, address_hash) DO UPDATE SET failed_at = excluded.failed_at")
    .bind(network)
    .bind(address_hash.as_slice())
    .bind(at)
    .run(c)
    .await
    .map(drop)
}

/// At how many addresses logins from the network failed since `since`.
pub(crate) async fn addresses(c: &mut Conn, network: &str, since: Timestamp) -> Result<i64, DbError> {
    sql("SELECT COUNT(*) FROM login_source WHERE network = $1 AND failed_at > $2")
        .bind(network)
        .bind(since)
        .scalar(c)
        .await
}

/// Blocks the network.
pub(crate) async fn block(c: &mut Conn, network: &str, until: Timestamp) -> Result<(), DbError> {
    sql("INSERT INTO login_block (network, blocked_until) VALUES ($1, $2)
         ON CONFLICT (network) DO UPDATE SET blocked_until = excluded.blocked_until")
    .bind(network)
    .bind(until)
    .run(c)
    .await
    .map(drop)
}

/// Until when the network is blocked, if it ever was.
pub(crate) async fn blocked_until(c: &mut Conn, network: &str) -> Result<Option<Timestamp>, DbError> {
    sql("SELECT MAX(blocked_until) FROM login_block WHERE network = $1").bind(network).scalar(c).await
}

/// Forgets failures before `failed_before` and blocks that ended before `now`.
pub(crate) async fn prune(c: &mut Conn, failed_before: Timestamp, now: Timestamp) -> Result<(), DbError> {
    sql("DELETE FROM login_source WHERE failed_at < $1").bind(failed_before).run(c).await?;
    sql("DELETE FROM login_block WHERE blocked_until < $1").bind(now).run(c).await.map(drop)
}
