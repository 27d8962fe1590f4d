//! Events about signing in and out, passwords and links (contracts §3.4).

use super::messages::{EXCHANGE, SOURCE};
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{ClaimId, SessionId, UserId};
use base::Timestamp;
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which way a password was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PasswordChangeType {
    /// By its owner, with the old one.
    SelfInitiated,
    /// By the link of a mail.
    ResetCompleted,
    /// By staff or the operator.
    AdminForced,
}

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LoginFailure {
    /// Wrong password.
    InvalidCredentials,
    /// Too many failures before.
    AccountLocked,
    /// Right password, but the account is closed.
    AccountInactive,
    /// No account with that address.
    UserNotFound,
    /// A security directive.
    Blocked,
}

/// Why sessions ended before their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevocationReason {
    /// Their owner left.
    Logout,
    /// The password was changed with the old one.
    PasswordChanged,
    /// The password was set by a link.
    PasswordReset,
    /// The account was closed.
    Deactivated,
    /// The account was suspended.
    Suspended,
    /// A refresh token was used a second time: somebody has a copy.
    TokenReuse,
}

/// A mail with a link to prove an address, or to set the first password, is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEmailVerificationRequested {
    /// The account.
    pub user_id: UserId,
    /// Mail address at that moment.
    pub email: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Claim id of the link (§3.3); not a secret.
    pub verification_token_identifier: ClaimId,
    /// When it was asked for.
    pub request_timestamp: Timestamp,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

impl Message for UserEmailVerificationRequested {
    const NAME: &'static str = "UserEmailVerificationRequested";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.email-verification-requested.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A password was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPasswordChanged {
    /// The account.
    pub user_id: UserId,
    /// Version of the account after the change.
    pub aggregate_version: i64,
    /// Mail address at that moment.
    pub email: String,
    /// Which way it was set.
    pub change_type: PasswordChangeType,
    /// When.
    pub change_timestamp: Timestamp,
}

impl Message for UserPasswordChanged {
    const NAME: &'static str = "UserPasswordChanged";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.password-changed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A mail with a link to set a new password is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPasswordResetRequested {
    /// The account.
    pub user_id: UserId,
    /// Mail address at that moment.
    pub email: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Claim id of the link (§3.3); not a secret.
    pub reset_token_identifier: ClaimId,
    /// When it was asked for.
    pub request_timestamp: Timestamp,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// Client address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
}

impl Message for UserPasswordResetRequested {
    const NAME: &'static str = "UserPasswordResetRequested";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.password-reset-requested.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// Tokens were issued for a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLoggedIn {
    /// The account.
    pub user_id: UserId,
    /// Mail address at that moment.
    pub email: String,
    /// The session.
    pub session_id: SessionId,
    /// When.
    pub login_timestamp: Timestamp,
    /// Client address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Client text, ≤ 512 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Whether a second factor was given.
    pub mfa_verified: bool,
    /// Whether this device was not seen before.
    pub new_device: bool,
}

impl Message for UserLoggedIn {
    const NAME: &'static str = "UserLoggedIn";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.logged-in.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// A login was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLoginFailed {
    /// Mail address that was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_email: Option<String>,
    /// The account it belongs to, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_user_id: Option<UserId>,
    /// Why.
    pub reason: LoginFailure,
    /// Client address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Client text, ≤ 512 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When.
    pub failure_timestamp: Timestamp,
}

impl Message for UserLoginFailed {
    const NAME: &'static str = "UserLoginFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.login-failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        match (&self.attempted_user_id, &self.attempted_email) {
            (Some(id), _) => id.to_string(),
            // The digest keeps the key short and the address out of headers.
            (None, Some(email)) => base::Id::<()>::derived(Uuid::nil(), email).to_string(),
            (None, None) => "unknown".to_owned(),
        }
    }
}

/// A logout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLoggedOut {
    /// The account.
    pub user_id: UserId,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Access tokens that end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_token_jtis: Option<Vec<String>>,
    /// When.
    pub logout_timestamp: Timestamp,
}

impl Message for UserLoggedOut {
    const NAME: &'static str = "UserLoggedOut";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.logged-out.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// Sessions ended before their time: whoever checks access tokens refuses theirs from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserSessionsRevoked {
    /// The account.
    pub user_id: UserId,
    /// The sessions; tokens with another `sid` stay good.
    pub session_ids: Vec<SessionId>,
    /// Access tokens that end with them, as far as known.
    pub revoked_token_jtis: Vec<String>,
    /// Why.
    pub reason: RevocationReason,
    /// When; older tokens of these sessions are refused.
    pub revoked_at: Timestamp,
}

impl Message for UserSessionsRevoked {
    const NAME: &'static str = "UserSessionsRevoked";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "user.auth.sessions-revoked.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// The publisher of the user service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum UserService {}

impl Publisher for UserService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the user service.
pub type UserAuditRecorded = AuditRecorded<UserService>;
