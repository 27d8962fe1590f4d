//! Which price of a variant holds when: prices may start later, end, and give way to the one before.

use api::shared::PriceRecord;
use base::{Check, Currency, Money, Timestamp};

/// The most prices one variant may have planned in one currency.
pub(crate) const MAX_PRICES: usize = 20;

/// A price and the time in which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) base_minor: i64,
    pub(crate) sale_minor: Option<i64>,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) tax_class: String,
}

impl Price {
    /// Whether it holds at `now`, unless a later one covers it.
    fn covers(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// What one piece costs.
    pub(crate) fn effective_minor(&self) -> i64 {
        self.sale_minor.unwrap_or(self.base_minor)
    }

    /// Whether both ask for the same money until the same time.
    pub(crate) fn asks_the_same(&self, other: &Price) -> bool {
        let terms = |price: &Price| (price.base_minor, price.sale_minor, price.until);
        terms(self) == terms(other) && self.tax_class == other.tax_class
    }

    fn outlasts(&self, other: &Price) -> bool {
        match (self.until, other.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(theirs)) => own >= theirs,
        }
    }
}

/// The prices of one variant in one currency, by the time they start, then in the order they were
/// set. At every moment the last one that has started and not ended holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timeline {
    pub(crate) currency: Currency,
    pub(crate) prices: Vec<Price>,
    /// The one others were last told of.
    pub(crate) shown: Option<Price>,
}

impl Timeline {
    /// No price in `currency` yet.
    pub(crate) fn new(currency: Currency) -> Self {
        Self { currency, prices: Vec::new(), shown: None }
    }

    /// The price that holds at `now`.
    pub(crate) fn at(&self, now: Timestamp) -> Option<&Price> {
        self.prices.iter().rev().find(|price| price.covers(now))
    }

    /// Lays `price` over the others. One from now on and without end ends all that was planned;
    /// of two that start at the same time the one set later holds, as long as it lasts.
    pub(crate) fn set(&mut self, price: Price, now: Timestamp) {
        if price.from <= now && price.until.is_none() {
            self.prices.clear();
        }
        let place = self.prices.partition_point(|other| other.from <= price.from);
        self.prices.insert(place, price);
        self.forget(now);
    }

    /// Drops the prices that can never hold again.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        let dead = |index: usize| {
            let price = &self.prices[index];
            let start = price.from.max(now);
            let ended = price.until.is_some_and(|until| until <= now);
            ended || self.prices[index + 1..].iter().any(|later| later.from <= start && later.outlasts(price))
        };
        let keep: Vec<bool> = (0..self.prices.len()).map(|index| !dead(index)).collect();
        let mut keep = keep.into_iter();
        self.prices.retain(|_| keep.next().unwrap_or(true));
    }

    /// Notes that others are told of the price that holds at `now`, and forgets dead ones.
    pub(crate) fn show(&mut self, now: Timestamp) {
        self.forget(now);
        self.shown = self.at(now).cloned();
    }

    /// When another price may hold for the first time after `now`.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.prices.iter().flat_map(|price| [Some(price.from), price.until]);
        times.flatten().filter(|time| *time > now).min()
    }

    /// `price` as clients and events see it.
    pub(crate) fn record(&self, price: &Price) -> PriceRecord {
        let money = |minor| Money::new(minor, self.currency);
        PriceRecord {
            base: money(price.base_minor),
            sale: price.sale_minor.map(money),
            effective_from: Some(price.from),
            effective_until: price.until,
            tax_class: price.tax_class.clone(),
        }
    }
}

