//! A stored notification becomes a mail: language, links, secrets, template.

use super::people::{self, Person};
use crate::AppState;
use crate::domain::catalogue::Entry;
use crate::domain::mail::{Mail, Party};
use crate::domain::notification::Notification;
use crate::domain::template::{Reader, Templates};
use crate::domain::words::Language;
use api::order::link;
use api::user::{ClaimPurpose, SecretClaim};
use base::Timestamp;
use serde_json::Value;

/// Writes the mail; the error is a code for the log.
pub(super) fn compose(
    app: &AppState,
    notification: &Notification,
    person: &Person,
    secret: Option<&SecretClaim>,
    now: Timestamp,
) -> Result<Mail, &'static str> {
    let address = notification.address.clone().ok_or("recipient-unknown")?;
    let mut context = notification.context.clone().ok_or("content-forgotten")?;
    if let Some(secret) = secret {
        let url = secret.url.clone().map_or(Value::Null, Value::String);
        // `resetLink` is what the mission calls it; the other mails have no name of their own.
        context.insert("resetLink".into(), url.clone());
        context.insert("secretUrl".into(), url);
        context.insert("expiresAt".into(), Value::String(secret.expires_at.to_string()));
    }
    if let Some(order) = notification.order_id {
        let page = match notification.user_id {
            Some(_) => format!("{}/orders/{order}", app.public_url),
            None => link::page(&app.public_url, &app.keys, order),
        };
        context.insert("orderUrl".into(), Value::String(page));
    }
    let contact = person.contact.as_ref();
    let locale = people::locale(notification.locale.as_deref(), person.settings.as_ref(), contact);
    let first_name = contact.and_then(|contact| contact.first_name.as_deref());
    let name = notification.name.as_deref().or(first_name).filter(|name| !name.is_empty());
    let reader = Reader {
        language: Language::of(&locale),
        timezone: contact.map_or(app.config.timezone.as_str(), |contact| &contact.timezone),
        name,
        shop: &app.shop_name,
        home_url: &app.public_url,
    };
    let entry = entry(notification, secret)?;
    let filled = app.templates.render(entry, &reader, &context).map_err(|error| {
        tracing::error!(template = entry.name, id = %notification.id, %error, "a mail could not be written");
        "template"
    })?;
    Ok(Mail {
        id: notification.id,
        message_id: notification.message_id.clone(),
        template: notification.template.clone(),
        from: Party { name: Some(sender(app).to_owned()), address: app.config.from_address.clone() },
        to: Party { name: name.map(str::to_owned), address },
        subject: filled.subject,
        html: filled.html,
        text: filled.text,
        at: now,
    })
}

fn sender(app: &AppState) -> &str {
    if app.config.from_name.is_empty() { &app.shop_name } else { &app.config.from_name }
}

/// The template; what a secret link is good for is told only by the claim.
fn entry(notification: &Notification, secret: Option<&SecretClaim>) -> Result<&'static Entry, &'static str> {
    let name = match secret.map(|secret| secret.purpose) {
        None => notification.template.as_str(),
        Some(ClaimPurpose::EmailVerification) => "verify-email",
        Some(ClaimPurpose::PasswordReset) => "password-reset",
        Some(ClaimPurpose::SetPassword) => "set-password",
        Some(ClaimPurpose::Reactivation) => "reactivate-account",
        Some(ClaimPurpose::FirstAdmin) => return Err("claim-not-for-mail"),
    };
    Templates::entry(name).ok_or("template-unknown")
}
