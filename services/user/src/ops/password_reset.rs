//! Setting a new password by a link in a mail.

use super::announce::{self, Why};
use super::create_user::{check_password, typed};
use super::{Origin, Result, claims, hashing, limits, prove, tokens};
use crate::AppState;
use crate::config::Action;
use crate::domain::account::{Account, Step};
use crate::domain::claim::Claim;
use crate::domain::{email, rights};
use crate::error::UserError;
use crate::ops::email_verification;
use crate::store;
use api::user::{
    ClaimPurpose, ConfirmPasswordReset, PasswordChangeType, RequestPasswordReset, RevocationReason,
    UserStatus,
};
use base::Error;
use base::keys::hex;
use db::Tx;
use events::{Task, TaskRun, tasks};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a link that sets a password was made for.
const PURPOSES: [ClaimPurpose; 2] = [ClaimPurpose::PasswordReset, ClaimPurpose::SetPassword];

/// Sends a reset link if the address belongs to an account. It is a task so that a request does
/// the same for known and unknown addresses.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendResetLink {
    key: String,
    email: String,
    ip: Option<IpAddr>,
}

impl Task for SendResetLink {
    const KIND: &'static str = "send-reset-link";
    const MAX_ATTEMPTS: u32 = 10;

    fn key(&self) -> String {
        self.key.clone()
    }
}

impl SendResetLink {
    /// The task for what somebody typed at `origin`.
    pub(crate) fn to(app: &AppState, address: &str, origin: &Origin) -> Self {
        let hash = limits::address_hash(app, address);
        let key = hex(&hash[..16]);
        Self { key, email: address.to_owned(), ip: origin.ip }
    }
}

/// Asks for a link. The answer tells nothing about accounts.
///
/// # Errors
/// [`UserError::TooMany`] per client address, 422 for what is no mail address.
pub(crate) async fn request(app: &AppState, origin: &Origin, body: RequestPasswordReset) -> Result<()> {
    let address = typed(&body.email).ok_or_else(|| {
        Error::field("/email", "email", "must be an e-mail address such as ada@example.org")
    })?;
    limits::check(app, origin, Action::Reset).await?;
    if limits::check_address(app, &address, Action::Reset).await.is_err() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    tasks::schedule(&mut tx, &SendResetLink::to(app, &address, origin), now).await?;
    Ok(tx.commit().await?)
}

/// Sends the link, if anybody is to get one.
pub(crate) async fn send(app: &AppState, run: &TaskRun<SendResetLink>) -> Result<()> {
    let task = &run.task;
    let mut tx = app.db.begin().await?;
    // Done in the transaction of the mail, so that a crash in between sends no second one.
    if !run.complete(&mut tx).await? {
        return Ok(());
    }
    if let Some(account) = store::account::by_email(&mut tx, &task.email).await? {
        mail(app, &mut tx, &account, task.ip).await?;
    }
    Ok(tx.commit().await?)
}

async fn mail(app: &AppState, tx: &mut Tx, account: &Account, ip: Option<IpAddr>) -> Result<()> {
    let purpose = match account.status {
        UserStatus::PendingVerification | UserStatus::Active | UserStatus::Locked => {
            ClaimPurpose::PasswordReset
        }
        UserStatus::Deactivated if account.owner_may_reopen() => ClaimPurpose::Reactivation,
        UserStatus::Suspended | UserStatus::Deactivated | UserStatus::Deleted => return Ok(()),
    };
    claims::mail_reset_link(app, tx, account, purpose, &Origin { ip, user_agent: None }).await
}

/// Sets the password with the secret of a link. That proves the address too, opens a locked
/// account and ends all its sessions.
///
/// # Errors
/// [`UserError::TokenInvalid`], [`UserError::WeakPassword`]; the link stays good then.
pub(crate) async fn confirm(app: &AppState, body: ConfirmPasswordReset) -> Result<()> {
    let mut c = app.db.conn().await?;
    let claim = claims::open(app, &mut c, &body.token, &PURPOSES, app.clock.now()).await?;
    let user = claim.user_id.ok_or(UserError::TokenInvalid)?;
    let account = store::account::get(&mut c, user).await?;
    let roles = store::role::names_of_user(&mut c, user).await?;
    drop(c);
    check_password(app, "/newPassword", &body.new_password, &account.email, rights::is_staff(&roles))?;
    let hash = hashing::hash(app, &body.new_password).await?;
    let mut tx = app.db.begin().await?;
    store::throttle::clear(&mut tx, limits::address_hash(app, &account.email)).await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    if !is_for(&claim, &account) {
        return Err(UserError::TokenInvalid);
    }
    claims::consume(&mut tx, &claim).await?;
    account.password_hash = Some(hash);
    let ended = set_by_link(&mut tx, &mut account).await?;
    tx.commit().await?;
    tokens::forget(app, &ended);
    Ok(())
}

/// Whether the link was sent to the address the account has now, and the account may be used.
fn is_for(claim: &Claim, account: &Account) -> bool {
    let usable =
        matches!(account.status, UserStatus::PendingVerification | UserStatus::Active | UserStatus::Locked);
    usable && claim.email.as_deref().is_some_and(|sent_to| email::key(sent_to) == email::key(&account.email))
}

async fn set_by_link(tx: &mut Tx, account: &mut Account) -> Result<Vec<api::ids::SessionId>> {
    let now = tx.now();
    let by = super::owner(account.id);
    let before = account.status;
    let newly_verified = !account.email_verified;
    account.email_verified = true;
    account.locked_until = None;
    let step = if before == UserStatus::Locked { Step::Unlock } else { Step::Verify };
    account.status = step.from(before).unwrap_or(before);
    prove::save(tx, account).await?;
    store::claim::withdraw(tx, account.id, &PURPOSES, now).await?;
    let ended = store::session::revoke(tx, account.id, store::session::Which::All, now).await?;
    if newly_verified {
        email_verification::tell_verified(tx, account, &by).await?;
    }
    if account.status != before {
        let code = if newly_verified { "EMAIL_VERIFIED" } else { "PASSWORD_RESET" };
        announce::status_changed(tx, account, before, &by, Why { code: Some(code), text: None }).await?;
    }
    announce::password_changed(tx, account, PasswordChangeType::ResetCompleted, &by).await?;
    announce::sessions_revoked(tx, account.id, &ended, Vec::new(), RevocationReason::PasswordReset).await?;
    Ok(ended)
}
