//! Which role grants which permissions: the bundle served at `/internal/auth/policy-bundle`.

use crate::permission::{Permission, Permissions};
use crate::role::Role;
use base::keys::{hex, sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Roles × permissions. Deny by default: a role the bundle does not list grants nothing.
///
/// On the wire `{"roles": {"finance": ["order:read", …], …}}`. Its default is the table of
/// contracts §5.1; user-service builds others from its tables when operators add roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyBundle {
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    roles: BTreeMap<String, Permissions>,
}

impl PolicyBundle {
    /// The union of what `roles` grant.
    pub fn permissions_of<R: AsRef<str>>(&self, roles: impl IntoIterator<Item = R>) -> Permissions {
        let granted = roles.into_iter().filter_map(|role| self.roles.get(role.as_ref()));
        granted.fold(Permissions::NONE, |all, permissions| all.union(*permissions))
    }

    /// The names of its roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// A strong entity tag, without quotes, that differs whenever the content does.
    pub fn etag(&self) -> String {
        let content = serde_json::to_vec(self).expect("a map of texts is valid JSON");
        hex(&sha256(&content)[..12])
    }
}

/// Pairs of role and permission name, as tables hold them. Unknown permissions only make the role
/// known; a role without permissions is listed by the pair with an empty name.
impl<R: Into<String>, P: AsRef<str>> FromIterator<(R, P)> for PolicyBundle {
    fn from_iter<I: IntoIterator<Item = (R, P)>>(pairs: I) -> Self {
        let mut roles = BTreeMap::<String, Permissions>::new();
        for (role, permission) in pairs {
            let granted = roles.entry(role.into()).or_default();
            if let Ok(permission) = permission.as_ref().parse() {
                granted.insert(permission);
            }
        }
        Self { roles }
    }
}

impl Default for PolicyBundle {
    fn default() -> Self {
        let mut roles: BTreeMap<String, Permissions> =
            Role::ALL.iter().map(|role| (role.to_string(), Permissions::NONE)).collect();
        for (permissions, holders) in TABLE {
            for role in holders.iter().chain(&[Role::SuperAdmin]) {
                let granted = roles.entry(role.to_string()).or_default();
                *granted = granted.union(permissions.iter().copied().collect());
            }
        }
        Self { roles }
    }
}

