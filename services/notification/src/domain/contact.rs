//! What we know of a person: a copy of the user service's data, kept by events.

use super::gate::Standing;
use api::ids::UserId;
use api::user::{Contact as Told, UserCreated, UserSnapshot, UserStatus};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) locale: String,
    pub(crate) timezone: String,
    pub(crate) marketing_consent: bool,
    pub(crate) status: UserStatus,
    pub(crate) erased: bool,
}

impl Contact {
    /// As the account was made.
    pub(crate) fn created(event: &UserCreated) -> Self {
        Self {
            user_id: event.user_id,
            email: event.email.clone(),
            email_verified: event.status == UserStatus::Active,
            first_name: event.first_name.clone(),
            last_name: event.last_name.clone(),
            phone_number: None,
            locale: event.locale.clone(),
            timezone: event.timezone.clone(),
            marketing_consent: event.marketing_consent,
            status: event.status,
            erased: false,
        }
    }

    /// As it is after a change.
    pub(crate) fn updated(user_id: UserId, snapshot: &UserSnapshot) -> Self {
        Self {
            user_id,
            email: snapshot.email.clone(),
            email_verified: snapshot.email_verified,
            first_name: snapshot.first_name.clone(),
            last_name: snapshot.last_name.clone(),
            phone_number: snapshot.phone_number.clone(),
            locale: snapshot.locale.clone(),
            timezone: snapshot.timezone.clone(),
            marketing_consent: snapshot.marketing_consent,
            status: snapshot.status,
            erased: false,
        }
    }

    /// As the user service answers when it is asked; it does not tell whether advertising is
    /// wanted, so it is not.
    pub(crate) fn asked(told: Told) -> Self {
        Self {
            user_id: told.user_id,
            email: told.email,
            email_verified: told.email_verified,
            first_name: told.first_name,
            last_name: told.last_name,
            phone_number: told.phone_number,
            locale: told.locale,
            timezone: told.timezone,
            marketing_consent: false,
            erased: told.status == UserStatus::Deleted,
            status: told.status,
        }
    }

    /// What the gate must know.
    pub(crate) fn standing(&self) -> Standing {
        match self.status {
            _ if self.erased => Standing::Erased,
            UserStatus::Deleted => Standing::Erased,
            UserStatus::Deactivated => Standing::Deactivated,
            UserStatus::PendingVerification
            | UserStatus::Active
            | UserStatus::Locked
            | UserStatus::Suspended => Standing::Good,
        }
    }
}
