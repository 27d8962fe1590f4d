//! A customer's own list of notifications.

use crate::AppState;
use crate::domain::notification::Notification;
use crate::error::{NotificationError, Result};
use crate::store;
use api::ids::{NotificationId, UserId};
use api::notification::InAppNotification;
use base::page::{Page, PageQuery};

/// The newest first.
pub(crate) async fn list_own(
    app: &AppState,
    user: UserId,
    query: &PageQuery,
) -> Result<Page<InAppNotification>> {
    let part = query.part(&app.keys, &format!("notifications:{user}"))?;
    let mut conn = app.db.conn().await?;
    let rows = store::log::in_app(&mut conn, user, &part).await?;
    let mut found = part.page(&app.keys, rows, Notification::place);
    if query.count == Some(true) {
        found.total = Some(store::log::count_in_app(&mut conn, user).await?);
    }
    Ok(found.map(shown))
}

fn shown(row: Notification) -> InAppNotification {
    InAppNotification {
        id: row.id,
        category: row.category,
        template_id: row.template,
        title: row.title.unwrap_or_default(),
        link: row.link,
        created_at: row.created_at,
        read_at: row.read_at,
    }
}

/// Notes that the customer has read one; a second time changes nothing.
///
/// # Errors
/// [`NotificationError::NotFound`] also for those of others.
pub(crate) async fn mark_read(app: &AppState, user: UserId, id: NotificationId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !store::log::mark_read(&mut tx, user, id).await? {
        return Err(NotificationError::NotFound("notification"));
    }
    Ok(tx.commit().await?)
}
