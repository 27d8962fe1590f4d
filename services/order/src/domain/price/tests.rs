//! Known answers, and the property that every explanation re-adds to the cent.

use super::*;
use crate::domain::tariff::{Place, Tariff};
use api::order::{ShippingMethod, TaxArea, TaxRate, TaxZone};
use proptest::prelude::*;

fn money(minor: i64, currency: Currency) -> Money {
    Money::new(minor, currency)
}

fn tariff(included: bool, ppm: i64) -> Tariff {
    let area = TaxArea { country: "*".into(), region: None, postal_prefix: None };
    let zone =
        TaxZone { code: "z".into(), name: "Z".into(), prices_include_tax: included, areas: vec![area] };
    let rate = |class: &str, ppm| TaxRate {
        zone: "z".into(),
        tax_class: class.into(),
        name: "VAT".into(),
        rate_ppm: ppm,
    };
    Tariff {
        zones: vec![zone],
        rates: vec![rate("standard", ppm), rate("reduced", ppm / 3)],
        shipping: Vec::new(),
    }
}

fn shipping(currency: Currency, flat: i64, per_kg: Option<i64>, free_from: Option<i64>) -> ShippingRate {
    ShippingRate {
        method: ShippingMethod::Standard,
        zone: "z".into(),
        name: "Standard".into(),
        flat: money(flat, currency),
        per_kg: per_kg.map(|minor| money(minor, currency)),
        free_from: free_from.map(|minor| money(minor, currency)),
        tax_class: "standard".into(),
        min_days: 1,
        max_days: 3,
    }
}

fn line(quantity: i64, unit: i64) -> PriceLine {
    PriceLine {
        quantity,
        list_minor: unit,
        unit_minor: unit,
        discount_minor: 0,
        tax_class: "standard".into(),
        weight_grams: 0,
    }
}

fn basket(lines: Vec<PriceLine>) -> Basket {
    Basket { currency: Currency::EUR, lines, discounts: Vec::new(), free_shipping: None }
}

fn coupon(amount: Amount) -> Reduction {
    Reduction { label: "SPRING".into(), amount }
}

fn anywhere() -> Place {
    Place { country: "XX".into(), region: None, postal_code: None }
}

fn priced(basket: &Basket, included: bool, ppm: i64, shipping: &ShippingRate) -> Price {
    let tariff = tariff(included, ppm);
    let destination = tariff.destination(&anywhere()).unwrap();
    price(basket, &destination, shipping).unwrap()
}

#[test]
fn a_price_with_tax_keeps_its_total_and_names_the_tax_in_it() {
    let price =
        priced(&basket(vec![line(2, 1_990)]), true, 190_000, &shipping(Currency::EUR, 490, None, None));
    assert_eq!((price.subtotal, price.shipping, price.total), (3_980, 490, 4_470));
    assert_eq!(price.tax, 635 + 78);
}

#[test]
fn a_price_without_tax_grows_by_it() {
    let price =
        priced(&basket(vec![line(3, 1_000)]), false, 88_750, &shipping(Currency::USD, 500, None, None));
    assert_eq!((price.subtotal, price.shipping, price.tax, price.total), (3_000, 500, 266 + 44, 3_810));
}

