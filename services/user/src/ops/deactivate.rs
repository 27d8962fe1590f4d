//! Closing an account and opening it again.

use super::announce::{self, Why};
use super::{Origin, Result, claims, prove, roles, tokens, views};
use crate::AppState;
use crate::domain::account::{Account, Step};
use crate::domain::email;
use crate::error::UserError;
use crate::store::{self, session::Which};
use api::ids::UserId;
use api::shared::Actor;
use api::user::{
    ClaimPurpose, DeactivateUser, DeactivationReason, ReactivateUser, RevocationReason, User,
    UserDeactivated, UserReactivated,
};
use auth::{Caller, Permission};
use base::{Check, Error};
use db::Tx;
use events::outbox;

const PURPOSES: [ClaimPurpose; 1] = [ClaimPurpose::Reactivation];

/// Closes an account: its owner with the password, or staff. All its sessions end; the data stays.
///
/// # Errors
/// [`UserError::InvalidState`], [`UserError::WrongPassword`], [`UserError::LastSuperAdmin`],
/// [`UserError::NotFound`] for others' accounts.
pub(crate) async fn deactivate(
    app: &AppState,
    caller: &Caller,
    origin: &Origin,
    user: UserId,
    body: DeactivateUser,
) -> Result<User> {
    check_notes(body.additional_notes.as_deref())?;
    caller.owner_or(user, Permission::UserStatus)?;
    let own = caller.user().is_some_and(|caller| caller.id == user);
    if own {
        let account = store::account::get(&mut app.db.conn().await?, user).await?;
        let password = body.password.as_deref().unwrap_or_default();
        prove::present_password(app, origin, &account, password).await?;
    }
    let reason = if own { Some(DeactivationReason::UserRequested) } else { body.reason };
    let reason = reason.unwrap_or(DeactivationReason::Admin);
    let by = Actor::from(caller);
    let mut tx = app.db.begin().await?;
    roles::before_closing(&mut tx, user).await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    let before = account.status;
    account.status = Step::Deactivate.from(before).ok_or(UserError::InvalidState(before))?;
    account.locked_until = None;
    account.deactivation = Some(reason);
    prove::save(&mut tx, &mut account).await?;
    let now = tx.now();
    let message = UserDeactivated {
        user_id: user,
        aggregate_version: account.version,
        email: account.email.clone(),
        reason,
        additional_notes: body.additional_notes.clone(),
        changed_by: by.clone(),
        deactivated_at: now,
    };
    outbox::publish(&mut tx, &message).await?;
    let why = Why { code: Some("DEACTIVATED"), text: body.additional_notes };
    announce::status_changed(&mut tx, &account, before, &by, why).await?;
    let ended = store::session::revoke(&mut tx, user, Which::All, now).await?;
    announce::sessions_revoked(&mut tx, user, &ended, Vec::new(), RevocationReason::Deactivated).await?;
    announce::audit(&mut tx, caller, "user.deactivate", Some(user)).await?;
    let names = store::role::names_of_user(&mut tx, user).await?;
    tx.commit().await?;
    tokens::forget(app, &ended);
    app.metrics.count("user_deactivations", "Accounts closed.", &[]);
    Ok(views::user(&account, names))
}

fn check_notes(notes: Option<&str>) -> Result<()> {
    let mut check = Check::new();
    check.opt_multiline("/additionalNotes", notes, 0..=500);
    Ok(check.finish()?)
}

/// Opens a closed account again: staff, or its owner by the link of a mail.
///
/// # Errors
/// [`UserError::InvalidState`], [`UserError::TokenInvalid`], 401, 403.
pub(crate) async fn reactivate(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    body: ReactivateUser,
) -> Result<User> {
    check_notes(body.additional_notes.as_deref())?;
    match &body.token {
        Some(token) => by_link(app, user, token).await,
        None => by_staff(app, caller, user, body.additional_notes).await,
    }
}

async fn by_link(app: &AppState, user: UserId, token: &str) -> Result<User> {
    let now = app.clock.now();
    let claim = claims::open(app, &mut app.db.conn().await?, token, &PURPOSES, now).await?;
    if claim.user_id != Some(user) {
        return Err(UserError::TokenInvalid);
    }
    let mut tx = app.db.begin().await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    let sent_here = claim.email.as_deref().map(email::key) == Some(email::key(&account.email));
    if !account.owner_may_reopen() || !sent_here {
        return Err(UserError::TokenInvalid);
    }
    claims::consume(&mut tx, &claim).await?;
    // Whoever opens a mail proves its address.
    account.email_verified = true;
    let by = super::owner(user);
    reopen(&mut tx, &mut account, &by, None).await?;
    let names = store::role::names_of_user(&mut tx, user).await?;
    tx.commit().await?;
    Ok(views::user(&account, names))
}

async fn by_staff(app: &AppState, caller: &Caller, user: UserId, notes: Option<String>) -> Result<User> {
    match caller {
        Caller::Anonymous => return Err(Error::unauthenticated().into()),
        caller if !caller.has(Permission::UserStatus) => return Err(Error::forbidden().into()),
        _ => {}
    }
    let mut tx = app.db.begin().await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    let by = Actor::from(caller);
    reopen(&mut tx, &mut account, &by, notes).await?;
    announce::audit(&mut tx, caller, "user.reactivate", Some(user)).await?;
    let names = store::role::names_of_user(&mut tx, user).await?;
    tx.commit().await?;
    Ok(views::user(&account, names))
}

async fn reopen(tx: &mut Tx, account: &mut Account, by: &Actor, notes: Option<String>) -> Result<()> {
    let before = account.status;
    account.status = Step::Reactivate.from(before).ok_or(UserError::InvalidState(before))?;
    account.deactivation = None;
    prove::save(tx, account).await?;
    let now = tx.now();
    store::claim::withdraw(tx, account.id, &PURPOSES, now).await?;
    let message = UserReactivated {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        changed_by: by.clone(),
        reactivated_at: now,
    };
    outbox::publish(tx, &message).await?;
    announce::status_changed(tx, account, before, by, Why { code: Some("REACTIVATED"), text: notes }).await
}
