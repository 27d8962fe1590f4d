//! Accounts, profiles and addresses as clients and neighbours see them (contracts §4.3, §4.13).

use super::addresses::UserAddress;
use crate::ids::{ProfileId, UserId};
use crate::shared::Actor;
use base::{Money, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The state of an account (contracts §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// The mail address is not proven yet.
    PendingVerification,
    /// In use.
    Active,
    /// Closed for a while after too many failed logins.
    Locked,
    /// Closed by staff or a security directive.
    Suspended,
    /// Closed by its owner or by staff; may come back.
    Deactivated,
    /// Erased; never comes back.
    Deleted,
}

/// How an account came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserSource {
    /// Its owner registered.
    Direct,
    /// Staff or the operator made it.
    Admin,
    /// A command of another service.
    Command,
    /// Sign-in with Google.
    Google,
    /// Sign-in with Apple.
    Apple,
    /// Sign-in with Facebook.
    Facebook,
    /// Sign-in with GitHub.
    Github,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Mail address as its owner typed it.
    pub email: String,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// Chosen name, unique in the shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// State.
    pub status: UserStatus,
    /// Names of the roles.
    pub roles: Vec<String>,
    /// Whether a second factor is set up.
    pub mfa_enabled: bool,
    /// With `include=profile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<UserProfile>,
    /// With `include=addresses`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<UserAddress>>,
    /// With `include=stats`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<UserStats>,
    /// Last time tokens were issued for a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Raised by every change; the number in the ETag.
    pub version: i64,
    /// Staff only: until when logins are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
    /// Staff only: `PAYMENT_FAILURES` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_flags: Option<Vec<String>>,
    /// Staff only: declined payments so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_failure_count: Option<i64>,
}

/// What a customer bought so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStats {
    /// Orders placed and not cancelled.
    pub order_count: i64,
    /// Their value, one amount per currency.
    pub total_spent: Vec<Money>,
    /// When the last one was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_order_at: Option<Timestamp>,
    /// Points of the loyalty service.
    pub loyalty_points: i64,
    /// Its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_tier: Option<String>,
}

/// The personal part of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfile {
    /// Its id.
    pub id: ProfileId,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Name shown to other customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the number is proven.
    pub phone_verified: bool,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// A few words, ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
    /// Theme, currency and other choices of the screens; ≤ 16 KiB.
    #[schema(value_type = Object)]
    pub preferences: Map<String, Value>,
}

/// The whole profile as its owner wants it; what is left out is cleared.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveProfile {
    /// Given name, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Name shown to other customers, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// `YYYY-MM-DD`, in the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
    /// BCP 47; stays as it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name; stays as it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Choices of the screens, ≤ 16 KiB.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub preferences: Map<String, Value>,
}

/// What everybody may see of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicProfile {
    /// Chosen name, or a neutral one.
    pub display_name: String,
    /// https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
}

/// How a new account gets its password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum CredentialMode {
    /// By a mail with a link to set one.
    #[default]
    Invite,
    /// Not at all until its owner asks for a reset.
    None,
}

/// An account made by staff or by another service.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUser {
    /// Mail address.
    pub email: String,
    /// Given name, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name, ≤ 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// 3–32 letters, digits, `.`, `_` or `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether advertising mail is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_consent: Option<bool>,
    /// How it gets its password when none is given here.
    #[serde(default)]
    pub credential_mode: CredentialMode,
    /// A first password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether staff vouch for the address: the account starts ACTIVE.
    #[serde(default)]
    pub verified: bool,
}

/// Changes to an account as a merge patch (RFC 7396): what is left out stays, `null` clears a field.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateUser {
    /// A new address; it is used once proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether advertising mail is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_consent: Option<bool>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Members to set, or to remove with `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub preferences: Option<Map<String, Value>>,
    /// Chosen name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Name shown to other customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_picture_url: Option<String>,
}

/// Why an account is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeactivationReason {
    /// Its owner wants it.
    UserRequested,
    /// Staff decided so.
    Admin,
    /// Fraud.
    Fraud,
    /// Not used for long.
    Inactivity,
    /// The law demands it.
    Legal,
}

/// Closes an account; its owner also gives the password.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeactivateUser {
    /// Why; an owner's is always USER_REQUESTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeactivationReason>,
    /// ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_notes: Option<String>,
    /// The owner's present password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// Opens a closed account again: staff with the permission, or its owner by the link in a mail.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReactivateUser {
    /// ≤ 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_notes: Option<String>,
    /// The secret of the link in the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Suspends an account, or lifts a suspension or lock.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetStatus {
    /// ACTIVE or SUSPENDED.
    pub status: UserStatus,
    /// 1–500 characters.
    pub reason: String,
}

/// How to reach a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The account.
    pub user_id: UserId,
    /// Mail address.
    pub email: String,
    /// Whether it is proven.
    pub email_verified: bool,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
    /// State of the account.
    pub status: UserStatus,
}

/// Asks for several contacts at once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactBatch {
    /// 1–100 ids.
    pub ids: Vec<UserId>,
}

/// The contacts found; unknown ids are left out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Contacts {
    /// In no particular order.
    pub items: Vec<Contact>,
}

/// Whether advertising mail is wanted, since when and by which way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MarketingConsent {
    /// Wanted or not.
    pub granted: bool,
    /// When that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// `REGISTRATION`, `PROFILE` or `ADMIN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a sender of mail must know (contracts §3.14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailPreferences {
    /// The account.
    pub user_id: UserId,
    /// Mail address.
    pub email: String,
    /// Whether it is proven.
    pub email_verified: bool,
    /// Whether mail may be sent to it at all.
    pub deliverable: bool,
    /// Whether nothing but mandatory mail is wanted.
    pub global_unsubscribe: bool,
    /// Advertising.
    pub marketing_consent: MarketingConsent,
    /// Choices per category; the notification service owns the finer settings.
    pub categories: BTreeMap<String, bool>,
    /// BCP 47.
    pub locale: String,
    /// IANA name.
    pub timezone: String,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HistoryKind {
    /// The account was made.
    Created,
    /// The state of the account changed.
    StatusChanged,
    /// Account or profile data changed.
    ProfileChanged,
    /// The mail address changed.
    EmailChanged,
    /// The password was set.
    PasswordChanged,
    /// A role was given or taken.
    RoleChanged,
    /// An address was added, changed or removed.
    AddressChanged,
    /// An order was placed.
    OrderPlaced,
    /// A placed order was cancelled.
    OrderCancelled,
    /// A payment was declined.
    PaymentFailed,
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// What kind of thing.
    #[serde(rename = "type")]
    pub kind: HistoryKind,
    /// When.
    pub at: Timestamp,
    /// A sentence.
    pub summary: String,
    /// Id of the order, payment or role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ref_id: Option<String>,
    /// Who did it.
    pub actor: Actor,
}
