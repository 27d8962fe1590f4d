//! Setting a new password with the old one.

use super::create_user::check_password;
use super::{Origin, Result, announce, hashing, limits, prove, tokens};
use crate::AppState;
use crate::config::Action;
use crate::domain::rights;
use crate::error::UserError;
use crate::store::{self, session::Which};
use api::user::{ChangePassword, ClaimPurpose, PasswordChangeType, RevocationReason};
use auth::User;

/// Sets a new password and ends the user's other sessions.
///
/// # Errors
/// [`UserError::WrongPassword`], which counts like a failed login; [`UserError::WeakPassword`],
/// [`UserError::AccountLocked`], [`UserError::TooMany`].
pub(crate) async fn change_password(
    app: &AppState,
    origin: &Origin,
    user: &User,
    body: ChangePassword,
) -> Result<()> {
    limits::check(app, origin, Action::Login).await?;
    let id = user.id;
    let mut c = app.db.conn().await?;
    let seen = store::account::get(&mut c, id).await?;
    let roles = store::role::names_of_user(&mut c, id).await?;
    drop(c);
    prove::present_password(app, origin, &seen, &body.current_password).await?;
    check_password(app, "/newPassword", &body.new_password, &seen.email, rights::is_staff(&roles))?;
    let hash = hashing::hash(app, &body.new_password).await?;
    let mut tx = app.db.begin().await?;
    let mut account = store::account::lock(&mut tx, id).await?;
    if account.password_hash != seen.password_hash {
        return Err(UserError::WrongPassword);
    }
    let now = tx.now();
    account.password_hash = Some(hash);
    prove::save(&mut tx, &mut account).await?;
    store::claim::withdraw(&mut tx, id, &[ClaimPurpose::PasswordReset, ClaimPurpose::SetPassword], now)
        .await?;
    let kept = user.session_id;
    let ended = store::session::revoke(&mut tx, id, Which::AllBut(kept), now).await?;
    let by = super::owner(id);
    announce::password_changed(&mut tx, &account, PasswordChangeType::SelfInitiated, &by).await?;
    announce::sessions_revoked(&mut tx, id, &ended, Vec::new(), RevocationReason::PasswordChanged).await?;
    tx.commit().await?;
    tokens::forget(app, &ended);
    Ok(())
}
