//! The tables of tax and shipping: read at every price, replaced by staff as a whole.

use crate::App;
use crate::domain::tariff::{Table, Tariff};
use crate::error::{OrderError, Result};
use crate::store;
use api::audit::Deed;
use api::order::OrderAuditRecorded;
use auth::Caller;
use std::sync::{Arc, PoisonError, RwLock};

/// The tables as they were read last, and their version.
pub(crate) type TariffCache = RwLock<Option<(i64, Arc<Tariff>)>>;

/// Stores the tables a new installation starts with.
///
/// # Errors
/// Those of the store.
pub(crate) async fn store_first_tariff(app: &App) -> Result<()> {
    if store::tariffs::version(&mut app.db.conn().await?).await?.is_some() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    store::tariffs::first(&mut tx, &Tariff::defaults()).await?;
    tx.commit().await?;
    Ok(())
}

/// The present tables, read again only when somebody replaced them.
///
/// # Errors
/// Those of the store.
pub(super) async fn current(app: &App) -> Result<Arc<Tariff>> {
    let mut c = app.db.conn().await?;
    let version = store::tariffs::version(&mut c).await?.unwrap_or(0);
    let cached = app.tariff.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((known, tariff)) = cached
        && known == version
    {
        return Ok(tariff);
    }
    let tariff = Arc::new(store::tariffs::load(&mut c).await?);
    *app.tariff.write().unwrap_or_else(PoisonError::into_inner) = Some((version, tariff.clone()));
    Ok(tariff)
}

/// The tables and their version.
///
/// # Errors
/// Those of the store.
pub(crate) async fn tariff(app: &App) -> Result<(i64, Tariff)> {
    let mut c = app.db.conn().await?;
    let version = store::tariffs::version(&mut c).await?.unwrap_or(0);
    Ok((version, store::tariffs::load(&mut c).await?))
}

/// Replaces one of the tables; answers the new version.
///
/// # Errors
/// [`OrderError::Stale`]; 422 `validation` for tables that contradict themselves.
pub(crate) async fn replace_tariff(
    app: &App,
    caller: &Caller,
    seen: Option<i64>,
    table: Table,
    change: impl Fn(&mut Tariff),
) -> Result<(i64, Tariff)> {
    let mut tx = app.db.begin().await?;
    let version = store::tariffs::version(&mut tx).await?.unwrap_or(0);
    if seen.is_some_and(|seen| seen != version) {
        return Err(OrderError::Stale);
    }
    let before = store::tariffs::load(&mut tx).await?;
    let mut tariff = before.clone();
    change(&mut tariff);
    tariff.check(table)?;
    store::tariffs::replace(&mut tx, &tariff, version).await?;
    if tariff != before {
        OrderAuditRecorded::note(&mut tx, caller, deed(table)).await?;
    }
    tx.commit().await?;
    Ok((version + 1, tariff))
}

fn deed(table: Table) -> Deed {
    let name = match table {
        Table::Zones => "tax-zones",
        Table::Rates => "tax-rates",
        Table::Shipping => "shipping-methods",
    };
    Deed::new(format!("{name}.replace"), name)
}