#[test]
fn half_a_cent_of_tax_is_rounded_up_per_line() {
    let price = priced(
        &basket(vec![line(1, 50), line(1, 50)]),
        false,
        50_000,
        &shipping(Currency::EUR, 0, None, None),
    );
    assert_eq!(price.lines.iter().map(|line| line.tax).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn a_discount_is_spread_without_losing_a_cent() {
    let mut three = basket(vec![line(1, 1_000), line(1, 1_000), line(1, 1_000)]);
    three.discounts = vec![coupon(Amount::Minor(100))];
    let price = priced(&three, true, 190_000, &shipping(Currency::EUR, 0, None, None));
    assert_eq!(price.lines.iter().map(|line| line.discount).collect::<Vec<_>>(), [34, 33, 33]);
    assert_eq!((price.discount, price.total), (100, 2_900));
    let rounding: Vec<_> = price.explanation.iter().filter(|s| s.step == PriceStep::Rounding).collect();
    assert_eq!(rounding.len(), 1);
    assert_eq!((rounding[0].line, rounding[0].amount.minor), (Some(0), -1));
}

#[test]
fn a_discount_never_makes_a_basket_negative() {
    let mut cheap = basket(vec![line(1, 100), PriceLine { discount_minor: 900, ..line(1, 500) }]);
    cheap.discounts = vec![coupon(Amount::Minor(10_000)), coupon(Amount::Ppm(500_000))];
    let price = priced(&cheap, false, 190_000, &shipping(Currency::EUR, 0, None, None));
    assert_eq!((price.discount, price.tax, price.total), (600, 0, 0));
}

#[test]
fn shipping_is_flat_plus_weight_and_free_from_a_value_on() {
    let heavy = PriceLine { weight_grams: 1_001, ..line(2, 2_000) };
    let rate = shipping(Currency::EUR, 500, Some(100), Some(5_000));
    let price = priced(&basket(vec![heavy.clone()]), true, 0, &rate);
    assert_eq!(price.shipping, 500 + 3 * 100);
    let price = priced(
        &basket(vec![PriceLine { unit_minor: 2_500, list_minor: 2_500, ..heavy.clone() }]),
        true,
        0,
        &rate,
    );
    assert_eq!((price.shipping, price.total), (0, 5_000));
    let mut discounted = basket(vec![PriceLine { unit_minor: 2_500, list_minor: 2_500, ..heavy }]);
    discounted.discounts = vec![coupon(Amount::Minor(1))];
    assert_eq!(priced(&discounted, true, 0, &rate).shipping, 800, "the value after discounts counts");
    discounted.free_shipping = Some("SHIPFREE".into());
    assert_eq!(priced(&discounted, true, 0, &rate).shipping, 0);
}

#[test]
fn a_sale_is_told_apart_from_the_list_price() {
    let sale = PriceLine { list_minor: 1_500, ..line(2, 1_000) };
    let price = priced(&basket(vec![sale]), true, 190_000, &shipping(Currency::EUR, 0, None, None));
    let amounts: Vec<_> = price.explanation.iter().map(|s| (s.step, s.amount.minor)).collect();
    assert_eq!(
        amounts,
        [
            (PriceStep::ListPrice, 3_000),
            (PriceStep::Sale, -1_000),
            (PriceStep::TaxContained, -319),
            (PriceStep::Tax, 319),
            (PriceStep::Shipping, 0),
        ]
    );
    assert_eq!(price.explanation[3].detail, "VAT 19 % on 16.81");
}

#[test]
fn a_basket_beyond_all_reason_is_refused_not_overflown() {
    let tariff = tariff(true, 190_000);
    let destination = tariff.destination(&anywhere()).unwrap();
    let rate = shipping(Currency::EUR, 0, None, None);
    for bad in [
        line(i64::MAX, 2),
        line(1, MAX_MINOR + 1),
        line(0, 1),
        line(1, -1),
        PriceLine { weight_grams: i64::MAX, ..line(2, 1) },
    ] {
        assert_eq!(price(&basket(vec![bad]), &destination, &rate).unwrap_err().code(), "amount-invalid");
    }
    let many = vec![line(1, MAX_MINOR); 2];
    assert!(price(&basket(many), &destination, &rate).is_err());
}

fn lines() -> impl Strategy<Value = Vec<PriceLine>> {
    let line = (1..100_i64, 0..2_000_000_i64, 0..1_000_000_i64, 0..50_000_i64, 0..4_usize, 0..30_000_i64);
    let line = line.prop_map(|(quantity, unit, more, discount, class, weight)| PriceLine {
        quantity,
        list_minor: unit + more,
        unit_minor: unit,
        discount_minor: if discount < 40_000 { 0 } else { discount },
        tax_class: ["standard", "reduced", "zero", "unknown"][class].into(),
        weight_grams: weight,
    });
    proptest::collection::vec(line, 1..12)
}

fn discounts() -> impl Strategy<Value = Vec<Reduction>> {
    let minor = (0..5_000_000_i64).prop_map(|minor| coupon(Amount::Minor(minor)));
    let share = (0..1_100_000_i64).prop_map(|ppm| coupon(Amount::Ppm(ppm)));
    proptest::collection::vec(prop_oneof![minor, share], 0..3)
}

proptest! {
    #[test]
    fn the_explanation_adds_up_to_the_total(
        lines in lines(),
        discounts in discounts(),
        included: bool,
        ppm in 0..300_000_i64,
        currency in proptest::sample::select(vec!["EUR", "JPY", "KWD", "USD"]),
        (flat, per_kg, free_from, free) in (0..10_000_i64, proptest::option::of(0..2_000_i64), proptest::option::of(0..1_000_000_i64), any::<bool>()),
    ) {
        let currency: Currency = currency.parse().unwrap();
        let basket = Basket { currency, lines, discounts, free_shipping: free.then(|| "SHIP".to_owned()) };
        let rate = shipping(currency, flat, per_kg, free_from);
        let price = priced(&basket, included, ppm, &rate);
        let of = |wanted: &[PriceStep]| -> i64 {
            price.explanation.iter().filter(|s| wanted.contains(&s.step)).map(|s| s.amount.minor).sum()
        };
        let everything: i64 = price.explanation.iter().map(|s| s.amount.minor).sum();
        prop_assert_eq!(everything, price.total);
        prop_assert_eq!(of(&[PriceStep::ListPrice, PriceStep::Sale]), price.subtotal);
        prop_assert_eq!(-of(&[PriceStep::Discount, PriceStep::Rounding]), price.discount);
        prop_assert_eq!(of(&[PriceStep::Tax]), price.tax);
        prop_assert_eq!(of(&[PriceStep::Shipping, PriceStep::ShippingFree]), price.shipping);
        let added = if included { 0 } else { price.tax };
        prop_assert_eq!(price.total, price.subtotal - price.discount + price.shipping + added);
        prop_assert!(price.discount >= 0 && price.discount <= price.subtotal && price.total >= 0);
        for (index, line) in price.lines.iter().enumerate() {
            let explained: i64 = price.explanation.iter().filter(|s| s.line == Some(index as i64)).map(|s| s.amount.minor).sum();
            prop_assert_eq!(explained, line.total);
            prop_assert!(line.discount <= line.subtotal && line.tax >= 0 && line.total >= 0);
            let remainder: i64 = price.explanation.iter().filter(|s| s.line == Some(index as i64) && s.step == PriceStep::Rounding).map(|s| s.amount.minor.abs()).sum();
            prop_assert!(remainder <= basket.discounts.len() as i64, "a remainder is at most one unit per discount");
        }
    }

    #[test]
    fn the_tax_is_within_half_a_unit_of_the_exact_one(unit in 0..10_000_000_i64, quantity in 1..100_i64, included: bool, ppm in 0..300_000_i64) {
        let price = priced(&basket(vec![line(quantity, unit)]), included, ppm, &shipping(Currency::EUR, 0, None, None));
        let base = if included { 1_000_000 + i128::from(ppm) } else { 1_000_000 };
        let exact = i128::from(unit * quantity) * i128::from(ppm);
        let off = (i128::from(price.tax) * base - exact).abs() * 2;
        prop_assert!(off <= base, "off by {off} of {base}");
    }
}
