//! Notes what staff do, and that they read what belongs to others (contracts §3.11, §5.1).

use api::audit::{AuditOutcome, AuditRecord};
use api::notification::NotificationAuditRecorded;
use api::shared::{Actor, ActorKind};
use auth::Caller;
use base::Result;
use db::Tx;
use events::outbox;

/// Notes `action` on a thing if a person did it; services are known by their own records.
pub(super) async fn note(
    tx: &mut Tx,
    caller: &Caller,
    action: &str,
    kind: &str,
    id: impl ToString,
) -> Result<()> {
    let Some(user) = caller.user() else { return Ok(()) };
    let record = AuditRecord {
        actor: Actor::new(ActorKind::Admin, user.id),
        action: action.to_owned(),
        resource_type: kind.to_owned(),
        resource_id: Some(id.to_string()),
        outcome: AuditOutcome::Success,
        reason: None,
        before: None,
        after: None,
        ip_address: None,
        user_agent: None,
        recorded_at: tx.now(),
    };
    outbox::publish(tx, &NotificationAuditRecorded(record)).await.map(drop)
}
