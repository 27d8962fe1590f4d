//! Signing in and out, passwords, links and keys (contracts §4.2, §3.3).

use super::account::User;
use crate::ids::SessionId;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person signs up.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Register {
    /// Mail address.
    pub email: String,
    /// ≥ 8 characters, ≤ 128.
    pub password: String,
    /// ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// 3–32 letters, digits, `.`, `_` or `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether advertising mail is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_consent: Option<bool>,
    /// Accepted and not looked at while no captcha is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha_token: Option<String>,
}

/// The new account, and tokens if unverified accounts may sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The account.
    pub user: User,
    /// Bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// For the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds the access token lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// Codes of checks that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A person signs in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// Mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Accepted and not looked at while no captcha is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha_token: Option<String>,
    /// How its owner calls the device, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// Tokens and account of who signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoggedIn {
    /// Bearer token.
    pub access_token: String,
    /// For the next one; good for one use.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds the access token lives.
    pub expires_in: i64,
    /// The account.
    pub user: User,
}

/// Exchanges a refresh token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refresh {
    /// The token of the last login or refresh.
    pub refresh_token: String,
}

/// A new pair; the refresh token given for it is dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenPair {
    /// Bearer token.
    pub access_token: String,
    /// For the next one; good for one use.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds the access token lives.
    pub expires_in: i64,
}

/// Ends the session of the access token, or all of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Logout {
    /// Ends the session of this refresh token too, if it is the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Ends all sessions of the account.
    #[serde(default)]
    pub everywhere: bool,
}

/// Asks for a link to set a new password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestPasswordReset {
    /// Mail address.
    pub email: String,
    /// Accepted and not looked at while no captcha is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha_token: Option<String>,
}

/// Sets a new password with the secret of a link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmPasswordReset {
    /// Secret of the link.
    pub token: String,
    /// The new password.
    pub new_password: String,
}

/// Sets a new password with the old one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password.
    pub current_password: String,
    /// The new one.
    pub new_password: String,
}

/// Proves a mail address with the secret of a link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmEmail {
    /// Secret of the link.
    pub token: String,
}

/// A place where the account is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id, the `sid` of its tokens.
    pub id: SessionId,
    /// How its owner calls the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
    /// Client text of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Client address of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// What the secret of a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimPurpose {
    /// Proving a mail address.
    EmailVerification,
    /// Setting a new password.
    PasswordReset,
    /// Setting the first password of an account others made.
    SetPassword,
    /// Opening an account its owner had closed.
    Reactivation,
    /// Making the first administrator.
    FirstAdmin,
}

/// The secret behind a claim id, for the sender of the mail only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretClaim {
    /// What it is good for.
    pub purpose: ClaimPurpose,
    /// The link to put into the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The code to put into the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The one-time link on an installation without administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstAdminLink {
    /// The link.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Uses that link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstAdmin {
    /// Secret of the link.
    pub token: String,
    /// Mail address of the administrator.
    pub email: String,
    /// ≥ 15 characters.
    pub password: String,
}

/// The operator makes an administrator.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAdmin {
    /// Mail address.
    pub email: String,
    /// ≥ 15 characters; without it the answer holds a link to set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// The administrator made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminCreated {
    /// The account.
    pub user: User,
    /// One-time link to set the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_password_url: Option<String>,
}

/// What an OpenID client reads first (only the members this platform has).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenIdConfiguration {
    /// `iss` of every token.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Where tokens are refreshed.
    pub token_endpoint: String,
    /// Where the account is read.
    pub userinfo_endpoint: String,
    /// Algorithms of the tokens.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// How subjects are named.
    pub subject_types_supported: Vec<String>,
    /// Kinds of answers; none, because there is no authorisation endpoint.
    pub response_types_supported: Vec<String>,
    /// How tokens are asked for.
    pub grant_types_supported: Vec<String>,
    /// Claims of the tokens.
    pub claims_supported: Vec<String>,
}
