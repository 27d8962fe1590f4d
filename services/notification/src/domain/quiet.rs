//! Hours of rest, in the customer's own time zone.

use super::words::zone;
use api::notification::QuietHours;
use base::{Check, Timestamp};
use jiff::civil::Time;
use jiff::{ToSpan as _, Zoned};

/// `HH:MM`.
fn parse(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Notes in `check` what is wrong with the hours.
pub(crate) fn check(hours: &QuietHours, check: &mut Check) {
    let (from, to) = (parse(&hours.from), parse(&hours.to));
    let message = "must be a time such as 22:00";
    check.that(from.is_some(), "/quietHours/from", "time", message);
    check.that(to.is_some(), "/quietHours/to", "time", message);
    check.that(from.is_none() || from != to, "/quietHours/to", "empty", "must differ from the beginning");
    let known = zone(&hours.timezone).is_some();
    check.that(known, "/quietHours/timezone", "timezone", "must be a time zone such as Europe/Berlin");
}

/// When the rest in progress at `now` ends; `None` outside of it.
pub(crate) fn end_of_rest(hours: &QuietHours, now: Timestamp) -> Option<Timestamp> {
    let (from, to) = (parse(&hours.from)?, parse(&hours.to)?);
    let instant = jiff::Timestamp::from_microsecond(now.micros()).ok()?;
    let local = instant.to_zoned(zone(&hours.timezone)?);
    let clock = local.time();
    let over_midnight = from > to;
    let resting = if over_midnight { clock >= from || clock < to } else { clock >= from && clock < to };
    if !resting {
        return None;
    }
    let day =
        if over_midnight && clock >= from { local.date().checked_add(1.day()).ok()? } else { local.date() };
    // A time that the change to summer time skips becomes the first one after the gap; one that
    // the change to winter time repeats may lie behind us the first time round.
    let end = day.to_datetime(to).to_zoned(local.time_zone().clone()).ok()?;
    let end = if end > local { end } else { repeated(&end)? };
    Some(Timestamp::from_micros(end.timestamp().as_microsecond()))
}

/// The same local time again, after the clocks were set back.
fn repeated(first: &Zoned) -> Option<Zoned> {
    first.time_zone().to_ambiguous_zoned(first.datetime()).later().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, to: &str, timezone: &str) -> QuietHours {
        QuietHours { from: from.into(), to: to.into(), timezone: timezone.into() }
    }

    fn end(hours: &QuietHours, now: &str) -> Option<String> {
        end_of_rest(hours, now.parse().unwrap()).map(|end| end.to_string())
    }

    #[test]
    fn a_night_ends_in_the_morning_of_its_own_zone() {
        let berlin = hours("22:00", "07:00", "Europe/Berlin");
        let ends = |text: &str| Some(text.to_owned());
        assert_eq!(end(&berlin, "2026-03-02T20:59:59Z"), None);
        assert_eq!(end(&berlin, "2026-03-02T21:00:00Z"), ends("2026-03-03T06:00:00.000Z"));
        assert_eq!(end(&berlin, "2026-03-03T05:59:59Z"), ends("2026-03-03T06:00:00.000Z"));
        assert_eq!(end(&berlin, "2026-03-03T06:00:00Z"), None);
        let tokyo = hours("22:00", "07:00", "Asia/Tokyo");
        assert_eq!(end(&tokyo, "2026-03-02T13:00:00Z"), ends("2026-03-02T22:00:00.000Z"));
        let noon = hours("12:00", "13:00", "UTC");
        assert_eq!(end(&noon, "2026-03-02T12:30:00Z"), ends("2026-03-02T13:00:00.000Z"));
        assert_eq!(end(&noon, "2026-03-02T13:00:00Z"), None);
    }

    #[test]
    fn the_change_of_the_clocks_makes_a_night_shorter_or_longer() {
        let berlin = hours("22:00", "07:00", "Europe/Berlin");
        // Night to 29 March: clocks go from 02:00 to 03:00.
        assert_eq!(end(&berlin, "2026-03-28T21:00:00Z").unwrap(), "2026-03-29T05:00:00.000Z");
        // Night to 25 October: clocks go from 03:00 back to 02:00.
        assert_eq!(end(&berlin, "2026-10-24T20:00:00Z").unwrap(), "2026-10-25T06:00:00.000Z");
        let gap = hours("01:00", "02:30", "Europe/Berlin");
        assert_eq!(end(&gap, "2026-03-29T00:30:00Z").unwrap(), "2026-03-29T01:30:00.000Z");
        // The hour from 02:00 to 03:00 comes twice, and so does its rest.
        assert_eq!(end(&gap, "2026-10-25T00:10:00Z").unwrap(), "2026-10-25T00:30:00.000Z");
        assert_eq!(end(&gap, "2026-10-25T01:10:00Z").unwrap(), "2026-10-25T01:30:00.000Z");
    }

    #[test]
    fn the_end_is_always_later_and_not_resting() {
        let hours = hours("21:30", "08:15", "America/St_Johns");
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for quarter in 0..35_040_u64 {
            let now = start + std::time::Duration::from_secs(quarter * 900);
            if let Some(end) = end_of_rest(&hours, now) {
                assert!(end > now, "{now}");
                assert_eq!(end_of_rest(&hours, end), None, "{now}");
            }
        }
    }

    #[test]
    fn wrong_hours_are_named() {
        let wrong = |hours: QuietHours| {
            let mut found = Check::new();
            check(&hours, &mut found);
            found.finish().err().map(|error| error.fields()[0].pointer.clone())
        };
        assert_eq!(wrong(hours("22:00", "07:00", "Europe/Berlin")), None);
        assert_eq!(wrong(hours("24:00", "07:00", "UTC")).unwrap(), "/quietHours/from");
        assert_eq!(wrong(hours("22:00", "7:00", "UTC")).unwrap(), "/quietHours/to");
        assert_eq!(wrong(hours("22:00", "22:00", "UTC")).unwrap(), "/quietHours/to");
        assert_eq!(wrong(hours("22:00", "07:00", "Mars/Olympus")).unwrap(), "/quietHours/timezone");
        assert_eq!(parse("00:00"), Some(Time::midnight()));
    }
}
