//! Notes what staff do, and that they read what belongs to others (contracts §3.11, §5.1).

use api::audit::{AuditOutcome, AuditRecord};
use api::payment::PaymentAuditRecorded;
use api::shared::{Actor, ActorKind};
use auth::Caller;
use base::Result;
use db::Tx;
use events::outbox;

/// What staff did to which thing.
pub(crate) struct Deed<'a> {
    /// `payment.refund`, `payment.read`, …
    pub(crate) action: &'a str,
    /// `payment` or `refund`.
    pub(crate) resource_type: &'a str,
    pub(crate) resource_id: Option<String>,
    pub(crate) reason: Option<&'a str>,
}

/// Notes the deed if a person did it; services are known by their own records.
pub(crate) async fn note(tx: &mut Tx, caller: &Caller, deed: Deed<'_>) -> Result<()> {
    if caller.user().is_none() {
        return Ok(());
    }
    let record = AuditRecord {
        actor: actor(caller),
        action: deed.action.into(),
        resource_type: deed.resource_type.into(),
        resource_id: deed.resource_id,
        outcome: AuditOutcome::Success,
        reason: deed.reason.map(str::to_owned),
        before: None,
        after: None,
        ip_address: None,
        user_agent: None,
        recorded_at: tx.now(),
    };
    outbox::publish(tx, &PaymentAuditRecorded(record)).await.map(drop)
}

/// The caller in the form of the contract.
pub(crate) fn actor(caller: &Caller) -> Actor {
    match caller {
        Caller::User(user) if user.is_staff() => Actor::new(ActorKind::Admin, user.id),
        Caller::User(user) => Actor::new(ActorKind::User, user.id),
        Caller::Service(service) => Actor::new(ActorKind::Service, service.name()),
        Caller::Anonymous => Actor { kind: ActorKind::Customer, id: None },
    }
}
