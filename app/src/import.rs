//! Products in and out as Shopify CSV. Files of any size pass through in pieces.

use crate::args::{ExportWhat, ImportWhat};
use crate::operator_client::Operator;
use crate::output::{Outcome, Result, line, note};
use crate::settings::Settings;
use api::product::{BadRow, ImportReport};
use axum::body::Body;
use base::{Error, Kind};
use bytes::Bytes;
use futures::stream::try_unfold;
use http_body_util::BodyExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes read from a file at once.
const PIECE_BYTES: usize = 64 * 1024;

/// `emporion import shopify FILE`
pub(crate) async fn import(settings: &Settings, what: &ImportWhat) -> Result {
    let ImportWhat::Shopify { file, dry_run } = what;
    let (reader, length) = open(file).await?;
    let operator = Operator::connect(settings).await?;
    let bar = progress("importing", length);
    let report = send(&operator, pieces(reader, bar.clone()), *dry_run).await;
    bar.finish_and_clear();
    let report = report?;
    operator.settle().await?;
    operator.close().await;
    Ok(tell(&report))
}

/// Imports `csv` through product-service.
pub(crate) async fn send(
    operator: &Operator,
    csv: impl Into<Body>,
    dry_run: bool,
) -> base::Result<ImportReport> {
    let path = format!("/operator/peer/product/internal/products/import?dryRun={dry_run}");
    operator.post_file(&path, "text/csv", csv).await
}

fn tell(report: &ImportReport) -> Outcome {
    let ImportReport { rows, created, updated, unchanged, bad_row_count, .. } = report;
    let would = if report.dry_run { "would be " } else { "" };
    line(format!(
        "{rows} rows read: {created} products {would}created, {updated} {would}updated, {unchanged} unchanged"
    ));
    for BadRow { line: number, reason } in &report.bad_rows {
        line(format!("line {number}: {reason}"));
    }
    let unlisted = bad_row_count.saturating_sub(report.bad_rows.len() as u64);
    if unlisted > 0 {
        line(format!("and {unlisted} more"));
    }
    if *bad_row_count > 0 {
        note(format!("emporion: {bad_row_count} rows were left out; mend them and import the file again"));
        return Outcome::Failed;
    }
    Outcome::Done
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// The file and, if it is known, its length.
async fn open(path: &Path) -> base::Result<(Reader, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(tokio::io::stdin()), None));
    }
    let unreadable = |what: &dyn std::fmt::Display| {
        Error::new(Kind::Malformed, "malformed", format!("cannot read {}: {what}", path.display()))
    };
    let file = File::open(path).await.map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().await.map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err(unreadable(&"it is a folder"));
    }
    Ok((Box::new(file), Some(metadata.len()).filter(|length| *length > 0)))
}

/// What `reader` gives, read as fast as it is taken.
fn pieces(reader: Reader, bar: ProgressBar) -> Body {
    Body::from_stream(try_unfold((reader, bar), |(mut reader, bar)| async move {
        let mut piece = vec![0; PIECE_BYTES];
        let length = reader.read(&mut piece).await?;
        piece.truncate(length);
        bar.inc(length as u64);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), (reader, bar))))
    }))
}

/// `emporion export shopify FILE`
pub(crate) async fn export(settings: &Settings, what: &ExportWhat) -> Result {
    let ExportWhat::Shopify { file } = what;
    let operator = Operator::connect(settings).await?;
    let csv = operator.get_file("/operator/peer/product/internal/products/export").await?;
    let bar = progress("exporting", None);
    let written = if file == Path::new("-") {
        print(csv, &bar).await.map(|()| None)
    } else {
        save(csv, file, &bar).await.map(Some)
    };
    bar.finish_and_clear();
    let written = written.map_err(|error| unwritable(file, &error))?;
    operator.close().await;
    if let Some(bytes) = written {
        line(format!("{bytes} bytes written to {}", file.display()));
    }
    Ok(Outcome::Done)
}

/// Writes to standard output; a reader that has seen enough is no error.
async fn print(csv: Body, bar: &ProgressBar) -> std::io::Result<()> {
    match copy(csv, &mut tokio::io::stdout(), bar).await {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn unwritable(file: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Invalid, "unwritable", format!("cannot write {}: {error}", file.display()))
}

/// Writes a file under another name first: what was there stays until the new one is whole.
async fn save(csv: Body, path: &Path, bar: &ProgressBar) -> std::io::Result<u64> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let mut file = File::create(&beside).await?;
    let copied = copy(csv, &mut file, bar).await;
    let saved = match copied {
        Ok(bytes) => file.sync_all().await.map(|()| bytes),
        Err(error) => Err(error),
    };
    match saved {
        Ok(bytes) => tokio::fs::rename(&beside, path).await.map(|()| bytes),
        Err(error) => {
            tokio::fs::remove_file(&beside).await?;
            Err(error)
        }
    }
}

async fn copy(mut csv: Body, to: &mut (impl AsyncWrite + Unpin), bar: &ProgressBar) -> std::io::Result<u64> {
    let mut bytes = 0;
    while let Some(frame) = csv.frame().await {
        let Ok(piece) = frame.map_err(std::io::Error::other)?.into_data() else { continue };
        to.write_all(&piece).await?;
        bytes += piece.len() as u64;
        bar.inc(piece.len() as u64);
    }
    to.flush().await?;
    Ok(bytes)
}

/// A bar on a terminal, or a moving sign when the length is not known; a plain line otherwise.
fn progress(text: &str, length: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        note(format!("emporion: {text} …"));
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{msg} {bar:32} {bytes} of {total_bytes}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {bytes} in {elapsed}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar.with_message(text.to_owned())
}
