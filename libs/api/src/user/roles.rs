//! Roles and rights as clients and neighbours see them (contracts §5.1).

use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// A role and what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its id.
    pub id: Uuid,
    /// Its name, e.g. `support_agent`.
    pub name: String,
    /// Whether it is part of the platform and cannot be removed.
    pub system: bool,
    /// What it allows, e.g. `user:read`.
    pub permissions: BTreeSet<String>,
}

/// The roles a user is to have, all of them; `customer` is always kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetRoles {
    /// Ids of the roles.
    pub role_ids: Vec<Uuid>,
}

/// Asks whether a user has all of these permissions now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckPermissions {
    /// The account.
    pub user_id: UserId,
    /// 1–50 names of permissions.
    pub required_permissions: Vec<String>,
    /// For the caller's own log; no rule reads it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub resource_context: Option<Map<String, Value>>,
}

/// The answer, at this moment and from the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionsChecked {
    /// Whether all are granted.
    pub granted: bool,
    /// Each permission asked for.
    pub checked_permissions: BTreeMap<String, bool>,
}
