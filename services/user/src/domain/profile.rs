//! What a profile may hold, and what changed between two of them.

use super::account::Profile;
use super::email;
use base::{Check, Timestamp};
use serde_json::Value;
use time::Date;
use time::macros::format_description;

/// Bytes of the preferences as JSON.
const MAX_PREFERENCES_BYTES: usize = 16 * 1024;

/// Notes every wrong field of `profile` in `check`.
pub(crate) fn check(profile: &Profile, now: Timestamp, check: &mut Check) {
    check_username(check, profile.username.as_deref());
    check_name(check, "/firstName", profile.first_name.as_deref());
    check_name(check, "/lastName", profile.last_name.as_deref());
    check_name(check, "/displayName", profile.display_name.as_deref());
    let phone = profile.phone_number.as_deref().is_none_or(is_e164);
    check.that(phone, "/phoneNumber", "phone-number", "must be a number such as +4930123456");
    let born = profile.date_of_birth.as_deref().is_none_or(|date| is_birthday(date, now));
    check.that(born, "/dateOfBirth", "date", "must be a past date such as 1990-12-31");
    check.opt_multiline("/bio", profile.bio.as_deref(), 0..=500);
    let picture = profile.picture_url.as_deref().is_none_or(is_https_url);
    check.that(picture, "/profilePictureUrl", "url", "must be an https address of at most 2000 characters");
    let locale = is_locale(&profile.locale);
    check.that(locale, "/locale", "locale", "must be a language tag such as de-DE");
    let timezone = is_timezone(&profile.timezone);
    check.that(timezone, "/timezone", "timezone", "must be a time zone such as Europe/Berlin");
    let small = Value::Object(profile.preferences.clone()).to_string().len() <= MAX_PREFERENCES_BYTES;
    check.that(small, "/preferences", "too-large", "at most 16 KiB");
}

/// Notes a mail address that is none.
pub(crate) fn check_email(check: &mut Check, pointer: &str, address: &str) {
    check.that(
        email::is_valid(address),
        pointer,
        "email",
        "must be an e-mail address such as ada@example.org",
    );
}

/// Names stand in mails: no line breaks, no markup, no links, no characters that turn the
/// direction of writing around.
fn check_name(check: &mut Check, pointer: &str, name: Option<&str>) {
    check.opt_text(pointer, name, 1..=100);
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '<' | '>' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean = name.is_none_or(|name| !name.contains(hostile) && !name.contains("://"));
    check.that(clean, pointer, "not-a-name", "must not contain links, markup or line breaks");
}

