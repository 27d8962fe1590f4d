//! What customers may choose, the defaults, and what a change means.

use super::quiet;
use api::notification::{
    Category, CategoryChannels, Channel, EmailSettings, NotificationSettings, PreferenceChannel,
    PushSettings, QuietHours, SmsSettings,
};
use base::{Check, Result};
use std::collections::BTreeMap;

/// The categories a customer sees; SYSTEM is for staff.
const OFFERED: [Category; 7] = [
    Category::Security,
    Category::Account,
    Category::OrderUpdates,
    Category::Payment,
    Category::StockAlerts,
    Category::Support,
    Category::Marketing,
];

const CHANNELS: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Push];

/// Whether mail of the category is sent whatever the customer chose.
pub(crate) const fn is_mandatory(category: Category) -> bool {
    matches!(category, Category::Security | Category::Account)
}

/// Stored choices of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) email_enabled: bool,
    pub(crate) sms_enabled: bool,
    pub(crate) push_enabled: bool,
    pub(crate) categories: BTreeMap<Category, CategoryChannels>,
    pub(crate) quiet_hours: Option<QuietHours>,
    pub(crate) locale: String,
    /// 0 = never saved.
    pub(crate) version: i64,
}

impl Settings {
    /// What holds for a customer who never chose: mail of every category.
    pub(crate) fn defaults(locale: &str) -> Self {
        let mail_only = || {
            CategoryChannels::from([(Channel::Email, true), (Channel::Sms, false), (Channel::Push, false)])
        };
        Self {
            email_enabled: true,
            sms_enabled: false,
            push_enabled: false,
            categories: OFFERED.into_iter().map(|category| (category, mail_only())).collect(),
            quiet_hours: None,
            locale: locale.to_owned(),
            version: 0,
        }
    }

    /// The choices a customer sent, with everything left out filled in.
    ///
    /// # Errors
    /// 422 `mandatory-category` for mail of SECURITY or ACCOUNT switched off, 422 `validation`.
    pub(crate) fn chosen(wanted: NotificationSettings, version: i64) -> Result<Self> {
        let mut check = Check::new();
        let offered = wanted.categories.keys().all(|category| OFFERED.contains(category));
        check.that(offered, "/categories/SYSTEM", "not-offered", "is for staff and cannot be chosen");
        check.text("/locale", &wanted.locale, 2..=35);
        let tag = wanted.locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        check.that(tag, "/locale", "locale", "must be a language such as en or de-AT");
        if let Some(hours) = &wanted.quiet_hours {
            quiet::check(hours, &mut check);
        }
        check.finish()?;
        let mut categories = BTreeMap::new();
        for category in OFFERED {
            let asked = wanted.categories.get(&category);
            let mandatory = is_mandatory(category);
            let channels: CategoryChannels = CHANNELS
                .into_iter()
                .map(|channel| {
                    let unasked = mandatory && channel == Channel::Email;
                    (channel, asked.and_then(|asked| asked.get(&channel)).copied().unwrap_or(unasked))
                })
                .collect();
            if mandatory && !channels[&Channel::Email] {
                return Err(mandatory_category(category));
            }
            categories.insert(category, channels);
        }
        Ok(Self {
            email_enabled: wanted.email.enabled,
            sms_enabled: wanted.sms.enabled,
            push_enabled: wanted.push.enabled,
            categories,
            quiet_hours: wanted.quiet_hours,
            locale: wanted.locale,
            version,
        })
    }

    /// Whether messages of the category are wanted on the channel.
    pub(crate) fn wants(&self, category: Category, channel: Channel) -> bool {
        let enabled = match channel {
            Channel::Email => self.email_enabled || is_mandatory(category),
            Channel::Sms => self.sms_enabled,
            Channel::Push => self.push_enabled,
        };
        let chosen = self.categories.get(&category).and_then(|channels| channels.get(&channel));
        enabled && chosen.copied().unwrap_or(false)
    }

    /// The switches whose effect differs from `before`.
    pub(crate) fn changes(&self, before: &Settings) -> Vec<(PreferenceChannel, Category, bool)> {
        let mut changes = Vec::new();
        for category in OFFERED {
            for channel in CHANNELS {
                let wanted = self.wants(category, channel);
                if wanted != before.wants(category, channel) {
                    changes.push((preference(channel), category, wanted));
                }
            }
        }
        changes
    }

    /// As clients see them.
    pub(crate) fn shown(self, address: Option<String>, number: Option<String>) -> NotificationSettings {
        NotificationSettings {
            email: EmailSettings { enabled: self.email_enabled, address },
            sms: SmsSettings { enabled: self.sms_enabled, number },
            push: PushSettings { enabled: self.push_enabled },
            categories: self.categories,
            quiet_hours: self.quiet_hours,
            locale: self.locale,
            version: Some(self.version),
        }
    }
}

fn preference(channel: Channel) -> PreferenceChannel {
    match channel {
        Channel::Email => PreferenceChannel::Email,
        Channel::Sms => PreferenceChannel::Sms,
        Channel::Push => PreferenceChannel::Push,
    }
}

fn mandatory_category(category: Category) -> base::Error {
    let detail = "mail about security and the account cannot be switched off";
    let pointer = if category == Category::Security {
        "/categories/SECURITY/EMAIL"
    } else {
        "/categories/ACCOUNT/EMAIL"
    };
    base::Error::new(base::Kind::Invalid, "mandatory-category", detail).with_field(
        pointer,
        "mandatory",
        detail,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> NotificationSettings {
        Settings::defaults("en").shown(None, None)
    }

    #[test]
    fn what_is_shown_can_be_saved_again_unchanged() {
        let defaults = Settings::defaults("de");
        let saved = Settings::chosen(defaults.clone().shown(Some("a@example.org".into()), None), 0).unwrap();
        assert_eq!(saved, defaults);
        assert!(saved.changes(&defaults).is_empty());
    }

    #[test]
    fn security_and_account_mail_cannot_be_switched_off() {
        for category in [Category::Security, Category::Account] {
            let mut settings = wanted();
            settings.categories.insert(category, CategoryChannels::from([(Channel::Email, false)]));
            assert_eq!(Settings::chosen(settings, 0).unwrap_err().code(), "mandatory-category");
        }
        let mut settings = wanted();
        settings.categories.clear();
        settings.email.enabled = false;
        let saved = Settings::chosen(settings, 0).unwrap();
        assert!(
            saved.wants(Category::Security, Channel::Email) && saved.wants(Category::Account, Channel::Email)
        );
        assert!(!saved.wants(Category::OrderUpdates, Channel::Email));
    }

    #[test]
    fn switching_mail_off_is_a_change_of_every_optional_category() {
        let before = Settings::defaults("en");
        let mut settings = wanted();
        settings.email.enabled = false;
        let changes = Settings::chosen(settings, 0).unwrap().changes(&before);
        assert_eq!(changes.len(), 5);
        assert!(changes.iter().all(|change| change.0 == PreferenceChannel::Email && !change.2));
    }

    #[test]
    fn nonsense_is_refused_with_the_field() {
        let mut settings = wanted();
        settings.categories.insert(Category::System, CategoryChannels::new());
        assert_eq!(Settings::chosen(settings, 0).unwrap_err().fields()[0].pointer, "/categories/SYSTEM");
        let mut settings = wanted();
        settings.locale = "de\r\nX: y".into();
        assert_eq!(Settings::chosen(settings, 0).unwrap_err().fields()[0].pointer, "/locale");
    }
}
