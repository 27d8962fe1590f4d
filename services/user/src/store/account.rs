//! Accounts with their profiles.

use super::{anywhere, name_of, named, opt_named};
use crate::domain::account::{Account, Consent, Profile};
use crate::domain::email;
use crate::error::UserError;
use api::ids::UserId;
use api::user::UserStatus;
use base::Timestamp;
use base::page::{ByTime, Part};
use db::{Conn, DbError, Direction, FromRow, Json, Row, Sql, json, sql};
use serde::{Deserialize, Serialize};

const COLUMNS: &str =
    "id, version, email, email_verified, pending_email, password_hash, status, locked_until,
    deactivation, source, permission_version, profile_id, username, first_name, last_name, display_name,
    phone_number, date_of_birth, bio, picture_url, locale, timezone, preferences, marketing_granted,
    marketing_at, marketing_source, last_login_at, created_at, updated_at";

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            version: row.get("version")?,
            email: row.get("email")?,
            email_verified: row.get("email_verified")?,
            pending_email: row.get("pending_email")?,
            password_hash: row.get("password_hash")?,
            status: named(row, "status")?,
            locked_until: row.get("locked_until")?,
            deactivation: opt_named(row, "deactivation")?,
            source: named(row, "source")?,
            permission_version: row.get("permission_version")?,
            profile: Profile::from_row(row)?,
            marketing: Consent {
                granted: row.get("marketing_granted")?,
                at: row.get("marketing_at")?,
                source: row.get("marketing_source")?,
            },
            last_login_at: row.get("last_login_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl FromRow for Profile {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(preferences) = row.get("preferences")?;
        Ok(Self {
            id: row.get("profile_id")?,
            username: row.get("username")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            display_name: row.get("display_name")?,
            phone_number: row.get("phone_number")?,
            date_of_birth: row.get("date_of_birth")?,
            bio: row.get("bio")?,
            picture_url: row.get("picture_url")?,
            locale: row.get("locale")?,
            timezone: row.get("timezone")?,
            preferences,
        })
    }
}

/// Stores a new account.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::UsernameTaken`]; the transaction is lost then.
pub(crate) async fn insert(c: &mut Conn, account: &Account) -> Result<(), UserError> {
    let columns = "INSERT INTO account (id, created_at, source, profile_id, last_login_at, version, email,
            email_key, email_verified, pending_email, password_hash, status, locked_until, deactivation,
            permission_version, username, username_key, first_name, last_name, display_name, phone_number,
            date_of_birth, bio, picture_url, locale, timezone, preferences, marketing_granted, marketing_at,
            marketing_source, search_text, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)";
    let statement = sql(columns)
        .bind(account.id)
        .bind(account.created_at)
        .bind(name_of(&account.source))
        .bind(account.profile.id)
        .bind(account.last_login_at)
        .bind(account.version);
    bind_changeable(statement, account).run_one(c).await.map_err(taken)
}

/// Stores a changed account; `account.version` is the new version, one above the stored one.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::UsernameTaken`], 412 if it was changed in the meantime.
pub(crate) async fn update(c: &mut Conn, account: &Account) -> Result<(), UserError> {
    let statement =
        sql("UPDATE account SET version = version + 1, email = $3, email_key = $4, email_verified = $5,
            pending_email = $6, password_hash = $7, status = $8, locked_until = $9, deactivation = $10,
            permission_version = $11, username = $12, username_key = $13, first_name = $14, last_name = $15,
            display_name = $16, phone_number = $17, date_of_birth = $18, bio = $19, picture_url = $20,
            locale = $21, timezone = $22, preferences = $23, marketing_granted = $24, marketing_at = $25,
            marketing_source = $26, search_text = $27, updated_at = $28
        WHERE id = $1 AND version = $2")
        .bind(account.id)
        .bind(account.version - 1);
    match bind_changeable(statement, account).run_one(c).await {
        Err(DbError::Rows(0)) => Err(UserError::Other(base::Error::stale())),
        other => other.map_err(taken),
    }
}

fn bind_changeable(statement: Sql, account: &Account) -> Sql {
    let profile = &account.profile;
    statement
        .bind(account.email.as_str())
        .bind(email::key(&account.email))
        .bind(account.email_verified)
        .bind(account.pending_email.clone())
        .bind(account.password_hash.clone())
        .bind(name_of(&account.status))
        .bind(account.locked_until)
        .bind(account.deactivation.as_ref().map(name_of))
        .bind(account.permission_version)
        .bind(profile.username.clone())
        .bind(profile.username.as_deref().map(email::fold))
        .bind(profile.first_name.clone())
        .bind(profile.last_name.clone())
        .bind(profile.display_name.clone())
        .bind(profile.phone_number.clone())
        .bind(profile.date_of_birth.clone())
        .bind(profile.bio.clone())
        .bind(profile.picture_url.clone())
        .bind(profile.locale.as_str())
        .bind(profile.timezone.as_str())
        .bind(json(&profile.preferences))
        .bind(account.marketing.granted)
        .bind(account.marketing.at)
        .bind(account.marketing.source.clone())
        .bind(search_text(account))
        .bind(account.updated_at)
}

fn taken(error: DbError) -> UserError {
    if error.is_unique("account_email") {
        UserError::EmailTaken
    } else if error.is_unique("account_username") {
        UserError::UsernameTaken
    } else {
        error.into()
    }
}

/// What the search box of staff looks at: SQLite's `lower` knows ASCII only, so it is made here.
fn search_text(account: &Account) -> String {
    let profile = &account.profile;
    let names = [&profile.first_name, &profile.last_name, &profile.username, &profile.display_name];
    let names = names.into_iter().flatten().map(String::as_str);
    email::fold(&std::iter::once(account.email.as_str()).chain(names).collect::<Vec<_>>().join(" "))
}

/// The account, if there is one.
pub(crate) async fn find(c: &mut Conn, id: UserId) -> Result<Option<Account>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM account WHERE id = $1")).bind(id).opt(c).await
}

