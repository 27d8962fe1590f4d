//! The tables of tax and shipping: which zone a place belongs to, what tax and which shipping
//! prices hold there (D-39).

use api::order::{ShippingMethod, ShippingOption, ShippingRate, TaxArea, TaxRate, TaxZone};
use base::money::MAX_MINOR;
use base::{Check, Currency, Result};
use std::collections::BTreeSet;

/// The tables a new installation starts with.
const DEFAULTS: &str = include_str!("tariff.json");

/// The tax class goods and shipping fall back to.
const STANDARD: &str = "standard";

/// All tables.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Tariff {
    pub(crate) zones: Vec<TaxZone>,
    pub(crate) rates: Vec<TaxRate>,
    pub(crate) shipping: Vec<ShippingRate>,
}

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Zones,
    Rates,
    Shipping,
}

impl Table {
    /// How rows of this table are pointed at when `edited` is the table in the request.
    fn pointer(self, edited: Table) -> &'static str {
        match self {
            _ if self == edited => "/items",
            Table::Zones => "/zones",
            Table::Rates => "/rates",
            Table::Shipping => "/shipping",
        }
    }
}

/// Where goods go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) country: String,
    pub(crate) region: Option<String>,
    pub(crate) postal_code: Option<String>,
}

/// A place's zone together with the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    pub(crate) zone: &'a TaxZone,
    tariff: &'a Tariff,
}

/// The tax on a class of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxOn {
    /// Parts per million.
    pub(crate) ppm: i64,
    /// Name for people, e.g. `VAT 19 %`.
    pub(crate) label: String,
}

impl Tariff {
    /// The tables a new installation starts with.
    pub(crate) fn defaults() -> Tariff {
        serde_json::from_str(DEFAULTS).expect("a test reads the embedded tables")
    }

    /// The zone with the most exact match for `place`: a postal prefix beats a region, a region
    /// beats a country, a country beats the rest of the world.
    pub(crate) fn destination(&self, place: &Place) -> Option<Destination<'_>> {
        let matches = self
            .zones
            .iter()
            .flat_map(|zone| zone.areas.iter().filter_map(move |area| Some((exactness(area, place)?, zone))));
        let zone = matches.max_by_key(|(exactness, _)| *exactness)?.1;
        Some(Destination { zone, tariff: self })
    }

    /// Names everything wrong with the tables after `edited` was replaced.
    ///
    /// # Errors
    /// 422 `validation`.
    pub(crate) fn check(&self, edited: Table) -> Result<()> {
        let mut check = Check::new();
        let codes: BTreeSet<&str> = self.zones.iter().map(|zone| zone.code.as_str()).collect();
        self.check_zones(&mut check, &codes, Table::Zones.pointer(edited));
        self.check_rates(&mut check, &codes, Table::Rates.pointer(edited));
        self.check_shipping(&mut check, &codes, Table::Shipping.pointer(edited));
        check.finish()
    }

    fn check_zones(&self, check: &mut Check, codes: &BTreeSet<&str>, root: &str) {
        check.that(codes.len() == self.zones.len(), root, "duplicate", "two zones have the same code");
        let mut areas = BTreeSet::new();
        for (i, zone) in self.zones.iter().enumerate() {
            check.text(&format!("{root}/{i}/code"), &zone.code, 1..=40);
            check.text(&format!("{root}/{i}/name"), &zone.name, 1..=100);
            for (j, area) in zone.areas.iter().enumerate() {
                let at = format!("{root}/{i}/areas/{j}");
                if area.country != "*" {
                    check.country(&format!("{at}/country"), &area.country);
                }
                check.opt_text(&format!("{at}/region"), area.region.as_deref(), 1..=100);
                check.opt_text(&format!("{at}/postalPrefix"), area.postal_prefix.as_deref(), 1..=20);
                check.that(
                    areas.insert(normal(area)),
                    &at,
                    "duplicate",
                    "another zone has this area already",
                );
            }
        }
    }

    fn check_rates(&self, check: &mut Check, codes: &BTreeSet<&str>, root: &str) {
        let mut keys = BTreeSet::new();
        for (i, rate) in self.rates.iter().enumerate() {
            let at = format!("{root}/{i}");
            check.that(codes.contains(rate.zone.as_str()), &at, "unknown-zone", "there is no such zone");
            check.text(&format!("{at}/taxClass"), &rate.tax_class, 1..=40);
            check.text(&format!("{at}/name"), &rate.name, 1..=60);
            check.number(&format!("{at}/ratePpm"), rate.rate_ppm, 0..=1_000_000);
            let key = (&rate.zone, &rate.tax_class, &rate.name);
            check.that(keys.insert(key), &at, "duplicate", "zone, class and name appear twice");
        }
    }

    fn check_shipping(&self, check: &mut Check, codes: &BTreeSet<&str>, root: &str) {
        let mut keys = BTreeSet::new();
        for (i, rate) in self.shipping.iter().enumerate() {
            let at = format!("{root}/{i}");
            check.that(codes.contains(rate.zone.as_str()), &at, "unknown-zone", "there is no such zone");
            check.text(&format!("{at}/name"), &rate.name, 1..=60);
            check.text(&format!("{at}/taxClass"), &rate.tax_class, 1..=40);
            let amounts = [("flat", Some(rate.flat)), ("perKg", rate.per_kg), ("freeFrom", rate.free_from)];
            for (name, amount) in amounts.into_iter().filter_map(|(name, amount)| Some((name, amount?))) {
                check.number(&format!("{at}/{name}/amount"), amount.minor, 0..=MAX_MINOR);
                let same = amount.currency == rate.flat.currency;
                check.that(
                    same,
                    &format!("{at}/{name}"),
                    "currency-mismatch",
                    "must be in the currency of flat",
                );
            }
            check.number(&format!("{at}/minDays"), rate.min_days, 0..=365);
            check.number(&format!("{at}/maxDays"), rate.max_days, rate.min_days.clamp(0, 365)..=365);
            let key = (&rate.zone, rate.method, rate.flat.currency);
            check.that(keys.insert(key), &at, "duplicate", "zone, method and currency appear twice");
        }
    }
}

