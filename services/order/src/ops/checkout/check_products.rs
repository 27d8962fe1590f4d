//! Step 3: ask the product service whether everything is sold, at which price, and is there.
//! Nothing is held by asking; the prices of the last answer count.

use super::{Answer, Tried, noted, refused, unanswered};
use crate::App;
use crate::domain::order::Order;
use crate::domain::saga::Outcome;
use crate::error::{OrderError, Result};
use crate::ops::{find, quote};
use crate::store::sagas::{Offer, Saga};
use api::cart::CartSnapshot;
use api::ids::OrderLineId;
use api::inventory::Shortage;
use api::product::{Availability, AvailabilityLine, AvailabilityProblem, AvailabilityRequest};
use base::Error;
use serde_json::json;

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let order = find::read(app, saga.order_id).await?;
    let Some(snapshot) = saga.data.snapshot.clone() else {
        return Err(Error::internal("the snapshot of a locked cart is missing").into());
    };
    // Locking is a change too: it raises the version the customer saw by one.
    if saga.data.cart_version.is_some_and(|seen| seen.saturating_add(1) != snapshot.cart_version) {
        return refused(app, saga, OrderError::CartChanged).await;
    }
    let answer = app.product.availability(&request(&order, saga, &snapshot)).await;
    match answer.into() {
        Answer::Yes(answer) => {
            let offer = Offer { lines: answer.lines, discounts: answer.discounts };
            match judge(app, &order, saga, &snapshot, &offer).await {
                Ok(()) => {
                    saga.data.line_ids = offer.lines.iter().map(|_| OrderLineId::new()).collect();
                    saga.data.offer = Some(offer);
                    noted(app, saga, Outcome::Succeeded).await
                }
                Err(OrderError::Db(error)) => Err(error.into()),
                Err(why) => refused(app, saga, why).await,
            }
        }
        Answer::No(error) => refused(app, saga, error).await,
        Answer::Unknown(error) => unanswered(app, saga, &error).await,
    }
}

fn request(order: &Order, saga: &Saga, snapshot: &CartSnapshot) -> AvailabilityRequest {
    let line = |item: &api::shared::CartItem| AvailabilityLine {
        product_id: item.product_id,
        variant_id: item.variant_id,
        quantity: item.quantity,
    };
    AvailabilityRequest {
        lines: snapshot.items.iter().map(line).collect(),
        discount_codes: snapshot.coupons.iter().cloned().chain(saga.data.coupon.clone()).collect(),
        user_id: order.customer.user_id,
        currency: Some(snapshot.currency),
    }
}

/// Refuses what the customer did not agree to: things not sold, too few of them, other prices,
/// an address nothing is sent to.
async fn judge(app: &App, order: &Order, saga: &Saga, snapshot: &CartSnapshot, offer: &Offer) -> Result<()> {
    if offer.lines.len() != snapshot.items.len() {
        return Err(OrderError::NotSellable);
    }
    let unsold = |line: &&Availability| {
        !line.sellable
            || line.unit_price.is_none()
            || line.problem.is_some_and(|problem| problem != AvailabilityProblem::InsufficientStock)
    };
    if let Some(line) = offer.lines.iter().find(unsold) {
        let error: Error = OrderError::NotSellable.into();
        return Err(error.with("lines", [json!({ "productId": line.product_id, "sku": line.sku })]).into());
    }
    shortages(offer)?;
    prices(snapshot, offer)?;
    let price = quote::of_offer(app, order, snapshot, offer).await?;
    if price.discount < snapshot.totals.discount_amount.minor {
        return Err(OrderError::PriceChanged);
    }
    if saga.data.coupon.is_some() && offer.discounts.is_empty() {
        return Err(OrderError::CouponInvalid);
    }
    Ok(())
}

fn shortages(offer: &Offer) -> Result<()> {
    let short = |line: &&Availability| line.problem == Some(AvailabilityProblem::InsufficientStock);
    let shortage = |line: &Availability| Shortage {
        product_id: line.product_id,
        variant_id: line.variant_id,
        sku: line.sku.clone(),
        requested: line.quantity,
        available: line.available_quantity,
    };
    let shortages: Vec<Shortage> = offer.lines.iter().filter(short).map(shortage).collect();
    if shortages.is_empty() {
        return Ok(());
    }
    let error = Error::conflict("insufficient-stock", "there is not enough of something in the cart");
    Err(error.with("shortages", shortages).into())
}

fn prices(snapshot: &CartSnapshot, offer: &Offer) -> Result<()> {
    let changed: Vec<_> = snapshot
        .items
        .iter()
        .zip(&offer.lines)
        .filter(|(item, line)| line.unit_price != Some(item.unit_price))
        .map(
            |(item, line)| json!({ "itemId": item.item_id, "seen": item.unit_price, "now": line.unit_price }),
        )
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let error: Error = OrderError::PriceChanged.into();
    Err(error.with("changes", changed).into())
}
