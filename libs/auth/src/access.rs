//! What a route demands of its caller, in the caller codes of contracts §4.1.

use crate::caller::Caller;
use crate::permission::Permission;
use base::{Error, Result};
use std::fmt;

/// Who may use a route. Built as a constant; anyone it does not name is refused.
///
/// ```
/// use auth::{Access, Permission};
/// const GET_ORDER: Access = Access::customer().or_staff(Permission::OrderRead).or_service("order:read");
/// assert_eq!(GET_ORDER.to_string(), "O, A[order:read], S[order:read]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    everyone: bool,
    customer: bool,
    guest: bool,
    staff: Option<Permission>,
    service: Option<&'static str>,
}

impl Access {
    const NOBODY: Access =
        Access { everyone: false, customer: false, guest: false, staff: None, service: None };

    /// Anyone (P).
    pub const fn public() -> Self {
        Access { everyone: true, ..Self::NOBODY }
    }

    /// Any signed-in user (C, or O when others are named too); the operation checks ownership.
    pub const fn customer() -> Self {
        Access { customer: true, ..Self::NOBODY }
    }

    /// Staff with the permission (A).
    pub const fn staff(permission: Permission) -> Self {
        Access { staff: Some(permission), ..Self::NOBODY }
    }

    /// Services with the scope (S).
    pub const fn service(scope: &'static str) -> Self {
        Access { service: Some(scope), ..Self::NOBODY }
    }

    /// Also guests, whose cart token or order link the operation checks.
    #[must_use]
    pub const fn guest(self) -> Self {
        assert!(self.customer, "guests are customers without an account");
        Access { guest: true, ..self }
    }

    /// Also staff with the permission.
    #[must_use]
    pub const fn or_staff(self, permission: Permission) -> Self {
        Access { staff: Some(permission), ..self }
    }

    /// Also services with the scope.
    #[must_use]
    pub const fn or_service(self, scope: &'static str) -> Self {
        Access { service: Some(scope), ..self }
    }

    /// Whether `caller` may use the route.
    ///
    /// # Errors
    /// 401 `unauthenticated` for anonymous callers, 403 `forbidden` for known ones.
    pub fn check(&self, caller: &Caller) -> Result<()> {
        let allowed = match caller {
            Caller::Anonymous => self.guest,
            Caller::User(user) => self.customer || self.staff.is_some_and(|permission| user.has(permission)),
            Caller::Service(service) => self.service.is_some_and(|scope| service.has_scope(scope)),
        };
        match caller {
            _ if self.everyone || allowed => Ok(()),
            Caller::Anonymous => Err(Error::unauthenticated()),
            Caller::User(_) | Caller::Service(_) => Err(Error::forbidden()),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.staff.is_some() || self.service.is_some();
        let mut codes = Vec::new();
        if self.everyone {
            codes.push("P".to_owned());
        }
        if self.customer {
            codes.push(if shared { "O" } else { "C" }.to_owned());
        }
        if self.guest {
            codes.push("guest".to_owned());
        }
        codes.extend(self.staff.map(|permission| format!("A[{permission}]")));
        codes.extend(self.service.map(|scope| format!("S[{scope}]")));
        f.write_str(&codes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{ServiceIdentity, tests::user_with};
    use crate::scope::Scope;
    use base::Kind;

    fn outcome(access: Access, caller: &Caller) -> &'static str {
        match access.check(caller).map_err(|error| error.kind()) {
            Ok(()) => "ok",
            Err(Kind::Unauthenticated) => "401",
            Err(Kind::Forbidden) => "403",
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_of_caller_gets_exactly_what_the_route_names() {
        let read = Permission::OrderRead;
        let callers = [
            Caller::Anonymous,
            Caller::User(user_with(&[])),
            Caller::User(user_with(&[Permission::OrderRead])),
            Caller::User(user_with(&[Permission::OrderUpdate])),
            Caller::Service(ServiceIdentity::new("s", [Scope::new("order:read")])),
            Caller::Service(ServiceIdentity::new("s", [Scope::new("order:write")])),
        ];
        #[rustfmt::skip]
        let table = [
            //                                                anonymous customer staff  other staff, service, other service
            (Access::public(),                               ["ok",  "ok",  "ok",  "ok",  "ok",  "ok"]),
            (Access::customer(),                             ["401", "ok",  "ok",  "ok",  "403", "403"]),
            (Access::customer().guest(),                     ["ok",  "ok",  "ok",  "ok",  "403", "403"]),
            (Access::customer().or_staff(read),              ["401", "ok",  "ok",  "ok",  "403", "403"]),
            (Access::customer().or_service("order:read"),    ["401", "ok",  "ok",  "ok",  "ok",  "403"]),
            (Access::staff(read),                            ["401", "403", "ok",  "403", "403", "403"]),
            (Access::staff(read).or_service("order:read"),   ["401", "403", "ok",  "403", "ok",  "403"]),
            (Access::service("order:read"),                  ["401", "403", "403", "403", "ok",  "403"]),
            (Access::service("order:read").or_staff(read),   ["401", "403", "ok",  "403", "ok",  "403"]),
        ];
        for (access, expected) in table {
            assert_eq!(callers.each_ref().map(|caller| outcome(access, caller)), expected, "{access}");
        }
    }

    #[test]
    fn a_route_is_written_in_the_notation_of_the_contract() {
        let read = Permission::OrderRead;
        assert_eq!(Access::public().to_string(), "P");
        assert_eq!(Access::customer().to_string(), "C");
        assert_eq!(Access::customer().guest().to_string(), "C, guest");
        assert_eq!(Access::staff(read).to_string(), "A[order:read]");
        assert_eq!(Access::service("cart:read").to_string(), "S[cart:read]");
        let all = Access::customer().or_staff(read).or_service("order:read");
        assert_eq!(all.to_string(), "O, A[order:read], S[order:read]");
    }

    #[test]
    fn a_scope_is_compared_whole() {
        let service =
            Caller::Service(ServiceIdentity::new("s", [Scope::new("order:read-all"), Scope::new("order")]));
        assert_eq!(outcome(Access::service("order:read"), &service), "403");
    }
}
