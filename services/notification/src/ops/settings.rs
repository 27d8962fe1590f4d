//! What customers want to be told: read and replaced as a whole.

use super::people;
use crate::AppState;
use crate::domain::contact::Contact;
use crate::domain::settings::Settings;
use crate::error::{NotificationError, Result};
use crate::store;
use api::audit::Deed;
use api::ids::UserId;
use api::notification::{CommunicationPreferenceUpdated, NotificationAuditRecorded, NotificationSettings};
use auth::Caller;
use db::Tx;
use events::outbox;

/// The settings of a customer, or the defaults.
pub(crate) async fn get_settings(app: &AppState, user: UserId) -> Result<NotificationSettings> {
    let contact = contact(app, user).await;
    let stored = store::settings::by_id(&mut app.db.conn().await?, user).await?;
    Ok(shown(stored.unwrap_or_else(|| defaults(contact.as_ref())), contact))
}

/// Replaces the settings; `seen` is the version the writer has read.
///
/// # Errors
/// 422 `mandatory-category` and `validation`, [`NotificationError::Stale`].
pub(crate) async fn save_settings(
    app: &AppState,
    user: UserId,
    wanted: NotificationSettings,
    seen: Option<i64>,
) -> Result<NotificationSettings> {
    let contact = contact(app, user).await;
    let mut tx = app.db.begin().await?;
    let change = Change { user, wanted, seen, source: "SETTINGS" };
    let saved = replace(&mut tx, change, contact.as_ref()).await?;
    tx.commit().await?;
    Ok(shown(saved, contact))
}

/// As [`get_settings`], by staff for a customer, which is noted.
pub(crate) async fn staff_get_settings(
    app: &AppState,
    caller: &Caller,
    user: UserId,
) -> Result<NotificationSettings> {
    let settings = get_settings(app, user).await?;
    let mut tx = app.db.begin().await?;
    let deed = Deed::new("notification-settings.read", "user").to(user);
    NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(settings)
}

/// As [`save_settings`], by staff for a customer, which is noted.
pub(crate) async fn staff_save_settings(
    app: &AppState,
    caller: &Caller,
    user: UserId,
    wanted: NotificationSettings,
    seen: Option<i64>,
) -> Result<NotificationSettings> {
    let contact = contact(app, user).await;
    let mut tx = app.db.begin().await?;
    let change = Change { user, wanted, seen, source: "ADMIN" };
    let saved = replace(&mut tx, change, contact.as_ref()).await?;
    let deed = Deed::new("notification-settings.write", "user").to(user);
    NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
    tx.commit().await?;
    Ok(shown(saved, contact))
}

/// What is known of the customer; settings can be read and written without it.
async fn contact(app: &AppState, user: UserId) -> Option<Contact> {
    people::find(app, Some(user)).await.ok().and_then(|person| person.contact)
}

/// A wish to replace settings.
struct Change {
    user: UserId,
    wanted: NotificationSettings,
    /// The version the writer has read.
    seen: Option<i64>,
    /// Where the wish came from.
    source: &'static str,
}

async fn replace(tx: &mut Tx, change: Change, contact: Option<&Contact>) -> Result<Settings> {
    let Change { user, wanted, seen, source } = change;
    let stored = store::settings::by_id(tx, user).await?;
    let before = stored.unwrap_or_else(|| defaults(contact));
    if seen.or(wanted.version).is_some_and(|seen| seen != before.version) {
        return Err(NotificationError::Stale);
    }
    let settings = Settings::chosen(wanted, before.version + 1)?;
    // Guarded by the version, so that of two writers at once one is told to read again.
    if !store::settings::replace(tx, user, &settings).await? {
        return Err(NotificationError::Stale);
    }
    let now = tx.now();
    for (channel, preference_type, is_enabled) in settings.changes(&before) {
        let message = CommunicationPreferenceUpdated {
            user_id: user,
            channel,
            preference_type,
            is_enabled,
            update_timestamp: now,
            source_of_change: source.to_owned(),
            aggregate_version: Some(settings.version),
        };
        outbox::publish(tx, &message).await?;
    }
    Ok(settings)
}

fn defaults(contact: Option<&Contact>) -> Settings {
    Settings::defaults(contact.map_or("en", |contact| &contact.locale))
}

fn shown(settings: Settings, contact: Option<Contact>) -> NotificationSettings {
    let contact = contact.filter(|contact| !contact.erased);
    let number = contact.as_ref().and_then(|contact| contact.phone_number.clone());
    settings.shown(contact.map(|contact| contact.email), number)
}
