//! How much there is, for services and for shoppers.

use crate::App;
use crate::domain::{Stock, Unit};
use crate::error::InventoryError;
use crate::store;
use api::ids::VariantId;
use api::inventory::{CheckStock, StockAnswer, StockAnswers, StockQuery, StockState, VariantStock};
use base::{Check, Id};
use db::Conn;
use std::collections::HashMap;

/// Quantities of variants over the sellable warehouses, in the order of the questions.
///
/// # Errors
/// 422 for more than 500 lines.
pub(crate) async fn check_stock(app: &App, request: CheckStock) -> Result<StockAnswers, InventoryError> {
    let mut check = Check::new();
    check.number("/lines", request.lines.len() as i64, 0..=500);
    check.finish()?;
    let mut conn = app.db.conn().await?;
    let mut ids = Vec::with_capacity(request.lines.len());
    for line in &request.lines {
        ids.push(unit_of(&mut conn, line).await?);
    }
    let found = read(app, &mut conn, &ids).await?;
    let answer = |(line, id): (StockQuery, &Id<Unit>)| {
        let stock = found.get(id).filter(|stock| stock.unit.product_id == line.product_id);
        StockAnswer {
            product_id: line.product_id,
            variant_id: line.variant_id,
            available_quantity: stock.map_or(0, Stock::available),
            state: stock.map_or(StockState::OutOfStock, Stock::state),
        }
    };
    let lines = request.lines.into_iter().zip(&ids).map(answer).collect();
    Ok(StockAnswers { lines, checked_at: app.clock.now() })
}

/// Stock states of up to 50 variants, with numbers only if `numbers` may be told.
///
/// # Errors
/// 422 for more than 50 variants.
pub(crate) async fn variant_stock(
    app: &App,
    variants: &[VariantId],
    numbers: bool,
) -> Result<Vec<VariantStock>, InventoryError> {
    let mut check = Check::new();
    check.number("/variantIds", variants.len() as i64, 1..=50);
    check.finish()?;
    let ids: Vec<Id<Unit>> = variants.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    let mut conn = app.db.conn().await?;
    let found = read(app, &mut conn, &ids).await?;
    let answer = |(variant_id, id): (&VariantId, &Id<Unit>)| {
        let stock = found.get(id);
        VariantStock {
            variant_id: *variant_id,
            state: stock.map_or(StockState::OutOfStock, Stock::state),
            available_quantity: numbers.then(|| stock.map_or(0, Stock::available)),
        }
    };
    Ok(variants.iter().zip(&ids).map(answer).collect())
}

async fn read(
    app: &App,
    conn: &mut Conn,
    ids: &[Id<Unit>],
) -> Result<HashMap<Id<Unit>, Stock>, InventoryError> {
    let stocks = store::stock::read(conn, ids, app.config.low_stock_threshold).await?;
    Ok(stocks.into_iter().map(|stock| (stock.unit.id, stock)).collect())
}

/// A product named without a variant means its only one.
async fn unit_of(conn: &mut Conn, line: &StockQuery) -> Result<Id<Unit>, InventoryError> {
    if line.variant_id.is_none()
        && let [only] = store::stock::of_product(conn, line.product_id).await?[..]
    {
        return Ok(only);
    }
    Ok(Unit::id_of(line.product_id, line.variant_id))
}
