//! What an order costs and why: list price, sale, discounts, shipping, tax; every amount in
//! integer minor units, every step explained, all steps together the total (D-39).
//!
//! Rounding: tax half up per line; a discount on the whole basket is spread over the lines by
//! largest remainder. Nothing is rounded twice.

use super::tariff::{Destination, TaxOn};
use api::order::{Explanation, PriceStep, ShippingRate, Totals};
use base::money::{MAX_MINOR, fraction_half_up, split};
use base::{Currency, Error, Kind, Money, Result};

/// Parts per million, the unit of tax rates.
const PPM: i64 = 1_000_000;

/// One line as it enters the calculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PriceLine {
    pub(crate) quantity: i64,
    /// Price of one piece without a sale.
    pub(crate) list_minor: i64,
    /// Price of one piece.
    pub(crate) unit_minor: i64,
    /// Reduction of this line alone.
    pub(crate) discount_minor: i64,
    pub(crate) tax_class: String,
    pub(crate) weight_grams: i64,
}

/// What is bought.
#[derive(Clone, Debug)]
pub(crate) struct Basket {
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<PriceLine>,
    /// Reductions of the whole basket, spread over the lines one after the other.
    pub(crate) discounts: Vec<Reduction>,
    /// Why shipping is free, if a coupon makes it so.
    pub(crate) free_shipping: Option<String>,
}

/// A reduction of the whole basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reduction {
    pub(crate) label: String,
    pub(crate) amount: Amount,
}

/// How much a reduction takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// This much, at most what is left.
    Minor(i64),
    /// This share of what is left, in parts per million.
    Ppm(i64),
}

/// What one line costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinePrice {
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    /// What the customer pays for it, tax included.
    pub(crate) total: i64,
}

/// What the basket costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<LinePrice>,
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    pub(crate) shipping: i64,
    pub(crate) total: i64,
    pub(crate) tax_included: bool,
    pub(crate) explanation: Vec<Explanation>,
}

impl Price {
    /// The sums as they are told to clients.
    pub(crate) fn totals(&self) -> Totals {
        let money = |minor| Money::new(minor, self.currency);
        Totals {
            subtotal: money(self.subtotal),
            discount_amount: money(self.discount),
            tax_amount: money(self.tax),
            shipping_cost: money(self.shipping),
            total_amount: money(self.total),
            currency: self.currency,
        }
    }
}

/// The price of `basket` sent to `destination` by `shipping`.
///
/// # Errors
/// 422 `amount-invalid` for amounts or quantities beyond all reason.
pub(crate) fn price(
    basket: &Basket,
    destination: &Destination<'_>,
    shipping: &ShippingRate,
) -> Result<Price> {
    check(basket)?;
    let mut steps = Steps { currency: basket.currency, list: Vec::new() };
    let mut lines = list_and_sale(basket, &mut steps);
    own_discounts(basket, &mut lines, &mut steps);
    for reduction in &basket.discounts {
        spread(reduction, &mut lines, &mut steps);
    }
    let included = destination.zone.prices_include_tax;
    for (index, (line, entry)) in lines.iter_mut().zip(&basket.lines).enumerate() {
        let tax_on = destination.tax(&entry.tax_class);
        let taxed = steps.tax(Some(index), line.subtotal - line.discount, &tax_on, included);
        (line.tax, line.total) = (taxed.tax, taxed.total);
    }
    let goods: i64 = lines.iter().map(|line| line.subtotal - line.discount).sum();
    let cost = ship(basket, goods, shipping, &mut steps);
    let shipped = steps.tax(None, cost, &destination.tax(&shipping.tax_class), included);
    let sum = |part: fn(&LinePrice) -> i64| lines.iter().map(part).sum::<i64>();
    Ok(Price {
        currency: basket.currency,
        subtotal: sum(|line| line.subtotal),
        discount: sum(|line| line.discount),
        tax: sum(|line| line.tax) + shipped.tax,
        shipping: cost,
        total: sum(|line| line.total) + shipped.total,
        tax_included: included,
        explanation: steps.list,
        lines,
    })
}

/// Refuses what could overflow; afterwards every sum fits.
fn check(basket: &Basket) -> Result<()> {
    let too_large = || Error::new(Kind::Invalid, "amount-invalid", "an amount of the basket is out of range");
    let mut sum = 0_i64;
    for line in &basket.lines {
        let sane =
            line.quantity >= 1 && line.unit_minor >= 0 && line.discount_minor >= 0 && line.weight_grams >= 0;
        let dearest = line.list_minor.max(line.unit_minor);
        let value = dearest.checked_mul(line.quantity).filter(|value| sane && *value <= MAX_MINOR);
        let weight = line.weight_grams.checked_mul(line.quantity).filter(|grams| *grams <= MAX_MINOR);
        sum = value.and_then(|value| sum.checked_add(value)).ok_or_else(too_large)?;
        weight.ok_or_else(too_large)?;
    }
    if sum <= MAX_MINOR && basket.lines.len() <= 1000 { Ok(()) } else { Err(too_large()) }
}

