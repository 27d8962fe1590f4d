//! Settings of the service, section `[product]`.

use base::{Error, Kind, Result};
use serde::Deserialize;

/// Settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductConfig {
    /// Memory for answers to lists and searches that were asked before, in MiB.
    pub(crate) page_cache_mib: u64,
    /// Pictures that are read at once; each may take 200 MiB while it is.
    pub(crate) pictures_at_once: usize,
    /// Products an import stores in one transaction.
    pub(crate) import_batch: usize,
}

impl ProductConfig {
    /// The settings, if they make sense.
    ///
    /// # Errors
    /// 422 `settings` that names the key.
    pub(crate) fn validate(self) -> Result<Self> {
        let bad = |what: &str| Err(Error::new(Kind::Invalid, "settings", format!("[product] {what}")));
        if !(1..=4096).contains(&self.page_cache_mib) {
            return bad("page_cache_mib must be from 1 to 4096");
        }
        if !(1..=64).contains(&self.pictures_at_once) {
            return bad("pictures_at_once must be from 1 to 64");
        }
        if !(1..=1000).contains(&self.import_batch) {
            return bad("import_batch must be from 1 to 1000");
        }
        Ok(self)
    }
}
