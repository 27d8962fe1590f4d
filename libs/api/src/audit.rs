//! Audit records (contracts §3.11): what any service publishes to `audit.events`, and the one way
//! to write them: [`AuditRecorded::note`] for what people do, [`AuditRecorded::write`] for the rest.

use crate::shared::{Actor, ActorKind};
use auth::Caller;
use base::{Result, Timestamp};
use db::Tx;
use events::{Message, outbox};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::marker::PhantomData;

/// The most bytes `before` and `after` have, each.
const MAX_STATE_BYTES: usize = 16 * 1024;

/// The most characters of a reason.
const MAX_REASON: usize = 500;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AuditOutcome {
    /// Done.
    Success,
    /// Refused.
    Denied,
    /// Tried and failed.
    Failure,
}

/// Somebody did, or tried to do, something that must be explainable later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// Who.
    pub actor: Actor,
    /// What, as `<thing>.<verb>`, e.g. `user.read`.
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Why, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The thing before, without secrets, ≤ 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Map<String, Value>>,
    /// The thing after, without secrets, ≤ 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Map<String, Value>>,
    /// Client address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Client text, ≤ 512 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When.
    pub recorded_at: Timestamp,
}

/// A service that publishes audit records. A message type names its publisher, so each has a type.
pub trait Publisher: Send + Sync + 'static {
    /// `sourceService` of its messages.
    const SOURCE: &'static str;
}

/// The audit record of the service `P`, see `order::OrderAuditRecorded`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct AuditRecorded<P>(pub AuditRecord, #[serde(skip)] PhantomData<P>);

impl<P: Publisher> Message for AuditRecorded<P> {
    const NAME: &'static str = "AuditRecorded";
    const EXCHANGE: &'static str = "audit.events";
    const ROUTING_KEY: &'static str = "audit.record.created.v1";
    const SOURCE: &'static str = P::SOURCE;

    fn partition_key(&self) -> String {
        self.0.resource_id.clone().unwrap_or_else(|| self.0.resource_type.clone())
    }
}

impl<P> JsonSchema for AuditRecorded<P> {
    fn schema_name() -> Cow<'static, str> {
        "AuditRecorded".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        AuditRecord::json_schema(generator)
    }
}

impl<P: Publisher> AuditRecorded<P> {
    /// Notes the deed if a person did it; services are known by the records of whoever asked them.
    ///
    /// # Errors
    /// Those of the outbox.
    pub async fn note(tx: &mut Tx, caller: &Caller, deed: Deed) -> Result<()> {
        match caller {
            Caller::User(_) => Self::write(tx, caller.into(), deed).await,
            Caller::Service(_) | Caller::Anonymous => Ok(()),
        }
    }

    /// Writes the record of a deed, whoever did it.
    ///
    /// # Errors
    /// Those of the outbox.
    pub async fn write(tx: &mut Tx, actor: Actor, deed: Deed) -> Result<()> {
        let here = base::context::current();
        let record = AuditRecord {
            actor,
            action: deed.action,
            resource_type: deed.resource_type,
            resource_id: deed.resource_id,
            outcome: deed.outcome,
            reason: deed.reason,
            before: deed.before,
            after: deed.after,
            ip_address: here.client_address.map(|address| address.to_string()),
            user_agent: here.client_agent.map(|agent| agent.to_string()),
            recorded_at: tx.now(),
        };
        outbox::publish(tx, &Self(record, PhantomData)).await.map(drop)
    }
}

/// What was done, or tried, to which thing.
#[derive(Clone, Debug)]
#[must_use]
pub struct Deed {
    action: String,
    resource_type: String,
    resource_id: Option<String>,
    outcome: AuditOutcome,
    reason: Option<String>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl Deed {
    /// `action` (`product.update`) was done to a thing of this type.
    pub fn new(action: impl Into<String>, resource_type: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource_type: resource_type.into(),
            resource_id: None,
            outcome: AuditOutcome::Success,
            reason: None,
            before: None,
            after: None,
        }
    }

    /// To this one.
    pub fn to(self, id: impl ToString) -> Self {
        Self { resource_id: Some(id.to_string()), ..self }
    }

    /// It ended like this.
    pub fn ended(self, outcome: AuditOutcome) -> Self {
        Self { outcome, ..self }
    }

    /// For this reason, if one is known; longer ones are cut.
    pub fn because(self, reason: Option<&str>) -> Self {
        Self { reason: reason.map(|reason| reason.chars().take(MAX_REASON).collect()), ..self }
    }

    /// The thing was like `before` and is like `after`: of two states only what differs is kept.
    /// A state that is too large for a record is left out.
    pub fn changed(self, before: Option<&impl Serialize>, after: Option<&impl Serialize>) -> Self {
        let (mut before, mut after) = (before.and_then(state), after.and_then(state));
        if let (Some(before), Some(after)) = (&mut before, &mut after) {
            let same: Vec<String> = before
                .iter()
                .filter(|(name, value)| after.get(*name) == Some(value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in &same {
                before.remove(name);
                after.remove(name);
            }
        }
        Self { before: before.filter(fits), after: after.filter(fits), ..self }
    }
}

fn state(thing: &impl Serialize) -> Option<Map<String, Value>> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

fn fits(state: &Map<String, Value>) -> bool {
    serde_json::to_vec(state).is_ok_and(|bytes| bytes.len() <= MAX_STATE_BYTES)
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        match caller {
            Caller::Anonymous => Actor { kind: ActorKind::Customer, id: None },
            Caller::User(user) if user.is_staff() => Actor::new(ActorKind::Admin, user.id),
            Caller::User(user) => Actor::new(ActorKind::User, user.id),
            Caller::Service(service) => Actor::new(ActorKind::Service, service.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth::ServiceIdentity;
    use serde_json::json;

    #[test]
    fn an_actor_is_named_by_kind_and_id() {
        let json = |caller: Caller| serde_json::to_value(Actor::from(&caller)).unwrap();
        assert_eq!(json(Caller::Anonymous), json!({ "type": "CUSTOMER" }));
        let service = Caller::Service(ServiceIdentity::of_service("cart-service"));
        assert_eq!(json(service), json!({ "type": "SERVICE", "id": "cart-service" }));
    }

    #[test]
    fn of_two_states_only_what_differs_is_kept() {
        let (before, after) = (json!({"name": "A", "sku": "1"}), json!({"name": "B", "sku": "1"}));
        let deed = Deed::new("product.update", "product").changed(Some(&before), Some(&after));
        assert_eq!(
            serde_json::to_value((deed.before, deed.after)).unwrap(),
            json!([{"name": "A"}, {"name": "B"}])
        );
        let made = Deed::new("product.create", "product").changed(None::<&Value>, Some(&after));
        assert_eq!((made.before, made.after.unwrap().len()), (None, 2));
    }

    #[test]
    fn a_state_too_large_for_a_record_is_left_out_and_a_long_reason_is_cut() {
        let large = json!({"text": "x".repeat(MAX_STATE_BYTES)});
        let deed = Deed::new("product.create", "product").changed(None::<&Value>, Some(&large));
        assert_eq!(deed.after, None);
        let deed = deed.because(Some(&"é".repeat(600)));
        assert_eq!(deed.reason.unwrap().chars().count(), MAX_REASON);
    }
}