/// The rows of contracts §5.1; `super_admin` has all of them and is left out.
///
/// `order:update-status` of `fulfillment_specialist` covers only PROCESSING, SHIPPED and
/// DELIVERED, see [`crate::User::may_set_order_status`].
const TABLE: &[(&[Permission], &[Role])] = {
    use Permission as P;
    use Role::{
        Admin, CatalogManager, Finance, FulfillmentSpecialist, InventoryManager, MarketingManager,
        SecurityOfficer, SupportAgent,
    };
    &[
        (&[P::UserList, P::UserRead], &[SupportAgent, SecurityOfficer, Admin]),
        (&[P::UserCreate, P::UserUpdate], &[Admin]),
        (&[P::UserStatus], &[SecurityOfficer, Admin]),
        (&[P::UserDelete, P::UserPrivacy], &[Admin]),
        (&[P::RoleManage], &[]),
        (&[P::ProductWrite, P::ReviewModerate], &[CatalogManager, Admin]),
        (&[P::ProductPublish, P::PriceWrite], &[CatalogManager, Admin]),
        (&[P::DiscountWrite], &[CatalogManager, MarketingManager, Admin]),
        (
            &[P::InventoryRead],
            &[SupportAgent, CatalogManager, InventoryManager, FulfillmentSpecialist, Admin],
        ),
        (&[P::InventoryWrite], &[InventoryManager, Admin]),
        (&[P::OrderRead], &[SupportAgent, FulfillmentSpecialist, Finance, SecurityOfficer, Admin]),
        (&[P::OrderUpdate], &[SupportAgent, Admin]),
        (&[P::OrderUpdateStatus], &[FulfillmentSpecialist, Admin]),
        (&[P::OrderCancel], &[SupportAgent, Admin]),
        (&[P::ShipmentWrite], &[FulfillmentSpecialist, Admin]),
        (&[P::ReturnManage], &[SupportAgent, FulfillmentSpecialist, Admin]),
        (&[P::PaymentRead], &[SupportAgent, Finance, Admin]),
        (&[P::PaymentRefund, P::PaymentCapture, P::PaymentDispute], &[Finance, Admin]),
        (&[P::NotificationSend, P::NotificationLog], &[SupportAgent, MarketingManager, Admin]),
        (&[P::NotificationTemplate], &[MarketingManager, Admin]),
        (&[P::WebhookManage, P::ConfigWrite, P::DlqManage], &[Admin]),
        (&[P::AuditRead, P::SecurityManage], &[SecurityOfficer]),
        (&[P::MonitoringRead], &[SecurityOfficer, Admin]),
        (&[P::MonitoringWrite], &[Admin]),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of contracts §5.1, literally.
    const CONTRACT: &str = "\
| Permission | cu | su | cm | im | fs | fi | mk | so | ad | sa |
|---|---|---|---|---|---|---|---|---|---|---|
| own data (see above) | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| `user:list`, `user:read` |  | ✓ |  |  |  |  |  | ✓ | ✓ | ✓ |
| `user:create`, `user:update` |  |  |  |  |  |  |  |  | ✓ | ✓ |
| `user:status` (suspend, deactivate, reactivate) |  |  |  |  |  |  |  | ✓ | ✓ | ✓ |
| `user:delete`, `user:privacy` |  |  |  |  |  |  |  |  | ✓ | ✓ |
| `role:manage` |  |  |  |  |  |  |  |  |  | ✓ |
| `product:write`, `review:moderate` |  |  | ✓ |  |  |  |  |  | ✓ | ✓ |
| `product:publish`, `price:write` |  |  | ✓ |  |  |  |  |  | ✓ | ✓ |
| `discount:write` |  |  | ✓ |  |  |  | ✓ |  | ✓ | ✓ |
| `inventory:read` |  | ✓ | ✓ | ✓ | ✓ |  |  |  | ✓ | ✓ |
| `inventory:write` |  |  |  | ✓ |  |  |  |  | ✓ | ✓ |
| `order:read` |  | ✓ |  |  | ✓ | ✓ |  | ✓ | ✓ | ✓ |
| `order:update` (address, notes) |  | ✓ |  |  |  |  |  |  | ✓ | ✓ |
| `order:update-status`: fs only PROCESSING, SHIPPED, DELIVERED |  |  |  |  | ✓ |  |  |  | ✓ | ✓ |
| `order:cancel` |  | ✓ |  |  |  |  |  |  | ✓ | ✓ |
| `shipment:write` |  |  |  |  | ✓ |  |  |  | ✓ | ✓ |
| `return:manage` |  | ✓ |  |  | ✓ |  |  |  | ✓ | ✓ |
| `payment:read` |  | ✓ |  |  |  | ✓ |  |  | ✓ | ✓ |
| `payment:refund`, `payment:capture`, `payment:dispute` |  |  |  |  |  | ✓ |  |  | ✓ | ✓ |
| `notification:send`, `notification:log` |  | ✓ |  |  |  |  | ✓ |  | ✓ | ✓ |
| `notification:template` |  |  |  |  |  |  | ✓ |  | ✓ | ✓ |
| `webhook:manage`, `config:write`, `dlq:manage` |  |  |  |  |  |  |  |  | ✓ | ✓ |
| `audit:read`, `security:manage` |  |  |  |  |  |  |  | ✓ |  | ✓ |
| `monitoring:read` |  |  |  |  |  |  |  | ✓ | ✓ | ✓ |
| `monitoring:write` |  |  |  |  |  |  |  |  | ✓ | ✓ |
";

    const COLUMNS: [Role; 10] = Role::ALL;

    /// The permissions in the first cell of a row: what stands between backquotes.
    fn permissions_in(cell: &str) -> Vec<Permission> {
        cell.split('`').skip(1).step_by(2).map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn every_role_has_exactly_the_permissions_of_the_contract() {
        let bundle = PolicyBundle::default();
        let mut seen = Permissions::NONE;
        for row in CONTRACT.lines().skip(3) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            for permission in permissions_in(cells[0]) {
                seen.insert(permission);
                for (role, cell) in COLUMNS.iter().zip(&cells[1..]) {
                    let granted = bundle.permissions_of([role.as_str()]).contains(permission);
                    assert_eq!(granted, cell.trim() == "✓", "{role} × {permission}");
                }
            }
        }
        assert!(Permission::all().all(|permission| seen.contains(permission)), "the contract lists them all");
    }

    #[test]
    fn rights_are_the_union_over_roles_and_unknown_roles_grant_nothing() {
        let bundle = PolicyBundle::default();
        let both = bundle.permissions_of(["finance", "marketing_manager", "emperor", ""]);
        assert!(both.contains(Permission::PaymentRefund) && both.contains(Permission::NotificationTemplate));
        assert!(!both.contains(Permission::UserRead));
        assert!(bundle.permissions_of(["customer", "Admin", "admin "]).is_empty());
        assert!(
            bundle.permissions_of(["super_admin"]).covers(bundle.permissions_of(Role::ALL.map(Role::as_str)))
        );
    }

    #[test]
    fn a_bundle_survives_the_wire_and_its_tag_changes_with_its_content() {
        let bundle = PolicyBundle::default();
        let text = serde_json::to_string(&bundle).unwrap();
        assert!(text.contains(r#""finance":["order:read","payment:read","payment:refund""#), "{text}");
        let back: PolicyBundle = serde_json::from_str(&text).unwrap();
        assert_eq!(back, bundle);
        assert_eq!(back.etag(), bundle.etag());
        let fewer: PolicyBundle = [("finance", "order:read")].into_iter().collect();
        assert_ne!(fewer.etag(), bundle.etag());
    }

    #[test]
    fn a_permission_of_a_newer_version_is_ignored_and_grants_nothing() {
        let text = r#"{"roles":{"oracle":["future:read","order:read"],"empty":[]}}"#;
        let bundle: PolicyBundle = serde_json::from_str(text).unwrap();
        let granted: Vec<Permission> = bundle.permissions_of(["oracle"]).iter().collect();
        assert_eq!(granted, [Permission::OrderRead]);
        assert_eq!(bundle.roles().collect::<Vec<_>>(), ["empty", "oracle"]);
    }

    #[test]
    fn operators_roles_come_from_rows() {
        let rows = [("vip_care", "order:read"), ("vip_care", "no:such"), ("newcomer", "")];
        let bundle: PolicyBundle = rows.into_iter().collect();
        assert!(bundle.permissions_of(["vip_care"]).contains(Permission::OrderRead));
        assert!(bundle.permissions_of(["newcomer"]).is_empty());
        assert_eq!(bundle.roles().count(), 2);
    }
}
