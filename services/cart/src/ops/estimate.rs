//! What a cart would cost with tax and shipping.

use super::get_cart::known_cart;
use super::offers::ask_lines;
use crate::App;
use crate::domain::{Cart, Owner};
use crate::error::CartError;
use api::cart::CartEstimate;
use api::order::{QuoteLine, QuoteRequest, ShippingMethod};
use api::product::Availability;
use base::{Check, Money};

/// Where to and how.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub country: String,
    pub postal_code: Option<String>,
    pub shipping_method: ShippingMethod,
}

/// What the cart would cost there, at the prices it shows.
///
/// # Errors
/// [`CartError::Empty`]; 422; those of the peers, such as `shipping-unavailable`.
pub(crate) async fn estimate(
    app: &App,
    owner: Owner,
    destination: Destination,
) -> Result<CartEstimate, CartError> {
    let mut check = Check::new();
    check.country("/country", &destination.country);
    check.opt_text("/postalCode", destination.postal_code.as_deref(), 1..=20);
    check.finish()?;
    let cart = known_cart(app, owner).await?;
    if cart.lines.is_empty() {
        return Err(CartError::Empty);
    }
    let answers = ask_lines(app, &cart).await?.lines;
    let Destination { country, postal_code, shipping_method } = destination;
    let request = QuoteRequest {
        country,
        state_or_province: None,
        postal_code,
        shipping_method,
        currency: cart.currency,
        lines: quote_lines(&cart, &answers),
        discount_amount: None,
        free_shipping: false,
    };
    let quote = app.order.quote(&request).await?;
    Ok(CartEstimate {
        subtotal: quote.totals.subtotal,
        discount_amount: quote.totals.discount_amount,
        tax_amount: quote.totals.tax_amount,
        shipping_cost: quote.totals.shipping_cost,
        total: quote.totals.total_amount,
        prices_include_tax: quote.prices_include_tax,
        shipping_method,
    })
}

fn quote_lines(cart: &Cart, answers: &[Availability]) -> Vec<QuoteLine> {
    let lines = cart.lines.iter().zip(answers);
    let line = lines.map(|(line, answer)| QuoteLine {
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, cart.currency),
        list_price: None,
        discount_amount: None,
        tax_class: answer.tax_class.clone(),
        weight_grams: answer.weight_grams,
    });
    line.collect()
}
