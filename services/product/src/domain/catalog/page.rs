//! One page of a list: which of the fitting products, in which order, and where the next one starts.

use super::Catalog;
use super::entry::Entry;
use super::filter::{Filter, Test};
use crate::domain::search::Hit;
use api::ids::ProductId;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum By {
    /// Best match first.
    Relevance,
    /// Cheapest first.
    Price,
    /// Newest first.
    Newest,
    /// Best rated first.
    Rating,
    /// From A to Z.
    Name,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sort {
    pub(crate) by: By,
    /// Whether the order is turned round (`-price`: dearest first).
    pub(crate) reverse: bool,
}

impl Sort {
    /// The order `text` names, e.g. `price` or `-price`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (reverse, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "relevance" => By::Relevance,
            "price" => By::Price,
            "newest" => By::Newest,
            "rating" => By::Rating,
            "name" => By::Name,
            _ => return None,
        };
        Some(Self { by, reverse })
    }
}

/// Where a page starts: after the row with this order, or before it when going back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    #[serde(rename = "n")]
    number: i64,
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    text: String,
    id: ProductId,
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    back: bool,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) next: Option<Position>,
    pub(crate) prev: Option<Position>,
    /// Keys of the products of all pages.
    pub(crate) matched: Vec<u32>,
}

/// A product of the list with the number it is ordered by.
struct Ranked<'a> {
    number: i64,
    entry: &'a Arc<Entry>,
}

impl Ranked<'_> {
    fn cmp(&self, other: &Self, sort: Sort) -> Ordering {
        let order = self.number.cmp(&other.number);
        let order = if sort.by == By::Name {
            order.then_with(|| self.entry.name_key.cmp(&other.entry.name_key))
        } else {
            order
        };
        let order = order.then_with(|| self.entry.id.cmp(&other.entry.id));
        if sort.reverse { order.reverse() } else { order }
    }

    fn cmp_position(&self, position: &Position, sort: Sort) -> Ordering {
        let order = self.number.cmp(&position.number);
        let order = if sort.by == By::Name {
            order.then_with(|| (*self.entry.name_key).cmp(position.text.as_str()))
        } else {
            order
        };
        let order = order.then_with(|| self.entry.id.cmp(&position.id));
        if sort.reverse { order.reverse() } else { order }
    }

    fn position(&self, sort: Sort, back: bool) -> Position {
        let text = if sort.by == By::Name { self.entry.name_key.to_string() } else { String::new() };
        Position { number: self.number, text, id: self.entry.id, back }
    }
}

/// The page of `limit` products at `at`. `found` are the products the words of the filter mean;
/// `None` when there are no words.
pub(crate) fn slice(
    catalog: &Catalog,
    filter: &Filter,
    found: Option<&[Hit]>,
    sort: Sort,
    at: Option<&Position>,
    limit: usize,
) -> Slice {
    let ranked = rank(catalog, filter, found, sort);
    let matched = ranked.iter().map(|ranked| ranked.entry.key).collect();
    let back = at.is_some_and(|position| position.back);
    let beyond = |ranked: &Ranked<'_>| {
        at.is_none_or(|position| {
            let order = ranked.cmp_position(position, sort);
            if back { order == Ordering::Less } else { order == Ordering::Greater }
        })
    };
    let mut rest: Vec<Ranked<'_>> = ranked.into_iter().filter(beyond).collect();
    let order = |a: &Ranked<'_>, b: &Ranked<'_>| if back { b.cmp(a, sort) } else { a.cmp(b, sort) };
    let more = rest.len() > limit;
    if more {
        rest.select_nth_unstable_by(limit, order);
        rest.truncate(limit);
    }
    rest.sort_unstable_by(order);
    if back {
        rest.reverse();
    }
    let follows = if back { true } else { more };
    let precedes = if back { more } else { at.is_some() };
    Slice {
        next: rest.last().filter(|_| follows).map(|last| last.position(sort, false)),
        prev: rest.first().filter(|_| precedes).map(|first| first.position(sort, true)),
        entries: rest.into_iter().map(|ranked| ranked.entry.clone()).collect(),
        matched,
    }
}

