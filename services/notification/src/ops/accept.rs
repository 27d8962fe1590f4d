//! A mail an event causes is stored, together with the note that the event was handled, and a
//! durable task to send it.

use super::dispatch::Dispatch;
use super::people;
use crate::AppState;
use crate::domain::address::{mask, normal};
use crate::domain::catalogue::Entry;
use crate::domain::draft::Draft;
use crate::domain::mail::message_id;
use crate::domain::notification::Notification;
use crate::domain::template::{Reader, Templates};
use crate::domain::words::Language;
use crate::store;
use api::ids::NotificationId;
use api::notification::NotificationStatus;
use base::keys::hex;
use base::{Error, Keys, Result, Timestamp};
use db::Tx;
use events::tasks;
use uuid::Uuid;

/// Stores the mail of the event `event`, once per template and recipient.
pub(crate) async fn accept(app: &AppState, tx: &mut Tx, event: Uuid, draft: Draft) -> Result<()> {
    let entry = Templates::entry(draft.template)
        .ok_or_else(|| Error::internal(format!("there is no template {}", draft.template)))?;
    let mut new = blank(app, entry, NotificationId::new(), event, tx.now());
    address_to(app, &mut new, draft.to.address);
    new.event_id = Some(event);
    new.user_id = draft.to.user;
    new.name = draft.to.name;
    new.claim_id = draft.claim;
    new.order_id = draft.order;
    new.expires_at = draft.expires_at;
    new.context = Some(draft.context);
    store(app, tx, entry, new).await.map(drop)
}

/// A notification that still lacks its recipient and content.
pub(super) fn blank(
    app: &AppState,
    entry: &Entry,
    id: NotificationId,
    trigger: Uuid,
    now: Timestamp,
) -> Notification {
    Notification {
        id,
        trigger_id: trigger,
        event_id: None,
        template: entry.name.to_owned(),
        category: entry.category,
        user_id: None,
        address: None,
        address_key: None,
        masked: "***".to_owned(),
        name: None,
        recipient_key: String::new(),
        locale: None,
        claim_id: None,
        order_id: None,
        link: None,
        title: None,
        context: None,
        fingerprint: String::new(),
        message_id: message_id(id, &app.config.from_address),
        resend_of: None,
        in_app: entry.in_app,
        status: NotificationStatus::Queued,
        reason: None,
        attempts: 0,
        next_attempt_at: Some(now),
        lease: None,
        leased_until: None,
        expires_at: None,
        sent_at: None,
        read_at: None,
        created_at: now,
    }
}

/// Sets where a notification goes, if that is known.
pub(super) fn address_to(app: &AppState, notification: &mut Notification, address: Option<String>) {
    if let Some(address) = address {
        notification.address_key = Some(address_key(&app.keys, &address));
        notification.masked = mask(&address);
        notification.address = Some(address);
    }
}

/// The digest under which an address is known where the address itself must not stand.
pub(super) fn address_key(keys: &Keys, address: &str) -> String {
    let digest = keys.mac("mail-address", normal(address).as_bytes());
    hex(&digest[..16])
}

/// Stores a notification and the task to send it; `false` if it was stored before.
pub(super) async fn store(app: &AppState, tx: &mut Tx, entry: &Entry, mut new: Notification) -> Result<bool> {
    new.recipient_key = match (&new.address_key, new.user_id) {
        (Some(key), _) => key.clone(),
        (None, Some(user)) => format!("user:{user}"),
        // An event that names nobody: the gate notes it.
        (None, None) => "nobody".to_owned(),
    };
    new.in_app = new.in_app && new.user_id.is_some();
    if new.in_app {
        new.title = title(app, tx, entry, &new).await?;
        new.link = new.order_id.map(|order| format!("/orders/{order}"));
    }
    if !store::notification::insert(tx, &new).await? {
        return Ok(false);
    }
    let at = new.next_attempt_at.unwrap_or(new.created_at);
    tasks::schedule(tx, &Dispatch { notification_id: new.id }, at).await?;
    Ok(true)
}

/// The line in the customer's list, in their language.
async fn title(app: &AppState, tx: &mut Tx, entry: &Entry, new: &Notification) -> Result<Option<String>> {
    let (Some(user), Some(context)) = (new.user_id, &new.context) else { return Ok(None) };
    let contact = store::contact::by_id(tx, user).await?;
    let settings = store::settings::by_id(tx, user).await?;
    let locale = people::locale(new.locale.as_deref(), settings.as_ref(), contact.as_ref());
    let reader = Reader {
        language: Language::of(&locale),
        timezone: &app.config.timezone,
        name: new.name.as_deref(),
        shop: &app.shop_name,
        home_url: &app.public_url,
    };
    // A template that cannot be filled fails when it is sent, where it is noted.
    Ok(app.templates.title(entry, &reader, context).ok())
}
