//! Events about accounts and roles (contracts §3.4); profile and address events are in
//! `profile_messages`, sign-in events in `auth_messages`.

use super::account::{DeactivationReason, UserSource, UserStatus};
use crate::ids::UserId;
use crate::shared::Actor;
use base::Timestamp;
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The exchange of all user events.
pub(super) const EXCHANGE: &str = "user.events";
/// Their publisher.
pub(super) const SOURCE: &str = "UserService";

/// An account as events carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserSnapshot {
    /// Mail address.
    pub email: String,
    /// Whether it is proven.
    pub email_verified: bool,
    /// Chosen name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Name shown to other customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
    /// Whether advertising mail is wanted.
    pub marketing_consent: bool,
    /// State.
    pub status: UserStatus,
}

/// An account exists, whatever the path: the signal to copy data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserCreated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// Chosen name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// State.
    pub status: UserStatus,
    /// Names of the roles.
    pub roles: Vec<String>,
    /// How the account came to be.
    pub source: UserSource,
    /// BCP 47.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
    /// Whether advertising mail is wanted.
    pub marketing_consent: bool,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl Message for UserCreated {
    const NAME: &'static str = "UserCreated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.created.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A person signed up by themselves: the signal to welcome them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// Chosen name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// State.
    pub status: UserStatus,
    /// How the account came to be.
    pub source: UserSource,
    /// When they signed up.
    pub registration_timestamp: Timestamp,
}

impl Message for UserRegistered {
    const NAME: &'static str = "UserRegistered";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.registered.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// The address is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEmailVerified {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// When the address was proven.
    pub verification_timestamp: Timestamp,
}

impl Message for UserEmailVerified {
    const NAME: &'static str = "UserEmailVerified";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.email-verified.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// Account, profile, contact or consent changed (superset).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserUpdated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Dotted paths of the changed fields.
    pub updated_fields: Vec<String>,
    /// The account after the change.
    pub snapshot: UserSnapshot,
    /// Who did it.
    pub changed_by: Actor,
    /// When.
    pub update_timestamp: Timestamp,
}

impl Message for UserUpdated {
    const NAME: &'static str = "UserUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A new address is proven and in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEmailChanged {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address until then.
    pub previous_email: String,
    /// Mail address at that moment.
    pub email: String,
    /// When.
    pub change_timestamp: Timestamp,
}

impl Message for UserEmailChanged {
    const NAME: &'static str = "UserEmailChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.email-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// Any transition of contracts §6.1 (superset).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAccountStatusChanged {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// State before.
    pub previous_status: UserStatus,
    /// State after.
    pub new_status: UserStatus,
    /// Code of the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Text of the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it.
    pub changed_by: Actor,
    /// When.
    pub change_timestamp: Timestamp,
}

impl Message for UserAccountStatusChanged {
    const NAME: &'static str = "UserAccountStatusChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.status-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// The account is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDeactivated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// Why.
    pub reason: DeactivationReason,
    /// Notes, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_notes: Option<String>,
    /// Who did it.
    pub changed_by: Actor,
    /// When.
    pub deactivated_at: Timestamp,
}

impl Message for UserDeactivated {
    const NAME: &'static str = "UserDeactivated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.deactivated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A closed account is open again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserReactivated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// Who did it.
    pub changed_by: Actor,
    /// When.
    pub reactivated_at: Timestamp,
}

impl Message for UserReactivated {
    const NAME: &'static str = "UserReactivated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.account.reactivated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A role was given to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRoleAssigned {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The role.
    pub role_id: Uuid,
    /// Its name.
    pub role_name: String,
    /// Who did it.
    pub assigned_by: Actor,
    /// Version of the user's rights from now on: tokens with a lower `pv` are stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_version: Option<i64>,
    /// When.
    pub assignment_timestamp: Timestamp,
}

impl Message for UserRoleAssigned {
    const NAME: &'static str = "UserRoleAssigned";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.role.assigned.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.role_id.to_string()
    }
}

/// A role was taken from a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRoleRemoved {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The role.
    pub role_id: Uuid,
    /// Its name.
    pub role_name: String,
    /// Who did it.
    pub removed_by: Actor,
    /// Version of the user's rights from now on: tokens with a lower `pv` are stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_version: Option<i64>,
    /// When.
    pub removal_timestamp: Timestamp,
}

impl Message for UserRoleRemoved {
    const NAME: &'static str = "UserRoleRemoved";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.role.removed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.role_id.to_string()
    }
}
