//! Events about profiles and addresses (contracts §3.4).

use super::addresses::AddressType;
use super::messages::{EXCHANGE, SOURCE};
use crate::ids::{AddressId, ProfileId, UserId};
use crate::shared::Address;
use base::Timestamp;
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The profile part changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfileUpdated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The profile.
    pub profile_id: ProfileId,
    /// Dotted paths of the changed fields.
    pub updated_fields: Vec<String>,
    /// Name shown to other customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
    /// When.
    pub update_timestamp: Timestamp,
}

impl Message for UserProfileUpdated {
    const NAME: &'static str = "UserProfileUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.profile.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// An address was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAddressAdded {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The profile.
    pub profile_id: ProfileId,
    /// The address.
    pub address_id: AddressId,
    /// What it is for.
    pub address_type: AddressType,
    /// Whether it is the default for delivery.
    pub is_default_shipping: bool,
    /// Whether it is the default for the invoice.
    pub is_default_billing: bool,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The address as it is now.
    pub full_address: Address,
    /// When.
    pub add_timestamp: Timestamp,
}

impl Message for UserAddressAdded {
    const NAME: &'static str = "UserAddressAdded";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.address.added.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// An address was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAddressUpdated {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The profile.
    pub profile_id: ProfileId,
    /// The address.
    pub address_id: AddressId,
    /// Dotted paths of the changed fields.
    pub updated_fields: Vec<String>,
    /// The address as it is now.
    pub full_address: Address,
    /// When.
    pub update_timestamp: Timestamp,
}

impl Message for UserAddressUpdated {
    const NAME: &'static str = "UserAddressUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.address.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// An address was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserAddressDeleted {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The profile.
    pub profile_id: ProfileId,
    /// The address.
    pub address_id: AddressId,
    /// When.
    pub delete_timestamp: Timestamp,
}

impl Message for UserAddressDeleted {
    const NAME: &'static str = "UserAddressDeleted";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.address.deleted.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A default address was set or cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfileDefaultAddressChanged {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// The profile.
    pub profile_id: ProfileId,
    /// Default for delivery, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_shipping_address_id: Option<AddressId>,
    /// Default for the invoice, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_billing_address_id: Option<AddressId>,
    /// When.
    pub change_timestamp: Timestamp,
}

impl Message for UserProfileDefaultAddressChanged {
    const NAME: &'static str = "UserProfileDefaultAddressChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.address.default-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}
