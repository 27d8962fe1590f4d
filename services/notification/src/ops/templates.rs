//! Templates as staff see them.

use crate::AppState;
use crate::domain::catalogue::{ENTRIES, Entry};
use crate::domain::template::{Reader, Templates, split};
use crate::domain::words::Language;
use crate::error::{NotificationError, Result};
use api::notification::{Channel, PreviewTemplate, RenderedMail, Template, TemplateDetail, TemplateText};
use base::page::{CountQuery, Page};

/// All of them.
pub(crate) fn list_templates(app: &AppState, count: CountQuery) -> Page<Template> {
    Page::whole(ENTRIES.iter().map(|entry| template(app, entry)).collect(), count)
}

/// One with its texts and sample.
///
/// # Errors
/// [`NotificationError::TemplateNotFound`].
pub(crate) fn get_template(app: &AppState, name: &str) -> Result<TemplateDetail> {
    let entry = Templates::entry(name).ok_or(NotificationError::TemplateNotFound)?;
    let texts = entry.sources.iter().filter_map(|source| {
        let (subject, text) = split(source).ok()?;
        let text = TemplateText { subject: subject.into(), mjml: source.mjml.into(), text: text.into() };
        Some((source.language.tag().to_owned(), text))
    });
    let texts = texts.collect();
    Ok(TemplateDetail { template: template(app, entry), texts, sample: entry.sample(&app.public_url) })
}

/// What a mail would look like with this context, or with the sample.
///
/// # Errors
/// [`NotificationError::TemplateNotFound`], [`NotificationError::MissingVariables`],
/// [`NotificationError::Context`].
pub(crate) fn preview_template(app: &AppState, name: &str, request: PreviewTemplate) -> Result<RenderedMail> {
    let entry = Templates::entry(name).ok_or(NotificationError::TemplateNotFound)?;
    let context = request.context.unwrap_or_else(|| entry.sample(&app.public_url));
    let missing = app.templates.missing(entry, &context);
    if !missing.is_empty() {
        return Err(NotificationError::MissingVariables(missing));
    }
    let reader = Reader {
        language: Language::of(request.locale.as_deref().unwrap_or("en")),
        timezone: &app.config.timezone,
        name: context.get("name").and_then(|name| name.as_str()).or(Some("Ada")),
        shop: &app.shop_name,
        home_url: &app.public_url,
    };
    let filled = app.templates.render(entry, &reader, &context);
    let filled = filled.map_err(|error| NotificationError::Context(error.to_string()))?;
    Ok(RenderedMail { subject: filled.subject, html: filled.html, text: filled.text })
}

fn template(app: &AppState, entry: &Entry) -> Template {
    Template {
        id: entry.name.to_owned(),
        channel: Channel::Email,
        category: entry.category,
        locales: entry.sources.iter().map(|source| source.language.tag().to_owned()).collect(),
        variables: app.templates.required(entry),
    }
}
