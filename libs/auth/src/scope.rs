//! What services may ask of each other (contracts §5.3).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A right of a service, e.g. `inventory:reserve`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// The scope with this name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scopes of a space-separated list, as OAuth writes them (RFC 6749 §3.3).
    pub fn parse_list(text: &str) -> Vec<Scope> {
        text.split(' ').filter(|name| !name.is_empty()).map(|name| Scope::new(name.to_owned())).collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scopes the platform grants to a service by name, the base scopes among them; none for
/// names it does not know. `authz:query` and `audit:write` are granted on request, by the
/// operator; `notification:immediate` to nobody.
pub fn scopes_of_service(name: &str) -> &'static [&'static str] {
    GRANTS.iter().find(|(service, _)| *service == name).map_or(&[], |(_, scopes)| *scopes)
}

/// The names of all services and clients that have scopes.
pub fn services() -> impl Iterator<Item = &'static str> {
    GRANTS.iter().map(|(service, _)| *service)
}

/// The rows of contracts §5.3; every list but those of outsiders and the gateway ends with the
/// base scopes.
const GRANTS: &[(&str, &[&str])] = &[
    ("api-gateway", &["authz:bundle", "registry:read", "config:read", "logs:write"]),
    ("user-service", &["notification:send", "config:read", "registry:read", "registry:write", "logs:write"]),
    (
        "product-service",
        &[
            "inventory:read",
            "inventory:import",
            "authz:bundle",
            "config:read",
            "registry:read",
            "registry:write",
            "logs:write",
        ],
    ),
    ("inventory-service", OF_PLAIN_SERVICES),
    (
        "cart-service",
        &[
            "product:availability",
            "order:quote",
            "order:read",
            "authz:bundle",
            "config:read",
            "registry:read",
            "registry:write",
            "logs:write",
        ],
    ),
    (
        "order-service",
        &[
            "cart:checkout",
            "cart:read",
            "product:availability",
            "inventory:reserve",
            "payment:create",
            "payment:refund",
            "payment:capture",
            "user:address",
            "user:read",
            "authz:bundle",
            "config:read",
            "registry:read",
            "registry:write",
            "logs:write",
        ],
    ),
    (
        "payment-service",
        &["order:read", "authz:bundle", "config:read", "registry:read", "registry:write", "logs:write"],
    ),
    (
        "notification-service",
        &[
            "user:contact",
            "auth:claim",
            "authz:bundle",
            "config:read",
            "registry:read",
            "registry:write",
            "logs:write",
        ],
    ),
    (
        "audit-service",
        &[
            "security:directive",
            "user:read",
            "authz:bundle",
            "config:read",
            "registry:read",
            "registry:write",
            "logs:write",
        ],
    ),
    ("config-service", OF_PLAIN_SERVICES),
    ("discovery-service", OF_PLAIN_SERVICES),
    ("monitoring-service", OF_PLAIN_SERVICES),
    ("admin-tools", &["user:command"]),
    ("security-service", &["security:directive"]),
];

/// The policy bundle and the base scopes.
const OF_PLAIN_SERVICES: &[&str] =
    &["authz:bundle", "config:read", "registry:read", "registry:write", "logs:write"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The table of contracts §5.3, literally, for those it names one by one.
    const CONTRACT: &str = "\
| api-gateway | `authz:bundle registry:read config:read logs:write` |
| user-service | `config:read registry:read registry:write notification:send logs:write` |
| product-service | `inventory:read authz:bundle` + base |
| inventory-service | `authz:bundle` + base |
| cart-service | `product:availability authz:bundle` + base |
| order-service | `cart:checkout cart:read product:availability inventory:reserve payment:create payment:refund payment:capture user:address user:read authz:bundle` + base |
| payment-service | `order:read authz:bundle` + base |
| notification-service | `user:contact auth:claim authz:bundle` + base |
| audit-service | `security:directive user:read authz:bundle` + base |
";

    /// What the table lacks (docs/adr): a catalogue import counts stock; estimates ask for a
    /// quote, and locks that lead nowhere for their order.
    const ADDED: [(&str, &[&str]); 2] =
        [("product-service", &["inventory:import"]), ("cart-service", &["order:quote", "order:read"])];

    const BASE: [&str; 4] = ["config:read", "registry:read", "registry:write", "logs:write"];

    #[test]
    fn every_service_has_exactly_the_scopes_of_the_contract() {
        for row in CONTRACT.lines() {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let mut expected: BTreeSet<&str> = cells[1].split('`').nth(1).unwrap().split(' ').collect();
            if cells[1].ends_with("+ base") {
                expected.extend(BASE);
            }
            expected.extend(ADDED.iter().filter(|row| row.0 == cells[0]).flat_map(|row| row.1));
            let granted = scopes_of_service(cells[0]);
            assert_eq!(granted.iter().copied().collect::<BTreeSet<_>>(), expected, "{}", cells[0]);
            assert_eq!(granted.len(), expected.len(), "{} has a scope twice", cells[0]);
        }
    }

    #[test]
    fn plain_services_read_the_policy_and_outsiders_have_no_base_scopes() {
        for name in ["config-service", "discovery-service", "monitoring-service"] {
            assert_eq!(scopes_of_service(name).len(), 5, "{name}");
        }
        assert_eq!(scopes_of_service("security-service"), ["security:directive"]);
        assert_eq!(scopes_of_service("order-servic"), [""; 0]);
    }

    #[test]
    fn nobody_may_send_immediate_notifications_by_default() {
        assert!(services().all(|name| !scopes_of_service(name).contains(&"notification:immediate")));
    }

    #[test]
    fn a_list_of_scopes_is_split_at_spaces() {
        let names: Vec<String> = Scope::parse_list(" a:b  c:d ").iter().map(Scope::to_string).collect();
        assert_eq!(names, ["a:b", "c:d"]);
        assert!(Scope::parse_list("").is_empty());
    }
}
