//! The settings of the user service, section `[user]` of `config/default.toml`.

use crate::domain::lockout;
use crate::domain::password::Policy;
use crate::domain::session::Limits;
use auth::HashSettings;
use base::config::Span;
use base::{Error, Kind, Result};
use serde::Deserialize;
use service::Rule;
use std::time::Duration;

/// Section `[user]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserConfig {
    /// Whether accounts with an unproven address may sign in.
    pub(crate) login_unverified: bool,
    /// Whether registration answers alike for known and unknown addresses.
    pub(crate) conceal_existing: bool,
    /// Code points of a customer's shortest password.
    pub(crate) password_min_length: usize,
    /// Code points of a staff member's shortest password.
    pub(crate) staff_password_min_length: usize,
    /// Memory per password hash in KiB.
    pub(crate) hash_memory_kib: u32,
    /// Passes over that memory.
    pub(crate) hash_passes: u32,
    /// Password hashes at once; 0 = chosen by cores and memory.
    pub(crate) hash_permits: usize,
    /// How long an access token lives.
    pub(crate) access_token_life: Span,
    /// How long a customer's session lives unused.
    pub(crate) session_idle: Span,
    /// How long a customer's session lives in all.
    pub(crate) session_absolute: Span,
    /// How long a staff member's session lives unused.
    pub(crate) staff_session_idle: Span,
    /// How long a staff member's session lives in all.
    pub(crate) staff_session_absolute: Span,
    /// How long a superseded refresh token still leads to its successor.
    pub(crate) refresh_grace: Span,
    /// The failed login that closes an address first.
    pub(crate) lockout_attempts: i64,
    /// For how long.
    pub(crate) lockout_first: Span,
    /// The longest time before the hundredth failure.
    pub(crate) lockout_longest: Span,
    /// The quiet time after which failures are forgotten.
    pub(crate) lockout_window: Span,
    /// Different addresses that fail from one network before it may not sign in any more.
    pub(crate) network_addresses: i64,
    /// Within which time.
    pub(crate) network_window: Span,
    /// For how long.
    pub(crate) network_block: Span,
    /// How long a link to set a password works.
    pub(crate) reset_link_life: Span,
    /// How long a link to prove an address, or the first administrator's, works.
    pub(crate) verification_link_life: Span,
    /// How long ago sign-in may be for changes of roles or mail address.
    pub(crate) recent_sign_in: Span,
    /// Logins per minute and client address.
    pub(crate) logins_per_minute: u32,
    /// Registrations per hour and client address.
    pub(crate) registrations_per_hour: u32,
    /// Reset mails per hour and client address, and per account.
    pub(crate) resets_per_hour: u32,
    /// Refreshes per minute and client address.
    pub(crate) refreshes_per_minute: u32,
    /// Whether the four limits above hold for clients on this machine too.
    pub(crate) limit_loopback: bool,
    /// Addresses per account.
    pub(crate) max_addresses: i64,
}

impl UserConfig {
    /// Refuses settings that would weaken the rules of the contract.
    ///
    /// # Errors
    /// 422 `settings` that names the key.
    pub(crate) fn validate(&self) -> Result<()> {
        let longest = auth::password::MAX_CODE_POINTS;
        let rules = [
            ((8..=longest).contains(&self.password_min_length), "password_min_length must be from 8 to 128"),
            (
                (self.password_min_length..=longest).contains(&self.staff_password_min_length),
                "staff_password_min_length must be from password_min_length to 128",
            ),
            (self.lockout_attempts >= 1, "lockout_attempts must be at least 1"),
            (self.network_addresses >= 2, "network_addresses must be at least 2"),
            (self.refresh_grace.0 <= Duration::from_secs(60), "refresh_grace must be at most 60s"),
            (self.session_idle <= self.session_absolute, "session_idle must not exceed session_absolute"),
            (
                self.staff_session_idle <= self.staff_session_absolute,
                "staff_session_idle must not exceed staff_session_absolute",
            ),
            ((1..=1000).contains(&self.max_addresses), "max_addresses must be from 1 to 1000"),
        ];
        match rules.into_iter().find(|(good, _)| !good) {
            None => Ok(()),
            Some((_, what)) => Err(Error::new(Kind::Invalid, "settings", format!("[user] {what}"))),
        }
    }

    /// How passwords are hashed.
    pub(crate) fn hashing(&self) -> HashSettings {
        HashSettings {
            memory_kib: self.hash_memory_kib,
            passes: self.hash_passes,
            permits: self.hash_permits,
            ..HashSettings::default()
        }
    }

    /// What a good password is.
    pub(crate) fn password_policy(&self, shop_name: String) -> Policy {
        Policy {
            min_length: self.password_min_length,
            staff_min_length: self.staff_password_min_length,
            shop_name,
        }
    }

    /// How long sessions of customers or staff live.
    pub(crate) fn session_limits(&self, staff: bool) -> Limits {
        if staff {
            Limits { idle: self.staff_session_idle.0, absolute: self.staff_session_absolute.0 }
        } else {
            Limits { idle: self.session_idle.0, absolute: self.session_absolute.0 }
        }
    }

    /// How failed logins slow down.
    pub(crate) fn lockout(&self) -> lockout::Rules {
        lockout::Rules {
            attempts: self.lockout_attempts,
            first: self.lockout_first.0,
            longest: self.lockout_longest.0,
            window: self.lockout_window.0,
        }
    }

    /// The limit of an action per client address.
    pub(crate) fn limit(&self, action: Action) -> Rule {
        match action {
            Action::Login => Rule::per_minute(self.logins_per_minute),
            Action::Register => Rule::per(self.registrations_per_hour, Duration::from_hours(1)),
            Action::Reset => Rule::per(self.resets_per_hour, Duration::from_hours(1)),
            Action::Refresh => Rule::per_minute(self.refreshes_per_minute),
        }
    }
}

/// What is limited per client address, each with a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A login, or anything else that tries a password.
    Login,
    /// A registration.
    Register,
    /// A mail with a link.
    Reset,
    /// A refresh.
    Refresh,
}

impl Action {
    /// Its name in the limiter's keys.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Action::Login => "login",
            Action::Register => "register",
            Action::Reset => "reset",
            Action::Refresh => "refresh",
        }
    }
}
