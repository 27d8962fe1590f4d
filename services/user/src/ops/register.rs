//! Signing up.

use super::create_user::{NewAccount, check, check_password, new_profile, store_account};
use super::password_reset::SendResetLink;
use super::tokens::{self, Entry};
use super::{Origin, Result, claims, hashing, limits, views};
use crate::AppState;
use crate::config::Action;
use crate::domain::account::Account;
use crate::error::UserError;
use crate::store;
use api::user::{ClaimPurpose, Register, Registered, UserRegistered, UserSource};
use db::Tx;
use events::{outbox, tasks};

/// How a registration is answered.
pub(crate) enum Outcome {
    /// With the account.
    Registered(Box<Registered>),
    /// With nothing at all, as every registration: a mail decides.
    Concealed,
}

/// Makes an account for the person who asks.
///
/// # Errors
/// [`UserError::EmailTaken`] unless existing accounts are concealed, [`UserError::UsernameTaken`],
/// [`UserError::WeakPassword`], [`UserError::TooMany`], 422.
pub(crate) async fn register(app: &AppState, origin: &Origin, body: Register) -> Result<Outcome> {
    limits::check(app, origin, Action::Register).await?;
    let address = body.email.trim().to_owned();
    let names = [body.username.clone(), body.first_name.clone(), body.last_name.clone()];
    let profile = new_profile(names, body.locale.clone(), body.timezone.clone());
    check(&address, &profile, app.clock.now())?;
    check_password(app, "/password", &body.password, &address, false)?;
    // Hashed before anybody looks whether the address is known: the work must not tell.
    let password_hash = Some(hashing::hash(app, &body.password).await?);
    let new = NewAccount {
        email: address.clone(),
        verified: false,
        password_hash,
        profile,
        marketing: body.marketing_consent,
        source: UserSource::Direct,
        roles: Vec::new(),
        by: None,
    };
    let outcome = if app.config.conceal_existing {
        concealed(app, origin, &address, new).await
    } else {
        openly(app, origin, new).await
    };
    let result = if outcome.is_ok() { "ok" } else { "refused" };
    app.metrics.count("user_registrations", "Registrations by result.", &[("result", result)]);
    outcome
}

async fn openly(app: &AppState, origin: &Origin, new: NewAccount) -> Result<Outcome> {
    let mut tx = app.db.begin().await?;
    let (mut account, roles) = store_registration(app, &mut tx, new).await?;
    let session = if app.config.login_unverified {
        account.last_login_at = Some(tx.now());
        Some(tokens::open_session(app, &mut tx, &account, &roles, origin, None, Entry::Registration).await?)
    } else {
        None
    };
    tx.commit().await?;
    let mut answer = Registered {
        user: views::user(&account, roles.clone()),
        access_token: None,
        refresh_token: None,
        expires_in: None,
        warnings: Vec::new(),
    };
    if let Some(family) = session {
        let pair = tokens::issue(app, &account, &roles, &family, family.generation).await?;
        answer.access_token = Some(pair.access_token);
        answer.refresh_token = Some(pair.refresh_token);
        answer.expires_in = Some(pair.expires_in);
    }
    Ok(Outcome::Registered(Box::new(answer)))
}

/// Known address or not: nothing is told here, and the owner of the address gets a mail.
async fn concealed(app: &AppState, origin: &Origin, address: &str, new: NewAccount) -> Result<Outcome> {
    if let Some(username) = &new.profile.username {
        let taken = store::account::has_username(&mut app.db.conn().await?, username).await?;
        if taken {
            return Err(UserError::UsernameTaken);
        }
    }
    let mut tx = app.db.begin().await?;
    match store_registration(app, &mut tx, new).await {
        Ok(_) => tx.commit().await?,
        Err(UserError::EmailTaken) => {
            drop(tx);
            remind(app, origin, address).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(Outcome::Concealed)
}

async fn store_registration(app: &AppState, tx: &mut Tx, new: NewAccount) -> Result<(Account, Vec<String>)> {
    let (account, roles) = store_account(tx, new).await?;
    let profile = account.profile.clone();
    let message = UserRegistered {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        username: profile.username,
        first_name: profile.first_name,
        last_name: profile.last_name,
        status: account.status,
        source: account.source,
        registration_timestamp: account.created_at,
    };
    outbox::publish(tx, &message).await?;
    claims::mail_link(app, tx, &account, ClaimPurpose::EmailVerification).await?;
    Ok((account, roles))
}

/// Whoever registers a second time has forgotten that there is an account: they get a reset link,
/// as often as the limit of reset mails allows.
async fn remind(app: &AppState, origin: &Origin, address: &str) -> Result<()> {
    if limits::check_address(app, address, Action::Reset).await.is_err() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    tasks::schedule(&mut tx, &SendResetLink::to(app, address, origin), now).await?;
    Ok(tx.commit().await?)
}
