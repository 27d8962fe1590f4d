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
