//! Settings of the order service, section `[order]`.

use base::config::Span;
use base::{Error, Kind, Result};
use serde::Deserialize;
use std::time::Duration;

/// Section `[order]`; `config/default.toml` says what each key means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderConfig {
    pub(crate) checkout_budget: Span,
    pub(crate) payment_window: Span,
    pub(crate) payment_grace: Span,
    pub(crate) reservation_time: Span,
    pub(crate) double_click_window: Span,
    pub(crate) return_window: Span,
    pub(crate) require_verified_email: bool,
}

impl OrderConfig {
    /// Refuses settings that contradict each other.
    ///
    /// # Errors
    /// 422 `settings`.
    pub(crate) fn validate(&self) -> Result<()> {
        if self.reservation_time.0 <= self.payment_window.0 + self.payment_grace.0 {
            let detail = "[order] reservation_time must be longer than payment_window and payment_grace together, \
                or stock would be given away while somebody pays for it";
            return Err(Error::new(Kind::Invalid, "settings", detail));
        }
        if self.checkout_budget.0 > Duration::from_secs(20) {
            let detail =
                "[order] checkout_budget must be at most 20s: clients and gateways do not wait longer";
            return Err(Error::new(Kind::Invalid, "settings", detail));
        }
        Ok(())
    }
}
