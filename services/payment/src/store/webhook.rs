//! Table `webhook_event`.

use crate::providers::Notice;
use api::ids::kind;
use base::{Id, Timestamp};
use db::{Conn, DbError, sql};

/// Stores an event. `false` when it was stored before.
pub(crate) async fn insert(
    c: &mut Conn,
    gateway: &str,
    notice: &Notice,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted =
        sql("INSERT INTO webhook_event (id, gateway, provider_event_id, type, object_id, received_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING")
        .bind(Id::<kind::Payment>::new().uuid())
        .bind(gateway)
        .bind(&notice.event_id)
        .bind(&notice.event_type)
        .bind(notice.object.id())
        .bind(now)
        .run(c)
        .await?;
    Ok(inserted == 1)
}

/// Forgets events that came before `before`, at most `limit`; answers how many.
pub(crate) async fn forget(c: &mut Conn, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    sql("DELETE FROM webhook_event WHERE id IN (SELECT id FROM webhook_event WHERE received_at < $1 LIMIT $2)")
        .bind(before)
        .bind(limit)
        .run(c)
        .await
}
