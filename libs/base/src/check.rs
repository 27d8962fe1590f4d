//! Collects what is wrong with a request, so that one answer names every wrong field.

use crate::country::is_country;
use crate::{Error, FieldError, Kind, Result};
use std::ops::RangeInclusive;

/// The wrong fields found so far.
///
/// ```
/// # use base::Check;
/// let mut check = Check::new();
/// check.text("/name", "Ada", 1..=100);
/// check.that(2 > 0, "/quantity", "not-positive", "the quantity must be at least 1");
/// assert!(check.finish().is_ok());
/// ```
#[derive(Debug, Default)]
#[must_use = "call finish, or nothing is checked"]
pub struct Check(Vec<FieldError>);

impl Check {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn fail(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), code: code.into(), message: message.into() });
    }

    /// Notes a wrong field unless `good`.
    pub fn that(&mut self, good: bool, pointer: &str, code: &str, message: &str) {
        if !good {
            self.fail(pointer, code, message);
        }
    }

    /// A text of one line whose number of characters must lie in `length`: no line breaks, no tabs,
    /// no other control characters.
    pub fn text(&mut self, pointer: &str, value: &str, length: RangeInclusive<usize>) {
        self.length(pointer, value, length);
        if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.fail(pointer, "control-character", "must be one line without control characters");
        }
    }

    /// An optional text of one line, checked like [`Check::text`] when present.
    pub fn opt_text(&mut self, pointer: &str, value: Option<&str>, length: RangeInclusive<usize>) {
        if let Some(value) = value {
            self.text(pointer, value, length);
        }
    }

    /// A text that may have line breaks and tabs, such as a description or a note, but no other
    /// control characters.
    pub fn multiline(&mut self, pointer: &str, value: &str, length: RangeInclusive<usize>) {
        self.length(pointer, value, length);
        if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.fail(pointer, "control-character", "must not contain control characters");
        }
    }

    /// An optional text, checked like [`Check::multiline`] when present.
    pub fn opt_multiline(&mut self, pointer: &str, value: Option<&str>, length: RangeInclusive<usize>) {
        if let Some(value) = value {
            self.multiline(pointer, value, length);
        }
    }

    fn length(&mut self, pointer: &str, value: &str, length: RangeInclusive<usize>) {
        let count = value.chars().count();
        if count < *length.start() {
            let message = if count == 0 {
                "must not be empty".into()
            } else {
                format!("at least {} characters", length.start())
            };
            self.fail(pointer, if count == 0 { "required" } else { "too-short" }, message);
        } else if count > *length.end() {
            self.fail(pointer, "too-long", format!("at most {} characters", length.end()));
        }
        if *length.start() > 0 && count > 0 && value.trim().is_empty() {
            self.fail(pointer, "blank", "must not be blank");
        }
    }

    /// A number that must lie in `range`.
    pub fn number(&mut self, pointer: &str, value: i64, range: RangeInclusive<i64>) {
        if !range.contains(&value) {
            self.fail(pointer, "out-of-range", format!("must be from {} to {}", range.start(), range.end()));
        }
    }

    /// An e-mail address in the form mail systems accept: one `@`, both sides sane, ≤ 254 bytes.
    pub fn email(&mut self, pointer: &str, value: &str) {
        if !is_email(value) {
            self.fail(pointer, "email", "must be an e-mail address such as ada@example.org");
        }
    }

    /// An assigned ISO 3166-1 alpha-2 code in capitals.
    pub fn country(&mut self, pointer: &str, value: &str) {
        self.that(is_country(value), pointer, "country", "must be an ISO 3166-1 country code such as DE");
    }

    /// Nothing wrong, or one error that names every wrong field.
    ///
    /// # Errors
    /// 422 `validation` with all fields collected.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let start = Error::new(Kind::Invalid, "validation", "the request has invalid fields");
        Err(self
            .0
            .into_iter()
            .fold(start, |error, field| error.with_field(field.pointer, &field.code, field.message)))
    }
}

/// Whether `value` looks like an e-mail address that can be delivered to and put into a header.
pub fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let sane = |c: char| {
        !c.is_control()
            && !c.is_whitespace()
            && !matches!(c, '<' | '>' | ',' | ';' | '"' | '\\' | '(' | ')' | '@' | ':')
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    value.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(sane)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let mut check = Check::new();
        check.text("/name", "", 1..=10);
        check.number("/quantity", 0, 1..=99);
        let error = check.finish().unwrap_err();
        let pointers: Vec<_> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/quantity"]);
    }

    #[test]
    fn addresses() {
        for good in ["ada@example.org", "a.b+c@sub.example.co", "ünï@exämple.org", "x@y-z.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@example.org",
            "a b@example.org",
            "a@exa mple.org",
            "a@example..org",
            "a\r\nBcc: x@example.org",
            "a@b@example.org",
            "<a@example.org>",
            ".a@example.org",
            "a@-x.org",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@example.org", "a".repeat(65))));
    }

    #[test]
    fn names_are_counted_in_characters() {
        let mut check = Check::new();
        check.text("/name", &"ß".repeat(100), 1..=100);
        assert!(check.finish().is_ok());
        let mut check = Check::new();
        check.text("/name", "a\0b", 1..=100);
        assert_eq!(check.finish().unwrap_err().fields()[0].code, "control-character");
    }

    fn codes(note: impl FnOnce(&mut Check)) -> Vec<String> {
        let mut check = Check::new();
        note(&mut check);
        let error = check.finish().err();
        error.map_or_else(Vec::new, |error| error.fields().iter().map(|field| field.code.clone()).collect())
    }

    #[test]
    fn a_text_has_one_line() {
        for breaks in ["\n", "\r", "\t", "\u{b}", "\u{85}", "\u{2028}", "\u{2029}", "\0", "\u{1b}", "\u{7f}"]
        {
            let name = format!("Ada{breaks}Lovelace");
            let found = codes(|check| check.text("/name", &name, 1..=100));
            assert_eq!(found, ["control-character"], "{name:?}");
        }
        assert!(codes(|check| check.text("/name", "Zoë “Åse” 👩‍👩‍👧 שלום", 1..=100)).is_empty());
    }

    #[test]
    fn a_note_may_have_many_lines_and_no_other_control_characters() {
        assert!(codes(|check| check.multiline("/notes", "one\r\n\ttwo", 1..=100)).is_empty());
        for bad in ["a\0b", "a\u{1b}[2Jb", "a\u{85}b"] {
            assert_eq!(codes(|check| check.opt_multiline("/notes", Some(bad), 1..=9)), ["control-character"]);
        }
        assert_eq!(codes(|check| check.multiline("/notes", "\n\n", 1..=9)), ["blank"]);
        assert_eq!(codes(|check| check.multiline("/notes", "long\nline", 1..=8)), ["too-long"]);
    }

    #[test]
    fn a_country_must_exist() {
        assert!(codes(|check| check.country("/country", "DE")).is_empty());
        for bad in ["ZZ", "de", "", "DEU"] {
            assert_eq!(codes(|check| check.country("/country", bad)), ["country"], "{bad}");
        }
    }
}
