//! Asks the catalogue what it offers.

use crate::App;
use crate::domain::{Cart, Line, Offer};
use crate::error::CartError;
use api::ids::{ProductId, VariantId};
use api::product::{AvailabilityAnswer, AvailabilityLine, AvailabilityRequest};
use base::{Currency, Error};

/// The offer for one variant.
///
/// # Errors
/// Those of the peer.
pub(super) async fn offer(
    app: &App,
    product_id: ProductId,
    variant_id: Option<VariantId>,
    quantity: i64,
    currency: Currency,
) -> Result<Offer, CartError> {
    let lines = vec![AvailabilityLine { product_id, variant_id, quantity }];
    read(ask(app, lines, currency).await?)
        .pop()
        .ok_or_else(|| Error::internal("product-service answered no line for one asked").into())
}

/// The offers for the lines of a cart.
///
/// # Errors
/// Those of the peer.
pub(super) async fn offers(app: &App, cart: &Cart) -> Result<Vec<Offer>, CartError> {
    Ok(read(ask_lines(app, cart).await?))
}

/// What the catalogue answers for the lines of a cart, in their order.
///
/// # Errors
/// Those of the peer.
pub(super) async fn ask_lines(app: &App, cart: &Cart) -> Result<AvailabilityAnswer, CartError> {
    let line = |line: &Line| AvailabilityLine {
        product_id: line.product_id,
        variant_id: line.variant_id,
        quantity: line.quantity,
    };
    ask(app, cart.lines.iter().map(line).collect(), cart.currency).await
}

async fn ask(
    app: &App,
    lines: Vec<AvailabilityLine>,
    currency: Currency,
) -> Result<AvailabilityAnswer, CartError> {
    let request = AvailabilityRequest { currency: Some(currency), ..AvailabilityRequest::of(lines) };
    Ok(app.product.availability(&request).await?)
}

fn read(answer: AvailabilityAnswer) -> Vec<Offer> {
    let checked_at = answer.checked_at;
    answer.lines.into_iter().map(|line| Offer::new(line, checked_at)).collect()
}