impl<'a> Destination<'a> {
    /// The tax on a class. A class the zone does not know is taxed as `standard`, so that a
    /// typing error never makes goods tax-free; `zero` needs no row.
    pub(crate) fn tax(&self, class: &str) -> TaxOn {
        let of = |class: &str| -> Vec<&TaxRate> {
            let in_zone = self.tariff.rates.iter().filter(|rate| rate.zone == self.zone.code);
            in_zone.filter(|rate| rate.tax_class == class).collect()
        };
        let mut rates = of(class);
        if rates.is_empty() && class != "zero" {
            rates = of(STANDARD);
        }
        let labels: Vec<String> =
            rates.iter().map(|rate| format!("{} {}", rate.name, percent(rate.rate_ppm))).collect();
        TaxOn { ppm: rates.iter().map(|rate| rate.rate_ppm).sum(), label: labels.join(" + ") }
    }

    /// The price of a method there.
    pub(crate) fn shipping(&self, method: ShippingMethod, currency: Currency) -> Option<&'a ShippingRate> {
        self.all_shipping(currency).find(|rate| rate.method == method)
    }

    /// Whether the method goes there, whatever the currency.
    pub(crate) fn ships(&self, method: ShippingMethod) -> bool {
        self.tariff.shipping.iter().any(|rate| rate.zone == self.zone.code && rate.method == method)
    }

    /// The ways to send goods there.
    pub(crate) fn options(&self, currency: Currency) -> Vec<ShippingOption> {
        let mut options: Vec<_> = self.all_shipping(currency).map(option).collect();
        options.sort_by_key(|option| (option.price.minor, option.method));
        options
    }

    fn all_shipping(&self, currency: Currency) -> impl Iterator<Item = &'a ShippingRate> + use<'a> {
        let (tariff, zone) = (self.tariff, self.zone);
        tariff.shipping.iter().filter(move |rate| rate.zone == zone.code && rate.flat.currency == currency)
    }
}

fn option(rate: &ShippingRate) -> ShippingOption {
    ShippingOption {
        method: rate.method,
        name: rate.name.clone(),
        price: rate.flat,
        price_per_kg: rate.per_kg,
        free_from: rate.free_from,
        min_days: rate.min_days,
        max_days: rate.max_days,
    }
}

/// How exactly an area describes a place: length of the postal prefix, region, country.
fn exactness(area: &TaxArea, place: &Place) -> Option<(usize, bool, bool)> {
    let country = area.country != "*";
    if country && !area.country.eq_ignore_ascii_case(&place.country) {
        return None;
    }
    let same = |wanted: &Option<String>, given: &Option<String>, fits: fn(&str, &str) -> bool| match wanted {
        None => true,
        Some(wanted) => given.as_ref().is_some_and(|given| fits(&squeeze(given), &squeeze(wanted))),
    };
    let fits = same(&area.region, &place.region, |given, wanted| given == wanted)
        && same(&area.postal_prefix, &place.postal_code, |given, wanted| given.starts_with(wanted));
    let prefix = area.postal_prefix.as_ref().map_or(0, |prefix| squeeze(prefix).len());
    fits.then_some((prefix, area.region.is_some(), country))
}

/// Letters and digits only, in capitals: `sw1a 1aa` and `SW1A1AA` are the same postal code.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

fn normal(area: &TaxArea) -> (String, Option<String>, Option<String>) {
    let part = |part: &Option<String>| part.as_deref().map(squeeze);
    (area.country.to_ascii_uppercase(), part(&area.region), part(&area.postal_prefix))
}

/// `190000` as `19 %`, `88750` as `8.875 %`.
fn percent(ppm: i64) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