fn check_username(check: &mut Check, username: Option<&str>) {
    let good = |name: &str| {
        (3..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let message = "must be 3 to 32 letters a–z, digits, dots, underscores or hyphens";
    check.that(username.is_none_or(good), "/username", "username", message);
}

/// `+` and 7 to 15 digits of which the first is not 0 (ITU-T E.164).
fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_birthday(date: &str, now: Timestamp) -> bool {
    let parsed = Date::parse(date, format_description!("[year]-[month]-[day]"));
    parsed.is_ok_and(|date| date.year() >= 1900 && date < now.utc().date())
}

fn is_https_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    url.len() <= 2000
        && !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
        && url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`'))
}

/// The shape of BCP 47: a language of 2–3 letters and subtags of 1–8 letters or digits.
fn is_locale(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    tag.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The shape of a name of the IANA database.
fn is_timezone(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.split('/').all(part)
}

/// Names of the fields of the profile part that differ, as clients write them.
pub(crate) fn changed_fields(before: &Profile, after: &Profile) -> Vec<&'static str> {
    let differs = [
        ("username", before.username != after.username),
        ("firstName", before.first_name != after.first_name),
        ("lastName", before.last_name != after.last_name),
        ("displayName", before.display_name != after.display_name),
        ("phoneNumber", before.phone_number != after.phone_number),
        ("dateOfBirth", before.date_of_birth != after.date_of_birth),
        ("bio", before.bio != after.bio),
        ("profilePictureUrl", before.picture_url != after.picture_url),
        ("locale", before.locale != after.locale),
        ("timezone", before.timezone != after.timezone),
        ("preferences", before.preferences != after.preferences),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::ids::ProfileId;
    use serde_json::{Map, json};

    fn profile() -> Profile {
        Profile {
            id: ProfileId::new(),
            username: Some("ada".into()),
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            display_name: None,
            phone_number: None,
            date_of_birth: None,
            bio: None,
            picture_url: None,
            locale: "en".into(),
            timezone: "UTC".into(),
            preferences: Map::new(),
        }
    }

    fn wrong(change: impl FnOnce(&mut Profile)) -> Vec<String> {
        let mut profile = profile();
        change(&mut profile);
        let mut found = Check::new();
        check(&profile, "2026-03-02T00:00:00Z".parse().unwrap(), &mut found);
        let fields = found.finish().err().map(|error| error.fields().to_vec()).unwrap_or_default();
        fields.into_iter().map(|field| field.pointer).collect()
    }

    #[test]
    fn people_have_all_kinds_of_names() {
        for name in ["Ada", "Zoë", "山田", "O'Brien", "Jean-Luc de la Croix", "محمد", "Ng", "X Æ A-12"]
        {
            assert!(wrong(|p| p.first_name = Some(name.into())).is_empty(), "{name}");
        }
        for name in ["", " ", "a\nb", "<b>", "see https://evil.example", "\u{202e}live", &"x".repeat(101)] {
            assert!(!wrong(|p| p.last_name = Some(name.into())).is_empty(), "{name:?}");
        }
    }

    #[test]
    fn each_field_has_its_form() {
        let phone = |number: &str| wrong(|p| p.phone_number = Some(number.into())).is_empty();
        assert!(
            phone("+4930123456") && !phone("030123456") && !phone("+0301234567") && !phone("+49 30 123456")
        );
        let born = |date: &str| wrong(|p| p.date_of_birth = Some(date.into())).is_empty();
        assert!(born("1990-12-31") && born("2026-03-01"));
        assert!(!born("2026-03-02") && !born("1990-02-30") && !born("1899-12-31") && !born("31.12.1990"));
        let url = |url: &str| wrong(|p| p.picture_url = Some(url.into())).is_empty();
        assert!(url("https://cdn.example/a.png?x=1"));
        for bad in
            ["http://x.example", "javascript:alert(1)", "https://", "https://a b", "https://u@x.example/"]
        {
            assert!(!url(bad), "{bad}");
        }
        let locale = |tag: &str| wrong(|p| p.locale = tag.into()).is_empty();
        assert!(locale("de") && locale("zh-Hant-TW") && !locale("") && !locale("german") && !locale("de_DE"));
        let timezone = |name: &str| wrong(|p| p.timezone = name.into()).is_empty();
        assert!(timezone("America/Argentina/Buenos_Aires") && timezone("Etc/GMT+3") && timezone("UTC"));
        assert!(!timezone("") && !timezone("../etc/passwd") && !timezone("Europe//Berlin"));
        let username = |name: &str| wrong(|p| p.username = Some(name.into())).is_empty();
        assert!(username("a.b-c_9") && !username("ab") && !username("ädа") && !username("a b c"));
    }

    #[test]
    fn preferences_have_a_bound() {
        assert!(wrong(|p| drop(p.preferences.insert("theme".into(), json!("dark")))).is_empty());
        let big = json!("x".repeat(16 * 1024));
        assert_eq!(wrong(|p| drop(p.preferences.insert("x".into(), big))), ["/preferences"]);
    }

    #[test]
    fn only_what_differs_is_named() {
        let after = Profile { bio: Some("x".into()), locale: "de".into(), ..profile() };
        let before = Profile { id: after.id, ..profile() };
        assert_eq!(changed_fields(&before, &after), ["bio", "locale"]);
        assert!(changed_fields(&before, &before).is_empty());
    }
}
