//! Section `[payment]` of the settings.

use base::config::Span;
use base::{Error, Kind, Result};
use serde::Deserialize;

/// When the money is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CaptureOn {
    /// When the customer pays.
    Payment,
    /// When the goods leave, by a call of their own.
    Shipment,
}

/// Settings of the payment service; `config/default.toml` says what each means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentConfig {
    pub(crate) capture_on: CaptureOn,
    pub(crate) session_lifetime: Span,
    pub(crate) gateway_timeout: Span,
    pub(crate) reconcile_every: Span,
    pub(crate) compare_every: Span,
    pub(crate) refund_retry: Span,
    pub(crate) reauthentication: Span,
    pub(crate) return_origins: Vec<String>,
    pub(crate) return_path: String,
    pub(crate) simulator_fee_basis_points: i64,
    pub(crate) simulator_fee_fixed_minor: i64,
}

impl PaymentConfig {
    /// The settings, if they make sense.
    ///
    /// # Errors
    /// 422 `settings` that names the key.
    pub(crate) fn validate(self) -> Result<Self> {
        let bad = |key: &str, what: &str| {
            Err(Error::new(Kind::Invalid, "settings", format!("[payment] {key} {what}")))
        };
        let is_origin =
            |origin: &String| origin.starts_with("http") && origin.contains("://") && !origin.ends_with('/');
        if !self.return_origins.iter().all(is_origin) {
            return bad(
                "return_origins",
                "holds origins such as https://shop.example, without a slash at the end",
            );
        }
        if !self.return_path.starts_with('/') || self.return_path.starts_with("//") {
            return bad("return_path", "starts with one slash");
        }
        if !(0..=10_000).contains(&self.simulator_fee_basis_points) || self.simulator_fee_fixed_minor < 0 {
            return bad(
                "simulator_fee_basis_points",
                "is from 0 to 10000, and simulator_fee_fixed_minor not negative",
            );
        }
        Ok(self)
    }
}
