//! What the notification service tells (contracts §3.10); `partitionKey` is the recipient.

use super::{Category, Channel};
use crate::audit::{AuditRecorded, Publisher};
use crate::ids::{NotificationId, UserId};
use base::Timestamp;
use events::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Exchange of all notification events.
pub const EXCHANGE: &str = "notification.events";
/// `sourceService` of all notification events.
pub const SOURCE: &str = "NotificationService";

/// A provider accepted a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationSent {
    /// The notification.
    pub notification_id: NotificationId,
    /// messageId of the event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_event_id: Option<Uuid>,
    /// User id, or `address:<hash>` for somebody without account.
    pub recipient_id: String,
    /// How it travelled.
    pub channel: Channel,
    /// Name of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// When the provider accepted it.
    pub dispatch_timestamp: Timestamp,
    /// Message-ID of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_message_id: Option<String>,
    /// Subject; left out, since it may hold personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_or_title: Option<String>,
    /// The address, masked.
    pub recipient_address: String,
}

impl Message for NotificationSent {
    const NAME: &'static str = "NotificationSent";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "notification.message.sent.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.recipient_id.clone()
    }
}

/// A notification will not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationFailed {
    /// The notification.
    pub notification_id: NotificationId,
    /// messageId of the event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_event_id: Option<Uuid>,
    /// User id, or `address:<hash>` for somebody without account.
    pub recipient_id: String,
    /// How it would have travelled.
    pub channel: Channel,
    /// Name of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// When it was tried last.
    pub attempt_timestamp: Timestamp,
    /// Why, e.g. `retries-exhausted` or `rejected`.
    pub reason: String,
    /// Code of the last answer, e.g. `smtp-550`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Whether sending it again by hand may work.
    pub is_retriable: bool,
    /// The address, masked.
    pub recipient_address: String,
}

impl Message for NotificationFailed {
    const NAME: &'static str = "NotificationFailed";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "notification.message.failed.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.recipient_id.clone()
    }
}

/// A channel as preferences name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum PreferenceChannel {
    /// Mail.
    Email,
    /// Text message.
    Sms,
    /// Push message.
    Push,
    /// Every channel.
    All,
}

/// A customer switched a category on or off; one message per switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommunicationPreferenceUpdated {
    /// The customer.
    pub user_id: UserId,
    /// On which channel.
    pub channel: PreferenceChannel,
    /// Which category.
    pub preference_type: Category,
    /// Whether it is wanted now.
    pub is_enabled: bool,
    /// When; the same for all switches of one change.
    pub update_timestamp: Timestamp,
    /// `SETTINGS` (the customer's page) or `ADMIN` (staff for the customer).
    pub source_of_change: String,
    /// Version of the settings after the change; older publishers leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate_version: Option<i64>,
}

impl Message for CommunicationPreferenceUpdated {
    const NAME: &'static str = "CommunicationPreferenceUpdated";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "notification.preference.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.user_id.to_string()
    }
}

/// What became of a notification after a provider had accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryStatus {
    /// It arrived.
    Delivered,
    /// The address does not exist: a hard bounce.
    Bounced,
    /// It did not arrive this time.
    Undelivered,
    /// It was opened.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The recipient called it spam.
    SpamComplaint,
    /// The provider would not deliver it.
    Rejected,
}

/// A provider told how a notification fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationDeliveryUpdate {
    /// The notification.
    pub notification_id: NotificationId,
    /// Message-ID of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_message_id: Option<String>,
    /// User id, or `address:<hash>` for somebody without account.
    pub recipient_id: String,
    /// How it travelled.
    pub channel: Channel,
    /// What became of it.
    pub delivery_status: DeliveryStatus,
    /// When the provider learned it.
    pub update_timestamp: Timestamp,
    /// What the provider said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_response: Option<String>,
    /// The address, masked as [`mask_address`] does.
    pub recipient_address: String,
}

impl Message for NotificationDeliveryUpdate {
    const NAME: &'static str = "NotificationDeliveryUpdate";
    const EXCHANGE: &'static str = EXCHANGE;
    const ROUTING_KEY: &'static str = "notification.delivery.updated.v1";
    const SOURCE: &'static str = SOURCE;

    fn partition_key(&self) -> String {
        self.recipient_id.clone()
    }
}

/// A mail address for logs and messages: enough to recognise one that is known.
pub fn mask_address(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    if domain.is_empty() { format!("{first}***") } else { format!("{first}***@{domain}") }
}

/// The publisher of the notification service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum NotificationService {}

impl Publisher for NotificationService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the notification service.
pub type NotificationAuditRecorded = AuditRecorded<NotificationService>;
