//! The report of a Shopify import.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an import did, or with `dryRun` would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Whether nothing was stored.
    pub dry_run: bool,
    /// Rows read, the header not counted.
    pub rows: u64,
    /// Products stored for the first time.
    pub created: u64,
    /// Products changed.
    pub updated: u64,
    /// Products that were already as the file says.
    pub unchanged: u64,
    /// Stock quantities on their way to the inventory: those the file changed.
    pub stock_lines: u64,
    /// Rows that could not be used.
    pub bad_row_count: u64,
    /// Which rows and why, by line; at most 1,000 of them.
    pub bad_rows: Vec<BadRow>,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BadRow {
    /// Line of the file the row begins on; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}
