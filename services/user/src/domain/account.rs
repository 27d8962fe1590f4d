//! An account and the steps between its states (contracts §6.1).

use crate::error::UserError;
use api::ids::{ProfileId, UserId};
use api::user::{DeactivationReason, UserSource, UserStatus};
use base::Timestamp;
use serde_json::{Map, Value};

/// An account with its profile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: UserId,
    /// Raised by every change that others see.
    pub(crate) version: i64,
    /// Mail address as typed.
    pub(crate) email: String,
    /// Whether it is proven.
    pub(crate) email_verified: bool,
    /// The address that replaces it once proven.
    pub(crate) pending_email: Option<String>,
    /// PHC string; none until the first password is set.
    pub(crate) password_hash: Option<String>,
    /// State.
    pub(crate) status: UserStatus,
    /// Until when a LOCKED account stays so.
    pub(crate) locked_until: Option<Timestamp>,
    /// Why a DEACTIVATED account was closed.
    pub(crate) deactivation: Option<DeactivationReason>,
    /// How it came to be.
    pub(crate) source: UserSource,
    /// Raised by role changes (`pv`).
    pub(crate) permission_version: i64,
    /// Its personal part.
    pub(crate) profile: Profile,
    /// Whether advertising mail is wanted.
    pub(crate) marketing: Consent,
    /// Last login.
    pub(crate) last_login_at: Option<Timestamp>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was last changed.
    pub(crate) updated_at: Timestamp,
}

/// The personal part of an account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// Its id.
    pub(crate) id: ProfileId,
    /// Chosen name.
    pub(crate) username: Option<String>,
    /// Given name.
    pub(crate) first_name: Option<String>,
    /// Family name.
    pub(crate) last_name: Option<String>,
    /// Name shown to others.
    pub(crate) display_name: Option<String>,
    /// E.164.
    pub(crate) phone_number: Option<String>,
    /// `YYYY-MM-DD`.
    pub(crate) date_of_birth: Option<String>,
    /// A few words.
    pub(crate) bio: Option<String>,
    /// https URL.
    pub(crate) picture_url: Option<String>,
    /// BCP 47.
    pub(crate) locale: String,
    /// IANA name.
    pub(crate) timezone: String,
    /// Choices of the screens.
    pub(crate) preferences: Map<String, Value>,
}

/// A consent, when it was given or withdrawn, and which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    /// Given or not.
    pub(crate) granted: bool,
    /// Since when.
    pub(crate) at: Option<Timestamp>,
    /// `REGISTRATION`, `PROFILE` or `ADMIN`.
    pub(crate) source: Option<String>,
}

/// A step between states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The mail address is proven.
    Verify,
    /// Too many failed logins.
    Lock,
    /// The lock is over.
    Unlock,
    /// Staff close it for a while.
    Suspend,
    /// Staff lift the suspension.
    Reinstate,
    /// Its owner or staff close it.
    Deactivate,
    /// Its owner or staff open it again.
    Reactivate,
}

impl Step {
    /// Where the step leads from `from`; nothing if there is no such step.
    pub(crate) fn from(self, from: UserStatus) -> Option<UserStatus> {
        use UserStatus::{Active, Deactivated, Locked, PendingVerification, Suspended};
        match (self, from) {
            (Step::Verify, PendingVerification)
            | (Step::Unlock, Locked)
            | (Step::Reinstate, Suspended)
            | (Step::Reactivate, Deactivated) => Some(Active),
            (Step::Lock, Active) => Some(Locked),
            (Step::Suspend, PendingVerification | Active | Locked) => Some(Suspended),
            (Step::Deactivate, PendingVerification | Active | Locked | Suspended) => Some(Deactivated),
            _ => None,
        }
    }
}

