//! Suspending an account and lifting a suspension or lock, by staff.

use super::announce::{self, Why};
use super::{Result, limits, prove, roles, tokens, views};
use crate::AppState;
use crate::domain::account::{Step, wished_step};
use crate::error::UserError;
use crate::store::{self, session::Which};
use api::ids::UserId;
use api::shared::Actor;
use api::user::{RevocationReason, SetStatus, User};
use auth::Caller;
use base::Check;

/// Brings an account to the state staff wish for.
///
/// # Errors
/// [`UserError::InvalidTransition`], [`UserError::OwnRoles`] for one's own account,
/// [`UserError::LastSuperAdmin`], [`UserError::NotFound`], 412.
pub(crate) async fn set_status(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    seen: Option<i64>,
    body: SetStatus,
) -> Result<User> {
    let mut check = Check::new();
    check.multiline("/reason", &body.reason, 1..=500);
    check.finish()?;
    if caller.user().is_some_and(|caller| caller.id == user) {
        return Err(UserError::OwnRoles);
    }
    let by = Actor::from(caller);
    let mut tx = app.db.begin().await?;
    roles::before_closing_if(&mut tx, user, body.status).await?;
    let address = store::account::get(&mut tx, user).await?.email;
    store::throttle::clear(&mut tx, limits::address_hash(app, &address)).await?;
    let mut account = store::account::lock(&mut tx, user).await?;
    if seen.is_some_and(|seen| seen != account.version) {
        return Err(UserError::Other(base::Error::stale()));
    }
    let before = account.status;
    let step = wished_step(before, body.status)?;
    let invalid = UserError::InvalidTransition(before, body.status);
    account.status = step.from(before).ok_or(invalid)?;
    account.locked_until = None;
    prove::save(&mut tx, &mut account).await?;
    let code = match step {
        Step::Suspend => "SUSPENDED",
        _ => "REINSTATED",
    };
    announce::status_changed(
        &mut tx,
        &account,
        before,
        &by,
        Why { code: Some(code), text: Some(body.reason) },
    )
    .await?;
    let mut ended = Vec::new();
    if step == Step::Suspend {
        let now = tx.now();
        ended = store::session::revoke(&mut tx, user, Which::All, now).await?;
        announce::sessions_revoked(&mut tx, user, &ended, Vec::new(), RevocationReason::Suspended).await?;
    }
    announce::audit(&mut tx, caller, "user.status.write", Some(user)).await?;
    let names = store::role::names_of_user(&mut tx, user).await?;
    tx.commit().await?;
    tokens::forget(app, &ended);
    Ok(views::user(&account, names))
}
