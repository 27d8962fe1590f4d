//! Templates: MJML compiled once, then filled strictly: an unknown variable is an error, and
//! everything that is not a template is escaped.

use super::address::{MAX_SUBJECT, one_line};
use super::catalogue::{ENTRIES, Entry, LAYOUT_MJML, LAYOUT_TEXT, MJML_PARTIALS, Source, TEXT_PARTIALS};
use super::filters;
use super::words::Language;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use mrml::prelude::parser::ParserOptions;
use mrml::prelude::parser::memory_loader::MemoryIncludeLoader;
use mrml::prelude::render::RenderOptions;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where the layouts take the template in.
const CONTENT: &str = "<!-- content -->";

/// Variables every template has, whatever caused the mail.
const GIVEN: [&str; 7] = ["shop", "homeUrl", "language", "timezone", "name", "subject", "title"];

/// All templates, compiled.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    variables: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Who reads the mail, and from which shop it comes.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) language: Language,
    /// IANA name.
    pub(crate) timezone: &'a str,
    /// How they are called.
    pub(crate) name: Option<&'a str>,
    pub(crate) shop: &'a str,
    /// Base of every link, without a slash at the end.
    pub(crate) home_url: &'a str,
}

/// A filled template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
}

/// A template that cannot be compiled or filled; the text names what is wrong, never a value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TemplateError(String);

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let place = error.name().map(|name| format!(" in {name}")).unwrap_or_default();
        let line = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
        // What a value could not be read as is said with the value itself.
        let detail = error.detail().filter(|_| error.kind() != ErrorKind::CannotDeserialize);
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        Self(format!("{}{place}{line}{detail}", error.kind()))
    }
}

impl Templates {
    /// Compiles every template.
    ///
    /// # Errors
    /// The first one that is written wrongly.
    pub(crate) fn compile() -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        let is_html = |name: &str| name.rsplit('.').next() == Some("html");
        let escape = move |name: &str| if is_html(name) { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(escape);
        filters::add_to(&mut environment);
        for (name, text) in TEXT_PARTIALS {
            environment.add_template(name, text)?;
        }
        let mut variables = BTreeMap::new();
        for entry in &ENTRIES {
            for source in &entry.sources {
                add(&mut environment, entry, source)?;
            }
            variables.insert(entry.name, used(&environment, entry)?);
        }
        Ok(Self { environment, variables })
    }

    /// The template of this name.
    pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
        ENTRIES.iter().find(|entry| entry.name == name)
    }

    /// The variables the template must be given, in alphabetical order.
    pub(crate) fn required(&self, entry: &Entry) -> Vec<String> {
        let all = self.variables.get(entry.name).into_iter().flatten();
        all.filter(|name| !entry.optional.contains(&name.as_str())).cloned().collect()
    }

    /// Those of the required variables that `context` lacks.
    pub(crate) fn missing(&self, entry: &Entry, context: &Map<String, Value>) -> Vec<String> {
        self.required(entry).into_iter().filter(|name| !context.contains_key(name)).collect()
    }

    /// Fills a template.
    ///
    /// # Errors
    /// A variable that is missing or of the wrong kind, or a link that leads elsewhere.
    pub(crate) fn render(
        &self,
        entry: &Entry,
        reader: &Reader<'_>,
        context: &Map<String, Value>,
    ) -> Result<Rendered, TemplateError> {
        let mut values: Map<String, Value> =
            entry.optional.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        values.extend(context.clone());
        values.extend(given(reader));
        let subject = self.fill(entry, reader.language, "subject", &values)?;
        let subject = one_line(&subject, MAX_SUBJECT);
        values.insert("subject".into(), subject.clone().into());
        let html = self.fill(entry, reader.language, "html", &values)?;
        let text = self.fill(entry, reader.language, "txt", &values)?;
        Ok(Rendered { subject, html, text: tidy(&text) })
    }

    /// The subject alone, for lists.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub(crate) fn title(
        &self,
        entry: &Entry,
        reader: &Reader<'_>,
        context: &Map<String, Value>,
    ) -> Result<String, TemplateError> {
        let mut values = context.clone();
        values.extend(given(reader));
        Ok(one_line(&self.fill(entry, reader.language, "subject", &values)?, MAX_SUBJECT))
    }

    fn fill(
        &self,
        entry: &Entry,
        language: Language,
        part: &str,
        values: &Map<String, Value>,
    ) -> Result<String, TemplateError> {
        let template = self.environment.get_template(&name_of(entry, language, part))?;
        Ok(template.render(Serde(values))?)
    }
}

fn given(reader: &Reader<'_>) -> Map<String, Value> {
    let text = |value: &str| Value::String(value.to_owned());
    Map::from_iter([
        ("language".to_owned(), text(reader.language.tag())),
        ("timezone".to_owned(), text(reader.timezone)),
        ("name".to_owned(), reader.name.map_or(Value::Null, text)),
        ("shop".to_owned(), text(reader.shop)),
        ("homeUrl".to_owned(), text(reader.home_url)),
    ])
}

fn name_of(entry: &Entry, language: Language, part: &str) -> String {
    format!("{}.{}.{part}", entry.name, language.tag())
}

/// Subject line and text part of a source.
pub(crate) fn split(source: &Source) -> Result<(&'static str, &'static str), TemplateError> {
    let parts = source.text.strip_prefix("Subject: ").and_then(|text| text.split_once("\n\n"));
    parts.ok_or_else(|| TemplateError("a text part begins with a line “Subject: …” and an empty one".into()))
}

fn add(environment: &mut Environment<'static>, entry: &Entry, source: &Source) -> Result<(), TemplateError> {
    let (subject, text) = split(source)?;
    let name = |part| name_of(entry, source.language, part);
    environment.add_template_owned(name("subject"), subject)?;
    environment.add_template_owned(name("txt"), LAYOUT_TEXT.replace(CONTENT, text.trim_end()))?;
    environment.add_template_owned(name("html"), to_html(entry, source)?)?;
    Ok(())
}

/// MJML to HTML; what is in braces is left for the mail.
fn to_html(entry: &Entry, source: &Source) -> Result<String, TemplateError> {
    let bad = |error: String| TemplateError(format!("{} ({}): {error}", entry.name, source.language.tag()));
    let loader = MemoryIncludeLoader::from(MJML_PARTIALS.to_vec());
    let options = ParserOptions { include_loader: Box::new(loader) };
    let parsed = mrml::parse_with_options(LAYOUT_MJML.replace(CONTENT, source.mjml), &options);
    let parsed = parsed.map_err(|error| bad(error.to_string()))?;
    if let Some(warning) = parsed.warnings.first() {
        return Err(bad(format!("{warning:?}")));
    }
    // Without fonts from elsewhere: opening a mail must tell nobody anything.
    let options =
        RenderOptions { fonts: HashMap::default(), disable_comments: true, ..RenderOptions::default() };
    parsed.element.render(&options).map_err(|error| bad(error.to_string()))
}

/// What the parts of a template use that is not given to every template.
fn used(environment: &Environment<'_>, entry: &Entry) -> Result<BTreeSet<String>, TemplateError> {
    let mut names = BTreeSet::new();
    for language in Language::ALL {
        for part in ["subject", "txt", "html"] {
            let template = environment.get_template(&name_of(entry, language, part))?;
            names.extend(template.undeclared_variables(false));
        }
    }
    names.retain(|name| !GIVEN.contains(&name.as_str()));
    Ok(names)
}

/// Text without runs of empty lines, which optional parts leave behind.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        // The space of the signature mark "-- " has a meaning.
        let line = if line == "-- " { line } else { line.trim_end() };
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests;
