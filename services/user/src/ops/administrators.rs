//! The first administrator by a one-time link, further ones by the operator.

use super::create_user::{NewAccount, check, check_password, new_profile, store_account};
use super::tokens::{self, Entry};
use super::{Origin, Result, claims, hashing, limits, roles, views};
use crate::AppState;
use crate::config::Action;
use crate::domain::claim::Claim;
use crate::error::UserError;
use crate::store;
use api::shared::Actor;
use api::user::{AdminCreated, ClaimPurpose, CreateAdmin, FirstAdmin, FirstAdminLink, LoggedIn, UserSource};
use auth::{Caller, Role as SystemRole};
use db::Tx;

const PURPOSES: [ClaimPurpose; 1] = [ClaimPurpose::FirstAdmin];

/// The link that makes the first administrator; the same one until it ends.
///
/// # Errors
/// [`UserError::AdminExists`].
pub(crate) async fn first_admin_link(app: &AppState) -> Result<FirstAdminLink> {
    let mut tx = app.db.begin().await?;
    store::role::lock_administrators(&mut tx).await?;
    refuse_if_any(&mut tx).await?;
    let now = tx.now();
    let claim: Claim = match store::claim::live_without_owner(&mut tx, ClaimPurpose::FirstAdmin, now).await? {
        Some(claim) => claim,
        None => claims::make(app, &mut tx, ClaimPurpose::FirstAdmin, None).await?,
    };
    tx.commit().await?;
    Ok(FirstAdminLink { url: claim.url(&app.keys, &app.public_url), expires_at: claim.expires_at })
}

async fn refuse_if_any(tx: &mut Tx) -> Result<()> {
    if roles::has_administrator(tx).await? { Err(UserError::AdminExists) } else { Ok(()) }
}

/// Makes the first administrator with the secret of that link, and signs them in.
///
/// # Errors
/// [`UserError::TokenInvalid`], [`UserError::AdminExists`], [`UserError::EmailTaken`],
/// [`UserError::WeakPassword`], 422.
pub(crate) async fn first_admin(app: &AppState, origin: &Origin, body: FirstAdmin) -> Result<LoggedIn> {
    limits::check(app, origin, Action::Login).await?;
    let claim = claims::open(app, &mut app.db.conn().await?, &body.token, &PURPOSES, app.clock.now()).await?;
    let new = administrator(app, &body.email, Some(&body.password), None).await?;
    let mut tx = app.db.begin().await?;
    store::role::lock_administrators(&mut tx).await?;
    refuse_if_any(&mut tx).await?;
    claims::consume(&mut tx, &claim).await?;
    let new = NewAccount { roles: vec![SystemRole::Admin, SystemRole::SuperAdmin], ..new };
    let (mut account, roles) = store_account(&mut tx, new).await?;
    account.last_login_at = Some(tx.now());
    let entry = Entry::Registration;
    let family = tokens::open_session(app, &mut tx, &account, &roles, origin, None, entry).await?;
    super::announce::record(&mut tx, super::owner(account.id), "admin.create-first", Some(account.id), None)
        .await?;
    tx.commit().await?;
    let pair = tokens::issue(app, &account, &roles, &family, family.generation).await?;
    Ok(LoggedIn {
        access_token: pair.access_token,
        refresh_token: pair.refresh_token,
        token_type: pair.token_type,
        expires_in: pair.expires_in,
        user: views::user(&account, roles),
    })
}

/// Makes an administrator at the operator's command; without a password the answer holds a link
/// to set one. Where nobody can manage roles yet, it is a super administrator.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::WeakPassword`], 422.
pub(crate) async fn create_admin(app: &AppState, caller: &Caller, body: CreateAdmin) -> Result<AdminCreated> {
    let by = Actor::from(caller);
    let new = administrator(app, &body.email, body.password.as_deref(), Some(by.clone())).await?;
    let mut tx = app.db.begin().await?;
    store::role::lock_administrators(&mut tx).await?;
    let mut granted = vec![SystemRole::Admin];
    if !roles::has_super_administrator(&mut tx).await? {
        granted.push(SystemRole::SuperAdmin);
    }
    let (account, roles) = store_account(&mut tx, NewAccount { roles: granted, ..new }).await?;
    let set_password_url = if account.password_hash.is_none() {
        let about = Some((account.id, account.email.as_str()));
        let claim = claims::make(app, &mut tx, ClaimPurpose::SetPassword, about).await?;
        Some(claim.url(&app.keys, &app.public_url))
    } else {
        None
    };
    super::announce::record(&mut tx, by, "admin.create", Some(account.id), None).await?;
    tx.commit().await?;
    Ok(AdminCreated { user: views::user(&account, roles), set_password_url })
}

/// An account of staff. Whoever holds the link or the command line vouches for the address.
async fn administrator(
    app: &AppState,
    address: &str,
    password: Option<&str>,
    by: Option<Actor>,
) -> Result<NewAccount> {
    let address = address.trim();
    let profile = new_profile([None, None, None], None, None);
    check(address, &profile, app.clock.now())?;
    let password_hash = match password {
        Some(password) => {
            check_password(app, "/password", password, address, true)?;
            Some(hashing::hash(app, password).await?)
        }
        None => None,
    };
    Ok(NewAccount {
        email: address.to_owned(),
        verified: true,
        password_hash,
        profile,
        marketing: None,
        source: UserSource::Admin,
        roles: Vec::new(),
        by,
    })
}
