//! Reads one order.

use super::find;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::Order;
use crate::error::Result;
use crate::store;
use api::order::HistoryEntry;
use auth::{Caller, Permission};

/// An order, for its owner, a guest with the link, staff, or a service.
///
/// # Errors
/// [`crate::error::OrderError::NotFound`], also for orders of others.
pub(crate) async fn get_order(
    app: &App,
    caller: &Caller,
    key: &str,
    token: Option<&str>,
) -> Result<(Order, Viewer)> {
    let order = find::find(&mut app.db.conn().await?, key).await?;
    let viewer = Viewer::of(&order, caller, token, &app.keys, Permission::OrderRead)?;
    if let Viewer::Staff(_) = viewer {
        record_read(app, &order, &viewer).await?;
    }
    Ok((order, viewer))
}

/// The transitions of an order, for whoever may read it.
///
/// # Errors
/// As [`get_order`].
pub(crate) async fn order_history(
    app: &App,
    caller: &Caller,
    key: &str,
    token: Option<&str>,
) -> Result<Vec<HistoryEntry>> {
    let (order, _) = get_order(app, caller, key, token).await?;
    store::lists::history(&mut app.db.conn().await?, order.id).await
}

/// Staff who read another person's data leave a trace (contracts §5.1).
async fn record_read(app: &App, order: &Order, viewer: &Viewer) -> Result<()> {
    let mut tx = app.db.begin().await?;
    viewer.note(&mut tx, order, "order.read", None).await?;
    Ok(tx.commit().await?)
}
