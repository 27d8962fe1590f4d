//! What templates may do with values: amounts, dates and words in the reader's language, links.

use super::address::lines;
use super::words::{self, Language};
use base::{Money, Timestamp};
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, State};

/// The most characters of a longer text.
const MAX_TEXT: usize = 20_000;

/// Adds the filters to an environment.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("money", money);
    environment.add_filter("moment", moment);
    environment.add_filter("date", date);
    environment.add_filter("word", word);
    environment.add_filter("link", link);
    environment.add_filter("external", external);
    environment.add_filter("paragraphs", paragraphs);
}

fn given(state: &State<'_, '_>, name: &str) -> String {
    state.lookup(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn language(state: &State<'_, '_>) -> Language {
    Language::of(&given(state, "language"))
}

fn money(state: &State<'_, '_>, amount: Serde<Money>) -> String {
    words::money(amount.0, language(state))
}

fn moment(state: &State<'_, '_>, at: Serde<Timestamp>) -> String {
    words::moment(at.0, language(state), &given(state, "timezone"))
}

fn date(state: &State<'_, '_>, text: String) -> String {
    words::date(&text, language(state))
}

fn word(state: &State<'_, '_>, code: String) -> String {
    words::word(&code, language(state)).to_owned()
}

/// A link into the shop; anything else ends the rendering, for a mail of ours that leads to a
/// page of others is what phishing looks like.
fn link(state: &State<'_, '_>, url: String) -> Result<String, Error> {
    if is_ours(&url, &given(state, "homeUrl")) {
        Ok(url)
    } else {
        Err(refused("a link must lead into the shop"))
    }
}

/// A link to somebody else's page, such as a carrier's.
fn external(state: &State<'_, '_>, url: String) -> Result<String, Error> {
    if is_safe(&url) || is_ours(&url, &given(state, "homeUrl")) {
        Ok(url)
    } else {
        Err(refused("a link to others must begin with https://"))
    }
}

/// Whether a URL leads to a page of others, encrypted, and nowhere else.
pub(crate) fn is_safe(url: &str) -> bool {
    let host = url
        .strip_prefix("https://")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    host && url.len() <= 2048 && is_clean(url)
}

fn is_clean(url: &str) -> bool {
    url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\'))
}

/// Whether a URL leads to a page below `home`.
pub(crate) fn is_ours(url: &str, home: &str) -> bool {
    let Some(rest) = url.strip_prefix(home).filter(|_| !home.is_empty()) else { return false };
    let below = rest.is_empty() || rest.starts_with(['/', '?']);
    below && is_clean(rest)
}

fn paragraphs(text: String) -> Vec<String> {
    let text = lines(&text, MAX_TEXT);
    text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn refused(detail: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_shop_are_ours() {
        let home = "https://shop.test";
        for good in ["https://shop.test", "https://shop.test/orders/1?token=a-b_c", "https://shop.test?x=1"] {
            assert!(is_ours(good, home), "{good}");
        }
        for bad in [
            "https://shop.test.evil.example/",
            "https://shop.testament/",
            "https://shop.test@evil.example/",
            "http://shop.test/",
            "javascript:alert(1)",
            "//evil.example",
            "https://shop.test/\"onclick=",
            "https://shop.test/\\evil",
            "https://shop.test/\u{202e}x",
            "",
        ] {
            assert!(!is_ours(bad, home), "{bad}");
        }
        assert!(!is_ours("https://evil.example", ""));
    }
}
