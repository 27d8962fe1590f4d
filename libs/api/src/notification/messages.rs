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
    /// `SETTINGS` (the customer's page).
    pub source_of_change: String,
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

/// The publisher of the notification service's audit records.
#[derive(Clone, Debug, PartialEq)]
pub enum NotificationService {}

impl Publisher for NotificationService {
    const SOURCE: &'static str = SOURCE;
}

/// An audit record of the notification service.
pub type NotificationAuditRecorded = AuditRecorded<NotificationService>;