fn list_and_sale(basket: &Basket, steps: &mut Steps) -> Vec<LinePrice> {
    let mut lines = Vec::with_capacity(basket.lines.len());
    for (index, line) in basket.lines.iter().enumerate() {
        let list = line.list_minor.max(line.unit_minor) * line.quantity;
        let subtotal = line.unit_minor * line.quantity;
        let each = steps.text(line.list_minor.max(line.unit_minor));
        steps.always(Some(index), PriceStep::ListPrice, list, format!("{} × {each}", line.quantity));
        let sale = steps.text(line.unit_minor);
        steps.add(Some(index), PriceStep::Sale, subtotal - list, format!("on sale for {sale} each"));
        lines.push(LinePrice { subtotal, ..LinePrice::default() });
    }
    lines
}

fn own_discounts(basket: &Basket, lines: &mut [LinePrice], steps: &mut Steps) {
    for (index, (line, entry)) in lines.iter_mut().zip(&basket.lines).enumerate() {
        let amount = entry.discount_minor.min(line.subtotal);
        steps.add(Some(index), PriceStep::Discount, -amount, "discount on this line".into());
        line.discount += amount;
    }
}

/// Spreads a reduction over the lines in proportion to what is left of them.
fn spread(reduction: &Reduction, lines: &mut [LinePrice], steps: &mut Steps) {
    let left: Vec<i64> = lines.iter().map(|line| line.subtotal - line.discount).collect();
    let sum: i64 = left.iter().sum();
    let amount = match reduction.amount {
        Amount::Minor(minor) => minor.clamp(0, sum),
        Amount::Ppm(ppm) => fraction_half_up(sum, ppm.clamp(0, PPM), PPM),
    };
    if amount == 0 {
        return;
    }
    let whole = steps.text(amount);
    for (index, (line, share)) in lines.iter_mut().zip(split(amount, &left)).enumerate() {
        let floor = (i128::from(amount) * i128::from(left[index]) / i128::from(sum)) as i64;
        let detail = format!("{}: share of {whole}", reduction.label);
        steps.add(Some(index), PriceStep::Discount, -floor, detail);
        let remainder = "what rounding down the shares left over".to_owned();
        steps.add(Some(index), PriceStep::Rounding, floor - share, remainder);
        line.discount += share;
    }
}

fn ship(basket: &Basket, goods: i64, rate: &ShippingRate, steps: &mut Steps) -> i64 {
    let grams: i64 = basket.lines.iter().map(|line| line.weight_grams * line.quantity).sum();
    let kilos = (grams + 999) / 1000;
    let weight = rate.per_kg.map_or(0, |each| each.minor.saturating_mul(kilos)).min(MAX_MINOR);
    let cost = rate.flat.minor + weight;
    let detail = match rate.per_kg {
        Some(each) => format!(
            "{}: {} + {kilos} kg × {}",
            rate.name,
            steps.text(rate.flat.minor),
            steps.text(each.minor)
        ),
        None => rate.name.clone(),
    };
    steps.always(None, PriceStep::Shipping, cost, detail);
    let free_from = rate.free_from.filter(|limit| goods >= limit.minor);
    let free = match (&basket.free_shipping, free_from) {
        (Some(coupon), _) => Some(coupon.clone()),
        (None, Some(limit)) => Some(format!("free from {}", steps.text(limit.minor))),
        (None, None) => None,
    };
    let Some(why) = free else { return cost };
    steps.add(None, PriceStep::ShippingFree, -cost, why);
    0
}

struct Taxed {
    tax: i64,
    /// Tax included.
    total: i64,
}

struct Steps {
    currency: Currency,
    list: Vec<Explanation>,
}

impl Steps {
    fn text(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_decimal()
    }

    fn always(&mut self, line: Option<usize>, step: PriceStep, minor: i64, detail: String) {
        let amount = Money::new(minor, self.currency);
        self.list.push(Explanation { line: line.map(|index| index as i64), step, amount, detail });
    }

    /// Adds a step unless it changes nothing.
    fn add(&mut self, line: Option<usize>, step: PriceStep, minor: i64, detail: String) {
        if minor != 0 {
            self.always(line, step, minor, detail);
        }
    }

    /// The tax on `amount`, contained in it or put on it.
    fn tax(&mut self, line: Option<usize>, amount: i64, on: &TaxOn, included: bool) -> Taxed {
        let base = if included { PPM + on.ppm } else { PPM };
        let tax = fraction_half_up(amount, on.ppm, base);
        let shown = self.text(amount);
        if included {
            let detail = format!("{} contained in {shown}", on.label);
            self.add(line, PriceStep::TaxContained, -tax, detail);
            let net = self.text(amount - tax);
            self.add(line, PriceStep::Tax, tax, format!("{} on {net}", on.label));
            return Taxed { tax, total: amount };
        }
        self.add(line, PriceStep::Tax, tax, format!("{} on {shown}", on.label));
        Taxed { tax, total: amount + tax }
    }
}

#[cfg(test)]
mod tests;
