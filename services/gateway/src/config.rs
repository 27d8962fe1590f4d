//! Settings of the gateway: `[gateway]` in `config/default.toml`.

use base::config::Span;
use base::{Error, Result};
use serde::Deserialize;

/// Settings of the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayConfig {
    /// Requests per minute of an address that is not signed in.
    pub(crate) anonymous_per_minute: u32,
    /// Requests per minute of a customer.
    pub(crate) user_per_minute: u32,
    /// Requests per minute of staff.
    pub(crate) staff_per_minute: u32,
    /// Sign-ins per minute and address.
    pub(crate) login_per_minute: u32,
    /// Registrations per hour and address.
    pub(crate) register_per_hour: u32,
    /// Password resets per hour and address.
    pub(crate) reset_per_hour: u32,
    /// Token refreshes per minute and address.
    pub(crate) refresh_per_minute: u32,
    /// Calls of providers per minute and address.
    pub(crate) callbacks_per_minute: u32,
    /// Requests in progress; more are refused with 503.
    pub(crate) concurrency: usize,
    /// How long a service may take to answer.
    pub(crate) timeout: Span,
    /// Origins of browsers that may call the API, e.g. `https://shop.example`.
    pub(crate) cors_origins: Vec<String>,
    /// Addresses of proxies in front of us whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<String>,
}

impl GatewayConfig {
    /// # Errors
    /// 422 `settings` that names the key.
    pub(crate) fn validate(&self) -> Result<()> {
        let bad = |detail: String| Err(Error::new(base::Kind::Invalid, "settings", detail));
        if self.concurrency == 0 {
            return bad("[gateway] concurrency must be at least 1".into());
        }
        for proxy in &self.trusted_proxies {
            if proxy.parse::<std::net::IpAddr>().is_err() {
                return bad(format!("[gateway] trusted_proxies: {proxy} is not an IP address"));
            }
        }
        Ok(())
    }
}
