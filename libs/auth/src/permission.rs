//! The permissions of contracts §5.1, and sets of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A right over things that are not one's own. Own data is a matter of ownership, not of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each name is its wire name, and contracts §5.1 says what it grants")]
pub enum Permission {
    UserList,
    UserRead,
    UserCreate,
    UserUpdate,
    UserStatus,
    UserDelete,
    UserPrivacy,
    RoleManage,
    ProductWrite,
    ReviewModerate,
    ProductPublish,
    PriceWrite,
    DiscountWrite,
    InventoryRead,
    InventoryWrite,
    OrderRead,
    OrderUpdate,
    OrderUpdateStatus,
    OrderCancel,
    ShipmentWrite,
    ReturnManage,
    PaymentRead,
    PaymentRefund,
    PaymentCapture,
    PaymentDispute,
    NotificationSend,
    NotificationLog,
    NotificationTemplate,
    WebhookManage,
    ConfigWrite,
    DlqManage,
    AuditRead,
    SecurityManage,
    MonitoringRead,
    MonitoringWrite,
}

/// Every permission with its wire name, in the order of the enum.
const NAMES: [(Permission, &str); 35] = [
    (Permission::UserList, "user:list"),
    (Permission::UserRead, "user:read"),
    (Permission::UserCreate, "user:create"),
    (Permission::UserUpdate, "user:update"),
    (Permission::UserStatus, "user:status"),
    (Permission::UserDelete, "user:delete"),
    (Permission::UserPrivacy, "user:privacy"),
    (Permission::RoleManage, "role:manage"),
    (Permission::ProductWrite, "product:write"),
    (Permission::ReviewModerate, "review:moderate"),
    (Permission::ProductPublish, "product:publish"),
    (Permission::PriceWrite, "price:write"),
    (Permission::DiscountWrite, "discount:write"),
    (Permission::InventoryRead, "inventory:read"),
    (Permission::InventoryWrite, "inventory:write"),
    (Permission::OrderRead, "order:read"),
    (Permission::OrderUpdate, "order:update"),
    (Permission::OrderUpdateStatus, "order:update-status"),
    (Permission::OrderCancel, "order:cancel"),
    (Permission::ShipmentWrite, "shipment:write"),
    (Permission::ReturnManage, "return:manage"),
    (Permission::PaymentRead, "payment:read"),
    (Permission::PaymentRefund, "payment:refund"),
    (Permission::PaymentCapture, "payment:capture"),
    (Permission::PaymentDispute, "payment:dispute"),
    (Permission::NotificationSend, "notification:send"),
    (Permission::NotificationLog, "notification:log"),
    (Permission::NotificationTemplate, "notification:template"),
    (Permission::WebhookManage, "webhook:manage"),
    (Permission::ConfigWrite, "config:write"),
    (Permission::DlqManage, "dlq:manage"),
    (Permission::AuditRead, "audit:read"),
    (Permission::SecurityManage, "security:manage"),
    (Permission::MonitoringRead, "monitoring:read"),
    (Permission::MonitoringWrite, "monitoring:write"),
];

impl Permission {
    /// All permissions.
    pub fn all() -> impl Iterator<Item = Permission> {
        NAMES.iter().map(|(permission, _)| *permission)
    }

    /// The wire name, e.g. `product:write`.
    pub const fn as_str(self) -> &'static str {
        NAMES[self as usize].1
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a permission or role that the code knows.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown name")
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Permission {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        NAMES.iter().find(|(_, name)| *name == text).map(|(permission, _)| *permission).ok_or(UnknownName)
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(|_| serde::de::Error::custom(format!("{name:?} is not a permission")))
    }
}

/// A set of permissions; on the wire a list of names, of which unknown ones are left out:
/// nothing in this process asks for them, so leaving them out grants nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    /// No permission at all.
    pub const NONE: Permissions = Permissions(0);

    const fn bit(permission: Permission) -> u64 {
        1 << permission as u64
    }

    /// Adds one.
    pub fn insert(&mut self, permission: Permission) {
        self.0 |= Self::bit(permission);
    }

    /// Whether it is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// Those in either set.
    #[must_use]
    pub const fn union(self, other: Permissions) -> Permissions {
        Permissions(self.0 | other.0)
    }

    /// Whether every one of `other` is here too, as granting a role demands (contracts §5.1).
    pub const fn covers(self, other: Permissions) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other, in the order of contracts §5.1.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::all().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| Self(set.0 | Self::bit(permission)))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| name.parse::<Permission>().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_stand_in_the_order_of_the_enum() {
        for (index, permission) in Permission::all().enumerate() {
            assert_eq!(permission as usize, index);
            assert_eq!(permission.as_str().parse(), Ok(permission));
        }
        assert_eq!("product:writ".parse::<Permission>(), Err(UnknownName));
        assert_eq!("Product:Write".parse::<Permission>(), Err(UnknownName));
    }

    #[test]
    fn a_set_knows_what_is_in_it() {
        let set: Permissions = [Permission::MonitoringWrite, Permission::UserList].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Permission::UserList, Permission::MonitoringWrite]);
        assert!(set.covers(Permissions::NONE) && set.covers(set));
        assert!(!set.covers(set.union([Permission::UserRead].into_iter().collect())));
        assert_eq!(format!("{set:?}"), r#"{"user:list", "monitoring:write"}"#);
    }
}
