//! Audit records (contracts §3.11): what any service publishes to `audit.events`.
//!
//! A message type names its publisher, so each service wraps [`AuditRecord`] in a message of its
//! own called `AuditRecorded` (see `user::UserAuditRecorded`).

use crate::shared::Actor;
use base::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The exchange of audit records.
pub const EXCHANGE: &str = "audit.events";
/// Their routing key.
pub const ROUTING_KEY: &str = "audit.record.created.v1";

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
