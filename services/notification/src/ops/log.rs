//! The log of staff.

use super::accept::address_key;
use crate::AppState;
use crate::domain::notification::Notification;
use crate::error::{NotificationError, Result};
use crate::store;
use crate::store::log::Filter;
use api::audit::Deed;
use api::ids::NotificationId;
use api::notification::{Channel, ListLog, LogDetail, LogEntry, NotificationAuditRecorded};
use auth::Caller;
use base::page::{Page, PageQuery};

/// The newest first; that staff read them is noted.
pub(crate) async fn list_log(app: &AppState, caller: &Caller, query: ListLog) -> Result<Page<LogEntry>> {
    let list = format!(
        "notification-log:{:?}:{:?}:{:?}:{:?}:{:?}",
        query.recipient, query.channel, query.status, query.from, query.to
    );
    let page = PageQuery { limit: query.limit, cursor: query.cursor, count: query.count };
    let part = page.part(&app.keys, &list)?;
    let user = query.recipient.as_deref().and_then(|recipient| recipient.parse().ok());
    let address = query.recipient.as_deref().filter(|_| user.is_none());
    let filter = Filter {
        user,
        address_key: address.map(|address| address_key(&app.keys, address)),
        channel: query.channel,
        status: query.status,
        from: query.from,
        to: query.to,
    };
    let mut conn = app.db.conn().await?;
    let rows = store::log::list(&mut conn, &filter, &part).await?;
    let mut found = part.page(&app.keys, rows, Notification::place);
    if page.count == Some(true) {
        found.total = Some(store::log::count(&mut conn, &filter).await?);
    }
    drop(conn);
    let mut tx = app.db.begin().await?;
    NotificationAuditRecorded::note(&mut tx, caller, Deed::new("notification.list", "notification")).await?;
    tx.commit().await?;
    Ok(found.map(|row| entry(&row)))
}

/// One with everything that was tried; that staff read it is noted.
///
/// # Errors
/// [`NotificationError::NotFound`].
pub(crate) async fn get_log(app: &AppState, caller: &Caller, id: NotificationId) -> Result<LogDetail> {
    let mut tx = app.db.begin().await?;
    let found = store::notification::by_id(&mut tx, id).await?;
    let row = found.ok_or(NotificationError::NotFound("notification"))?;
    let tries = store::attempt::of(&mut tx, id).await?;
    let deed = Deed::new("notification.read", "notification").to(id);
    NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(LogDetail { entry: entry(&row), subject: row.title, tries })
}

fn entry(row: &Notification) -> LogEntry {
    LogEntry {
        id: row.id,
        original_event_id: row.event_id,
        template_id: row.template.clone(),
        category: row.category,
        channel: Channel::Email,
        recipient_id: row.recipient_id(),
        recipient_address: row.masked.clone(),
        locale: row.locale.clone(),
        status: row.status,
        reason: row.reason.clone(),
        attempts: row.attempts,
        next_attempt_at: row.next_attempt_at,
        message_id: row.message_id.clone(),
        resend_of: row.resend_of,
        created_at: row.created_at,
        sent_at: row.sent_at,
    }
}
