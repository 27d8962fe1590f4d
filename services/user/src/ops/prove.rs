//! Trying a password: what it costs is the same for every address, and failures are counted per
//! typed address, whether an account has it or not (security.md §1.2, §3).

use super::{Origin, Result, announce, hashing, limits};
use crate::AppState;
use crate::domain::account::{Account, Step};
use crate::domain::lockout::{self, Throttle};
use crate::error::{UserError, wait};
use crate::ops::announce::Why;
use crate::ops::housekeeping::UnlockAccount;
use crate::store;
use api::user::{LoginFailure, UserLoginFailed, UserStatus};
use base::{Error, Timestamp};
use db::Tx;
use events::{outbox, tasks};

/// Rounds of counting before giving up; each lost round means that somebody else's was counted,
/// and a handful of those closes the address.
const ROUNDS: usize = 20;

/// Refuses a typed address that is closed at the moment.
///
/// # Errors
/// [`UserError::AccountLocked`].
pub(crate) async fn check_open(app: &AppState, address: &str, now: Timestamp) -> Result<()> {
    let mut c = app.db.conn().await?;
    let throttle = store::throttle::find(&mut c, limits::address_hash(app, address)).await?;
    refuse_locked(throttle.as_ref(), now)
}

fn refuse_locked(throttle: Option<&Throttle>, now: Timestamp) -> Result<()> {
    match throttle.and_then(|throttle| throttle.locked(now)) {
        Some(until) => Err(UserError::AccountLocked(wait(now, until))),
        None => Ok(()),
    }
}

/// A failure to be told of.
pub(crate) struct Failed<'a> {
    /// What was typed.
    pub(crate) address: &'a str,
    /// Whose it is, if anybody's.
    pub(crate) account: Option<&'a Account>,
    /// Why.
    pub(crate) reason: LoginFailure,
    /// Where from.
    pub(crate) origin: &'a Origin,
}

/// Tells of a refused login.
pub(crate) async fn tell(tx: &mut Tx, failed: &Failed<'_>) -> Result<()> {
    let message = UserLoginFailed {
        // People type passwords into the wrong field: only what looks like an address is told.
        attempted_email: super::create_user::typed(failed.address),
        attempted_user_id: failed.account.map(|account| account.id),
        reason: failed.reason,
        ip_address: failed.origin.ip_text(),
        user_agent: failed.origin.user_agent.clone(),
        failure_timestamp: tx.now(),
    };
    outbox::publish(tx, &message).await?;
    Ok(())
}

/// Counts a wrong password and tells of it; closes the address, and with it an active account,
/// when it was one too many.
///
/// # Errors
/// [`UserError::AccountLocked`] if others closed the address in the meantime: then nothing of this
/// attempt counts, so that a hundred attempts at once are no better than five.
pub(crate) async fn count_failure(app: &AppState, failed: &Failed<'_>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let throttle = count(app, &mut tx, failed.address).await?;
    let hash = limits::address_hash(app, failed.address);
    limits::note_failure(app, &mut tx, failed.origin, hash).await?;
    tell(&mut tx, failed).await?;
    if let (Some(until), Some(account)) = (throttle.locked_until, failed.account) {
        lock_account(&mut tx, account, until).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn count(app: &AppState, tx: &mut Tx, address: &str) -> Result<Throttle> {
    let hash = limits::address_hash(app, address);
    let now = tx.now();
    for _ in 0..ROUNDS {
        let before = store::throttle::find(tx, hash).await?;
        refuse_locked(before.as_ref(), now)?;
        let after = lockout::after_failure(before.as_ref(), now, app.config.lockout());
        if store::throttle::replace(tx, hash, before.as_ref(), &after).await? {
            return Ok(after);
        }
    }
    Err(UserError::Other(Error::unavailable("too many attempts at once")))
}

async fn lock_account(tx: &mut Tx, account: &Account, until: Timestamp) -> Result<()> {
    let mut account = store::account::lock(tx, account.id).await?;
    let before = account.status;
    let locked = Step::Lock.from(before).or((before == UserStatus::Locked).then_some(before));
    let Some(locked) = locked else { return Ok(()) };
    account.status = locked;
    account.locked_until = Some(until);
    save(tx, &mut account).await?;
    if before != locked {
        let why = Why { code: Some("FAILED_LOGINS"), text: None };
        announce::status_changed(tx, &account, before, &announce::system(), why).await?;
    }
    Ok(tasks::schedule(tx, &UnlockAccount { user_id: account.id }, until).await?)
}

/// Stores a changed account as its next version.
pub(crate) async fn save(tx: &mut Tx, account: &mut Account) -> Result<()> {
    account.version += 1;
    account.updated_at = tx.now();
    store::account::update(tx, account).await
}

/// Forgets the failures at an address. Call it before the account is locked: whoever counts a
/// failure takes the two in this order as well, so that no two wait for each other.
///
/// # Errors
/// [`UserError::AccountLocked`] while the address is closed.
pub(crate) async fn forgive(app: &AppState, tx: &mut Tx, address: &str) -> Result<()> {
    let hash = limits::address_hash(app, address);
    let throttle = store::throttle::find(tx, hash).await?;
    refuse_locked(throttle.as_ref(), tx.now())?;
    if throttle.is_some() {
        store::throttle::clear(tx, hash).await?;
    }
    Ok(())
}

/// Ends the lock of an account whose time is over.
///
/// # Errors
/// [`UserError::AccountLocked`] while it is not.
pub(crate) async fn end_lock(tx: &mut Tx, account: &mut Account) -> Result<()> {
    let now = tx.now();
    if let Some(until) = account.locked_until.filter(|until| *until > now) {
        return Err(UserError::AccountLocked(wait(now, until)));
    }
    unlock(tx, account, &announce::system(), Why { code: Some("LOCK_ENDED"), text: None }).await
}

/// Ends the lock of an account that is LOCKED.
pub(crate) async fn unlock(
    tx: &mut Tx,
    account: &mut Account,
    by: &api::shared::Actor,
    why: Why,
) -> Result<()> {
    let before = account.status;
    let Some(after) = Step::Unlock.from(before) else { return Ok(()) };
    account.status = after;
    account.locked_until = None;
    save(tx, account).await?;
    announce::status_changed(tx, account, before, by, why).await
}

/// Demands the present password of a signed-in user.
///
/// # Errors
/// [`UserError::WrongPassword`], which counts like a failed login; [`UserError::AccountLocked`].
pub(crate) async fn present_password(
    app: &AppState,
    origin: &Origin,
    account: &Account,
    password: &str,
) -> Result<()> {
    check_open(app, &account.email, app.clock.now()).await?;
    if hashing::verify(app, password, account.password_hash.as_deref()).await? {
        return Ok(());
    }
    let reason = LoginFailure::InvalidCredentials;
    count_failure(app, &Failed { address: &account.email, account: Some(account), reason, origin }).await?;
    Err(UserError::WrongPassword)
}
