//! One-time links: making them, telling the sender of the mail, using them up.

use super::{Origin, Result};
use crate::AppState;
use crate::domain::account::Account;
use crate::domain::claim::{Claim, ClaimToken};
use crate::error::UserError;
use crate::store;
use api::ids::{ClaimId, UserId};
use api::user::{ClaimPurpose, SecretClaim, UserEmailVerificationRequested, UserPasswordResetRequested};
use base::Timestamp;
use db::{Conn, Tx};
use events::outbox;
use std::time::Duration;

fn life(app: &AppState, purpose: ClaimPurpose) -> Duration {
    match purpose {
        ClaimPurpose::PasswordReset => app.config.reset_link_life.0,
        ClaimPurpose::SetPassword
        | ClaimPurpose::EmailVerification
        | ClaimPurpose::Reactivation
        | ClaimPurpose::FirstAdmin => app.config.verification_link_life.0,
    }
}

/// Stores a new claim.
pub(crate) async fn make(
    app: &AppState,
    tx: &mut Tx,
    purpose: ClaimPurpose,
    about: Option<(UserId, &str)>,
) -> Result<Claim> {
    let now = tx.now();
    let claim = Claim {
        id: ClaimId::new(),
        purpose,
        user_id: about.map(|about| about.0),
        email: about.map(|about| about.1.to_owned()),
        expires_at: now + life(app, purpose),
        used_at: None,
    };
    store::claim::insert(tx, &claim, now).await?;
    Ok(claim)
}

/// Has a link mailed that proves the account's address, or the one that is to replace it, or sets
/// the first password. The event names the claim; its secret is told to the sender of the mail.
pub(crate) async fn mail_link(
    app: &AppState,
    tx: &mut Tx,
    account: &Account,
    purpose: ClaimPurpose,
) -> Result<()> {
    let address = account.pending_email.as_ref().unwrap_or(&account.email);
    let claim = make(app, tx, purpose, Some((account.id, address))).await?;
    let message = UserEmailVerificationRequested {
        user_id: account.id,
        email: address.clone(),
        first_name: account.profile.first_name.clone(),
        verification_token_identifier: claim.id,
        request_timestamp: tx.now(),
        expires_at: claim.expires_at,
    };
    outbox::publish(tx, &message).await?;
    Ok(())
}

/// Has a link mailed that sets a new password, or reopens an account its owner had closed.
pub(crate) async fn mail_reset_link(
    app: &AppState,
    tx: &mut Tx,
    account: &Account,
    purpose: ClaimPurpose,
    origin: &Origin,
) -> Result<()> {
    let claim = make(app, tx, purpose, Some((account.id, &account.email))).await?;
    let message = UserPasswordResetRequested {
        user_id: account.id,
        email: account.email.clone(),
        first_name: account.profile.first_name.clone(),
        reset_token_identifier: claim.id,
        request_timestamp: tx.now(),
        expires_at: claim.expires_at,
        ip_address: origin.ip_text(),
    };
    outbox::publish(tx, &message).await?;
    Ok(())
}

/// The secret behind a claim, for the sender of the mail; the same at every call.
///
/// # Errors
/// [`UserError::NotFound`], [`UserError::ClaimUsed`], [`UserError::ClaimExpired`].
pub(crate) async fn secret_claim(app: &AppState, id: ClaimId) -> Result<SecretClaim> {
    let mut c = app.db.conn().await?;
    let claim = store::claim::find(&mut c, id).await?;
    // The first administrator's link goes to the operator's terminal, never into a mail.
    let claim = claim.filter(|claim| claim.user_id.is_some()).ok_or(UserError::NotFound("claim"))?;
    if claim.used_at.is_some() {
        return Err(UserError::ClaimUsed);
    }
    if !claim.is_live(app.clock.now()) {
        return Err(UserError::ClaimExpired);
    }
    let url = claim.url(&app.keys, &app.public_url);
    Ok(SecretClaim { purpose: claim.purpose, url: Some(url), code: None, expires_at: claim.expires_at })
}

/// The live claim that the secret of a link belongs to. It is not used up yet.
///
/// # Errors
/// [`UserError::TokenInvalid`].
pub(crate) async fn open(
    app: &AppState,
    c: &mut Conn,
    token: &str,
    purposes: &[ClaimPurpose],
    now: Timestamp,
) -> Result<Claim> {
    let token = ClaimToken::open(&app.keys, token, purposes).ok_or(UserError::TokenInvalid)?;
    let claim = store::claim::find(c, token.claim).await?;
    let good = claim.filter(|claim| claim.is_live(now) && purposes.contains(&claim.purpose));
    good.ok_or(UserError::TokenInvalid)
}

/// Uses a claim up: of several that try at once one succeeds.
///
/// # Errors
/// [`UserError::TokenInvalid`].
pub(crate) async fn consume(tx: &mut Tx, claim: &Claim) -> Result<()> {
    let now = tx.now();
    if store::claim::consume(tx, claim.id, now).await? { Ok(()) } else { Err(UserError::TokenInvalid) }
}