/// The step that a wish of staff (`PUT …/status`) means.
///
/// # Errors
/// [`UserError::InvalidTransition`] for other wishes, and for states that are not left that way.
pub(crate) fn wished_step(from: UserStatus, wish: UserStatus) -> Result<Step, UserError> {
    let step = match (from, wish) {
        (UserStatus::Locked, UserStatus::Active) => Step::Unlock,
        (UserStatus::Suspended, UserStatus::Active) => Step::Reinstate,
        (_, UserStatus::Suspended) => Step::Suspend,
        _ => return Err(UserError::InvalidTransition(from, wish)),
    };
    step.from(from).map(|_| step).ok_or(UserError::InvalidTransition(from, wish))
}

/// Whether somebody with the right password may sign in.
pub(crate) fn may_sign_in(status: UserStatus, unverified_too: bool) -> bool {
    match status {
        // A LOCKED account gets here only when its lock is over.
        UserStatus::Active | UserStatus::Locked => true,
        UserStatus::PendingVerification => unverified_too,
        UserStatus::Suspended | UserStatus::Deactivated | UserStatus::Deleted => false,
    }
}

impl Account {
    /// The name others see.
    pub(crate) fn public_name(&self) -> String {
        let profile = &self.profile;
        let chosen = profile.display_name.as_ref().or(profile.username.as_ref());
        chosen.cloned().unwrap_or_else(|| "Customer".to_owned())
    }

    /// Whether a link in a mail may open it again: only what its owner closed.
    pub(crate) fn owner_may_reopen(&self) -> bool {
        self.status == UserStatus::Deactivated && self.deactivation == Some(DeactivationReason::UserRequested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UserStatus::{Active, Deactivated, Deleted, Locked, PendingVerification, Suspended};

    const ALL: [UserStatus; 6] = [PendingVerification, Active, Locked, Suspended, Deactivated, Deleted];
    const STEPS: [Step; 7] = [
        Step::Verify,
        Step::Lock,
        Step::Unlock,
        Step::Suspend,
        Step::Reinstate,
        Step::Deactivate,
        Step::Reactivate,
    ];

    #[test]
    fn the_steps_are_those_of_the_contract() {
        let mut steps: Vec<_> = STEPS
            .into_iter()
            .flat_map(|step| ALL.map(|from| (from, step.from(from))))
            .filter_map(|(from, to)| to.map(|to| (from, to)))
            .map(|(from, to)| format!("{from:?} {to:?}"))
            .collect();
        steps.sort();
        let expected = [
            "Active Deactivated",
            "Active Locked",
            "Active Suspended",
            "Deactivated Active",
            "Locked Active",
            "Locked Deactivated",
            "Locked Suspended",
            "PendingVerification Active",
            "PendingVerification Deactivated",
            "PendingVerification Suspended",
            "Suspended Active",
            "Suspended Deactivated",
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn an_erased_account_never_comes_back() {
        assert!(STEPS.into_iter().all(|step| step.from(Deleted).is_none()));
    }

    #[test]
    fn staff_may_wish_for_suspension_and_its_end_only() {
        assert_eq!(wished_step(Active, Suspended).unwrap(), Step::Suspend);
        assert_eq!(wished_step(Suspended, Active).unwrap(), Step::Reinstate);
        assert_eq!(wished_step(Locked, Active).unwrap(), Step::Unlock);
        for (from, wish) in [
            (PendingVerification, Active),
            (Deactivated, Active),
            (Active, Active),
            (Active, Deactivated),
            (Suspended, Suspended),
            (Deactivated, Suspended),
            (Active, Deleted),
        ] {
            assert!(
                matches!(wished_step(from, wish), Err(UserError::InvalidTransition(..))),
                "{from:?} {wish:?}"
            );
        }
    }

    #[test]
    fn who_may_sign_in() {
        assert!(may_sign_in(Active, false) && may_sign_in(PendingVerification, true));
        assert!(!may_sign_in(PendingVerification, false));
        assert!([Suspended, Deactivated, Deleted].iter().all(|status| !may_sign_in(*status, true)));
    }
}
