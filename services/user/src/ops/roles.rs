//! Roles: reading them, giving and taking them, and what they allow.

use super::{Result, announce, prove};
use crate::AppState;
use crate::domain::account::Account;
use crate::domain::rights::{Role, change_roles, system_role_id};
use crate::error::UserError;
use crate::store;
use api::ids::UserId;
use api::shared::Actor;
use api::user::{
    CheckPermissions, HistoryKind, PermissionsChecked, Role as RoleView, SetRoles, UserRoleAssigned,
    UserRoleRemoved, UserStatus,
};
use auth::{Caller, PolicyBundle, Role as SystemRole, Verifier};
use base::Check;
use db::{Conn, Db, Tx};
use events::outbox;
use std::collections::BTreeSet;

/// Stores the roles of the platform (contracts §5.1) and lets this process judge by the store.
///
/// # Errors
/// If the store fails.
pub(crate) async fn seed(db: &Db, verifier: &Verifier) -> base::Result<()> {
    let bundle = PolicyBundle::default();
    let mut tx = db.begin().await?;
    let now = tx.now();
    for role in SystemRole::ALL {
        let permissions = bundle.permissions_of([role.as_str()]);
        let role = Role {
            id: system_role_id(role),
            name: role.to_string(),
            system: true,
            permissions: permissions.iter().map(|permission| permission.to_string()).collect(),
        };
        store::role::seed(&mut tx, &role, now).await?;
    }
    let bundle = bundle_of(&mut tx).await?;
    tx.commit().await?;
    verifier.set_policy(bundle);
    Ok(())
}

async fn bundle_of(c: &mut Conn) -> base::Result<PolicyBundle> {
    let roles = store::role::all(c).await?;
    // The empty name lists a role that allows nothing.
    let pairs = roles.iter().flat_map(|role| {
        let names = role.permissions.iter().map(String::as_str).chain([""]);
        names.map(|permission| (role.name.clone(), permission.to_owned()))
    });
    Ok(pairs.collect())
}

/// Roles × permissions, for every service.
pub(crate) async fn policy_bundle(app: &AppState) -> Result<PolicyBundle> {
    Ok(bundle_of(&mut app.db.conn().await?).await?)
}

/// All roles, by name.
pub(crate) async fn list_roles(app: &AppState) -> Result<Vec<RoleView>> {
    let roles = store::role::all(&mut app.db.conn().await?).await?;
    Ok(roles.into_iter().map(view).collect())
}

/// The roles of a user.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn roles_of_user(
    app: &AppState,
    caller: &Caller,
    user: UserId,
) -> Result<(i64, Vec<RoleView>)> {
    let mut c = app.db.conn().await?;
    let account = store::account::get(&mut c, user).await?;
    let roles = store::role::of_user(&mut c, user).await?;
    announce::audit_read(app, caller, "user.roles.read", Some(user)).await?;
    Ok((account.version, roles.into_iter().map(view).collect()))
}

fn view(role: Role) -> RoleView {
    RoleView { id: role.id, name: role.name, system: role.system, permissions: role.permissions }
}

/// Gives a user exactly these roles, and `customer`. Their access tokens become stale; a refresh
/// brings the new roles, and with them the limits of sessions of staff.
///
/// # Errors
/// 403 `reauthentication-required`, [`UserError::OwnRoles`], [`UserError::RightsLacking`],
/// [`UserError::LastSuperAdmin`], [`UserError::NoSuchRole`], [`UserError::NotFound`], 412.
pub(crate) async fn set_roles(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    seen: Option<i64>,
    body: SetRoles,
) -> Result<(i64, Vec<RoleView>)> {
    let giver = caller.require_recent_auth(app.clock.now(), app.config.recent_sign_in.0)?;
    let by = Actor::from(caller);
    let mut tx = app.db.begin().await?;
    store::role::lock_administrators(&mut tx).await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    if seen.is_some_and(|seen| seen != account.version) {
        return Err(UserError::Other(base::Error::stale()));
    }
    // What the giver may give is what they may do now, not when their token was issued.
    let all = store::role::all(&mut tx).await?;
    let own = store::role::of_user(&mut tx, giver.id).await?;
    let rights = own.iter().fold(auth::Permissions::NONE, |sum, role| sum.union(role.known_permissions()));
    let held = store::role::of_user(&mut tx, user).await?;
    let wanted: BTreeSet<_> = body.role_ids.into_iter().collect();
    let change = change_roles((giver.id, rights), user, &held, &wanted, &all)?;
    if change.removes_super_admin() {
        keep_one_super_admin(&mut tx, user).await?;
    }
    if change.added.is_empty() && change.removed.is_empty() {
        return Ok((account.version, held.into_iter().map(view).collect()));
    }
    account.permission_version += 1;
    prove::save(&mut tx, &mut account).await?;
    for role in &change.added {
        assign(&mut tx, &account, role, &by).await?;
    }
    for role in &change.removed {
        take(&mut tx, &account, role, &by).await?;
    }
    announce::updated(&mut tx, &account, vec!["roles".into()], &by).await?;
    announce::audit(&mut tx, caller, "user.roles.write", Some(user)).await?;
    let roles = store::role::of_user(&mut tx, user).await?;
    tx.commit().await?;
    app.verifier.mark_stale(user, account.permission_version);
    Ok((account.version, roles.into_iter().map(view).collect()))
}

