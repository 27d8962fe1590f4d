//! Contract of the notification service: settings, sending, log, templates, mailbox
//! (contracts §4.9, §4.13).
//!
//! What it tells others is in [`messages`], the built-in mailbox in [`mailbox`].

pub mod mailbox;
pub mod messages;

pub use mailbox::{MailboxMail, MailboxMails, MailboxSummary, ReadMailbox};
pub use messages::{
    CommunicationPreferenceUpdated, DeliveryStatus, NotificationAuditRecorded, NotificationDeliveryUpdate,
    NotificationFailed, NotificationSent, NotificationService, PreferenceChannel, mask_address,
};

use crate::ids::NotificationId;
use base::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How a notification travels.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    /// Mail.
    Email,
    /// Text message.
    Sms,
    /// Push message to a device.
    Push,
}

/// What a notification is about; customers switch categories on and off (contracts §4.9).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// Links, codes and warnings about the account; always sent.
    Security,
    /// The life of the account; mail is always sent.
    Account,
    /// What happens to an order.
    OrderUpdates,
    /// Payments and refunds.
    Payment,
    /// Goods that are back in stock.
    StockAlerts,
    /// Answers of the support.
    Support,
    /// Advertising; also needs consent.
    Marketing,
    /// For staff.
    System,
}

/// Where a notification stands (contracts §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotificationStatus {
    /// Waits for a worker.
    Queued,
    /// Waits for its time or for the end of the quiet hours.
    Scheduled,
    /// Handed to the provider; the answer is not known yet.
    Sending,
    /// The provider accepted it.
    Sent,
    /// It could not be sent.
    Failed,
    /// A rule forbade sending it.
    Suppressed,
    /// Called off before its time.
    Cancelled,
}

/// `POST /api/notifications/email`: sends a template to somebody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendEmail {
    /// A mail address or the id of a user.
    pub to: String,
    /// Name of the template, e.g. `message`.
    pub template_id: String,
    /// Values of the template's variables.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
    /// BCP 47; the recipient's, or English, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The template's own when left out; staff mail cannot be made SECURITY or ACCOUNT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Not before; at once when left out or past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// The same key of the same sender sends once, ≤ 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The answer to sending: it is stored and will be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationAccepted {
    /// Its id in the log.
    pub notification_id: NotificationId,
    /// Where it stands.
    pub status: NotificationStatus,
}

/// Mail part of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// Whether optional mail is wanted at all.
    pub enabled: bool,
    /// The account's address; ignored when written, it is changed in the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Text message part of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// Whether text messages are wanted.
    pub enabled: bool,
    /// The account's number; ignored when written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// Push part of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushSettings {
    /// Whether push messages are wanted.
    pub enabled: bool,
}

/// The hours in which nothing but SECURITY is sent; what falls into them waits for their end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// Local time they begin, `HH:MM`.
    pub from: String,
    /// Local time they end, `HH:MM`; earlier than `from` means the next morning.
    pub to: String,
    /// IANA name, e.g. `Europe/Berlin`.
    pub timezone: String,
}

/// Which channels a category may use.
pub type CategoryChannels = BTreeMap<Channel, bool>;

/// What a customer wants to be told, and how (`GET` and `PUT /api/notifications/settings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationSettings {
    /// Mail.
    pub email: EmailSettings,
    /// Text messages.
    #[serde(default)]
    pub sms: SmsSettings,
    /// Push messages.
    #[serde(default)]
    pub push: PushSettings,
    /// Per category and channel; what is left out is off, except mail of SECURITY and ACCOUNT.
    pub categories: BTreeMap<Category, CategoryChannels>,
    /// Hours of rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// BCP 47, the language of mails.
    pub locale: String,
    /// Raised by every change; a writer that sends it without `If-Match` has it compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A row of a customer's own list of notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InAppNotification {
    /// Identity.
    pub id: NotificationId,
    /// What it is about.
    pub category: Category,
    /// Name of the template.
    pub template_id: String,
    /// One line.
    pub title: String,
    /// Path of the page it is about, e.g. `/orders/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was marked as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}

/// Filter of `GET /api/admin/notifications/log`; limit and cursor as in every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListLog {
    /// How many rows, 1–100; 20 when left out.
    pub limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    pub cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    pub count: Option<bool>,
    /// A mail address or the id of a user.
    pub recipient: Option<String>,
    /// How it travelled.
    pub channel: Option<Channel>,
    /// Where it stands.
    pub status: Option<NotificationStatus>,
    /// Made at or after.
    pub from: Option<Timestamp>,
    /// Made before.
    pub to: Option<Timestamp>,
}

/// A notification in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Identity.
    pub id: NotificationId,
    /// messageId of the event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_event_id: Option<Uuid>,
    /// Name of the template.
    pub template_id: String,
    /// What it is about.
    pub category: Category,
    /// How it travels.
    pub channel: Channel,
    /// User id, or `address:<hash>` for somebody without account.
    pub recipient_id: String,
    /// The address, masked.
    pub recipient_address: String,
    /// Language that was asked for; the recipient's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where it stands.
    pub status: NotificationStatus,
    /// Why it was suppressed, failed or is being repeated, e.g. `quiet-hours`, `smtp-550`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often the provider was asked.
    pub attempts: i64,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// Message-ID of the mail, the same at every attempt.
    pub message_id: String,
    /// The notification it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_of: Option<NotificationId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was accepted by the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
}

/// A notification with everything that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogDetail {
    /// The row of the log.
    #[serde(flatten)]
    pub entry: LogEntry,
    /// Subject, until the body is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One per time the provider was asked, oldest first.
    pub tries: Vec<Attempt>,
}

/// One time the provider was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// From 1.
    pub number: i64,
    /// `smtp` or `mailbox`; `user-service` when it did not get that far.
    pub provider: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When the answer came; absent while it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// `ACCEPTED`, `REJECTED`, `RETRY` or `UNKNOWN`.
    pub outcome: String,
    /// Code of the answer, e.g. `smtp-451`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Its name, e.g. `order-confirmation`.
    pub id: String,
    /// How it travels.
    pub channel: Channel,
    /// Category it is sent in.
    pub category: Category,
    /// Languages it is written in.
    pub locales: Vec<String>,
    /// Variables it must be given.
    pub variables: Vec<String>,
}

/// A template with its texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateDetail {
    /// What it is.
    #[serde(flatten)]
    pub template: Template,
    /// Its texts by language.
    pub texts: BTreeMap<String, TemplateText>,
    /// Values a preview uses when it is given none.
    #[schema(value_type = Object)]
    pub sample: Map<String, Value>,
}

/// The texts of a template in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TemplateText {
    /// Subject line.
    pub subject: String,
    /// HTML part, as MJML.
    pub mjml: String,
    /// Text part.
    pub text: String,
}

/// `POST /api/admin/templates/{id}/preview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewTemplate {
    /// BCP 47; English when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Values of the variables; those of the sample when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Map<String, Value>>,
}

/// What a mail would look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenderedMail {
    /// Subject line.
    pub subject: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
}

/// What `emporion invariants` reads: everything that must not be, empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationViolations {
    /// What is wrong.
    pub violations: Vec<NotificationViolation>,
}

/// One thing that must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationViolation {
    /// Which rule is broken.
    pub rule: String,
    /// Identity of what breaks it.
    pub id: String,
    /// A sentence for the operator.
    pub detail: String,
}