/// The account.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn get(c: &mut Conn, id: UserId) -> Result<Account, UserError> {
    find(c, id).await?.ok_or(UserError::NotFound("user"))
}

/// The account, which nobody else changes until the transaction ends.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn lock(c: &mut Conn, id: UserId) -> Result<Account, UserError> {
    // Writing the row locks it on PostgreSQL; SQLite has one writer anyway.
    sql("UPDATE account SET version = version WHERE id = $1").bind(id).run(c).await?;
    get(c, id).await
}

/// The account that signs in with this address.
pub(crate) async fn by_email(c: &mut Conn, typed: &str) -> Result<Option<Account>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM account WHERE email_key = $1")).bind(email::key(typed)).opt(c).await
}

/// Whether an account has this username.
pub(crate) async fn has_username(c: &mut Conn, username: &str) -> Result<bool, DbError> {
    let found = sql("SELECT id FROM account WHERE username_key = $1").bind(email::fold(username));
    Ok(found.opt::<(UserId,)>(c).await?.is_some())
}

/// Several accounts; unknown ids are left out.
pub(crate) async fn by_ids(c: &mut Conn, ids: &[UserId]) -> Result<Vec<Account>, DbError> {
    sql(format!("SELECT {COLUMNS} FROM account WHERE id IN "))
        .push_list(ids)
        .push(" ORDER BY id")
        .all(c)
        .await
}

/// Notes a login. It is no change that others see, so the version stays.
pub(crate) async fn note_login(c: &mut Conn, id: UserId, now: Timestamp) -> Result<(), DbError> {
    sql("UPDATE account SET last_login_at = $2 WHERE id = $1").bind(id).bind(now).run_one(c).await
}

/// Replaces a password hash by one of the same password, unless the password was changed since.
pub(crate) async fn rehash(c: &mut Conn, id: UserId, old: &str, new: &str) -> Result<(), DbError> {
    let update = sql("UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2");
    update.bind(id).bind(old).bind(new).run(c).await.map(drop)
}

/// Which accounts staff ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Part of the address or a name.
    pub(crate) text: Option<String>,
    /// The address.
    pub(crate) email: Option<String>,
    /// The state.
    pub(crate) status: Option<UserStatus>,
    /// Name of a role they have.
    pub(crate) role: Option<String>,
    /// Made at this time or later.
    pub(crate) created_from: Option<Timestamp>,
    /// Made before this time.
    pub(crate) created_to: Option<Timestamp>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Latest first.
    Newest,
    /// Earliest first.
    Oldest,
    /// By address.
    Email,
}

/// The place of an account in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Only in a list by address: a cursor can be read, and stands in the logs of proxies.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    email_key: Option<String>,
    #[serde(rename = "c")]
    created: ByTime,
}

impl Place {
    pub(crate) fn of(account: &Account, order: Order) -> Self {
        let email_key = (order == Order::Email).then(|| email::key(&account.email));
        Self { email_key, created: ByTime::new(account.created_at, account.id.uuid()) }
    }
}

/// The accounts of a part of the list.
pub(crate) async fn list(
    c: &mut Conn,
    filter: &Filter,
    order: Order,
    part: &Part<Place>,
) -> Result<Vec<Account>, DbError> {
    let query = filtered(sql(format!("SELECT {COLUMNS} FROM account WHERE ")), filter);
    let by_time = |at: &Place| [at.created.at().into(), at.created.id().into()];
    let query = match order {
        Order::Newest => query.part(part, ["created_at", "id"], Direction::Down, by_time),
        Order::Oldest => query.part(part, ["created_at", "id"], Direction::Up, by_time),
        Order::Email => query.part(part, ["email_key"], Direction::Up, |at| [at.email_key.clone().into()]),
    };
    query.all(c).await
}

/// How many accounts there are of the kind.
pub(crate) async fn count(c: &mut Conn, filter: &Filter) -> Result<i64, DbError> {
    filtered(sql("SELECT COUNT(*) FROM account WHERE "), filter).scalar(c).await
}

fn filtered(query: Sql, filter: &Filter) -> Sql {
    let mut query = query.push("status <> 'DELETED'");
    if let Some(text) = &filter.text {
        query =
            query.push(" AND search_text LIKE ").push_bind(anywhere(&email::fold(text))).push(" ESCAPE '\\'");
    }
    if let Some(address) = &filter.email {
        query = query.push(" AND email_key = ").push_bind(email::key(address));
    }
    if let Some(status) = &filter.status {
        query = query.push(" AND status = ").push_bind(name_of(status));
    }
    if let Some(role) = &filter.role {
        query = query
            .push(" AND id IN (SELECT user_id FROM user_role JOIN role ON role.id = role_id WHERE name = ")
            .push_bind(role.as_str())
            .push(")");
    }
    if let Some(from) = filter.created_from {
        query = query.push(" AND created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.created_to {
        query = query.push(" AND created_at < ").push_bind(to);
    }
    query
}