/// The price a client asks for, with everything wrong about it noted below the JSON pointer `at`.
/// A start in the past, or none, means now.
pub(crate) fn checked(check: &mut Check, at: &str, wish: &api::product::SetPrice, now: Timestamp) -> Price {
    let limit = 0..=base::money::MAX_MINOR;
    check.number(&format!("{at}/base/amount"), wish.base.minor, limit.clone());
    if let Some(sale) = wish.sale {
        let pointer = format!("{at}/sale");
        check.number(&format!("{pointer}/amount"), sale.minor, limit);
        check.that(
            sale.currency == wish.base.currency,
            &pointer,
            "currency-mismatch",
            "must have the currency of base",
        );
        check.that(sale.minor < wish.base.minor, &pointer, "not-lower", "must be lower than base");
    }
    let from = wish.effective_from.map_or(now, |from| from.max(now));
    if let Some(until) = wish.effective_until {
        let pointer = format!("{at}/effectiveUntil");
        check.that(until > from, &pointer, "not-later", "must be later than the start and than now");
    }
    check.that(
        is_tax_class(&wish.tax_class),
        &format!("{at}/taxClass"),
        "tax-class",
        "must be a word such as standard",
    );
    Price {
        base_minor: wish.base.minor,
        sale_minor: wish.sale.map(|sale| sale.minor),
        from,
        until: wish.effective_until,
        tax_class: wish.tax_class.clone(),
    }
}

fn is_tax_class(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn price(minor: i64, from: i64, until: Option<i64>) -> Price {
        Price {
            base_minor: minor,
            sale_minor: None,
            from: at(from),
            until: until.map(at),
            tax_class: "standard".into(),
        }
    }

    fn costs(line: &Timeline, now: i64) -> Option<i64> {
        line.at(at(now)).map(|price| price.base_minor)
    }

    #[test]
    fn a_sale_gives_way_to_the_price_before_it() {
        let mut line = Timeline::new(Currency::EUR);
        line.set(price(100, 0, None), at(0));
        line.set(price(80, 10, Some(20)), at(0));
        assert_eq!([0, 9, 10, 19, 20].map(|now| costs(&line, now)), [100, 100, 80, 80, 100].map(Some));
        assert_eq!(line.next_change(at(0)), Some(at(10)));
        assert_eq!(line.next_change(at(10)), Some(at(20)));
        assert_eq!(line.next_change(at(20)), None);
    }

    #[test]
    fn a_price_without_end_from_now_on_ends_all_plans() {
        let mut line = Timeline::new(Currency::EUR);
        line.set(price(100, 0, None), at(0));
        line.set(price(80, 10, None), at(0));
        line.set(price(90, 5, None), at(5));
        assert_eq!(line.prices, [price(90, 5, None)]);
    }

    #[test]
    fn a_plan_for_the_same_start_is_replaced() {
        let mut line = Timeline::new(Currency::EUR);
        line.set(price(100, 0, None), at(0));
        line.set(price(80, 10, None), at(0));
        line.set(price(85, 10, None), at(1));
        assert_eq!(costs(&line, 10), Some(85));
        assert_eq!(line.prices.len(), 2);
    }

    fn arbitrary_price() -> impl Strategy<Value = (Price, i64)> {
        (1..1000_i64, 0..50_i64, proptest::option::of(1..50_i64), 0..30_i64).prop_map(
            |(minor, from, length, now)| {
                let from = from.max(now);
                (price(minor, from, length.map(|length| from + length)), now)
            },
        )
    }

    proptest! {
        #[test]
        fn forgetting_never_changes_what_holds_later(mut steps in proptest::collection::vec(arbitrary_price(), 1..12)) {
            steps.sort_by_key(|step| step.1);
            let mut line = Timeline::new(Currency::EUR);
            line.set(price(1, 0, None), at(0));
            for (price, now) in steps {
                line.set(price, at(now));
                let mut forgotten = line.clone();
                forgotten.forget(at(now));
                for time in now..120 {
                    prop_assert_eq!(costs(&forgotten, time), costs(&line, time));
                    prop_assert!(costs(&line, time).is_some(), "there is a price at every moment");
                }
                prop_assert!(line.prices.is_sorted_by_key(|price| price.from));
            }
        }

        #[test]
        fn nothing_changes_before_the_next_change(steps in proptest::collection::vec(arbitrary_price(), 1..12), now in 0..100_i64) {
            let mut line = Timeline::new(Currency::EUR);
            for (price, _) in steps {
                line.set(price, at(0));
            }
            let end = line.next_change(at(now)).map_or(200, Timestamp::seconds);
            for time in now..end {
                prop_assert_eq!(costs(&line, time), costs(&line, now));
            }
        }
    }
}
