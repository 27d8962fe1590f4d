//! Changes address, method or notes of an order that has not been shipped. The total stays: who
//! wants another one cancels and orders anew.

use super::announce;
use super::find;
use super::quote::{self, place_of};
use super::save;
use super::tariffs;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::Order;
use crate::domain::price::{Basket, Price, PriceLine};
use crate::domain::status;
use crate::domain::tariff::Tariff;
use crate::error::{OrderError, Result};
use crate::store;
use api::order::{PatchOrder, PriceStep};
use auth::{Caller, Permission};
use base::{Check, Error};

/// Applies `change` to the present address, method and notes.
///
/// # Errors
/// [`OrderError::NotFound`], [`OrderError::InvalidState`], [`OrderError::TotalWouldChange`],
/// [`OrderError::Stale`], 422.
pub(crate) async fn patch_order(
    app: &App,
    caller: &Caller,
    key: &str,
    seen: Option<i64>,
    change: impl Fn(&PatchOrder) -> base::Result<PatchOrder>,
) -> Result<(Order, Viewer)> {
    let tariff = tariffs::current(app).await?;
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        let mut order = find::find(&mut tx, key).await?;
        // No link: in other hands it must not send the goods there.
        let viewer = Viewer::of(&order, caller, None, &app.keys, Permission::OrderUpdate)?;
        if seen.is_some_and(|seen| seen != order.version) {
            return Err(OrderError::Stale);
        }
        if !status::is_changeable(order.status) {
            return Err(OrderError::InvalidState);
        }
        let before = PatchOrder {
            shipping_address: Some(order.shipping_address.clone()),
            shipping_method: Some(order.shipping_method),
            customer_notes: order.notes.clone(),
        };
        let fields = apply(&mut order, &tariff, change(&before)?)?;
        if !fields.is_empty() {
            store::orders::update_taxes(&mut tx, &order).await?;
            save::save(&mut tx, &mut order).await?;
            announce::updated(&mut tx, &order, fields, viewer.actor()).await?;
            viewer.note(&mut tx, &order, "order.update", None).await?;
        }
        tx.commit().await?;
        Ok((order, viewer))
    })
    .await
}

/// Changes the order and answers which fields differ.
fn apply(order: &mut Order, tariff: &Tariff, wanted: PatchOrder) -> Result<Vec<String>> {
    let mut check = Check::new();
    match &wanted.shipping_address {
        Some(address) => address.check(&mut check, "/shippingAddress"),
        None => check.fail("/shippingAddress", "required", "an order needs an address"),
    }
    check.that(
        wanted.shipping_method.is_some(),
        "/shippingMethod",
        "required",
        "an order needs a shipping method",
    );
    check.opt_multiline("/customerNotes", wanted.customer_notes.as_deref(), 0..=500);
    check.finish()?;
    let mut fields = Vec::new();
    let place = place_of(&order.shipping_address);
    let method = order.shipping_method;
    if let Some(address) = wanted.shipping_address.filter(|address| *address != order.shipping_address) {
        order.shipping_address = address;
        order.shipping_address_id = None;
        fields.push("shippingAddress".to_owned());
    }
    if let Some(method) = wanted.shipping_method.filter(|method| *method != order.shipping_method) {
        order.shipping_method = method;
        fields.push("shippingMethod".to_owned());
    }
    let notes = wanted.customer_notes.filter(|notes| !notes.trim().is_empty());
    if notes != order.notes {
        order.notes = notes;
        fields.push("customerNotes".to_owned());
    }
    if place != place_of(&order.shipping_address) || method != order.shipping_method {
        reprice(order, tariff)?;
    }
    Ok(fields)
}

/// The taxes of the new place; the total must be the old one.
fn reprice(order: &mut Order, tariff: &Tariff) -> Result<()> {
    let line = |line: &crate::domain::order::Line| PriceLine {
        quantity: line.quantity,
        list_minor: line.list_minor,
        unit_minor: line.unit_minor,
        discount_minor: line.discount_minor,
        tax_class: line.tax_class.clone(),
        weight_grams: line.weight_grams,
    };
    // A coupon that made shipping free still does.
    let coupon = order
        .explanation
        .iter()
        .find(|step| step.step == PriceStep::ShippingFree && order.coupons.contains(&step.detail));
    let basket = Basket {
        currency: order.currency,
        lines: order.lines.iter().map(line).collect(),
        discounts: Vec::new(),
        free_shipping: coupon.map(|step| step.detail.clone()),
    };
    let place = place_of(&order.shipping_address);
    let price: Price = quote::at(tariff, &basket, &place, order.shipping_method)?;
    // Once an attempt to pay was made, the books split the money by the tax it was made with.
    let taxed_otherwise = !order.attempts.is_empty() && price.tax != order.amounts.tax;
    if price.total != order.amounts.total || taxed_otherwise {
        let error: Error = OrderError::TotalWouldChange.into();
        return Err(error.with("totalAmount", order.money(price.total)).into());
    }
    order.amounts.tax = price.tax;
    order.amounts.shipping = price.shipping;
    order.amounts.tax_included = price.tax_included;
    order.explanation = price.explanation;
    for (line, price) in order.lines.iter_mut().zip(price.lines) {
        line.tax_minor = price.tax;
        line.total_minor = price.total;
    }
    Ok(())
}