fn rank<'a>(catalog: &'a Catalog, filter: &Filter, found: Option<&[Hit]>, sort: Sort) -> Vec<Ranked<'a>> {
    let test = Test::new(filter, catalog);
    let number = |entry: &Entry, score: f32| match sort.by {
        // Positive floats are ordered like their bits.
        By::Relevance => -i64::from(score.max(0.0).to_bits()),
        By::Price => entry.price(filter.currency).unwrap_or(i64::MAX),
        By::Newest => -entry.created_at.micros(),
        By::Rating => -(entry.rating_hundredths * 1_000_000_000 + entry.rating_count.min(999_999_999)),
        By::Name => 0,
    };
    let ranked = |entry: &'a Arc<Entry>, score: f32| Ranked { number: number(entry, score), entry };
    match found {
        Some(hits) => {
            let rows = hits.iter().filter_map(|hit| catalog.row(hit.key).map(|entry| (entry, hit.score)));
            rows.filter(|(entry, _)| test.fits(entry)).map(|(entry, score)| ranked(entry, score)).collect()
        }
        None => catalog.rows().filter(|entry| test.fits(entry)).map(|entry| ranked(entry, 0.0)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use base::Currency;
    use proptest::prelude::*;

    fn catalog(products: &[(i64, &str)]) -> Catalog {
        let products: Vec<_> = products
            .iter()
            .enumerate()
            .map(|(index, (minor, name))| {
                let mut product = samples::product();
                product.slug = format!("p-{index}");
                product.name = (*name).to_owned();
                product.variants = vec![samples::variant(&format!("S-{index}"), *minor)];
                product.created_at = samples::NOW + std::time::Duration::from_secs(index as u64);
                product
            })
            .collect();
        Catalog::empty(Currency::EUR).with(&products, None, samples::NOW).0
    }

    fn names(slice: &Slice) -> Vec<&str> {
        slice.entries.iter().map(|entry| &*entry.name).collect()
    }

    #[test]
    fn each_order_has_its_own_first_and_can_be_turned_round() {
        let catalog = catalog(&[(300, "B"), (100, "c"), (200, "Ä")]);
        let filter = Filter::all(Currency::EUR);
        let cases = [("price", ["c", "Ä", "B"]), ("newest", ["Ä", "c", "B"]), ("name", ["Ä", "B", "c"])];
        for (order, expected) in cases {
            let sort = Sort::parse(order).unwrap();
            assert_eq!(names(&slice(&catalog, &filter, None, sort, None, 10)), expected, "{order}");
            let mut turned = expected;
            turned.reverse();
            assert_eq!(
                names(&slice(&catalog, &filter, None, Sort { reverse: true, ..sort }, None, 10)),
                turned,
                "-{order}"
            );
        }
        assert!(
            Sort::parse("prices").is_none() && Sort::parse("--price").is_none() && Sort::parse("").is_none()
        );
    }

    proptest! {
        #[test]
        fn walking_the_pages_visits_every_product_once_and_back(
            prices in proptest::collection::vec(1..5_i64, 0..25), limit in 1..7_usize, order in 0..8_usize,
        ) {
            let named: Vec<(i64, &str)> = prices.iter().map(|price| (*price, ["x", "y", "z"][*price as usize % 3])).collect();
            let catalog = catalog(&named);
            let filter = Filter::all(Currency::EUR);
            let sort = Sort::parse(["price", "-price", "newest", "-newest", "rating", "-rating", "name", "-name"][order]).unwrap();
            let all: Vec<_> = slice(&catalog, &filter, None, sort, None, 100).entries.iter().map(|entry| entry.id).collect();
            let (mut seen, mut at, mut last) = (Vec::new(), None, None);
            loop {
                let page = slice(&catalog, &filter, None, sort, at.as_ref(), limit);
                prop_assert_eq!(page.matched.len(), prices.len());
                seen.extend(page.entries.iter().map(|entry| entry.id));
                last = page.prev.clone().or(last);
                match page.next {
                    Some(next) => at = Some(next),
                    None => { last = page.prev; break }
                }
            }
            prop_assert_eq!(&seen, &all);
            let mut back = Vec::new();
            while let Some(position) = last {
                let page = slice(&catalog, &filter, None, sort, Some(&position), limit);
                back.splice(0..0, page.entries.iter().map(|entry| entry.id));
                last = page.prev;
            }
            prop_assert!(all.starts_with(&back), "going back meets the same products");
        }
    }
}
