//! Words, amounts and dates in the reader's language.

use base::{Currency, Money, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Between an amount and its currency, where no line may break.
const NO_BREAK_SPACE: char = '\u{a0}';

/// A language mails are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    pub(crate) const ALL: [Language; 2] = [Language::English, Language::German];

    /// The language for a BCP 47 tag; English when we do not write the one it names.
    pub(crate) fn of(locale: &str) -> Self {
        let primary = locale.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Language::German } else { Language::English }
    }

    /// Its BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("May", "Mai"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
];

/// An amount as the language writes it: `€1,234.50` or `1.234,50 €`.
pub(crate) fn money(amount: Money, language: Language) -> String {
    let decimal = amount.to_decimal();
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |rest| ("-", rest));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let (group, point) = match language {
        Language::English => (',', '.'),
        Language::German => ('.', ','),
    };
    let mut number = grouped(whole, group);
    if let Some(fraction) = fraction {
        number.push(point);
        number.push_str(fraction);
    }
    match (language, symbol(amount.currency)) {
        (Language::English, Some(symbol)) => format!("{sign}{symbol}{number}"),
        (Language::German, Some(symbol)) => format!("{sign}{number}{NO_BREAK_SPACE}{symbol}"),
        (_, None) => format!("{sign}{number}{NO_BREAK_SPACE}{}", amount.currency),
    }
}

fn symbol(currency: Currency) -> Option<&'static str> {
    match currency.code() {
        "EUR" => Some("€"),
        "USD" => Some("$"),
        "GBP" => Some("£"),
        "JPY" => Some("¥"),
        _ => None,
    }
}

fn grouped(digits: &str, separator: char) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// A day: `2 March 2026` or `2. März 2026`.
fn day(date: Date, language: Language) -> String {
    let (english, german) = MONTHS[usize::from(date.month().unsigned_abs()).saturating_sub(1) % 12];
    match language {
        Language::English => format!("{} {english} {}", date.day(), date.year()),
        Language::German => format!("{}. {german} {}", date.day(), date.year()),
    }
}

/// A day given as `YYYY-MM-DD`; any other text is returned as it is.
pub(crate) fn date(text: &str, language: Language) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| day(date, language))
}

/// A moment in the reader's time zone: `2 March 2026, 10:14 CET`; in UTC for unknown zones.
pub(crate) fn moment(at: Timestamp, language: Language, timezone: &str) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(at.micros()) else { return at.to_string() };
    let local = instant.to_zoned(zone(timezone).unwrap_or(TimeZone::UTC));
    let mut text = day(local.date(), language);
    let clock = if language == Language::German { " Uhr" } else { "" };
    let _infallible =
        write!(text, ", {:02}:{:02}{clock} {}", local.hour(), local.minute(), local.strftime("%Z"));
    text
}

/// The time zone of an IANA name.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    jiff::tz::db().get(name).ok()
}

/// A code of the contract, or a heading of a shared part, in words; the code itself if it has none.
pub(crate) fn word(code: &str, language: Language) -> &str {
    let found = WORDS.iter().find(|row| row.0 == code);
    match (found, language) {
        (Some(row), Language::English) => row.1,
        (Some(row), Language::German) => row.2,
        (None, _) => code,
    }
}

