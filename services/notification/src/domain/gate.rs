//! Whether a mail may leave now: the dispatch gate of contracts §4.9, in its order.

use super::quiet;
use super::settings::{Settings, is_mandatory};
use api::notification::{Category, Channel};
use base::Timestamp;

/// What is known of the recipient's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In use, or somebody without account.
    Good,
    /// Closed by its owner or by staff.
    Deactivated,
    /// Erased.
    Erased,
    /// There is no such account, or no address.
    Unknown,
}

/// Everything the gate looks at.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) standing: Standing,
    /// Whether the address is on the suppression list.
    pub(crate) suppressed: bool,
    pub(crate) category: Category,
    /// `None` for somebody without account.
    pub(crate) settings: Option<Settings>,
    /// Whether advertising is allowed.
    pub(crate) consent: bool,
    /// Mails of this category to this address in the last hour.
    pub(crate) sent_last_hour: i64,
    /// How many there may be.
    pub(crate) most_per_hour: i64,
    pub(crate) now: Timestamp,
}

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may leave.
    Send,
    /// It waits for the end of the quiet hours.
    Wait(Timestamp),
    /// It must not leave, by this rule.
    Suppress(&'static str),
}

/// Whether too many mails of the category may be held back. Never those somebody waits for: a
/// link they just asked for, or the confirmation of an order they paid.
const fn is_throttled(category: Category) -> bool {
    !is_mandatory(category) && !matches!(category, Category::OrderUpdates)
}

/// Asks the rules one after the other; the first that objects decides.
pub(crate) fn decide(facts: &Facts) -> Verdict {
    let secure = facts.category == Category::Security;
    match facts.standing {
        Standing::Unknown => return Verdict::Suppress("recipient-unknown"),
        Standing::Erased => return Verdict::Suppress("recipient-erased"),
        Standing::Deactivated if !secure => return Verdict::Suppress("account-deactivated"),
        Standing::Deactivated | Standing::Good => {}
    }
    if facts.suppressed {
        return Verdict::Suppress("address-suppressed");
    }
    if !is_mandatory(facts.category) && facts.category != Category::System {
        let settings = facts.settings.as_ref();
        if settings.is_some_and(|settings| !settings.wants(facts.category, Channel::Email)) {
            return Verdict::Suppress("setting-off");
        }
        if facts.category == Category::Marketing && !facts.consent {
            return Verdict::Suppress("no-consent");
        }
    }
    let hours =
        facts.settings.as_ref().and_then(|settings| settings.quiet_hours.as_ref()).filter(|_| !secure);
    if let Some(end) = hours.and_then(|hours| quiet::end_of_rest(hours, facts.now)) {
        return Verdict::Wait(end);
    }
    if is_throttled(facts.category) && facts.sent_last_hour >= facts.most_per_hour {
        return Verdict::Suppress("throttle");
    }
    Verdict::Send
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::notification::QuietHours;

    const NOW: &str = "2026-03-02T23:00:00Z";

    /// Somebody to whom every rule objects.
    fn hopeless(category: Category) -> Facts {
        let mut settings = Settings::defaults("en");
        settings.email_enabled = false;
        settings.quiet_hours =
            Some(QuietHours { from: "22:00".into(), to: "07:00".into(), timezone: "UTC".into() });
        Facts {
            standing: Standing::Erased,
            suppressed: true,
            category,
            settings: Some(settings),
            consent: false,
            sent_last_hour: 99,
            most_per_hour: 10,
            now: NOW.parse().unwrap(),
        }
    }

    #[test]
    fn the_rules_are_asked_in_the_order_of_the_contract() {
        let mut facts = hopeless(Category::Marketing);
        let morning = Verdict::Wait("2026-03-03T07:00:00Z".parse().unwrap());
        assert_eq!(decide(&facts), Verdict::Suppress("recipient-erased"));
        facts.standing = Standing::Deactivated;
        assert_eq!(decide(&facts), Verdict::Suppress("account-deactivated"));
        facts.standing = Standing::Good;
        assert_eq!(decide(&facts), Verdict::Suppress("address-suppressed"));
        facts.suppressed = false;
        assert_eq!(decide(&facts), Verdict::Suppress("setting-off"));
        facts.settings.as_mut().unwrap().email_enabled = true;
        assert_eq!(decide(&facts), Verdict::Suppress("no-consent"));
        facts.consent = true;
        assert_eq!(decide(&facts), morning);
        facts.settings.as_mut().unwrap().quiet_hours = None;
        assert_eq!(decide(&facts), Verdict::Suppress("throttle"));
        facts.sent_last_hour = 9;
        assert_eq!(decide(&facts), Verdict::Send);
    }

    #[test]
    fn security_mail_passes_everything_but_a_dead_address() {
        let mut facts = hopeless(Category::Security);
        facts.standing = Standing::Deactivated;
        assert_eq!(decide(&facts), Verdict::Suppress("address-suppressed"));
        facts.suppressed = false;
        assert_eq!(decide(&facts), Verdict::Send);
        facts.standing = Standing::Unknown;
        assert_eq!(decide(&facts), Verdict::Suppress("recipient-unknown"));
    }

    #[test]
    fn account_mail_waits_for_the_morning_and_ignores_settings() {
        let mut facts = hopeless(Category::Account);
        (facts.standing, facts.suppressed) = (Standing::Good, false);
        assert!(matches!(decide(&facts), Verdict::Wait(_)));
        facts.settings.as_mut().unwrap().quiet_hours = None;
        assert_eq!(decide(&facts), Verdict::Send);
    }

    #[test]
    fn guests_get_what_they_need_and_no_advertising() {
        let guest = |category| Facts {
            standing: Standing::Good,
            suppressed: false,
            settings: None,
            sent_last_hour: 0,
            ..hopeless(category)
        };
        assert_eq!(decide(&guest(Category::OrderUpdates)), Verdict::Send);
        assert_eq!(decide(&guest(Category::Payment)), Verdict::Send);
        assert_eq!(decide(&guest(Category::Marketing)), Verdict::Suppress("no-consent"));
    }

    #[test]
    fn a_flood_of_payment_mails_is_stopped_but_no_order_confirmation() {
        let flooded = |category| Facts {
            standing: Standing::Good,
            suppressed: false,
            settings: None,
            ..hopeless(category)
        };
        assert_eq!(decide(&flooded(Category::Payment)), Verdict::Suppress("throttle"));
        assert_eq!(decide(&flooded(Category::OrderUpdates)), Verdict::Send);
    }
}
