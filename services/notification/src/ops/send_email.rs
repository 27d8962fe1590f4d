//! Sends a template to somebody because staff or a service ask for it.

use super::accept;
use crate::AppState;
use crate::domain::address::{MAX_NAME, one_line};
use crate::domain::catalogue::Entry;
use crate::domain::notification::{Notification, trigger_of_call};
use crate::domain::settings::is_mandatory;
use crate::domain::template::{Reader, Templates};
use crate::domain::words::Language;
use crate::error::{NotificationError, Result};
use crate::store;
use api::audit::Deed;
use api::ids::{NotificationId, UserId};
use api::notification::{
    Category, NotificationAccepted, NotificationAuditRecorded, NotificationStatus, SendEmail,
};
use auth::Caller;
use base::check::is_email;
use base::keys::{hex, sha256};
use base::{Check, Timestamp};
use db::Conn;
use std::time::Duration;

/// How far ahead a mail may be scheduled.
const FARTHEST: Duration = Duration::from_hours(366 * 24);

/// Stores the mail and answers where it stands; the same sender and key store it once.
///
/// # Errors
/// [`NotificationError::TemplateNotFound`], [`NotificationError::MissingVariables`],
/// [`NotificationError::Context`], [`NotificationError::RecipientSuppressed`],
/// [`NotificationError::KeyReused`], [`NotificationError::PlatformOnly`].
pub(crate) async fn send_email(
    app: &AppState,
    caller: &Caller,
    request: SendEmail,
) -> Result<NotificationAccepted> {
    let now = app.clock.now();
    check(&request, now)?;
    let entry = Templates::entry(&request.template_id).ok_or(NotificationError::TemplateNotFound)?;
    let category = category(caller, entry, request.category)?;
    check_context(app, entry, &request)?;
    let new = notification(app, caller, entry, category, &request, now);
    refuse_suppressed(app, &mut app.db.conn().await?, &new).await?;
    let mut tx = app.db.begin().await?;
    let status = new.status;
    let (id, trigger, fingerprint) = (new.id, new.trigger_id, new.fingerprint.clone());
    if accept::store(app, &mut tx, entry, new).await? {
        let deed = Deed::new("notification.send", "notification").to(id);
        NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
        tx.commit().await?;
        return Ok(NotificationAccepted { notification_id: id, status });
    }
    let stored = store::notification::of_trigger(&mut tx, trigger).await?;
    tx.commit().await?;
    match stored.into_iter().next() {
        Some(same) if same.fingerprint == fingerprint => {
            Ok(NotificationAccepted { notification_id: same.id, status: same.status })
        }
        _ => Err(NotificationError::KeyReused),
    }
}

fn check(request: &SendEmail, now: Timestamp) -> Result<()> {
    let mut check = Check::new();
    let known = recipient(&request.to).is_some();
    check.that(known, "/to", "recipient", "must be a mail address or the id of a user");
    if let Some(locale) = &request.locale {
        check.text("/locale", locale, 2..=35);
    }
    check.opt_text("/idempotencyKey", request.idempotency_key.as_deref(), 1..=255);
    let near = request.send_at.is_none_or(|at| at <= now + FARTHEST);
    check.that(near, "/sendAt", "too-late", "must be within a year");
    Ok(check.finish()?)
}

/// Account or address.
enum To {
    User(UserId),
    Address(String),
}

fn recipient(to: &str) -> Option<To> {
    if let Ok(user) = to.parse() {
        return Some(To::User(user));
    }
    is_email(to).then(|| To::Address(to.to_owned()))
}

/// The category it is sent in. A caller cannot make a mail mandatory that the template does not,
/// and people cannot write in the name of the platform's security.
fn category(caller: &Caller, entry: &Entry, wanted: Option<Category>) -> Result<Category> {
    let category = wanted.unwrap_or(entry.category);
    let raised = is_mandatory(category) && category != entry.category;
    let impersonates = caller.user().is_some() && entry.category == Category::Security;
    if raised || impersonates { Err(NotificationError::PlatformOnly) } else { Ok(category) }
}

/// Fills the template once, so that the caller learns at once what does not fit.
fn check_context(app: &AppState, entry: &Entry, request: &SendEmail) -> Result<()> {
    let missing = app.templates.missing(entry, &request.context);
    if !missing.is_empty() {
        return Err(NotificationError::MissingVariables(missing));
    }
    let reader = Reader {
        language: Language::of(request.locale.as_deref().unwrap_or("en")),
        timezone: &app.config.timezone,
        name: None,
        shop: &app.shop_name,
        home_url: &app.public_url,
    };
    let filled = app.templates.render(entry, &reader, &request.context);
    filled.map(drop).map_err(|error| NotificationError::Context(error.to_string()))
}

fn notification(
    app: &AppState,
    caller: &Caller,
    entry: &Entry,
    category: Category,
    request: &SendEmail,
    now: Timestamp,
) -> Notification {
    let mut new = match &request.idempotency_key {
        Some(key) => {
            let trigger = trigger_of_call(&sender(caller), key);
            // One row per key, whatever is asked for with it.
            accept::blank(app, entry, NotificationId::derived(trigger, "call"), trigger, now)
        }
        None => {
            let id = NotificationId::new();
            accept::blank(app, entry, id, id.uuid(), now)
        }
    };
    match recipient(&request.to) {
        Some(To::User(user)) => new.user_id = Some(user),
        Some(To::Address(address)) => accept::address_to(app, &mut new, Some(address)),
        None => {}
    }
    let named = ["name", "userName"].into_iter().find_map(|name| request.context.get(name));
    let name = named.and_then(|name| name.as_str());
    new.name = name.map(|name| one_line(name, MAX_NAME));
    new.category = category;
    new.locale.clone_from(&request.locale);
    new.context = Some(request.context.clone());
    new.fingerprint = fingerprint(request);
    if let Some(at) = request.send_at.filter(|at| *at > now) {
        new.status = NotificationStatus::Scheduled;
        new.next_attempt_at = Some(at);
    }
    new
}

fn sender(caller: &Caller) -> String {
    match caller {
        Caller::User(user) => user.id.to_string(),
        Caller::Service(service) => service.name().to_owned(),
        Caller::Anonymous => "anonymous".to_owned(),
    }
}

fn fingerprint(request: &SendEmail) -> String {
    let bytes = serde_json::to_vec(request).unwrap_or_default();
    hex(&sha256(&bytes))
}

/// Refuses a recipient whose address is on the suppression list.
pub(super) async fn refuse_suppressed(app: &AppState, c: &mut Conn, new: &Notification) -> Result<()> {
    let key = match (&new.address_key, new.user_id) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(user)) => {
            let contact = store::contact::by_id(c, user).await?;
            contact.map(|contact| accept::address_key(&app.keys, &contact.email))
        }
        (None, None) => None,
    };
    match key {
        Some(key) if store::suppression::contains(c, &key).await? => {
            Err(NotificationError::RecipientSuppressed)
        }
        _ => Ok(()),
    }
}
