//! Which products a list is about.

use super::Catalog;
use super::entry::Entry;
use super::terms::Term;
use api::ids::CategoryId;
use api::product::ProductStatus;
use base::Currency;
use std::collections::BTreeMap;

/// What a client asks of a list. Several values of one kind mean any of them, several kinds all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Words to search for.
    pub(crate) q: Option<String>,
    pub(crate) category_ids: Vec<CategoryId>,
    pub(crate) brands: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) attributes: BTreeMap<String, Vec<String>>,
    /// Minor units of `currency`.
    pub(crate) price_min: Option<i64>,
    /// Minor units of `currency`.
    pub(crate) price_max: Option<i64>,
    pub(crate) in_stock: Option<bool>,
    /// States staff ask for; none means those the public sees.
    pub(crate) statuses: Vec<ProductStatus>,
    pub(crate) currency: Currency,
}

impl Filter {
    /// Everything the public sees, priced in `currency`.
    pub(crate) fn all(currency: Currency) -> Self {
        Self {
            q: None,
            category_ids: Vec::new(),
            brands: Vec::new(),
            tags: Vec::new(),
            attributes: BTreeMap::new(),
            price_min: None,
            price_max: None,
            in_stock: None,
            statuses: Vec::new(),
            currency,
        }
    }
}

/// A filter with the values looked up in a catalogue.
pub(crate) struct Test<'a> {
    filter: &'a Filter,
    /// One group per kind; of each group one must fit.
    groups: Vec<Vec<u32>>,
    needs_price: bool,
}

impl<'a> Test<'a> {
    /// `filter`, ready for the entries of `catalog`.
    pub(crate) fn new(filter: &'a Filter, catalog: &Catalog) -> Self {
        let mut groups = Vec::new();
        let mut group = |terms: Vec<Term>| {
            if !terms.is_empty() {
                groups.push(terms.iter().filter_map(|term| catalog.terms.find(term)).collect());
            }
        };
        group(filter.category_ids.iter().map(|id| Term::Category(*id)).collect());
        group(filter.brands.iter().map(|brand| Term::Brand(brand.as_str().into())).collect());
        group(filter.tags.iter().map(|tag| Term::Tag(tag.as_str().into())).collect());
        for (name, values) in &filter.attributes {
            group(
                values
                    .iter()
                    .map(|value| Term::Attribute(name.as_str().into(), value.as_str().into()))
                    .collect(),
            );
        }
        let asks_price = filter.price_min.is_some() || filter.price_max.is_some();
        Self { filter, groups, needs_price: asks_price || filter.currency != catalog.shop }
    }

    /// Whether `entry` belongs to the list, words apart.
    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        let filter = self.filter;
        let visible = if filter.statuses.is_empty() {
            entry.is_public()
        } else {
            filter.statuses.contains(&entry.status)
        };
        visible
            && filter.in_stock.is_none_or(|wanted| entry.in_stock == wanted)
            && self.groups.iter().all(|group| group.iter().any(|term| entry.has(*term)))
            && (!self.needs_price || self.fits_price(entry))
    }

    fn fits_price(&self, entry: &Entry) -> bool {
        entry.price(self.filter.currency).is_some_and(|price| {
            self.filter.price_min.is_none_or(|min| price >= min)
                && self.filter.price_max.is_none_or(|max| price <= max)
        })
    }
}