/// Code, English, German.
const WORDS: &[(&str, &str, &str)] = &[
    ("STANDARD", "Standard shipping", "Standardversand"),
    ("EXPRESS", "Express shipping", "Expressversand"),
    ("PICKUP", "Pickup", "Abholung"),
    ("CUSTOMER_REQUEST", "You asked us to cancel it.", "Sie haben die Stornierung gewünscht."),
    ("ADMIN", "Our team cancelled it.", "Unser Team hat sie storniert."),
    ("PAYMENT_TIMEOUT", "It was not paid in time.", "Sie wurde nicht rechtzeitig bezahlt."),
    ("PAYMENT_DECLINED", "The payment was declined.", "Die Zahlung wurde abgelehnt."),
    (
        "RESERVATION_EXPIRED",
        "We could no longer hold the goods for you.",
        "Wir konnten die Ware nicht länger für Sie zurückhalten.",
    ),
    ("OUT_OF_STOCK", "The goods are no longer in stock.", "Die Ware ist nicht mehr vorrätig."),
    ("FRAUD_SUSPECTED", "The payment could not be verified.", "Die Zahlung konnte nicht bestätigt werden."),
    ("ACCOUNT_CLOSED", "The account was closed.", "Das Konto wurde geschlossen."),
    ("CARD_DECLINED", "Your bank declined the payment.", "Ihre Bank hat die Zahlung abgelehnt."),
    (
        "INSUFFICIENT_FUNDS",
        "There was not enough money on the account or card.",
        "Auf dem Konto oder der Karte war nicht genug Geld.",
    ),
    ("EXPIRED_CARD", "The card has expired.", "Die Karte ist abgelaufen."),
    (
        "AUTHENTICATION_FAILED",
        "The confirmation with your bank failed.",
        "Die Bestätigung bei Ihrer Bank ist fehlgeschlagen.",
    ),
    (
        "GATEWAY_ERROR",
        "The payment provider had a problem.",
        "Beim Zahlungsanbieter ist ein Fehler aufgetreten.",
    ),
    ("EXPIRED", "It was not paid in time.", "Sie wurde nicht rechtzeitig bezahlt."),
    ("CARD", "Card", "Karte"),
    ("PAYPAL", "PayPal", "PayPal"),
    ("SEPA_DEBIT", "SEPA direct debit", "SEPA-Lastschrift"),
    ("WALLET", "Wallet", "Wallet"),
    ("TEST", "Test payment", "Testzahlung"),
    ("heading.quantity", "Quantity", "Menge"),
    ("heading.item", "Item", "Artikel"),
    ("heading.each", "each", "je"),
    ("heading.price", "Price", "Preis"),
    ("heading.subtotal", "Subtotal", "Zwischensumme"),
    ("heading.discount", "Discount", "Rabatt"),
    ("heading.shipping", "Shipping", "Versand"),
    ("heading.free", "free", "kostenlos"),
    ("heading.tax", "plus tax", "zzgl. MwSt."),
    ("heading.tax-contained", "includes tax", "inkl. MwSt."),
    ("heading.total", "Total", "Gesamtbetrag"),
    ("heading.address", "Delivery address", "Lieferadresse"),
    ("heading.carrier", "Carrier", "Versandunternehmen"),
    ("heading.tracking", "Tracking number", "Sendungsnummer"),
    ("heading.estimated", "Estimated delivery", "Voraussichtliche Lieferung"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().unwrap())
    }

    #[test]
    fn amounts_are_written_as_the_language_writes_them() {
        let cases = [
            (minor(123_450, "EUR"), "€1,234.50", "1.234,50\u{a0}€"),
            (minor(5, "EUR"), "€0.05", "0,05\u{a0}€"),
            (minor(-1290, "USD"), "-$12.90", "-12,90\u{a0}$"),
            (minor(1_234_567, "JPY"), "¥1,234,567", "1.234.567\u{a0}¥"),
            (minor(1234, "KWD"), "1.234\u{a0}KWD", "1,234\u{a0}KWD"),
            (minor(99_999, "CHF"), "999.99\u{a0}CHF", "999,99\u{a0}CHF"),
        ];
        for (amount, english, german) in cases {
            assert_eq!(money(amount, Language::English), english);
            assert_eq!(money(amount, Language::German), german);
        }
    }

    #[test]
    fn moments_are_told_in_the_zone_of_the_reader() {
        let winter: Timestamp = "2026-03-02T23:30:00Z".parse().unwrap();
        assert_eq!(moment(winter, Language::German, "Europe/Berlin"), "3. März 2026, 00:30 Uhr CET");
        assert_eq!(moment(winter, Language::English, "America/New_York"), "2 March 2026, 18:30 EST");
        assert_eq!(moment(winter, Language::English, "No/Where"), "2 March 2026, 23:30 UTC");
        let summer: Timestamp = "2026-07-01T10:00:00Z".parse().unwrap();
        assert_eq!(moment(summer, Language::English, "Europe/Berlin"), "1 July 2026, 12:00 CEST");
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(date("2026-12-24", Language::German), "24. Dezember 2026");
        assert_eq!(date("2026-12-24", Language::English), "24 December 2026");
        assert_eq!(date("next week", Language::English), "next week");
    }

    #[test]
    fn locales_lead_to_a_language_we_write() {
        for (locale, language) in [
            ("de", Language::German),
            ("de-AT", Language::German),
            ("DE_ch", Language::German),
            ("en-GB", Language::English),
            ("den", Language::English),
            ("fr", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(locale), language, "{locale}");
        }
    }
}
