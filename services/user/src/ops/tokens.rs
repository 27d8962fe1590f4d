//! Opening sessions and issuing tokens for them.

use super::{Origin, Result};
use crate::AppState;
use crate::domain::account::Account;
use crate::domain::rights;
use crate::domain::session::Family;
use crate::store;
use api::ids::SessionId;
use api::user::{TokenPair, UserLoggedIn, UserStatus};
use auth::AccountStatus;
use auth::token::UserClaims;
use base::keys::random_bytes;
use db::Tx;
use events::outbox;

/// How an account got in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By signing in: a device not seen before is news to its owner.
    Login,
    /// By registering just now.
    Registration,
}

/// Opens a session for `account`, whose owner has just proven who they are.
pub(crate) async fn open_session(
    app: &AppState,
    tx: &mut Tx,
    account: &Account,
    roles: &[String],
    origin: &Origin,
    device_name: Option<String>,
    entry: Entry,
) -> Result<Family> {
    let now = tx.now();
    let limits = app.config.session_limits(rights::is_staff(roles));
    let family = Family {
        id: SessionId::new(),
        user_id: account.id,
        nonce: random_bytes(),
        generation: 1,
        rotated_at: now,
        created_at: now,
        expires_at: limits.end(now, now),
        revoked_at: None,
        device_name,
        user_agent: origin.user_agent.clone(),
        ip_address: origin.ip_text(),
    };
    store::session::insert(tx, &family, family.token(&app.keys, 1).hash()).await?;
    store::account::note_login(tx, account.id, now).await?;
    let first_seen = store::session::note_device(tx, account.id, device_hash(app, &family), now).await?;
    let message = UserLoggedIn {
        user_id: account.id,
        email: account.email.clone(),
        session_id: family.id,
        login_timestamp: now,
        ip_address: family.ip_address.clone(),
        user_agent: family.user_agent.clone(),
        mfa_verified: false,
        new_device: first_seen && entry == Entry::Login,
    };
    outbox::publish(tx, &message).await?;
    Ok(family)
}

/// What makes a device the same device: its software and the name its owner gave it. Its address
/// does not, because telephones change theirs all day.
fn device_hash(app: &AppState, family: &Family) -> [u8; 32] {
    let agent = family.user_agent.as_deref().unwrap_or_default();
    let name = family.device_name.as_deref().unwrap_or_default();
    app.keys.mac("user/device", format!("{agent}\n{name}").as_bytes())
}

/// Tokens of the family's generation.
///
/// # Errors
/// 500 if the account has so many roles that no token holds them.
pub(crate) async fn issue(
    app: &AppState,
    account: &Account,
    roles: &[String],
    family: &Family,
    generation: i64,
) -> Result<TokenPair> {
    super::keys::keep_signer_fresh(app).await?;
    let claims = UserClaims {
        user_id: account.id,
        session_id: family.id,
        amr: vec!["pwd".to_owned()],
        auth_time: family.created_at,
        roles: roles.to_vec(),
        permission_version: account.permission_version,
        status: status(account.status),
        email_verified: account.email_verified,
    };
    let signed = app.signer.sign_user(&claims)?;
    Ok(TokenPair {
        access_token: signed.token,
        refresh_token: family.token(&app.keys, generation).text(),
        token_type: "Bearer".to_owned(),
        expires_in: signed.life.as_secs() as i64,
    })
}

fn status(status: UserStatus) -> AccountStatus {
    match status {
        UserStatus::PendingVerification => AccountStatus::PendingVerification,
        UserStatus::Active => AccountStatus::Active,
        UserStatus::Locked => AccountStatus::Locked,
        UserStatus::Suspended => AccountStatus::Suspended,
        UserStatus::Deactivated => AccountStatus::Deactivated,
        UserStatus::Deleted => AccountStatus::Deleted,
    }
}

/// Refuses the access tokens of ended sessions in this process at once; others learn it by event.
pub(crate) fn forget(app: &AppState, sessions: &[SessionId]) {
    for session in sessions {
        app.verifier.revoke_session(*session);
    }
}