async fn assign(tx: &mut Tx, account: &Account, role: &Role, by: &Actor) -> Result<()> {
    let (user, now) = (account.id, tx.now());
    store::role::assign(tx, user, role.id, now).await?;
    let message = UserRoleAssigned {
        user_id: user,
        aggregate_version: account.version,
        role_id: role.id,
        role_name: role.name.clone(),
        assigned_by: by.clone(),
        permission_version: Some(account.permission_version),
        assignment_timestamp: now,
    };
    outbox::publish(tx, &message).await?;
    let summary = format!("The role {} was given", role.name);
    announce::history(tx, user, HistoryKind::RoleChanged, summary, Some(role.id.to_string()), by).await
}

async fn take(tx: &mut Tx, account: &Account, role: &Role, by: &Actor) -> Result<()> {
    let (user, now) = (account.id, tx.now());
    store::role::remove(tx, user, role.id).await?;
    let message = UserRoleRemoved {
        user_id: user,
        aggregate_version: account.version,
        role_id: role.id,
        role_name: role.name.clone(),
        removed_by: by.clone(),
        permission_version: Some(account.permission_version),
        removal_timestamp: now,
    };
    outbox::publish(tx, &message).await?;
    let summary = format!("The role {} was taken away", role.name);
    announce::history(tx, user, HistoryKind::RoleChanged, summary, Some(role.id.to_string()), by).await
}

/// Refuses what would leave nobody to manage roles. The administrators must be locked.
///
/// # Errors
/// [`UserError::LastSuperAdmin`].
pub(crate) async fn keep_one_super_admin(tx: &mut Tx, leaving: UserId) -> Result<()> {
    let remains = store::role::others_with(tx, &[SystemRole::SuperAdmin], Some(leaving)).await?;
    if remains { Ok(()) } else { Err(UserError::LastSuperAdmin) }
}

/// Lets others that change administrators wait, and refuses to close the last super administrator.
///
/// # Errors
/// [`UserError::LastSuperAdmin`].
pub(crate) async fn before_closing(tx: &mut Tx, user: UserId) -> Result<()> {
    store::role::lock_administrators(tx).await?;
    let roles = store::role::names_of_user(tx, user).await?;
    if roles.iter().any(|role| role == SystemRole::SuperAdmin.as_str()) {
        keep_one_super_admin(tx, user).await?;
    }
    Ok(())
}

/// As [`before_closing`], when the wish is to suspend.
///
/// # Errors
/// [`UserError::LastSuperAdmin`].
pub(crate) async fn before_closing_if(tx: &mut Tx, user: UserId, wish: UserStatus) -> Result<()> {
    if wish == UserStatus::Suspended { before_closing(tx, user).await } else { Ok(()) }
}

/// Whether a user has permissions now, by the store. An account that is not in use has none.
///
/// # Errors
/// [`UserError::NotFound`], 422.
pub(crate) async fn check_permissions(
    app: &AppState,
    caller: &Caller,
    body: CheckPermissions,
) -> Result<PermissionsChecked> {
    let mut check = Check::new();
    let count = body.required_permissions.len() as i64;
    check.number("/requiredPermissions", count, 1..=50);
    check.finish()?;
    let mut c = app.db.conn().await?;
    let account = store::account::get(&mut c, body.user_id).await?;
    let roles = store::role::of_user(&mut c, body.user_id).await?;
    announce::audit_read(app, caller, "user.permissions.read", Some(body.user_id)).await?;
    let in_use = crate::domain::account::may_sign_in(account.status, app.config.login_unverified);
    let granted = |name: &String| in_use && roles.iter().any(|role| role.permissions.contains(name));
    let checked: std::collections::BTreeMap<_, _> =
        body.required_permissions.into_iter().map(|name| (name.clone(), granted(&name))).collect();
    Ok(PermissionsChecked { granted: checked.values().all(|granted| *granted), checked_permissions: checked })
}

/// The names of what a user's roles allow together.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn effective_permissions(
    app: &AppState,
    caller: &Caller,
    user: UserId,
) -> Result<BTreeSet<String>> {
    let (_, roles) = roles_of_user(app, caller, user).await?;
    Ok(roles.into_iter().flat_map(|role| role.permissions).collect())
}

/// Whether somebody can administer the shop.
pub(crate) async fn has_administrator(c: &mut Conn) -> Result<bool> {
    Ok(store::role::others_with(c, &[SystemRole::Admin, SystemRole::SuperAdmin], None).await?)
}

/// Whether somebody can manage roles.
pub(crate) async fn has_super_administrator(c: &mut Conn) -> Result<bool> {
    Ok(store::role::others_with(c, &[SystemRole::SuperAdmin], None).await?)
}
