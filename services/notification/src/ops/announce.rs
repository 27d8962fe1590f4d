//! Tells others how a notification ended.

use crate::AppState;
use crate::domain::notification::Notification;
use api::notification::{Channel, NotificationFailed, NotificationSent};
use base::Result;
use db::Tx;
use events::outbox;

/// Tells that the provider accepted it.
pub(super) async fn sent(tx: &mut Tx, notification: &Notification) -> Result<()> {
    let message = NotificationSent {
        notification_id: notification.id,
        original_event_id: notification.event_id,
        recipient_id: notification.recipient_id(),
        channel: Channel::Email,
        template_id: Some(notification.template.clone()),
        dispatch_timestamp: tx.now(),
        external_message_id: Some(notification.message_id.clone()),
        subject_or_title: None,
        recipient_address: notification.masked.clone(),
    };
    outbox::publish(tx, &message).await.map(drop)
}

/// Tells that it will not arrive.
pub(super) async fn failed(
    tx: &mut Tx,
    notification: &Notification,
    reason: &str,
    code: Option<&str>,
    is_retriable: bool,
) -> Result<()> {
    let message = NotificationFailed {
        notification_id: notification.id,
        original_event_id: notification.event_id,
        recipient_id: notification.recipient_id(),
        channel: Channel::Email,
        template_id: Some(notification.template.clone()),
        attempt_timestamp: tx.now(),
        reason: reason.to_owned(),
        error_code: code.map(str::to_owned),
        is_retriable,
        recipient_address: notification.masked.clone(),
    };
    outbox::publish(tx, &message).await.map(drop)
}

/// Counts an end or a repetition.
pub(super) fn count(app: &AppState, notification: &Notification, result: &str) {
    let labels = [("template", notification.template.as_str()), ("result", result)];
    app.metrics.count("notifications", "Mails by template and what became of them.", &labels);
}
