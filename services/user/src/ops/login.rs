//! Signing in.

use super::prove::{self, Failed};
use super::tokens::{self, Entry};
use super::{Origin, Result, hashing, limits, views};
use crate::AppState;
use crate::config::Action;
use crate::domain::account::{self, Account};
use crate::domain::password::Flaw;
use crate::domain::rights;
use crate::error::UserError;
use crate::store;
use api::user::{LoggedIn, Login, LoginFailure};
use base::Check;
use db::Tx;

/// Signs in with mail address and password.
///
/// Whether the address is unknown, the password wrong, or the account closed: it costs one
/// password hash and is answered alike, until the right password is given.
///
/// # Errors
/// [`UserError::InvalidCredentials`], [`UserError::AccountLocked`], [`UserError::AccountInactive`],
/// [`UserError::TooMany`].
pub(crate) async fn login(app: &AppState, origin: &Origin, body: Login) -> Result<LoggedIn> {
    let mut check = Check::new();
    check.opt_text("/deviceName", body.device_name.as_deref(), 1..=100);
    check.finish()?;
    let outcome = attempt(app, origin, body).await;
    let result = match &outcome {
        Ok(_) => "ok",
        Err(UserError::InvalidCredentials) => "invalid",
        Err(UserError::AccountLocked(_)) => "locked",
        Err(UserError::AccountInactive(_)) => "inactive",
        Err(_) => "refused",
    };
    app.metrics.count("user_logins", "Logins by result.", &[("result", result)]);
    outcome
}

async fn attempt(app: &AppState, origin: &Origin, body: Login) -> Result<LoggedIn> {
    limits::check(app, origin, Action::Login).await?;
    limits::check_network(app, origin).await?;
    if let Err(locked) = prove::check_open(app, &body.email, app.clock.now()).await {
        let reason = LoginFailure::AccountLocked;
        tell(app, &Failed { address: &body.email, account: None, reason, origin }).await?;
        return Err(locked);
    }
    // The connection goes back before the hash: hashing takes long and waits in a queue.
    let account = store::account::by_email(&mut app.db.conn().await?, &body.email).await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = hashing::verify(app, &body.password, stored).await?;
    match account {
        Some(account) if right => admit(app, origin, account, body).await,
        account => {
            let known = account.is_some();
            let reason = if known { LoginFailure::InvalidCredentials } else { LoginFailure::UserNotFound };
            let failed = Failed { address: &body.email, account: account.as_ref(), reason, origin };
            prove::count_failure(app, &failed).await?;
            Err(UserError::InvalidCredentials)
        }
    }
}

async fn tell(app: &AppState, failed: &Failed<'_>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    prove::tell(&mut tx, failed).await?;
    Ok(tx.commit().await?)
}

/// Lets in whoever has given the right password, if the account may be used.
async fn admit(app: &AppState, origin: &Origin, seen: Account, body: Login) -> Result<LoggedIn> {
    let stored = seen.password_hash.as_deref().unwrap_or_default();
    // An outdated hash is a detail: when the queue is full, another login will replace it.
    let rehash =
        if app.gate.needs_rehash(stored) { hashing::hash(app, &body.password).await.ok() } else { None };
    let mut tx = app.db.begin().await?;
    prove::forgive(app, &mut tx, &body.email).await?;
    let mut account = store::account::lock(&mut tx, seen.id).await?;
    if account.password_hash != seen.password_hash {
        return Err(UserError::InvalidCredentials);
    }
    if !account::may_sign_in(account.status, app.config.login_unverified) {
        return refuse_inactive(tx, origin, &account, &body).await;
    }
    prove::end_lock(&mut tx, &mut account).await?;
    let roles = store::role::names_of_user(&mut tx, account.id).await?;
    if rights::is_staff(&roles) && is_too_short_for_staff(app, &body) {
        return Err(UserError::PasswordChangeRequired);
    }
    if let Some(new) = rehash {
        store::account::rehash(&mut tx, account.id, stored, &new).await?;
    }
    let name = body.device_name;
    let family = tokens::open_session(app, &mut tx, &account, &roles, origin, name, Entry::Login).await?;
    account.last_login_at = Some(tx.now());
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

/// Somebody who became staff after they chose their password may have one for customers.
fn is_too_short_for_staff(app: &AppState, body: &Login) -> bool {
    let flaws = app.passwords.flaws(&body.password, &body.email, true);
    flaws.iter().any(|flaw| matches!(flaw, Flaw::TooShort(_)))
}

async fn refuse_inactive(mut tx: Tx, origin: &Origin, account: &Account, body: &Login) -> Result<LoggedIn> {
    let reason = LoginFailure::AccountInactive;
    prove::tell(&mut tx, &Failed { address: &body.email, account: Some(account), reason, origin }).await?;
    tx.commit().await?;
    Err(UserError::AccountInactive(account.status))
}
