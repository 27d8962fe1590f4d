//! Settings of cart-service, section `[cart]`.

use base::config::Span;
use base::{Error, Kind, Result};
use serde::Deserialize;

/// The settings; defaults and meaning are in `config/default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CartConfig {
    /// Without activity for so long a cart is abandoned.
    pub abandoned_after: Span,
    /// Without activity for so long a cart expires.
    pub idle_lifetime: Span,
    /// After so long a lock is given up if its order does not exist.
    pub lock_timeout: Span,
    /// How often carts are looked at for these three.
    pub sweep_interval: Span,
    /// How long carts that are over are kept.
    pub keep_over: Span,
}

impl CartConfig {
    /// # Errors
    /// 422 `settings` for values that make no sense.
    pub(crate) fn validate(self) -> Result<Self> {
        let good = self.abandoned_after.0.as_secs() >= 60
            && self.idle_lifetime > self.abandoned_after
            && self.lock_timeout.0.as_secs() >= 60
            && self.sweep_interval.0.as_secs() >= 1;
        let detail = "[cart] needs abandoned_after and lock_timeout of at least 1m, idle_lifetime longer \
                      than abandoned_after, sweep_interval of at least 1s";
        if good { Ok(self) } else { Err(Error::new(Kind::Invalid, "settings", detail)) }
    }
}
