//! Asks the gateway without being told to: about everything under way, and whether its books say
//! the same as ours. What webhooks lost is found here.

use super::record::{self, Ends};
use super::{advance, run_refund};
use crate::App;
use crate::domain::Payment;
use crate::domain::seen::BookRow;
use crate::store;
use api::ids::{PaymentId, RefundId};
use api::payment::Violation;
use base::{Error, Money, Result, Timestamp};
use futures::future::join_all;
use std::time::Duration;

/// How many are read at once.
const BATCH: i64 = 100;

/// Younger ones are still in the hands of those who began them.
const AGE: Duration = Duration::from_secs(30);

/// How far back the books are compared by the timer.
const WINDOW: Duration = Duration::from_hours(72);

/// How many are asked about side by side.
const AT_ONCE: usize = 8;

/// Asks about every open payment and every unsettled refund. One that cannot be asked about now
/// does not keep the others waiting.
///
/// # Errors
/// When the store fails.
pub(crate) async fn reconcile(app: &App) -> Result<()> {
    let before = app.clock.now() - AGE;
    let mut after: Option<PaymentId> = None;
    loop {
        let batch = store::payment::open_after(&mut app.db.conn().await?, before, after, BATCH).await?;
        for some in batch.chunks(AT_ONCE) {
            join_all(some.iter().map(|id| reconcile_payment(app, *id))).await;
        }
        after = batch.last().copied();
        if (batch.len() as i64) < BATCH {
            break;
        }
    }
    let mut after: Option<RefundId> = None;
    loop {
        let batch = store::refund::unsettled_after(&mut app.db.conn().await?, before, after, BATCH).await?;
        for some in batch.chunks(AT_ONCE) {
            join_all(some.iter().map(|id| reconcile_refund(app, *id))).await;
        }
        after = batch.last().copied();
        if (batch.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

async fn reconcile_payment(app: &App, id: PaymentId) {
    let outcome = advance(app, id).await;
    complain("payment", &id, outcome.map(drop).map_err(Error::from));
}

async fn reconcile_refund(app: &App, id: RefundId) {
    complain("refund", &id, run_refund(app, id).await);
}

fn complain(what: &str, id: &impl std::fmt::Display, outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%id, error = error.chain(), "a {what} could not be reconciled");
    }
}

/// Compares the gateway's books of the last days with ours and books what we missed.
///
/// # Errors
/// When the gateway gives no answer or the store fails.
pub(crate) async fn compare_books(app: &App) -> Result<()> {
    let since = app.clock.now() - WINDOW;
    let mut found = Vec::new();
    let outcome = differences(app, since, true, &mut found).await;
    for difference in found {
        let Violation { rule, id, detail } = difference;
        app.metrics.count(
            "payment_book_differences",
            "Differences between the gateway's books and ours.",
            &[("rule", &rule)],
        );
        tracing::error!(rule, id, detail, "the gateway's books differ from ours");
    }
    outcome
}

/// Adds to `found` what the gateway's books say differently from ours; with `heal` after booking
/// what we missed. A row that cannot be compared counts as different, and the next ones follow.
///
/// # Errors
/// When the gateway does not show its books.
pub(crate) async fn differences(
    app: &App,
    since: Timestamp,
    heal: bool,
    found: &mut Vec<Violation>,
) -> Result<()> {
    let mut last: Option<BookRow> = None;
    loop {
        let rows = app.gateway.books(since, last.as_ref(), BATCH).await;
        let rows =
            rows.map_err(|error| Error::unavailable("the gateway gives no answer").caused_by(error))?;
        for row in &rows {
            found.extend(
                compare(app, row, heal).await.unwrap_or_else(|error| Some(not_compared(row, &error))),
            );
        }
        let full = (rows.len() as i64) == BATCH;
        last = rows.into_iter().next_back();
        if !full {
            return Ok(());
        }
    }
}

async fn compare(app: &App, row: &BookRow, heal: bool) -> Result<Option<Violation>> {
    let ours = ours(app, row).await?;
    let Some(payment) = ours else {
        return Ok(Some(violation(
            "books-unknown-payment",
            row,
            "the gateway took money for a payment we do not have",
        )));
    };
    let payment = match difference(&payment, row) {
        Some(_) if heal => seen_again(app, &payment).await?,
        _ => payment,
    };
    Ok(difference(&payment, row).map(|(rule, text)| violation(rule, row, &text)))
}

fn not_compared(row: &BookRow, error: &Error) -> Violation {
    tracing::error!(
        intent = row.intent,
        error = error.chain(),
        "a payment could not be compared with the gateway's books"
    );
    violation("books-compared", row, "it could not be compared with the gateway's books")
}

async fn ours(app: &App, row: &BookRow) -> Result<Option<Payment>> {
    let mut conn = app.db.conn().await?;
    Ok(match row.payment_id {
        Some(id) => store::payment::by_id(&mut conn, id).await?,
        None => store::payment::by_intent(&mut conn, &row.intent).await?,
    })
}

async fn seen_again(app: &App, payment: &Payment) -> Result<Payment> {
    let shown = app.gateway.fetch(payment.id, &payment.handle).await;
    match shown.map_err(|error| Error::unavailable("the gateway gives no answer").caused_by(error))? {
        Some(shown) => record::seen(app, payment.id, &shown, Ends::Nothing).await,
        None => Ok(payment.clone()),
    }
}

/// How a row of the gateway differs from the payment. Money promised to refunds under way may be
/// on either side of the books.
fn difference(payment: &Payment, row: &BookRow) -> Option<(&'static str, String)> {
    let ours = |minor| Money::new(minor, payment.amount.currency);
    if ours(payment.captured_minor) != row.captured {
        let text = format!("the gateway took {}, we know of {}", row.captured, ours(payment.captured_minor));
        return Some(("books-captured", text));
    }
    let possible = payment.refunded_minor..=payment.refund_reserved_minor;
    if row.refunded.currency != payment.amount.currency || !possible.contains(&row.refunded.minor) {
        let text =
            format!("the gateway gave back {}, we know of {}", row.refunded, ours(payment.refunded_minor));
        return Some(("books-refunded", text));
    }
    None
}

fn violation(rule: &str, row: &BookRow, detail: &str) -> Violation {
    let id = row.payment_id.map_or_else(|| row.intent.clone(), |id| id.to_string());
    Violation { rule: rule.into(), id, detail: format!("{detail} ({})", row.intent) }
}
