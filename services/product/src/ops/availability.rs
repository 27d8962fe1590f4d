//! Whether something can be sold now, how much of it there is, and what it costs.

use crate::App;
use crate::domain::catalog::Catalog;
use crate::domain::catalog::entry::{Entry, Offer};
use crate::error::ProductError;
use crate::store;
use api::ids::{ProductId, VariantId};
use api::inventory::StockQuery;
use api::product::{
    Availability, AvailabilityAnswer, AvailabilityLine, AvailabilityProblem, AvailabilityRequest,
};
use base::{Check, Currency, Money, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// The most lines of one question.
const MAX_LINES: usize = 200;

/// Answers line by line. Price and state are the catalogue's; the quantity is asked of the
/// inventory, and remembered ones are used, flagged `stale`, if it cannot answer.
///
/// # Errors
/// 422 for too many lines or quantities out of range.
pub(crate) async fn availability(
    app: &App,
    request: &AvailabilityRequest,
) -> Result<AvailabilityAnswer, ProductError> {
    let mut check = Check::new();
    check.that(
        (1..=MAX_LINES).contains(&request.lines.len()),
        "/lines",
        "out-of-range",
        "must be from 1 to 200 lines",
    );
    for (index, line) in request.lines.iter().enumerate() {
        check.number(&format!("/lines/{index}/quantity"), line.quantity, 1..=1_000_000);
    }
    check.finish()?;
    let catalog = complete_catalog(app, &request.lines).await?;
    let currency = request.currency.unwrap_or(app.currency);
    let now = app.clock.now();
    let mut lines: Vec<Availability> =
        request.lines.iter().map(|line| offer(&catalog, line, currency, now)).collect();
    let stale = fill_quantities(app, &mut lines).await?;
    find_shortages(&mut lines);
    Ok(AvailabilityAnswer { lines, discounts: Vec::new(), checked_at: now, stale })
}

async fn complete_catalog(app: &App, lines: &[AvailabilityLine]) -> Result<Arc<Catalog>, ProductError> {
    let catalog = app.shelf.now();
    let missing: Vec<ProductId> =
        lines.iter().map(|line| line.product_id).filter(|id| catalog.by_id(*id).is_none()).collect();
    if missing.is_empty() {
        return Ok(catalog);
    }
    app.shelf.look_for(&app.db, &missing).await?;
    Ok(app.shelf.now())
}

fn offer(catalog: &Catalog, line: &AvailabilityLine, currency: Currency, now: Timestamp) -> Availability {
    let entry = catalog.by_id(line.product_id);
    let found = entry.and_then(|entry| wanted(entry, line.variant_id).map(|offer| (entry, offer)));
    let Some((entry, offer)) = found else { return unknown(line) };
    let price = offer.prices.iter().find(|own| own.currency == currency).and_then(|own| own.at(now));
    let problem = match price {
        _ if !entry.is_public() => Some(AvailabilityProblem::NotSellable),
        None => Some(AvailabilityProblem::NoPrice),
        Some(_) => None,
    };
    Availability {
        product_id: line.product_id,
        variant_id: Some(offer.variant_id),
        quantity: line.quantity,
        sku: offer.sku.to_string(),
        name: full_name(entry, offer),
        slug: entry.slug.to_string(),
        attributes: offer.attributes.clone(),
        image_url: entry.image_url.as_deref().map(str::to_owned),
        sellable: problem.is_none(),
        available_quantity: 0,
        unit_price: price.map(|price| Money::new(price.effective_minor(), currency)),
        tax_class: price.map(|price| price.tax_class.clone()).unwrap_or_default(),
        weight_grams: offer.weight_grams,
        problem,
    }
}

/// The variant asked for; the only one if none is named.
fn wanted(entry: &Entry, variant: Option<VariantId>) -> Option<&Offer> {
    match variant {
        Some(id) => entry.offers.iter().find(|offer| offer.variant_id == id),
        None => entry.offers.first().filter(|_| entry.offers.len() == 1),
    }
}

fn full_name(entry: &Entry, offer: &Offer) -> String {
    if entry.offers.len() == 1 || offer.name == entry.name {
        return entry.name.to_string();
    }
    format!("{} – {}", entry.name, offer.name)
}

fn unknown(line: &AvailabilityLine) -> Availability {
    Availability {
        product_id: line.product_id,
        variant_id: line.variant_id,
        quantity: line.quantity,
        sku: String::new(),
        name: String::new(),
        slug: String::new(),
        attributes: Default::default(),
        image_url: None,
        sellable: false,
        available_quantity: 0,
        unit_price: None,
        tax_class: String::new(),
        weight_grams: None,
        problem: Some(AvailabilityProblem::NotFound),
    }
}

/// Asks the inventory for the quantities of all lines that are known; answers whether it could
/// not, and what was last heard was used.
async fn fill_quantities(app: &App, lines: &mut [Availability]) -> Result<bool, ProductError> {
    let known = lines.iter().filter(|line| !line.sku.is_empty());
    let mut questions: Vec<StockQuery> =
        known.map(|line| StockQuery { product_id: line.product_id, variant_id: line.variant_id }).collect();
    questions.sort_by_key(|question| question.variant_id);
    questions.dedup();
    if questions.is_empty() {
        return Ok(false);
    }
    let asked = app.inventory.availability(questions).await;
    let stale = asked.is_err();
    let quantities: HashMap<Option<VariantId>, i64> = match asked {
        Ok(answer) => {
            answer.lines.into_iter().map(|line| (line.variant_id, line.available_quantity)).collect()
        }
        Err(error) => {
            tracing::warn!(
                error = error.chain(),
                "the inventory cannot be asked; what was last heard is used"
            );
            let products: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
            let heard = store::stock::of_products(&mut app.db.conn().await?, &products).await?;
            heard.into_iter().map(|(variant, stock)| (Some(variant), stock.available())).collect()
        }
    };
    for line in lines.iter_mut().filter(|line| !line.sku.is_empty()) {
        line.available_quantity = quantities.get(&line.variant_id).copied().unwrap_or(0);
    }
    Ok(stale)
}

/// Several lines may want the same variant: together they must not want more than there is.
fn find_shortages(lines: &mut [Availability]) {
    let mut wanted: HashMap<Option<VariantId>, i64> = HashMap::new();
    for line in lines.iter().filter(|line| line.problem.is_none()) {
        *wanted.entry(line.variant_id).or_default() += line.quantity;
    }
    for line in lines.iter_mut().filter(|line| line.problem.is_none()) {
        if wanted.get(&line.variant_id).is_some_and(|wanted| *wanted > line.available_quantity) {
            line.problem = Some(AvailabilityProblem::InsufficientStock);
        }
    }
}
