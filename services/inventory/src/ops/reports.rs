//! The ledger and sums over it.

use crate::App;
use crate::error::InventoryError;
use crate::store;
use crate::store::report::Filter;
use api::inventory::{MovementReport, StockTransaction, StockValue, StockViolations};
use base::page::{Page, PageQuery};

/// Entries of the ledger, the newest first.
///
/// # Errors
/// 422 for a bad page.
pub(crate) async fn transactions(
    app: &App,
    filter: &Filter,
    page: &PageQuery,
) -> Result<Page<StockTransaction>, InventoryError> {
    let part = page.part(&app.keys, &format!("stock-transactions:{filter:?}"))?;
    let mut conn = app.db.conn().await?;
    let rows = store::report::movements(&mut conn, filter, &part).await?;
    let mut entries = part.page(&app.keys, rows, |entry| entry.id);
    if page.count == Some(true) {
        entries.total = Some(store::report::count(&mut conn, filter).await?);
    }
    Ok(entries)
}

/// Sums of the ledger by kind.
///
/// # Errors
/// Those of the store.
pub(crate) async fn movement_sums(app: &App, filter: &Filter) -> Result<MovementReport, InventoryError> {
    let mut conn = app.db.conn().await?;
    Ok(MovementReport { items: store::report::sums(&mut conn, filter).await? })
}

/// What the stock cost.
///
/// # Errors
/// Those of the store.
pub(crate) async fn stock_value(app: &App) -> Result<StockValue, InventoryError> {
    let mut conn = app.db.conn().await?;
    let values = store::report::value(&mut conn).await?;
    Ok(StockValue { values, pieces_without_cost: store::report::pieces_without_cost(&mut conn).await? })
}

/// Rules that are broken. Each is one statement, so its sums are of one moment.
///
/// # Errors
/// Those of the store.
pub(crate) async fn invariants(app: &App) -> Result<StockViolations, InventoryError> {
    let mut conn = app.db.conn().await?;
    Ok(StockViolations { violations: store::report::violations(&mut conn).await? })
}
