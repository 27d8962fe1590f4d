//! Settings of inventory-service, section `[inventory]`.

use base::config::Span;
use base::{Error, Kind, Result};
use serde::Deserialize;

/// The settings; defaults and meaning are in `config/default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InventoryConfig {
    /// Pieces at or below which an item without its own threshold is low.
    pub low_stock_threshold: i64,
    /// The longest a hold may last without being confirmed.
    pub max_hold: Span,
    /// How often holds that ran out are looked for.
    pub expiry_interval: Span,
    /// Holds looked for at once.
    pub expiry_batch: u32,
}

impl InventoryConfig {
    /// # Errors
    /// 422 `settings` for values that make no sense.
    pub(crate) fn validate(self) -> Result<Self> {
        let good = (0..=1_000_000).contains(&self.low_stock_threshold)
            && self.max_hold.0.as_secs() >= 60
            && self.expiry_interval.0.as_millis() >= 100
            && (1..=1000).contains(&self.expiry_batch);
        let detail = "[inventory] needs low_stock_threshold from 0 to 1000000, max_hold of at least 1m, \
                      expiry_interval of at least 100ms, expiry_batch from 1 to 1000";
        if good { Ok(self) } else { Err(Error::new(Kind::Invalid, "settings", detail)) }
    }
}
