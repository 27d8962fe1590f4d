//! Which zone and tax a place gets, and which tables are refused.

use super::*;
use base::Money;

fn place(country: &str, region: &str, postal_code: &str) -> Place {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Place { country: country.into(), region: some(region), postal_code: some(postal_code) }
}

fn zone(country: &str, region: &str, postal_code: &str) -> String {
    let tariff = Tariff::defaults();
    tariff.destination(&place(country, region, postal_code)).map(|found| found.zone.code.clone()).unwrap()
}

#[test]
fn the_tables_that_ship_are_sound() {
    for edited in [Table::Zones, Table::Rates, Table::Shipping] {
        Tariff::defaults().check(edited).unwrap();
    }
}

#[test]
fn the_most_exact_match_wins() {
    assert_eq!(zone("DE", "", "10115"), "de");
    assert_eq!(zone("DE", "Bayern", ""), "de");
    assert_eq!(zone("US", "TX", "73301"), "us");
    assert_eq!(zone("US", "ny", "12207"), "us-ny");
    assert_eq!(zone("US", "New York", "12207"), "us-ny");
    assert_eq!(zone("US", "NY", "10001"), "us-nyc");
    assert_eq!(zone("ES", "", "28001"), "es");
    assert_eq!(zone("ES", "", "35 001"), "es-ic");
    assert_eq!(zone("NZ", "", ""), "world");
}

#[test]
fn several_taxes_on_a_class_add_up_and_are_named() {
    let tariff = Tariff::defaults();
    let tax = tariff.destination(&place("US", "NY", "10001")).unwrap().tax("standard");
    assert_eq!(tax.ppm, 88_750);
    assert_eq!(tax.label, "State sales tax 4 % + City sales tax 4.5 % + Commuter district surcharge 0.375 %");
}

#[test]
fn an_unknown_class_is_taxed_as_standard_and_zero_is_free() {
    let tariff = Tariff::defaults();
    let germany = tariff.destination(&place("DE", "", "")).unwrap();
    assert_eq!(germany.tax("standrad").ppm, 190_000);
    assert_eq!(germany.tax("reduced").ppm, 70_000);
    assert_eq!(germany.tax("zero").ppm, 0);
    assert_eq!(tariff.destination(&place("NZ", "", "")).unwrap().tax("standard").ppm, 0);
}

#[test]
fn without_a_zone_for_the_rest_of_the_world_nothing_is_sent_there() {
    let mut tariff = Tariff::defaults();
    tariff.zones.retain(|zone| zone.code != "world");
    assert!(tariff.destination(&place("NZ", "", "")).is_none());
}

#[test]
fn options_are_those_of_the_currency_cheapest_first() {
    let tariff = Tariff::defaults();
    let germany = tariff.destination(&place("DE", "", "")).unwrap();
    let methods: Vec<_> = germany.options(Currency::EUR).into_iter().map(|option| option.method).collect();
    assert_eq!(methods, [ShippingMethod::Pickup, ShippingMethod::Standard, ShippingMethod::Express]);
    assert!(germany.options("JPY".parse().unwrap()).is_empty());
    assert!(germany.ships(ShippingMethod::Pickup));
    assert!(!tariff.destination(&place("NZ", "", "")).unwrap().ships(ShippingMethod::Pickup));
}

#[test]
fn broken_tables_are_refused_with_every_mistake() {
    let mut tariff = Tariff::defaults();
    tariff.rates[0].zone = "nowhere".into();
    tariff.rates[1].rate_ppm = -1;
    tariff.shipping[0].free_from = Some(Money::new(1, "JPY".parse().unwrap()));
    tariff.shipping[1].max_days = 0;
    let twin = TaxArea { country: "DE".into(), region: None, postal_prefix: None };
    tariff.zones[1].areas.push(twin);
    let error = tariff.check(Table::Rates).unwrap_err();
    let pointers: Vec<_> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/zones/1/areas/1", "/items/0", "/items/1/ratePpm", "/shipping/0/freeFrom", "/shipping/1/maxDays"]
    );
}

#[test]
fn percentages_are_written_as_people_write_them() {
    for (ppm, text) in
        [(190_000, "19 %"), (88_750, "8.875 %"), (0, "0 %"), (1, "0.0001 %"), (1_000_000, "100 %")]
    {
        assert_eq!(percent(ppm), text);
    }
}
