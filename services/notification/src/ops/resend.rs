//! Sends a notification that has ended once more, as a new one with a Message-ID of its own.

use super::accept;
use super::send_email::refuse_suppressed;
use crate::AppState;
use crate::domain::notification::Notification;
use crate::domain::template::Templates;
use crate::error::{NotificationError, Result};
use crate::store;
use api::audit::Deed;
use api::ids::NotificationId;
use api::notification::{NotificationAccepted, NotificationAuditRecorded};
use auth::Caller;

/// Stores the repetition and answers where it stands.
///
/// # Errors
/// [`NotificationError::NotFound`], [`NotificationError::NotEnded`],
/// [`NotificationError::ContentForgotten`], [`NotificationError::RecipientSuppressed`].
pub(crate) async fn resend(
    app: &AppState,
    caller: &Caller,
    id: NotificationId,
) -> Result<NotificationAccepted> {
    let mut conn = app.db.conn().await?;
    let found = store::notification::by_id(&mut conn, id).await?;
    let old = found.ok_or(NotificationError::NotFound("notification"))?;
    if !old.has_ended() {
        return Err(NotificationError::NotEnded);
    }
    if old.context.is_none() || (old.address.is_none() && old.user_id.is_none()) {
        return Err(NotificationError::ContentForgotten);
    }
    let entry = Templates::entry(&old.template).ok_or(NotificationError::TemplateNotFound)?;
    refuse_suppressed(app, &mut conn, &old).await?;
    drop(conn);
    let again = NotificationId::new();
    let new = Notification {
        event_id: old.event_id,
        category: old.category,
        user_id: old.user_id,
        address: old.address,
        address_key: old.address_key,
        masked: old.masked,
        name: old.name,
        locale: old.locale,
        claim_id: old.claim_id,
        order_id: old.order_id,
        context: old.context,
        expires_at: old.expires_at,
        resend_of: Some(old.id),
        in_app: false,
        ..accept::blank(app, entry, again, again.uuid(), app.clock.now())
    };
    let status = new.status;
    let mut tx = app.db.begin().await?;
    accept::store(app, &mut tx, entry, new).await?;
    let deed = Deed::new("notification.resend", "notification").to(id);
    NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(NotificationAccepted { notification_id: again, status })
}
