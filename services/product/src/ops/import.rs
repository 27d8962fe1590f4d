//! Reads a Shopify file into the catalogue, piece by piece.
//!
//! Good rows go in, bad ones are listed by line with the reason, and the same file again changes
//! nothing. A few products are stored in one transaction; when one of them meets another writer,
//! they are stored one by one.

mod batch;

use super::change::Hand;
use crate::App;
use crate::domain::csv::Reader;
use crate::domain::shopify::listing::{Collector, Listing};
use crate::domain::shopify::sheet::Header;
use crate::error::ProductError;
use api::audit::{AuditOutcome, Deed};
use api::ids::ProductId;
use api::inventory::ImportStockLine;
use api::product::{BadRow, ImportReport, ProductAuditRecorded};
use auth::Caller;
use base::{Error, Kind};
use bytes::Bytes;
use events::Task;
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};

/// The most bad rows a report names.
const MAX_BAD_ROWS: usize = 1_000;
/// The most lines of stock one task hands to the inventory.
pub(super) const MAX_STOCK_LINES: usize = 500;

/// Stock quantities on their way to the inventory.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendStock {
    /// Makes each hand-over a task of its own.
    pub(crate) id: base::Id<()>,
    pub(crate) lines: Vec<ImportStockLine>,
}

impl Task for SendStock {
    const KIND: &'static str = "send-stock";
    const MAX_ATTEMPTS: u32 = 20;

    fn key(&self) -> String {
        self.id.to_string()
    }
}

/// Hands quantities to the inventory. Doing it again does no harm.
///
/// # Errors
/// Those of the peer.
pub(crate) async fn send_stock(app: &App, task: &SendStock) -> base::Result<()> {
    let result = app.inventory.import_stock(task.lines.clone()).await?;
    for problem in result.problems {
        tracing::warn!(
            sku = problem.sku,
            code = problem.code,
            detail = problem.detail,
            "the inventory kept its own quantity"
        );
    }
    Ok(())
}

/// How an import is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImportOptions {
    /// Whether nothing is to be stored.
    pub(crate) dry_run: bool,
    /// For a part of a file: the line of the whole one on which the rows below the header begin.
    pub(crate) first_line: Option<u64>,
}

/// An import in progress.
struct Import<'a> {
    app: &'a App,
    hand: Hand,
    options: ImportOptions,
    report: ImportReport,
    reader: Reader,
    header_read: bool,
    collector: Option<Collector>,
    waiting: Vec<Listing>,
}

/// Imports the file that arrives in `pieces`.
///
/// # Errors
/// [`ProductError::BadFile`] if it is not a Shopify product file at all; those of the store, with
/// the products before stored.
pub(crate) async fn import_products<E: Into<Error>>(
    app: &App,
    caller: &Caller,
    options: ImportOptions,
    pieces: impl Stream<Item = Result<Bytes, E>> + Unpin + Send,
) -> Result<ImportReport, ProductError> {
    let mut import = Import {
        app,
        hand: Hand::of(app, caller, "product.import"),
        options,
        report: ImportReport { dry_run: options.dry_run, ..ImportReport::default() },
        reader: Reader::at_line(1),
        header_read: false,
        collector: None,
        waiting: Vec::new(),
    };
    let ended = import.read(pieces).await;
    let noted = import.note(ended.is_ok()).await;
    ended.and(noted)?;
    Ok(import.report)
}

/// What people send by mistake, told by its first bytes.
fn refuse_other_formats(start: &[u8]) -> Result<(), ProductError> {
    let what = match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16; save it as UTF-8 CSV",
        [b'P', b'K', 3, 4, ..] => "the file is a spreadsheet or a ZIP archive; save it as UTF-8 CSV",
        [0x1f, 0x8b, ..] => "the file is compressed; unpack it first",
        [b'{' | b'[', ..] => "the file is JSON; export it as CSV",
        _ => return Ok(()),
    };
    Err(ProductError::BadFile(what.into()))
}

