//! The catalogue in memory: everything lists, details and availability answer with, ready to send.
//!
//! An immutable value. A change makes a new one that shares the unchanged entries, so readers
//! never wait and never see half of a change. Products have dense numbers (keys) that the search
//! index and the facet counts use; a key is never used again.

pub(crate) mod entry;
pub(crate) mod facets;
pub(crate) mod filter;
pub(crate) mod page;
mod rows;
pub(crate) mod terms;

use super::category::Tree;
use super::product::Product;
use super::search::Texts;
use api::ids::{CategoryId, ProductId};
use base::{Currency, Timestamp};
use entry::Entry;
use rows::Rows;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use terms::{Term, Terms};

/// The catalogue.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Raised by every change; answers made from another generation are stale.
    pub(crate) generation: u64,
    pub(crate) shop: Currency,
    pub(crate) tree: Arc<Tree>,
    pub(crate) terms: Arc<Terms>,
    rows: Rows,
    keys: Arc<HashMap<ProductId, u32>>,
    slugs: Arc<HashMap<Box<str>, u32>>,
    counts: OnceLock<HashMap<CategoryId, u64>>,
}

impl Catalog {
    /// A catalogue without products, priced in `shop`.
    pub(crate) fn empty(shop: Currency) -> Self {
        Self {
            generation: 0,
            shop,
            tree: Arc::default(),
            terms: Arc::default(),
            rows: Rows::default(),
            keys: Arc::default(),
            slugs: Arc::default(),
            counts: OnceLock::new(),
        }
    }

    /// The catalogue after `products` were stored or changed, with the texts to search them by.
    /// `tree` is the tree of categories, if it changed.
    pub(crate) fn with(
        &self,
        products: &[Product],
        tree: Option<Tree>,
        now: Timestamp,
    ) -> (Self, Vec<Texts>) {
        let mut next = Self {
            generation: self.generation + 1,
            shop: self.shop,
            tree: tree.map_or_else(|| self.tree.clone(), Arc::new),
            terms: self.terms.clone(),
            rows: self.rows.clone(),
            keys: self.keys.clone(),
            slugs: self.slugs.clone(),
            counts: OnceLock::new(),
        };
        let texts = products.iter().map(|product| next.put(product, now)).collect();
        (next, texts)
    }

    fn put(&mut self, product: &Product, now: Timestamp) -> Texts {
        let known = self.keys.get(&product.id).copied();
        let key = known.unwrap_or(self.rows.len() as u32);
        let terms = Arc::make_mut(&mut self.terms);
        let entry = Arc::new(Entry::new(key, product, &self.tree, terms, self.shop, now));
        let old_slug = known.and_then(|key| self.row(key)).map(|entry| entry.slug.clone());
        if old_slug.as_ref() != Some(&entry.slug) {
            let slugs = Arc::make_mut(&mut self.slugs);
            // Another product may have taken the old name in the same change.
            if let Some(old) = old_slug.filter(|old| slugs.get(old) == Some(&key)) {
                slugs.remove(&old);
            }
            slugs.insert(entry.slug.clone(), key);
        }
        match known {
            Some(key) => self.rows.replace(key, entry),
            None => {
                Arc::make_mut(&mut self.keys).insert(product.id, key);
                self.rows.push(entry);
            }
        }
        entry::texts(key, product, &self.tree)
    }

    /// The product with this id.
    pub(crate) fn by_id(&self, id: ProductId) -> Option<&Arc<Entry>> {
        self.keys.get(&id).and_then(|key| self.row(*key))
    }

    /// The product with this id or slug.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<Entry>> {
        let by_id = name.parse::<ProductId>().ok().and_then(|id| self.by_id(id));
        by_id.or_else(|| self.slugs.get(name).and_then(|key| self.row(*key)))
    }

    /// The product with this key.
    pub(crate) fn row(&self, key: u32) -> Option<&Arc<Entry>> {
        self.rows.get(key)
    }

    /// All products, oldest first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.rows.iter()
    }

    /// How many products the public finds in a category and below it.
    pub(crate) fn count(&self, category: CategoryId) -> u64 {
        self.counts.get_or_init(|| self.count_all()).get(&category).copied().unwrap_or(0)
    }

    fn count_all(&self) -> HashMap<CategoryId, u64> {
        let mut by_term = vec![0_u64; self.terms.len()];
        for entry in self.rows.iter().filter(|entry| entry.is_public()) {
            for term in &entry.terms {
                by_term[*term as usize] += 1;
            }
        }
        let counted = by_term.into_iter().zip(self.terms.iter());
        counted
            .filter_map(|(count, term)| if let Term::Category(id) = term { Some((*id, count)) } else { None })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn a_product_is_found_by_its_present_name_only() {
        let mut product = samples::product();
        let (catalog, _) = Catalog::empty(Currency::EUR).with(&[product.clone()], None, samples::NOW);
        product.slug = "other".into();
        let (later, _) = catalog.with(&[product.clone()], None, samples::NOW);
        assert!(later.by_name("trail-boots").is_none());
        assert_eq!(later.by_name("other").unwrap().id, product.id);
        assert_eq!(later.by_name(&product.id.to_string()).unwrap().id, product.id);
        assert!(catalog.by_name("trail-boots").is_some(), "who reads the old one still sees it whole");
        assert_eq!(later.rows().count(), 1);
    }

    #[test]
    fn two_products_may_swap_their_names() {
        let (mut a, mut b) = (samples::product(), samples::product());
        b.slug = "b".into();
        let (catalog, _) = Catalog::empty(Currency::EUR).with(&[a.clone(), b.clone()], None, samples::NOW);
        std::mem::swap(&mut a.slug, &mut b.slug);
        let (catalog, _) = catalog.with(&[a.clone(), b.clone()], None, samples::NOW);
        assert_eq!(catalog.by_name("b").unwrap().id, a.id);
        assert_eq!(catalog.by_name("trail-boots").unwrap().id, b.id);
    }
}
