//! Changing an account and its profile.

use super::create_user::typed;
use super::{Result, announce, claims, limits, prove, views};
use crate::AppState;
use crate::config::Action;
use crate::domain::account::{Account, Consent, Profile};
use crate::domain::{email, profile, rights};
use crate::error::UserError;
use crate::store;
use api::ids::UserId;
use api::shared::Actor;
use api::user::{ClaimPurpose, HistoryKind, SaveProfile, UpdateUser, User, UserProfile, UserProfileUpdated};
use auth::{Caller, Permission};
use base::{Check, Error, Timestamp};
use db::{Conn, Tx};
use events::outbox;

/// Lays a merge patch over the present fields; given by the HTTP layer, which can read one.
pub(crate) type Patch<'a> = &'a (dyn Fn(&UpdateUser) -> base::Result<UpdateUser> + Send + Sync);

/// Changes an account: its owner, staff, or a service. A new address is used once it is proven.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::UsernameTaken`], [`UserError::NotFound`] for others'
/// accounts, [`UserError::RightsLacking`] for those of staff with more rights, 403 `reauthentication-required` for a new address, 412, 422.
pub(crate) async fn update_user(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    seen: Option<i64>,
    patch: Patch<'_>,
) -> Result<User> {
    caller.owner_or(user, Permission::UserUpdate)?;
    check_move(app, caller, user, patch).await?;
    let mut tx = app.db.begin().await?;
    let before = open(&mut tx, caller, user, seen).await?;
    let wanted = patch(&views::editable(&before))?;
    let address = wanted.email.clone().ok_or_else(|| required("/email"))?;
    let after = patched(&before, wanted, caller, tx.now())?;
    let mut after = checked(after, tx.now())?;
    let moves = is_other(&address, &before);
    if moves {
        after.pending_email = Some(valid(&address)?);
    } else {
        after.email = typed(&address).unwrap_or(address);
    }
    let after = store_change(&mut tx, &before, after, &caller.into()).await?;
    if moves && after.pending_email != before.pending_email {
        claims::mail_link(app, &mut tx, &after, ClaimPurpose::EmailVerification).await?;
    }
    if after.version != before.version {
        announce::audit(&mut tx, caller, "user.update", Some(user)).await?;
    }
    let roles = store::role::names_of_user(&mut tx, user).await?;
    tx.commit().await?;
    app.metrics.count("user_updates", "Accounts changed.", &[]);
    Ok(views::user(&after, roles))
}

fn required(pointer: &str) -> UserError {
    UserError::Other(Error::field(pointer, "required", "cannot be removed"))
}

/// The account as the caller wants it; consent and address are looked at separately.
fn patched(before: &Account, wanted: UpdateUser, caller: &Caller, now: Timestamp) -> Result<Account> {
    let granted = wanted.marketing_consent.ok_or_else(|| required("/marketingConsent"))?;
    let profile = Profile {
        id: before.profile.id,
        username: wanted.username,
        first_name: wanted.first_name,
        last_name: wanted.last_name,
        display_name: wanted.display_name,
        phone_number: wanted.phone_number,
        date_of_birth: wanted.date_of_birth,
        bio: wanted.bio,
        picture_url: wanted.profile_picture_url,
        locale: wanted.locale.ok_or_else(|| required("/locale"))?,
        timezone: wanted.timezone.ok_or_else(|| required("/timezone"))?,
        preferences: wanted.preferences.unwrap_or_default(),
    };
    let own = caller.user().is_some_and(|caller| caller.id == before.id);
    let source = if own { "PROFILE" } else { "ADMIN" };
    let marketing = if granted == before.marketing.granted {
        before.marketing.clone()
    } else {
        Consent { granted, at: Some(now), source: Some(source.to_owned()) }
    };
    Ok(Account { profile, marketing, ..before.clone() })
}

fn is_other(address: &str, account: &Account) -> bool {
    email::key(address) != email::key(&account.email)
}

fn valid(address: &str) -> Result<String> {
    let wrong = || Error::field("/email", "email", "must be an e-mail address such as ada@example.org");
    Ok(typed(address).ok_or_else(wrong)?)
}

