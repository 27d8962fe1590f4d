//! Proving a mail address by a link, also the one that is to replace another.

use super::announce::{self, Why};
use super::{Result, claims, limits, prove};
use crate::AppState;
use crate::config::Action;
use crate::domain::account::{Account, Step};
use crate::domain::claim::Claim;
use crate::domain::email;
use crate::error::UserError;
use crate::store;
use api::ids::UserId;
use api::shared::Actor;
use api::user::{ClaimPurpose, ConfirmEmail, HistoryKind, UserEmailChanged, UserEmailVerified, UserStatus};
use db::Tx;
use events::outbox;

const PURPOSES: [ClaimPurpose; 1] = [ClaimPurpose::EmailVerification];

/// Has a new link mailed to the signed-in user's unproven address.
///
/// # Errors
/// [`UserError::AlreadyVerified`], [`UserError::TooMany`] per address.
pub(crate) async fn request(app: &AppState, user: UserId) -> Result<()> {
    let account = store::account::get(&mut app.db.conn().await?, user).await?;
    if account.email_verified && account.pending_email.is_none() {
        return Err(UserError::AlreadyVerified);
    }
    let address = account.pending_email.as_ref().unwrap_or(&account.email);
    limits::check_address(app, address, Action::Reset).await?;
    let mut tx = app.db.begin().await?;
    claims::mail_link(app, &mut tx, &account, ClaimPurpose::EmailVerification).await?;
    Ok(tx.commit().await?)
}

/// Proves an address with the secret of a link.
///
/// # Errors
/// [`UserError::TokenInvalid`]; [`UserError::EmailTaken`] if another account took the new address
/// in the meantime.
pub(crate) async fn confirm(app: &AppState, body: ConfirmEmail) -> Result<()> {
    let now = app.clock.now();
    let claim = claims::open(app, &mut app.db.conn().await?, &body.token, &PURPOSES, now).await?;
    let user = claim.user_id.ok_or(UserError::TokenInvalid)?;
    let mut tx = app.db.begin().await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    if matches!(account.status, UserStatus::Deactivated | UserStatus::Deleted) {
        return Err(UserError::TokenInvalid);
    }
    claims::consume(&mut tx, &claim).await?;
    if is_sent_to(&claim, account.pending_email.as_deref()) {
        switch_address(&mut tx, &mut account).await?;
    } else if is_sent_to(&claim, Some(&account.email)) && !account.email_verified {
        verify(&mut tx, &mut account).await?;
    } else {
        return Err(UserError::TokenInvalid);
    }
    store::claim::withdraw(&mut tx, user, &PURPOSES, now).await?;
    Ok(tx.commit().await?)
}

fn is_sent_to(claim: &Claim, address: Option<&str>) -> bool {
    let sent_to = claim.email.as_deref().map(email::key);
    sent_to.is_some() && sent_to == address.map(email::key)
}

async fn verify(tx: &mut Tx, account: &mut Account) -> Result<()> {
    let before = account.status;
    account.email_verified = true;
    account.status = Step::Verify.from(before).unwrap_or(before);
    prove::save(tx, account).await?;
    let by = super::owner(account.id);
    tell_verified(tx, account, &by).await?;
    tell_active(tx, account, before, &by).await
}

/// Tells that the account's address is proven.
pub(crate) async fn tell_verified(tx: &mut Tx, account: &Account, by: &Actor) -> Result<()> {
    let message = UserEmailVerified {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        verification_timestamp: tx.now(),
    };
    outbox::publish(tx, &message).await?;
    announce::updated(tx, account, vec!["emailVerified".into()], by).await
}

async fn tell_active(tx: &mut Tx, account: &Account, before: UserStatus, by: &Actor) -> Result<()> {
    if account.status == before {
        return Ok(());
    }
    let why = Why { code: Some("EMAIL_VERIFIED"), text: None };
    announce::status_changed(tx, account, before, by, why).await
}

async fn switch_address(tx: &mut Tx, account: &mut Account) -> Result<()> {
    let Some(new) = account.pending_email.take() else { return Ok(()) };
    let before = account.status;
    let previous = std::mem::replace(&mut account.email, new);
    account.email_verified = true;
    account.status = Step::Verify.from(before).unwrap_or(before);
    prove::save(tx, account).await?;
    let by = super::owner(account.id);
    let now = tx.now();
    let message = UserEmailChanged {
        user_id: account.id,
        aggregate_version: account.version,
        previous_email: previous,
        email: account.email.clone(),
        change_timestamp: now,
    };
    outbox::publish(tx, &message).await?;
    let verified = UserEmailVerified {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        verification_timestamp: now,
    };
    outbox::publish(tx, &verified).await?;
    announce::updated(tx, account, vec!["email".into(), "emailVerified".into()], &by).await?;
    tell_active(tx, account, before, &by).await?;
    announce::history(
        tx,
        account.id,
        HistoryKind::EmailChanged,
        "The mail address was changed".into(),
        None,
        &by,
    )
    .await
}
