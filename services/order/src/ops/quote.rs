//! What something costs at an address: for estimates, for the checkout, and for the list of ways
//! to send it.

use crate::App;
use crate::domain::order::Order;
use crate::domain::price::{self, Amount, Basket, Price, PriceLine, Reduction};
use crate::domain::tariff::{Place, Tariff};
use crate::error::{OrderError, Result};
use crate::ops::tariffs;
use crate::store::sagas::Offer;
use api::cart::CartSnapshot;
use api::order::{Quote, QuoteRequest, ShippingMethod, ShippingOption};
use api::product::Availability;
use api::shared::Address;
use base::{Currency, Error, Money};
use serde::Deserialize;
use serde_json::Value;

/// What a basket would cost at an address.
///
/// # Errors
/// [`OrderError::ShippingUnavailable`]; 422 `currency-mismatch`, `amount-invalid`.
pub(crate) async fn quote(app: &App, request: &QuoteRequest) -> Result<Quote> {
    let currency = request.currency;
    let minor = |money: Money| same(money, currency);
    let mut lines = Vec::with_capacity(request.lines.len());
    for line in &request.lines {
        lines.push(PriceLine {
            quantity: line.quantity,
            list_minor: minor(line.list_price.unwrap_or(line.unit_price))?,
            unit_minor: minor(line.unit_price)?,
            discount_minor: line.discount_amount.map_or(Ok(0), minor)?,
            tax_class: line.tax_class.clone(),
            weight_grams: line.weight_grams.unwrap_or(0),
        });
    }
    let whole = request.discount_amount.map_or(Ok(0), minor)?;
    let label = "discount".to_owned();
    let basket = Basket {
        currency,
        lines,
        discounts: vec![Reduction { label, amount: Amount::Minor(whole) }],
        free_shipping: request.free_shipping.then(|| "free shipping".to_owned()),
    };
    let place = Place {
        country: request.country.clone(),
        region: request.state_or_province.clone(),
        postal_code: request.postal_code.clone(),
    };
    let tariff = tariffs::current(app).await?;
    let price = at(&tariff, &basket, &place, request.shipping_method)?;
    Ok(Quote {
        totals: price.totals(),
        prices_include_tax: price.tax_included,
        explanation: price.explanation,
    })
}

fn same(money: Money, currency: Currency) -> Result<i64> {
    if money.currency == currency {
        return Ok(money.minor);
    }
    Err(base::money::MoneyError::Mixed(currency, money.currency).into())
}

/// The price of a basket sent to a place.
///
/// # Errors
/// [`OrderError::ShippingUnavailable`]; 422 `amount-invalid`.
pub(super) fn at(tariff: &Tariff, basket: &Basket, place: &Place, method: ShippingMethod) -> Result<Price> {
    let destination = tariff.destination(place).ok_or(OrderError::ShippingUnavailable)?;
    let rate = destination.shipping(method, basket.currency).ok_or(OrderError::ShippingUnavailable)?;
    Ok(price::price(basket, &destination, rate)?)
}

/// The price of what the product service offered, sent where the order goes.
///
/// # Errors
/// As [`at`], and those of the store.
pub(super) async fn of_offer(
    app: &App,
    order: &Order,
    snapshot: &CartSnapshot,
    offer: &Offer,
) -> Result<Price> {
    let line = |line: &Availability| PriceLine {
        quantity: line.quantity,
        list_minor: list_minor(line),
        unit_minor: unit_minor(line),
        discount_minor: 0,
        tax_class: line.tax_class.clone(),
        weight_grams: line.weight_grams.unwrap_or(0),
    };
    let mut basket = Basket {
        currency: snapshot.currency,
        lines: offer.lines.iter().map(line).collect(),
        discounts: Vec::new(),
        free_shipping: None,
    };
    offer.discounts.iter().for_each(|discount| apply(&mut basket, discount));
    let tariff = tariffs::current(app).await?;
    at(&tariff, &basket, &place_of(&order.shipping_address), order.shipping_method)
}

