//! The ten roles the platform brings along (contracts §5.1).
//!
//! Operators may add roles of their own, so a user's roles travel as names; this enum is for the
//! roles that code speaks of.

use crate::permission::UnknownName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A role every installation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Every account has it; it grants no permission, own data is a matter of ownership.
    Customer,
    /// Helps customers.
    SupportAgent,
    /// Keeps products, prices and reviews.
    CatalogManager,
    /// Keeps stock.
    InventoryManager,
    /// Packs and ships.
    FulfillmentSpecialist,
    /// Refunds, captures, answers disputes.
    Finance,
    /// Discounts, templates, campaigns.
    MarketingManager,
    /// Watches and blocks.
    SecurityOfficer,
    /// Runs the shop.
    Admin,
    /// The system role that also manages roles; cannot be deleted or emptied.
    SuperAdmin,
}

impl Role {
    /// All of them, in the order of contracts §5.1.
    pub const ALL: [Role; 10] = [
        Role::Customer,
        Role::SupportAgent,
        Role::CatalogManager,
        Role::InventoryManager,
        Role::FulfillmentSpecialist,
        Role::Finance,
        Role::MarketingManager,
        Role::SecurityOfficer,
        Role::Admin,
        Role::SuperAdmin,
    ];

    /// The wire name, e.g. `support_agent`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Customer => "customer",
            Role::SupportAgent => "support_agent",
            Role::CatalogManager => "catalog_manager",
            Role::InventoryManager => "inventory_manager",
            Role::FulfillmentSpecialist => "fulfillment_specialist",
            Role::Finance => "finance",
            Role::MarketingManager => "marketing_manager",
            Role::SecurityOfficer => "security_officer",
            Role::Admin => "admin",
            Role::SuperAdmin => "super_admin",
        }
    }

    /// Whether it is a role of staff, which needs a second factor and has shorter sessions.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Role::Customer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name_everywhere() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn everyone_but_customers_is_staff() {
        let staff: Vec<Role> = Role::ALL.into_iter().filter(|role| role.is_staff()).collect();
        assert_eq!(staff, Role::ALL[1..]);
    }
}
