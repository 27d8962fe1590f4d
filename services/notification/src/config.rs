//! Settings of notification-service, section `[notification]`.

use base::check::is_email;
use base::config::Span;
use base::{Error, Kind, Result, Secret};
use serde::Deserialize;
use std::time::Duration;

/// The longest time a provider may be given: a worker's lease must outlast it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(40);

/// The log must outlive the inbox (14 days), with which the self-check compares it.
const SHORTEST_LOG: Duration = Duration::from_hours(15 * 24);

/// The settings; defaults and meaning are in `config/default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationConfig {
    /// SMTP server; empty = the built-in mailbox.
    pub smtp_url: Secret<String>,
    /// PEM file with further certificate authorities of SMTP servers; empty = none.
    pub smtp_ca_file: String,
    /// The longest one mail may take from connecting to the server's answer.
    pub smtp_timeout: Span,
    /// Connections to the SMTP server at once.
    pub smtp_connections: usize,
    /// Address mails come from.
    pub from_address: String,
    /// Name mails come from; empty = the shop's.
    pub from_name: String,
    /// Whether anybody may read the built-in mailbox.
    pub mailbox_public: bool,
    /// Time zone of dates in mails to people who have told none, IANA name.
    pub timezone: String,
    /// Waits before the second, third, … attempt to send a mail.
    pub retries: Vec<Span>,
    /// Mails per hour, address and category before the rest is held back; not for SECURITY,
    /// ACCOUNT and ORDER_UPDATES.
    pub most_per_hour: i64,
    /// How long an address that does not exist gets no mail, unless its owner proves it earlier.
    pub suppression: Span,
    /// How long the content of a mail is kept.
    pub body_retention: Span,
    /// How long the log is kept.
    pub log_retention: Span,
}

impl NotificationConfig {
    /// # Errors
    /// 422 `settings` for values that make no sense.
    pub(crate) fn validate(self) -> Result<Self> {
        let good = (Duration::from_millis(100)..=LONGEST_TIMEOUT).contains(&self.smtp_timeout.0)
            && (1..=100).contains(&self.smtp_connections)
            && is_email(&self.from_address)
            && crate::domain::words::zone(&self.timezone).is_some()
            && (1..=20).contains(&self.retries.len())
            && self.most_per_hour >= 1
            && self.body_retention.0 <= self.log_retention.0
            && self.log_retention.0 >= SHORTEST_LOG;
        let detail = "[notification] needs smtp_timeout from 100ms to 40s, smtp_connections from 1 to 100, a mail \
                      address as from_address, an IANA time zone, 1 to 20 retries, most_per_hour of at least 1, and a \
                      log_retention of at least 15d and of body_retention";
        if good { Ok(self) } else { Err(Error::new(Kind::Invalid, "settings", detail)) }
    }
}
