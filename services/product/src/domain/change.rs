//! What differs between a product before and after an operation: the content of its events.

use super::product::{Product, Variant};
use api::ids::VariantId;
use api::shared::PriceRecord;
use base::Timestamp;

/// The differences that matter to others.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    /// Names of the product's own fields.
    pub(crate) fields: Vec<String>,
    /// Ids of variants that are new.
    pub(crate) added: Vec<VariantId>,
    /// Variants that are gone.
    pub(crate) removed: Vec<(VariantId, String)>,
    /// Ids of variants that stayed, and the names of their fields that differ.
    pub(crate) updated: Vec<(VariantId, Vec<String>)>,
    /// Prices that hold now and did not before.
    pub(crate) prices: Vec<PriceChange>,
    /// Whether anything differs that others need not know, such as a planned price.
    pub(crate) quiet: bool,
}

/// A price that became effective.
#[derive(Debug, PartialEq)]
pub(crate) struct PriceChange {
    pub(crate) variant_id: VariantId,
    pub(crate) old: Option<PriceRecord>,
    pub(crate) new: PriceRecord,
}

impl Changes {
    /// What differs between `before` and `after`; the prices shown so far are those `before` knew.
    pub(crate) fn between(before: &Product, after: &Product, now: Timestamp) -> Self {
        let mut changes = Changes { fields: product_fields(before, after), ..Self::default() };
        for variant in &after.variants {
            match before.variant(variant.id) {
                None => changes.added.push(variant.id),
                Some(old) => changes.compare(old, variant, now),
            }
        }
        let gone = before.variants.iter().filter(|old| after.variant(old.id).is_none());
        changes.removed.extend(gone.map(|old| (old.id, old.sku.clone())));
        changes.quiet |= before.status != after.status;
        changes
    }

    fn compare(&mut self, old: &Variant, new: &Variant, now: Timestamp) {
        let fields = variant_fields(old, new);
        if !fields.is_empty() {
            self.updated.push((new.id, fields));
        }
        for line in &new.prices {
            let old = old.line(line.currency);
            self.quiet |= old.is_none_or(|old| old.prices != line.prices);
            let shown = old.and_then(|old| old.shown.as_ref());
            let Some(price) = line.at(now) else { continue };
            if shown != Some(price) {
                let old = shown.map(|shown| line.record(shown));
                self.prices.push(PriceChange { variant_id: new.id, old, new: line.record(price) });
            }
        }
        self.quiet |= old.prices.len() != new.prices.len();
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn names(pairs: impl IntoIterator<Item = (&'static str, bool)>) -> Vec<String> {
    pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}

fn product_fields(a: &Product, b: &Product) -> Vec<String> {
    names([
        ("name", a.name != b.name),
        ("slug", a.slug != b.slug),
        ("description", a.description != b.description),
        ("brand", a.brand != b.brand),
        ("tags", a.tags != b.tags),
        ("categories", a.category_ids != b.category_ids),
        ("options", a.options != b.options),
        ("attributes", a.attributes != b.attributes),
        ("isHazardousMaterial", a.is_hazardous_material != b.is_hazardous_material),
        ("countryOfOrigin", a.country_of_origin != b.country_of_origin),
        ("metadata", a.metadata != b.metadata),
        ("images", a.images != b.images),
    ])
}

fn variant_fields(a: &Variant, b: &Variant) -> Vec<String> {
    names([
        ("sku", a.sku != b.sku),
        ("name", a.name != b.name),
        ("attributes", a.attributes != b.attributes),
        ("weightGrams", a.weight_grams != b.weight_grams),
        ("barcode", a.barcode != b.barcode),
        ("position", a.position != b.position),
        ("metadata", a.metadata != b.metadata),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use api::product::ProductStatus;

    #[test]
    fn nothing_changed_is_nothing() {
        let product = samples::product();
        assert!(Changes::between(&product, &product.clone(), samples::NOW).is_empty());
    }

    #[test]
    fn each_difference_is_named_once() {
        let before = samples::product();
        let mut after = before.clone();
        after.name = "Other".into();
        after.variants[0].sku = "OTHER".into();
        let extra = samples::variant("EXTRA", 500);
        after.variants.push(extra.clone());
        let changes = Changes::between(&before, &after, samples::NOW);
        assert_eq!(changes.fields, ["name"]);
        assert_eq!(changes.updated, [(before.variants[0].id, vec!["sku".to_owned()])]);
        assert_eq!(changes.added, [extra.id]);
        let back = Changes::between(&after, &before, samples::NOW);
        assert_eq!(back.removed, [(extra.id, "EXTRA".to_owned())]);
    }

    #[test]
    fn a_planned_price_is_quiet_until_it_holds() {
        let before = samples::product();
        let mut after = before.clone();
        let later = samples::NOW + std::time::Duration::from_secs(60);
        let plan = crate::domain::price::Price { from: later, ..samples::price(500, samples::NOW) };
        after.variants[0].prices[0].set(plan, samples::NOW);
        let planned = Changes::between(&before, &after, samples::NOW);
        assert!(planned.quiet && planned.prices.is_empty());
        let held = Changes::between(&after, &after.clone(), later);
        assert_eq!(held.prices.len(), 1);
        assert_eq!(held.prices[0].new.base.minor, 500);
    }

    #[test]
    fn a_change_of_state_is_a_change() {
        let before = samples::product();
        let mut after = before.clone();
        after.status = ProductStatus::Discontinued;
        assert!(!Changes::between(&before, &after, samples::NOW).is_empty());
    }
}
