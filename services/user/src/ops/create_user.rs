//! Making accounts, whatever the path.

use super::{Result, announce, claims, hashing};
use crate::AppState;
use crate::domain::account::{Account, Consent, Profile};
use crate::domain::{email, profile, rights};
use crate::error::UserError;
use crate::store;
use api::ids::{ProfileId, UserId};
use api::shared::Actor;
use api::user::{
    ClaimPurpose, CreateUser, CredentialMode, HistoryKind, User, UserCreated, UserSource, UserStatus,
};
use auth::{Caller, Role as SystemRole};
use base::{Check, Timestamp};
use db::Tx;
use events::outbox;
use serde_json::Map;

/// What an account starts with.
pub(crate) struct NewAccount {
    /// Mail address as typed.
    pub(crate) email: String,
    /// Whether it is proven, or somebody vouches for it.
    pub(crate) verified: bool,
    /// PHC string.
    pub(crate) password_hash: Option<String>,
    /// The personal part.
    pub(crate) profile: Profile,
    /// Advertising mail, if it was asked about.
    pub(crate) marketing: Option<bool>,
    /// How it comes to be.
    pub(crate) source: UserSource,
    /// Roles beside `customer`.
    pub(crate) roles: Vec<SystemRole>,
    /// Who makes it; its owner if nobody else does.
    pub(crate) by: Option<Actor>,
}

/// A profile with a name and the settings of the shop for the rest.
pub(crate) fn new_profile(
    names: [Option<String>; 3],
    locale: Option<String>,
    timezone: Option<String>,
) -> Profile {
    let [username, first_name, last_name] = names;
    Profile {
        id: ProfileId::new(),
        username,
        first_name,
        last_name,
        display_name: None,
        phone_number: None,
        date_of_birth: None,
        bio: None,
        picture_url: None,
        locale: locale.unwrap_or_else(|| "en".to_owned()),
        timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
        preferences: Map::new(),
    }
}

/// Names every wrong field of a new account at once.
///
/// # Errors
/// 422 `validation`.
pub(crate) fn check(address: &str, profile: &Profile, now: Timestamp) -> Result<()> {
    let mut check = Check::new();
    profile::check_email(&mut check, "/email", address);
    profile::check(profile, now, &mut check);
    Ok(check.finish()?)
}

/// Refuses a bad password.
///
/// # Errors
/// [`UserError::WeakPassword`].
pub(crate) fn check_password(
    app: &AppState,
    pointer: &'static str,
    password: &str,
    address: &str,
    staff: bool,
) -> Result<()> {
    match app.passwords.flaws(password, address, staff) {
        flaws if flaws.is_empty() => Ok(()),
        flaws => Err(UserError::WeakPassword(pointer, flaws)),
    }
}

/// Stores a new account with its roles and tells of it.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::UsernameTaken`].
pub(crate) async fn store_account(tx: &mut Tx, new: NewAccount) -> Result<(Account, Vec<String>)> {
    let now = tx.now();
    let consent_source = if new.source == UserSource::Direct { "REGISTRATION" } else { "ADMIN" };
    let account = Account {
        id: UserId::new(),
        version: 1,
        email: new.email.trim().to_owned(),
        email_verified: new.verified,
        pending_email: None,
        password_hash: new.password_hash,
        status: if new.verified { UserStatus::Active } else { UserStatus::PendingVerification },
        locked_until: None,
        deactivation: None,
        source: new.source,
        permission_version: 1,
        profile: new.profile,
        marketing: Consent {
            granted: new.marketing.unwrap_or_default(),
            at: new.marketing.map(|_| now),
            source: new.marketing.map(|_| consent_source.to_owned()),
        },
        last_login_at: None,
        created_at: now,
        updated_at: now,
    };
    store::account::insert(tx, &account).await?;
    let mut roles = Vec::new();
    for role in std::iter::once(SystemRole::Customer).chain(new.roles) {
        store::role::assign(tx, account.id, rights::system_role_id(role), now).await?;
        roles.push(role.to_string());
    }
    roles.sort();
    outbox::publish(tx, &created(&account, &roles)).await?;
    let by = new.by.unwrap_or_else(|| super::owner(account.id));
    announce::history(tx, account.id, HistoryKind::Created, "The account was made".into(), None, &by).await?;
    Ok((account, roles))
}

fn created(account: &Account, roles: &[String]) -> UserCreated {
    let profile = account.profile.clone();
    UserCreated {
        user_id: account.id,
        aggregate_version: account.version,
        email: account.email.clone(),
        username: profile.username,
        first_name: profile.first_name,
        last_name: profile.last_name,
        status: account.status,
        roles: roles.to_vec(),
        source: account.source,
        locale: profile.locale,
        timezone: profile.timezone,
        marketing_consent: account.marketing.granted,
        created_at: account.created_at,
    }
}

/// Makes an account for somebody else: by staff, or by a service.
///
/// # Errors
/// [`UserError::EmailTaken`], [`UserError::UsernameTaken`], [`UserError::WeakPassword`], 422.
pub(crate) async fn create_user(app: &AppState, caller: &Caller, body: CreateUser) -> Result<User> {
    let names = [body.username, body.first_name, body.last_name];
    let mut profile = new_profile(names, body.locale, body.timezone);
    profile.phone_number = body.phone_number;
    let address = body.email.trim().to_owned();
    check(&address, &profile, app.clock.now())?;
    let password_hash = match &body.password {
        Some(password) => {
            check_password(app, "/password", password, &address, false)?;
            Some(hashing::hash(app, password).await?)
        }
        None => None,
    };
    let invite = password_hash.is_none() && body.credential_mode == CredentialMode::Invite;
    let source = if caller.user().is_some() { UserSource::Admin } else { UserSource::Command };
    let mut tx = app.db.begin().await?;
    let (account, roles) = store_account(
        &mut tx,
        NewAccount {
            email: address,
            verified: body.verified,
            password_hash,
            profile,
            marketing: body.marketing_consent,
            source,
            roles: Vec::new(),
            by: Some(caller.into()),
        },
    )
    .await?;
    if invite {
        claims::mail_link(app, &mut tx, &account, ClaimPurpose::SetPassword).await?;
    } else if !account.email_verified {
        claims::mail_link(app, &mut tx, &account, ClaimPurpose::EmailVerification).await?;
    }
    announce::audit(&mut tx, caller, "user.create", Some(account.id)).await?;
    tx.commit().await?;
    Ok(super::views::user(&account, roles))
}

/// The address of an account that is being asked about, cut of what people paste around it.
pub(crate) fn typed(address: &str) -> Option<String> {
    let address = address.trim();
    email::is_valid(address).then(|| address.to_owned())
}
