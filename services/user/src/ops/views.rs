//! Accounts as clients and neighbours see them (contracts §4.13).

use crate::domain::account::Account;
use crate::domain::session::Family;
use api::ids::SessionId;
use api::user::{Contact, PublicProfile, Session, UpdateUser, User, UserProfile};

/// The account without the parts that must be asked for.
pub(crate) fn user(account: &Account, roles: Vec<String>) -> User {
    let profile = &account.profile;
    User {
        id: account.id,
        email: account.email.clone(),
        email_verified: account.email_verified,
        username: profile.username.clone(),
        first_name: profile.first_name.clone(),
        last_name: profile.last_name.clone(),
        status: account.status,
        roles,
        mfa_enabled: false,
        profile: None,
        addresses: None,
        stats: None,
        last_login_at: account.last_login_at,
        created_at: account.created_at,
        updated_at: account.updated_at,
        version: account.version,
        locked_until: None,
        risk_flags: None,
        payment_failure_count: None,
    }
}

/// The profile.
pub(crate) fn profile(account: &Account) -> UserProfile {
    let profile = account.profile.clone();
    UserProfile {
        id: profile.id,
        first_name: profile.first_name,
        last_name: profile.last_name,
        display_name: profile.display_name,
        phone_number: profile.phone_number,
        phone_verified: false,
        date_of_birth: profile.date_of_birth,
        bio: profile.bio,
        profile_picture_url: profile.picture_url,
        locale: profile.locale,
        timezone: profile.timezone,
        preferences: profile.preferences,
    }
}

/// What everybody may see.
pub(crate) fn public_profile(account: &Account) -> PublicProfile {
    PublicProfile {
        display_name: account.public_name(),
        profile_picture_url: account.profile.picture_url.clone(),
    }
}

/// The fields a merge patch is laid over.
pub(crate) fn editable(account: &Account) -> UpdateUser {
    let profile = account.profile.clone();
    UpdateUser {
        email: Some(account.email.clone()),
        marketing_consent: Some(account.marketing.granted),
        locale: Some(profile.locale),
        timezone: Some(profile.timezone),
        preferences: Some(profile.preferences),
        username: profile.username,
        first_name: profile.first_name,
        last_name: profile.last_name,
        display_name: profile.display_name,
        phone_number: profile.phone_number,
        date_of_birth: profile.date_of_birth,
        bio: profile.bio,
        profile_picture_url: profile.picture_url,
    }
}

/// How to reach its owner.
pub(crate) fn contact(account: &Account) -> Contact {
    let profile = account.profile.clone();
    Contact {
        user_id: account.id,
        email: account.email.clone(),
        email_verified: account.email_verified,
        phone_number: profile.phone_number,
        first_name: profile.first_name,
        last_name: profile.last_name,
        locale: profile.locale,
        timezone: profile.timezone,
        status: account.status,
    }
}

/// A session of whoever uses the session `current`.
pub(crate) fn session(family: Family, current: SessionId) -> Session {
    Session {
        current: family.id == current,
        id: family.id,
        device_name: family.device_name,
        user_agent: family.user_agent,
        ip_address: family.ip_address,
        created_at: family.created_at,
        last_used_at: family.rotated_at,
        expires_at: family.expires_at,
    }
}