impl Import<'_> {
    async fn read<E: Into<Error>>(
        &mut self,
        mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin + Send,
    ) -> Result<(), ProductError> {
        let mut is_first = true;
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| ProductError::Other(error.into()))?;
            for part in piece.chunks(64 * 1024) {
                if std::mem::take(&mut is_first) {
                    refuse_other_formats(part)?;
                }
                self.reader.feed(part);
                self.read_rows().await?;
            }
        }
        self.finish().await
    }

    async fn read_rows(&mut self) -> Result<(), ProductError> {
        while let Some(row) = self.reader.next() {
            if !self.header_read {
                self.read_header(row)?;
                continue;
            }
            let Some(collector) = &mut self.collector else { continue };
            self.report.rows += 1;
            let step = match row {
                Ok(row) => collector.push(&row),
                Err(spoiled) => {
                    self.report_bad(BadRow { line: spoiled.line, reason: spoiled.reason.to_owned() });
                    continue;
                }
            };
            self.waiting.extend(step.done);
            step.bad.into_iter().for_each(|bad| self.report_bad(bad));
            if self.waiting.len() >= self.app.config.import_batch {
                self.store_waiting().await?;
            }
        }
        Ok(())
    }

    fn read_header(
        &mut self,
        row: Result<crate::domain::csv::Row, crate::domain::csv::Spoiled>,
    ) -> Result<(), ProductError> {
        let row = row.map_err(|spoiled| {
            ProductError::BadFile(format!("the header on line {} {}", spoiled.line, spoiled.reason))
        })?;
        let header = Header::read(&row).map_err(ProductError::BadFile)?;
        self.header_read = true;
        if let Some(line) = self.options.first_line {
            self.reader.count_from(line);
        }
        self.collector = Some(Collector::new(header, self.app.currency));
        Ok(())
    }

    fn report_bad(&mut self, bad: BadRow) {
        self.report.bad_row_count += 1;
        if self.report.bad_rows.len() < MAX_BAD_ROWS {
            self.report.bad_rows.push(bad);
        }
    }

    async fn finish(&mut self) -> Result<(), ProductError> {
        self.reader.finish();
        self.read_rows().await?;
        let Some(collector) = &mut self.collector else {
            return Err(ProductError::BadFile("the file is empty".into()));
        };
        self.waiting.extend(collector.finish());
        self.store_waiting().await?;
        self.report.bad_rows.sort_by_key(|bad| bad.line);
        Ok(())
    }

    /// Leaves one audit record with the counts of an import that changed something. Its products
    /// are stored in many transactions, so this has one of its own, also when the file ended early.
    async fn note(&self, complete: bool) -> Result<(), ProductError> {
        let report = &self.report;
        if report.dry_run || report.created + report.updated + report.stock_lines == 0 {
            return Ok(());
        }
        let counts = ImportReport { bad_rows: Vec::new(), ..report.clone() };
        let outcome = if complete { AuditOutcome::Success } else { AuditOutcome::Failure };
        let deed = Deed::new("product.import", "catalogue").ended(outcome);
        let deed = deed.changed(None::<&ImportReport>, Some(&counts));
        let mut tx = self.app.db.begin().await?;
        ProductAuditRecorded::write(&mut tx, self.hand.actor.clone(), deed).await?;
        Ok(tx.commit().await?)
    }

    /// Stores the listings that wait: together, or one by one if that fails.
    async fn store_waiting(&mut self) -> Result<(), ProductError> {
        let listings = std::mem::take(&mut self.waiting);
        match self.store(&listings).await {
            Ok(()) => return Ok(()),
            Err(error) if listings.len() == 1 => return self.give_up(&listings[0], error),
            Err(error) => tracing::debug!(%error, "products are imported one by one"),
        }
        for listing in listings {
            if let Err(error) = self.store(std::slice::from_ref(&listing)).await {
                self.give_up(&listing, error)?;
            }
        }
        Ok(())
    }

    /// A refusal of one product is a bad row; a store that fails ends the import.
    fn give_up(&mut self, listing: &Listing, error: ProductError) -> Result<(), ProductError> {
        let error = Error::from(error);
        if matches!(error.kind(), Kind::Internal | Kind::Unavailable | Kind::Timeout) {
            return Err(error.into());
        }
        for bad in crate::domain::shopify::apply::all_bad(listing, error.detail()) {
            self.report_bad(bad);
        }
        Ok(())
    }

    async fn store(&mut self, listings: &[Listing]) -> Result<(), ProductError> {
        let Some(collector) = &self.collector else { return Ok(()) };
        if listings.is_empty() {
            return Ok(());
        }
        let done =
            batch::store(self.app, &self.hand, collector.header(), listings, self.options.dry_run).await?;
        self.report.created += done.created;
        self.report.updated += done.updated;
        self.report.unchanged += done.unchanged;
        self.report.stock_lines += done.stock_lines;
        done.bad.into_iter().for_each(|bad| self.report_bad(bad));
        if !self.options.dry_run && (!done.changed.is_empty() || done.tree) {
            self.app.shelf.refresh(&self.app.db, &done.changed, done.tree).await;
        }
        Ok(())
    }
}

/// What storing a few listings led to.
#[derive(Debug, Default)]
pub(super) struct Done {
    created: u64,
    updated: u64,
    unchanged: u64,
    stock_lines: u64,
    bad: Vec<BadRow>,
    changed: Vec<ProductId>,
    /// Whether categories were added.
    tree: bool,
}
