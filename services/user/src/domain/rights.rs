//! Who may give which role to whom (contracts §5.1).

use crate::error::UserError;
use api::ids::UserId;
use auth::{Permissions, Role as SystemRole};
use base::Id;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A role of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is part of the platform.
    pub(crate) system: bool,
    /// Names of what it allows.
    pub(crate) permissions: BTreeSet<String>,
}

impl Role {
    /// Those of its permissions that the code knows.
    pub(crate) fn known_permissions(&self) -> Permissions {
        self.permissions.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Whether it is this role of the platform.
    pub(crate) fn is(&self, role: SystemRole) -> bool {
        self.name == role.as_str()
    }
}

/// The id of a role of the platform, the same in every installation.
pub(crate) fn system_role_id(role: SystemRole) -> Uuid {
    Id::<()>::derived(Uuid::nil(), role.as_str()).uuid()
}

/// Whether roles of these names make their holder staff, with shorter sessions and longer
/// passwords: any role but `customer` does, also those operators add.
pub(crate) fn is_staff<R: AsRef<str>>(roles: &[R]) -> bool {
    roles.iter().any(|role| role.as_ref() != SystemRole::Customer.as_str())
}

/// A role of `held` with a permission that somebody with `rights` lacks. Whoever could change the
/// mail address of its holder could take their place.
pub(crate) fn beyond(rights: Permissions, held: &[Role]) -> Option<&Role> {
    held.iter().find(|role| !rights.covers(role.known_permissions()))
}

/// What changes a holder's roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleChange {
    /// Given.
    pub(crate) added: Vec<Role>,
    /// Taken.
    pub(crate) removed: Vec<Role>,
}

impl RoleChange {
    /// Whether the holder stops being a super administrator.
    pub(crate) fn removes_super_admin(&self) -> bool {
        self.removed.iter().any(|role| role.is(SystemRole::SuperAdmin))
    }
}

/// What must change so that `target` has exactly `wanted` of `all` roles, and `customer`.
///
/// # Errors
/// [`UserError::OwnRoles`] for one's own, [`UserError::RightsLacking`] for a role with a permission
/// that the one who gives or takes it lacks, [`UserError::NoSuchRole`].
pub(crate) fn change_roles(
    giver: (UserId, Permissions),
    target: UserId,
    held: &[Role],
    wanted: &BTreeSet<Uuid>,
    all: &[Role],
) -> Result<RoleChange, UserError> {
    if giver.0 == target {
        return Err(UserError::OwnRoles);
    }
    if let Some(unknown) = wanted.iter().find(|id| all.iter().all(|role| role.id != **id)) {
        return Err(UserError::NoSuchRole(*unknown));
    }
    let wants = |role: &Role| wanted.contains(&role.id) || role.is(SystemRole::Customer);
    let holds = |role: &Role| held.iter().any(|held| held.id == role.id);
    let change = RoleChange {
        added: all.iter().filter(|role| wants(role) && !holds(role)).cloned().collect(),
        removed: held.iter().filter(|role| !wants(role)).cloned().collect(),
    };
    match beyond(giver.1, &change.added).or(beyond(giver.1, &change.removed)) {
        Some(role) => Err(UserError::RightsLacking(role.name.clone())),
        None => Ok(change),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth::{Permission, PolicyBundle};

    fn roles() -> Vec<Role> {
        let bundle = PolicyBundle::default();
        SystemRole::ALL
            .into_iter()
            .map(|role| Role {
                id: system_role_id(role),
                name: role.to_string(),
                system: true,
                permissions: bundle.permissions_of([role.as_str()]).iter().map(|p| p.to_string()).collect(),
            })
            .collect()
    }

    fn role(role: SystemRole) -> Role {
        roles().into_iter().find(|found| found.is(role)).unwrap()
    }

    fn ask(
        giver: SystemRole,
        held: &[SystemRole],
        wanted: &[SystemRole],
    ) -> Result<(Vec<String>, Vec<String>), UserError> {
        let giver = (UserId::new(), role(giver).known_permissions());
        let held: Vec<_> = held.iter().map(|r| role(*r)).collect();
        let wanted = wanted.iter().map(|r| role(*r).id).collect();
        let change = change_roles(giver, UserId::new(), &held, &wanted, &roles())?;
        let names = |roles: Vec<Role>| roles.into_iter().map(|role| role.name).collect();
        Ok((names(change.added), names(change.removed)))
    }

    #[test]
    fn the_change_is_what_differs_and_customer_stays() {
        use SystemRole::{Customer, Finance, SuperAdmin, SupportAgent};
        let change = ask(SuperAdmin, &[Customer, SupportAgent], &[Finance]).unwrap();
        assert_eq!(change, (vec!["finance".into()], vec!["support_agent".into()]));
        assert_eq!(ask(SuperAdmin, &[Customer], &[]).unwrap(), (vec![], vec![]));
    }

    #[test]
    fn nobody_gives_or_takes_more_than_they_have() {
        use SystemRole::{Admin, Customer, SecurityOfficer, SuperAdmin, SupportAgent};
        assert!(matches!(ask(Admin, &[Customer], &[SuperAdmin]), Err(UserError::RightsLacking(_))));
        assert!(matches!(ask(Admin, &[Customer], &[SecurityOfficer]), Err(UserError::RightsLacking(_))));
        assert!(matches!(ask(Admin, &[Customer, SuperAdmin], &[]), Err(UserError::RightsLacking(_))));
        assert!(ask(Admin, &[Customer], &[SupportAgent]).is_ok());
    }

    #[test]
    fn nobody_changes_their_own_roles_and_unknown_roles_are_refused() {
        let me = UserId::new();
        let all = [Permission::RoleManage].into_iter().collect();
        let own = change_roles((me, all), me, &[], &BTreeSet::new(), &roles());
        assert!(matches!(own, Err(UserError::OwnRoles)));
        let unknown = BTreeSet::from([Uuid::nil()]);
        let answer = change_roles((me, all), UserId::new(), &[], &unknown, &roles());
        assert!(matches!(answer, Err(UserError::NoSuchRole(_))));
    }

    #[test]
    fn any_role_beyond_customer_makes_staff() {
        assert!(!is_staff(&["customer"]) && !is_staff::<&str>(&[]));
        assert!(is_staff(&["customer", "window_dresser"]));
    }
}
