//! Reading accounts.

use super::{Result, announce, views};
use crate::AppState;
use crate::domain::account::{Account, may_sign_in};
use crate::error::UserError;
use crate::store::{self, account::Filter, account::Order, account::Place};
use api::ids::UserId;
use api::user::{PublicProfile, User, UserProfile, UserStatus};
use auth::{Caller, Permission};
use base::page::{Page, PageQuery};
use db::Conn;

/// Which parts of an account are wanted beside the account itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Include {
    /// The profile.
    pub(crate) profile: bool,
    /// The address book.
    pub(crate) addresses: bool,
    /// What was bought.
    pub(crate) stats: bool,
}

/// An account: one's own, or with the right to read others'.
///
/// # Errors
/// [`UserError::NotFound`], also for others' accounts.
pub(crate) async fn get_user(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    include: Include,
) -> Result<User> {
    let (mut c, account) = open(app, caller, user, Permission::UserRead, "user.read").await?;
    let roles = store::role::names_of_user(&mut c, user).await?;
    let mut view = views::user(&account, roles);
    if include.profile {
        view.profile = Some(views::profile(&account));
    }
    if include.addresses {
        view.addresses = Some(store::address::of_user(&mut c, user).await?);
    }
    if include.stats {
        view.stats = Some(store::shopping::stats(&mut c, user).await?);
    }
    if caller.has(Permission::UserRead) {
        view.locked_until = account.locked_until;
        view.risk_flags = Some(store::shopping::flags(&mut c, user).await?);
        view.payment_failure_count = Some(store::shopping::payment_failures(&mut c, user).await?);
    }
    Ok(view)
}

/// The account, and a connection to read more of it; if staff read somebody else's, that is on
/// record before they see anything.
pub(crate) async fn open(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    permission: Permission,
    action: &str,
) -> Result<(Conn, Account)> {
    caller.owner_or(user, permission)?;
    let mut c = app.db.conn().await?;
    let account = store::account::get(&mut c, user).await?;
    announce::audit_read(app, caller, action, Some(user)).await?;
    Ok((c, account))
}

/// A profile: one's own, or with the right to change others'.
///
/// # Errors
/// [`UserError::NotFound`], also for others' profiles.
pub(crate) async fn get_profile(app: &AppState, caller: &Caller, user: UserId) -> Result<(i64, UserProfile)> {
    let (_, account) = open(app, caller, user, Permission::UserUpdate, "user.profile.read").await?;
    Ok((account.version, views::profile(&account)))
}

/// What everybody may see of a customer in use.
///
/// # Errors
/// [`UserError::NotFound`].
pub(crate) async fn get_public_profile(app: &AppState, user: UserId) -> Result<PublicProfile> {
    let account = store::account::get(&mut app.db.conn().await?, user).await?;
    if may_sign_in(account.status, true) {
        Ok(views::public_profile(&account))
    } else {
        Err(UserError::NotFound("user"))
    }
}

/// What staff ask of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListUsers {
    /// Which accounts.
    pub(crate) filter: Filter,
    /// `createdAt`, `-createdAt` (default) or `email`.
    pub(crate) sort: Option<String>,
    /// Which part.
    pub(crate) page: PageQuery,
}

/// Accounts, page by page.
///
/// # Errors
/// 422 `validation` for an unknown order, 422 `bad-cursor`.
pub(crate) async fn list_users(app: &AppState, caller: &Caller, query: ListUsers) -> Result<Page<User>> {
    let order = match query.sort.as_deref() {
        None | Some("-createdAt") => Order::Newest,
        Some("createdAt") => Order::Oldest,
        Some("email") => Order::Email,
        Some(_) => {
            let message = "sort is createdAt, -createdAt or email";
            return Err(base::Error::field("/sort", "unknown-sort", message).into());
        }
    };
    // The cursor belongs to the question: another filter or order needs another one.
    let list = format!("users:{order:?}:{:?}", query.filter);
    let part = query.page.part(&app.keys, &list)?;
    announce::audit_read(app, caller, "user.list", None).await?;
    let mut c = app.db.conn().await?;
    let found = store::account::list(&mut c, &query.filter, order, &part).await?;
    let ids: Vec<UserId> = found.iter().map(|account| account.id).collect();
    let mut roles = store::role::names_of_users(&mut c, &ids).await?;
    let total = match query.page.count {
        Some(true) => Some(store::account::count(&mut c, &query.filter).await? as u64),
        _ => None,
    };
    let page = part.page(&app.keys, found, |account| Place::of(account, order)).map(|account| {
        let names = roles.remove(&account.id).unwrap_or_default();
        User { locked_until: account.locked_until, ..views::user(&account, names) }
    });
    Ok(Page { total, ..page })
}

/// The account of a signed-in user, as they see it themselves.
///
/// # Errors
/// 401 if it is not in use any more.
pub(crate) async fn me(app: &AppState, user: &auth::User) -> Result<User> {
    let id = user.id;
    let mut c = app.db.conn().await?;
    let account = store::account::find(&mut c, id).await?;
    let in_use = account.filter(|account| account.status != UserStatus::Deleted);
    let account = in_use.ok_or_else(base::Error::unauthenticated)?;
    let roles = store::role::names_of_user(&mut c, id).await?;
    let profile = Some(views::profile(&account));
    Ok(User { profile, ..views::user(&account, roles) })
}
