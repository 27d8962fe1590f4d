//! What can go wrong, and the stable code a client sees for it.

use crate::domain::password::Flaw;
use api::user::UserStatus;
use base::{Error, Kind, Timestamp};
use db::DbError;
use std::time::Duration;
use uuid::Uuid;

/// A failure of an operation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    /// Not there, or not the caller's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An account has the address.
    #[error("an account with this mail address exists; sign in or reset its password")]
    EmailTaken,
    /// An account has the name.
    #[error("this username is taken; choose another one")]
    UsernameTaken,
    /// The password at this pointer is not good enough.
    #[error("choose a better password")]
    WeakPassword(&'static str, Vec<Flaw>),
    /// Unknown address or wrong password.
    #[error("the mail address or the password is wrong")]
    InvalidCredentials,
    /// Too many failures at the typed address.
    #[error("too many failed attempts; wait, or reset the password")]
    AccountLocked(Duration),
    /// Right password, but the account is not in use.
    #[error("this account is not in use; prove its mail address, or write to us")]
    AccountInactive(UserStatus),
    /// Right password, but too short for staff.
    #[error("staff need a longer password; reset it")]
    PasswordChangeRequired,
    /// The refresh token is not good.
    #[error("the session has ended; sign in again")]
    RefreshInvalid,
    /// The secret of a link is not good.
    #[error("this link does not work any more; ask for a new one")]
    TokenInvalid,
    /// The present password is another.
    #[error("the present password is wrong")]
    WrongPassword,
    /// There is nothing to prove.
    #[error("the mail address is proven already")]
    AlreadyVerified,
    /// The state machine has no such step.
    #[error("an account that is {0:?} cannot become {1:?}")]
    InvalidTransition(UserStatus, UserStatus),
    /// Closing or opening an account that is closed or open.
    #[error("the account is {0:?} already or cannot be opened this way")]
    InvalidState(UserStatus),
    /// The claim is too old.
    #[error("the link of this claim has expired")]
    ClaimExpired,
    /// The claim was used or withdrawn.
    #[error("the link of this claim was used")]
    ClaimUsed,
    /// The first administrator exists.
    #[error("an administrator exists; they make further ones")]
    AdminExists,
    /// Nobody changes their own roles.
    #[error("nobody changes their own roles or status; ask another administrator")]
    OwnRoles,
    /// Nobody gives or takes what they lack.
    #[error("the role {0} has rights that you lack")]
    RightsLacking(String),
    /// Somebody must be able to manage roles.
    #[error("this is the last super administrator; make another one first")]
    LastSuperAdmin,
    /// The request names a role that is not there.
    #[error("there is no role {0}")]
    NoSuchRole(Uuid),
    /// The list of addresses is full.
    #[error("the address book is full; remove an address first")]
    TooManyAddresses,
    /// Too many requests from one place or about one address.
    #[error("too many requests; try again later")]
    TooMany(Duration),
    /// An error of the libraries, as it is.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<DbError> for UserError {
    fn from(error: DbError) -> Self {
        UserError::Other(error.into())
    }
}

impl UserError {
    fn row(&self) -> (Kind, &'static str) {
        match self {
            UserError::NotFound(_) => (Kind::NotFound, "not-found"),
            UserError::EmailTaken => (Kind::Conflict, "email-taken"),
            UserError::UsernameTaken => (Kind::Conflict, "username-taken"),
            UserError::WeakPassword(..) => (Kind::Invalid, "weak-password"),
            UserError::InvalidCredentials => (Kind::Unauthenticated, "invalid-credentials"),
            UserError::AccountLocked(_) => (Kind::Locked, "account-locked"),
            UserError::AccountInactive(_) => (Kind::Forbidden, "account-inactive"),
            UserError::PasswordChangeRequired => (Kind::Forbidden, "password-change-required"),
            UserError::RefreshInvalid => (Kind::Unauthenticated, "refresh-invalid"),
            UserError::TokenInvalid => (Kind::Invalid, "token-invalid"),
            UserError::WrongPassword => (Kind::Invalid, "wrong-password"),
            UserError::AlreadyVerified => (Kind::Conflict, "already-verified"),
            UserError::InvalidTransition(..) => (Kind::Conflict, "invalid-transition"),
            UserError::InvalidState(_) => (Kind::Conflict, "invalid-state"),
            UserError::ClaimExpired => (Kind::Gone, "claim-expired"),
            UserError::ClaimUsed => (Kind::Gone, "claim-used"),
            UserError::AdminExists => (Kind::Conflict, "admin-exists"),
            UserError::OwnRoles => (Kind::Forbidden, "own-roles"),
            UserError::RightsLacking(_) => (Kind::Forbidden, "rights-lacking"),
            UserError::LastSuperAdmin => (Kind::Conflict, "last-super-admin"),
            UserError::NoSuchRole(_) => (Kind::Invalid, "validation"),
            UserError::TooManyAddresses => (Kind::Conflict, "too-many-addresses"),
            UserError::TooMany(_) => (Kind::TooMany, "rate-limited"),
            UserError::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<UserError> for Error {
    fn from(error: UserError) -> Self {
        let (kind, code) = error.row();
        let plain = Error::new(kind, code, error.to_string());
        match error {
            UserError::Other(error) => error,
            UserError::WeakPassword(pointer, flaws) => flaws
                .into_iter()
                .fold(plain, |error, flaw| error.with_field(pointer, flaw.code(), flaw.message())),
            UserError::AccountLocked(wait) | UserError::TooMany(wait) => plain.retry_after(wait),
            UserError::AccountInactive(status) => plain.with("accountStatus", status),
            UserError::NoSuchRole(_) => plain.with_field("/roleIds", "unknown-role", "there is no such role"),
            _ => plain,
        }
    }
}

/// The time from `now` until `until`, as clients are told to wait.
pub(crate) fn wait(now: Timestamp, until: Timestamp) -> Duration {
    until.since(now).max(Duration::from_secs(1))
}