/// A discount as the product service describes it (contracts §3.5).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discount {
    code: Option<String>,
    name: Option<String>,
    #[serde(rename = "discountType")]
    kind: String,
    value: Option<Value>,
}

/// Takes a discount into the basket. Kinds this service does not know change nothing: the cart
/// has shown a total without them.
fn apply(basket: &mut Basket, discount: &Value) {
    let Ok(discount) = serde_json::from_value::<Discount>(discount.clone()) else { return };
    let label = discount.code.or(discount.name).unwrap_or_else(|| "discount".to_owned());
    let value = discount.value.and_then(|value| {
        value.as_str().map_or_else(|| value.as_i64().map(|n| n.to_string()), |text| Some(text.to_owned()))
    });
    let value = value.unwrap_or_default();
    let amount = match discount.kind.as_str() {
        "PERCENTAGE" => ppm(&value).map(Amount::Ppm),
        "FIXED_AMOUNT" => value.split('.').next().and_then(|whole| whole.parse().ok()).map(Amount::Minor),
        "FREE_SHIPPING" => {
            basket.free_shipping = Some(label);
            return;
        }
        _ => None,
    };
    if let Some(amount) = amount {
        basket.discounts.push(Reduction { label, amount });
    }
}

/// `12.5` percent as parts per million.
fn ppm(percent: &str) -> Option<i64> {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let fraction: String = fraction.chars().chain("0000".chars()).take(4).collect();
    Some(whole.parse::<i64>().ok()? * 10_000 + fraction.parse::<i64>().ok()?)
}

/// Price of one piece.
pub(super) fn unit_minor(line: &Availability) -> i64 {
    line.unit_price.map_or(0, |price| price.minor)
}

/// Price of one piece without a sale; the product service tells the effective one only.
pub(super) fn list_minor(line: &Availability) -> i64 {
    unit_minor(line)
}

pub(super) fn place_of(address: &Address) -> Place {
    Place {
        country: address.country.clone(),
        region: address.state_or_province.clone(),
        postal_code: address.postal_code.clone(),
    }
}

/// The ways to send something to a place; empty where nothing is sent to.
///
/// # Errors
/// Those of the store; 422 for something that is no currency.
pub(crate) async fn shipping_options(
    app: &App,
    place: &Place,
    currency: Option<&str>,
) -> Result<Vec<ShippingOption>> {
    let unknown = |_| Error::field("/currency", "currency", "must be an ISO 4217 code such as EUR");
    let currency = currency.map_or(Ok(app.currency), |code| code.parse().map_err(unknown))?;
    let tariff = tariffs::current(app).await?;
    Ok(tariff.destination(place).map_or_else(Vec::new, |destination| destination.options(currency)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(discount: &Value) -> Basket {
        let mut basket =
            Basket { currency: Currency::EUR, lines: Vec::new(), discounts: Vec::new(), free_shipping: None };
        apply(&mut basket, discount);
        basket
    }

    #[test]
    fn discounts_are_read_as_the_product_service_writes_them() {
        let amount = |kind, value| {
            let discount = json!({ "code": "SPRING", "discountType": kind, "value": value });
            applied(&discount).discounts.pop().map(|reduction| reduction.amount)
        };
        assert_eq!(amount("PERCENTAGE", json!("10.00")), Some(Amount::Ppm(100_000)));
        assert_eq!(amount("PERCENTAGE", json!("12.5")), Some(Amount::Ppm(125_000)));
        assert_eq!(amount("FIXED_AMOUNT", json!("500.00")), Some(Amount::Minor(500)));
        assert_eq!(amount("FIXED_AMOUNT", json!(500)), Some(Amount::Minor(500)));
        assert_eq!(amount("BUY_X_GET_Y", json!("1")), None);
        assert_eq!(amount("PERCENTAGE", json!("ten")), None);
    }

    #[test]
    fn free_shipping_is_a_discount_of_its_own_kind() {
        let basket = applied(&json!({ "code": "SHIP", "discountType": "FREE_SHIPPING" }));
        assert_eq!(basket.free_shipping.as_deref(), Some("SHIP"));
        assert!(applied(&json!({ "something": "else" })).discounts.is_empty());
    }
}