/// Before the transaction: whether the caller may wish for another address now, if they do. Of a
/// signed-in person, who has proven recently who they are, the answer may tell whether it is free.
async fn check_move(app: &AppState, caller: &Caller, user: UserId, patch: Patch<'_>) -> Result<()> {
    let mut c = app.db.conn().await?;
    let account = store::account::get(&mut c, user).await?;
    check_rank(&mut c, caller, user).await?;
    let wanted = patch(&views::editable(&account))?;
    let Some(address) = wanted.email.filter(|address| is_other(address, &account)) else { return Ok(()) };
    if caller.user().is_some() {
        caller.require_recent_auth(app.clock.now(), app.config.recent_sign_in.0)?;
    }
    let address = valid(&address)?;
    if !app.config.conceal_existing && store::account::by_email(&mut c, &address).await?.is_some() {
        return Err(UserError::EmailTaken);
    }
    drop(c);
    limits::check_address(app, &address, Action::Reset).await
}

/// Staff change only accounts that have no rights beyond their own.
async fn check_rank(c: &mut Conn, caller: &Caller, user: UserId) -> Result<()> {
    let Some(other) = caller.user().filter(|caller| caller.id != user) else { return Ok(()) };
    let held = store::role::of_user(c, user).await?;
    match rights::beyond(other.permissions, &held) {
        Some(role) => Err(UserError::RightsLacking(role.name.clone())),
        None => Ok(()),
    }
}

async fn open(tx: &mut Tx, caller: &Caller, user: UserId, seen: Option<i64>) -> Result<Account> {
    caller.owner_or(user, Permission::UserUpdate)?;
    let account = store::account::lock(tx, user).await?;
    check_rank(tx, caller, user).await?;
    match seen {
        Some(seen) if seen != account.version => Err(UserError::Other(Error::stale())),
        _ => Ok(account),
    }
}

fn checked(account: Account, now: Timestamp) -> Result<Account> {
    let mut check = Check::new();
    profile::check(&account.profile, now, &mut check);
    check.finish()?;
    Ok(account)
}

/// Stores what differs and tells of it; nothing happens if nothing does.
async fn store_change(tx: &mut Tx, before: &Account, mut after: Account, by: &Actor) -> Result<Account> {
    let in_profile = profile::changed_fields(&before.profile, &after.profile);
    let mut fields: Vec<String> = in_profile.iter().map(|field| (*field).to_owned()).collect();
    let others = [
        ("email", before.email != after.email),
        ("pendingEmail", before.pending_email != after.pending_email),
        ("marketingConsent", before.marketing != after.marketing),
    ];
    fields.extend(others.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()));
    if fields.is_empty() {
        return Ok(after);
    }
    prove::save(tx, &mut after).await?;
    announce::updated(tx, &after, fields.clone(), by).await?;
    if !in_profile.is_empty() {
        let message = UserProfileUpdated {
            user_id: after.id,
            aggregate_version: after.version,
            profile_id: after.profile.id,
            updated_fields: in_profile.iter().map(|field| (*field).to_owned()).collect(),
            display_name: after.profile.display_name.clone(),
            profile_picture_url: after.profile.picture_url.clone(),
            update_timestamp: tx.now(),
        };
        outbox::publish(tx, &message).await?;
    }
    let summary = format!("Changed: {}", fields.join(", "));
    announce::history(tx, after.id, HistoryKind::ProfileChanged, summary, None, by).await?;
    Ok(after)
}

/// Replaces the profile.
///
/// # Errors
/// [`UserError::NotFound`] for others' profiles, 412, 422.
pub(crate) async fn save_profile(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    seen: Option<i64>,
    body: SaveProfile,
) -> Result<(i64, UserProfile)> {
    let mut tx = app.db.begin().await?;
    let before = open(&mut tx, caller, user, seen).await?;
    let profile = Profile {
        id: before.profile.id,
        username: before.profile.username.clone(),
        first_name: body.first_name,
        last_name: body.last_name,
        display_name: body.display_name,
        phone_number: body.phone_number,
        date_of_birth: body.date_of_birth,
        bio: body.bio,
        picture_url: body.profile_picture_url,
        locale: body.locale.unwrap_or_else(|| before.profile.locale.clone()),
        timezone: body.timezone.unwrap_or_else(|| before.profile.timezone.clone()),
        preferences: body.preferences,
    };
    let after = checked(Account { profile, ..before.clone() }, tx.now())?;
    let after = store_change(&mut tx, &before, after, &caller.into()).await?;
    if after.version != before.version {
        announce::audit(&mut tx, caller, "user.profile.write", Some(user)).await?;
    }
    tx.commit().await?;
    app.metrics.count("user_updates", "Accounts changed.", &[]);
    Ok((after.version, views::profile(&after)))
}
