//! Roles, what they allow, and who has them.

use crate::domain::rights::Role;
use api::ids::UserId;
use auth::Role as SystemRole;
use base::Timestamp;
use db::{Conn, DbError, sql};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Stores a role of the platform unless it is there, and adds permissions it lacks.
pub(crate) async fn seed(c: &mut Conn, role: &Role, now: Timestamp) -> Result<(), DbError> {
    sql("INSERT INTO role (id, version, name, system, created_at) VALUES ($1, 1, $2, $3, $4) ON CONFLICT (id) DO NOTHING")
        .bind(role.id)
        .bind(role.name.as_str())
        .bind(role.system)
        .bind(now)
        .run(c)
        .await?;
    for permission in &role.permissions {
        sql("INSERT INTO role_permission (role_id, permission) VALUES ($1, $2)
             ON CONFLICT (role_id, permission) DO NOTHING")
        .bind(role.id)
        .bind(permission.as_str())
        .run(c)
        .await?;
    }
    Ok(())
}

type RolePair = (Uuid, String, bool, Option<String>);

/// All roles, by name.
pub(crate) async fn all(c: &mut Conn) -> Result<Vec<Role>, DbError> {
    let rows: Vec<RolePair> = sql("SELECT role.id, name, system, permission FROM role
         LEFT JOIN role_permission ON role_permission.role_id = role.id ORDER BY name")
    .all(c)
    .await?;
    Ok(group(rows))
}

/// The roles of a user, by name.
pub(crate) async fn of_user(c: &mut Conn, user: UserId) -> Result<Vec<Role>, DbError> {
    let rows: Vec<RolePair> = sql("SELECT role.id, name, system, permission FROM user_role
         JOIN role ON role.id = user_role.role_id
         LEFT JOIN role_permission ON role_permission.role_id = role.id
         WHERE user_id = $1 ORDER BY name")
    .bind(user)
    .all(c)
    .await?;
    Ok(group(rows))
}

fn group(rows: Vec<RolePair>) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for (id, name, system, permission) in rows {
        if roles.last().is_none_or(|last| last.id != id) {
            roles.push(Role { id, name, system, permissions: BTreeSet::new() });
        }
        let last = roles.last_mut().expect("a role was pushed above");
        last.permissions.extend(permission);
    }
    roles
}

/// The names of a user's roles, in order.
pub(crate) async fn names_of_user(c: &mut Conn, user: UserId) -> Result<Vec<String>, DbError> {
    Ok(names_of_users(c, &[user]).await?.remove(&user).unwrap_or_default())
}

/// The names of several users' roles, in order.
pub(crate) async fn names_of_users(
    c: &mut Conn,
    users: &[UserId],
) -> Result<BTreeMap<UserId, Vec<String>>, DbError> {
    let rows: Vec<(UserId, String)> =
        sql("SELECT user_id, name FROM user_role JOIN role ON role.id = role_id WHERE user_id IN ")
            .push_list(users)
            .push(" ORDER BY name")
            .all(c)
            .await?;
    let mut names = BTreeMap::<_, Vec<_>>::new();
    for (user, name) in rows {
        names.entry(user).or_default().push(name);
    }
    Ok(names)
}

/// Gives a role to a user who lacks it.
pub(crate) async fn assign(c: &mut Conn, user: UserId, role: Uuid, now: Timestamp) -> Result<(), DbError> {
    let insert = sql("INSERT INTO user_role (user_id, role_id, created_at) VALUES ($1, $2, $3)");
    insert.bind(user).bind(role).bind(now).run_one(c).await
}

/// Takes a role from a user who has it.
pub(crate) async fn remove(c: &mut Conn, user: UserId, role: Uuid) -> Result<(), DbError> {
    sql("DELETE FROM user_role WHERE user_id = $1 AND role_id = $2").bind(user).bind(role).run_one(c).await
}

/// Lets whoever else changes administrators wait until this transaction ends.
pub(crate) async fn lock_administrators(c: &mut Conn) -> Result<(), DbError> {
    let update = sql("UPDATE role SET version = version + 1 WHERE name = $1");
    update.bind(SystemRole::SuperAdmin.as_str()).run_one(c).await
}

/// Whether an account other than `but` has one of the roles and may sign in.
pub(crate) async fn others_with(
    c: &mut Conn,
    roles: &[SystemRole],
    but: Option<UserId>,
) -> Result<bool, DbError> {
    let query = sql(
        "SELECT COUNT(*) FROM user_role JOIN role ON role.id = role_id JOIN account ON account.id = user_id
         WHERE account.status IN ('PENDING_VERIFICATION', 'ACTIVE', 'LOCKED') AND name IN ",
    )
    .push_list(roles.iter().map(|role| role.as_str()));
    let query = match but {
        None => query,
        Some(but) => query.push(" AND user_id <> ").push_bind(but),
    };
    Ok(query.scalar::<i64>(c).await? > 0)
}
