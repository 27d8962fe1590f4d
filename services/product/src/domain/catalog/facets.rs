//! How the products of a list spread over the filters.

use super::Catalog;
use super::terms::Term;
use api::product::{CategoryCount, Facets, PriceBand, ValueCount};
use base::{Currency, Money};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most values one facet names.
const MAX_VALUES: usize = 50;
/// The most attributes that are counted.
const MAX_ATTRIBUTES: usize = 30;
/// Lower bounds of the price bands in major units: 0, 10, 25, 50, 100, 250, …
const STEPS: [i64; 3] = [10, 25, 50];
const DECADES: u32 = 6;

/// Counts the products with these keys, prices in `currency`.
pub(crate) fn count(catalog: &Catalog, keys: &[u32], currency: Currency) -> Facets {
    let mut counts = vec![0_u64; catalog.terms.len()];
    let mut in_stock = 0;
    let bounds = bounds(currency);
    let mut bands = vec![0_u64; bounds.len()];
    for entry in keys.iter().filter_map(|key| catalog.row(*key)) {
        in_stock += u64::from(entry.in_stock);
        for term in &entry.terms {
            counts[*term as usize] += 1;
        }
        if let Some(price) = entry.price(currency) {
            bands[bounds.partition_point(|bound| *bound <= price).saturating_sub(1)] += 1;
        }
    }
    let mut facets = Facets { in_stock, prices: price_bands(&bounds, &bands, currency), ..Facets::default() };
    for (number, count) in (0..).zip(counts).filter(|(_, count)| *count > 0) {
        add(&mut facets, catalog, number, count);
    }
    trim(&mut facets);
    facets
}

fn add(facets: &mut Facets, catalog: &Catalog, number: u32, count: u64) {
    let value = |text: &str| ValueCount { value: text.to_owned(), count };
    match catalog.terms.get(number) {
        Some(Term::Category(id)) => {
            let named = catalog.tree.get(*id);
            let counted =
                named.map(|category| CategoryCount { category_id: *id, name: category.name.clone(), count });
            facets.categories.extend(counted);
        }
        Some(Term::Brand(brand)) => facets.brands.push(value(brand)),
        Some(Term::Attribute(name, text)) => {
            facets.attributes.entry(name.to_string()).or_default().push(value(text));
        }
        Some(Term::Tag(_)) | None => {}
    }
}

fn trim(facets: &mut Facets) {
    facets
        .categories
        .sort_by(|a, b| Reverse(a.count).cmp(&Reverse(b.count)).then_with(|| a.name.cmp(&b.name)));
    facets.categories.truncate(MAX_VALUES);
    sort_values(&mut facets.brands);
    if facets.attributes.len() > MAX_ATTRIBUTES {
        let all = std::mem::take(&mut facets.attributes);
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(_, values)| Reverse(values.iter().map(|value| value.count).sum::<u64>()));
        facets.attributes = all.into_iter().take(MAX_ATTRIBUTES).collect::<BTreeMap<_, _>>();
    }
    facets.attributes.values_mut().for_each(sort_values);
}

fn sort_values(values: &mut Vec<ValueCount>) {
    values.sort_by(|a, b| Reverse(a.count).cmp(&Reverse(b.count)).then_with(|| a.value.cmp(&b.value)));
    values.truncate(MAX_VALUES);
}

/// Lower bounds of the bands in minor units.
fn bounds(currency: Currency) -> Vec<i64> {
    let steps =
        (0..DECADES).flat_map(|decade| STEPS.map(|step| step * 10_i64.pow(decade) * currency.units()));
    std::iter::once(0).chain(steps).collect()
}

fn price_bands(bounds: &[i64], counts: &[u64], currency: Currency) -> Vec<PriceBand> {
    let band = |index: usize| PriceBand {
        from: Money::new(bounds[index], currency),
        to: bounds.get(index + 1).map(|bound| Money::new(*bound, currency)),
        count: counts[index],
    };
    (0..bounds.len()).filter(|index| counts[*index] > 0).map(band).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::category::{Category, Tree};
    use crate::domain::samples;
    use api::product::WriteCategory;

    #[test]
    fn a_list_is_counted_by_category_brand_price_and_attribute() {
        let top = Category::from_write(
            &WriteCategory { name: "Shoes".into(), ..Default::default() },
            None,
            samples::NOW,
        )
        .unwrap();
        let below = WriteCategory { name: "Boots".into(), parent_id: Some(top.id), ..Default::default() };
        let below = Category::from_write(&below, None, samples::NOW).unwrap();
        let (mut a, mut b) = (samples::product(), samples::product());
        a.category_ids = vec![top.id];
        b.category_ids = vec![below.id];
        b.slug = "b".into();
        b.brand = Some("DAYBIRD".into());
        b.variants = vec![samples::variant("B-1", 999), samples::variant("BOOT-42", 2_500)];
        let tree = Tree::new([top.clone(), below.clone()]);
        let (catalog, _) = Catalog::empty(Currency::EUR).with(&[a, b], Some(tree), samples::NOW);
        let facets = count(&catalog, &[0, 1], Currency::EUR);
        let categories: Vec<_> =
            facets.categories.iter().map(|count| (count.name.as_str(), count.count)).collect();
        assert_eq!(categories, [("Shoes", 2), ("Boots", 1)]);
        assert_eq!(
            facets.brands,
            [ValueCount { value: "Daybird".into(), count: 2 }],
            "letters' case tells no brands apart"
        );
        let bands: Vec<_> = facets
            .prices
            .iter()
            .map(|band| (band.from.minor, band.to.map(|to| to.minor), band.count))
            .collect();
        assert_eq!(
            bands,
            [(0, Some(1_000), 1), (10_000, Some(25_000), 1)],
            "a product counts with its cheapest variant"
        );
        assert_eq!(facets.attributes["Size"][0], ValueCount { value: "BOOT-42".into(), count: 2 });
        assert_eq!(facets.in_stock, 0);
        assert_eq!((catalog.count(top.id), catalog.count(below.id)), (2, 1));
    }

    #[test]
    fn bounds_rise() {
        for code in ["EUR", "JPY", "KWD"] {
            let bounds = bounds(code.parse().unwrap());
            assert!(bounds.is_sorted() && bounds[0] == 0, "{bounds:?}");
        }
    }
}
