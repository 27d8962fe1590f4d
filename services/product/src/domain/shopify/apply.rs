//! What an import makes of a product: only what differs from what the file would say of it now.

use super::listing::{Line, Listing, Picture};
use super::project::{self, Frame, category_path, is_live, kept};
use super::sheet::{Cells, Header, tags};
use super::{
    BARCODE, BODY, CATEGORY, COLUMNS, COMPARE_AT, GRAMS, KEPT, NO_OPTION, OPTION_NAMES, OPTION_VALUES, PRICE,
    PUBLISHED, QUANTITY, SKU, STATUS, TAGS, TAXABLE, TITLE, TYPE, VENDOR, is_of_image, is_of_variant,
};
use crate::domain::product::{Image, MAX_SKU, Product, Source, Variant};
use crate::domain::{slug, view};
use api::ids::ImageId;
use api::product::{BadRow, ProductStatus, SetPrice, WriteProduct, WriteVariant};
use base::{Currency, Error, Money};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a listing asks for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The product as it should be; a category that differs is not in it yet.
    pub(crate) body: WriteProduct,
    /// The line each variant of `body` comes from, 0 for those the file does not name.
    pub(crate) lines: Vec<u64>,
    /// Names of the main category from the top down, when it differs.
    pub(crate) category: Option<Vec<String>>,
    /// Whether the product should be on sale, when that differs.
    pub(crate) live: Option<bool>,
    /// Pieces by SKU, when the inventory should be told.
    pub(crate) quantities: BTreeMap<String, i64>,
    /// Rows of the listing that were left out.
    pub(crate) bad: Vec<BadRow>,
}

struct Difference<'a> {
    header: &'a Header,
    new: &'a Cells,
    old: &'a Cells,
}

impl Difference<'_> {
    /// The new cell of `column`, if the file has the column and says something else than before.
    fn of(&self, column: &str) -> Option<&str> {
        let cell = self.new.get(column);
        (self.header.has(column) && cell != self.old.get(column)).then(|| cell.map_or("", String::as_str))
    }

    fn any(&self, columns: &[&str]) -> bool {
        columns.iter().any(|column| self.of(column).is_some())
    }

    /// Brings the kept cells up to date for the columns that `keeps`.
    fn keep(&self, metadata: &mut Map<String, Value>, keeps: impl Fn(&str) -> bool) {
        let mut cells = kept(metadata);
        for column in self.header.columns().filter(|column| keeps(column)) {
            match self.of(column) {
                Some("") => drop(cells.remove(column)),
                Some(cell) => drop(cells.insert(column.to_owned(), cell.to_owned())),
                None => {}
            }
        }
        store_kept(metadata, cells);
    }
}

fn store_kept(metadata: &mut Map<String, Value>, cells: Cells) {
    if cells.is_empty() {
        metadata.remove(KEPT);
    } else {
        metadata.insert(
            KEPT.to_owned(),
            cells.into_iter().map(|(column, cell)| (column, Value::String(cell))).collect(),
        );
    }
}

/// What `listing` asks for; `before` is the product of this handle, if there is one.
///
/// # Errors
/// All rows of the listing, when nothing can be made of it.
pub(crate) fn wanted(
    listing: &Listing,
    header: &Header,
    before: Option<&Product>,
    frame: Frame<'_>,
) -> Result<Wanted, Vec<BadRow>> {
    let has_product_row = listing.cells.contains_key(TITLE);
    if before.is_none() && !has_product_row {
        return Err(all_bad(listing, "has no Title, and there is no product with this Handle yet"));
    }
    if before.is_some_and(|before| before.status == ProductStatus::Archived) {
        return Err(all_bad(
            listing,
            "belongs to a product that was deleted; give the new one another Handle",
        ));
    }
    let old = before.map(|before| project::listing(before, frame)).unwrap_or_default();
    let mut body = before.map(|before| view::writable(before, frame.currency, frame.now)).unwrap_or_default();
    body.slug = Some(listing.handle.clone());
    body.status = before.map(|before| before.status);
    let difference = Difference { header, new: &listing.cells, old: &old.cells };
    let mut wanted = Wanted {
        body,
        lines: Vec::new(),
        category: None,
        live: None,
        quantities: BTreeMap::new(),
        bad: Vec::new(),
    };
    if has_product_row {
        wanted.change_product(&difference, before.is_none());
    }
    let options = option_names(listing, &wanted.body, has_product_row);
    wanted.change_variants(listing, header, before, &old, &options, frame.currency);
    if wanted.body.variants.is_empty() {
        if wanted.bad.is_empty() {
            wanted.bad = all_bad(listing, "belongs to a product without a variant that can be used");
        }
        return Err(wanted.bad);
    }
    wanted.body.options = options;
    Ok(wanted)
}

/// Every row of `listing` with the same reason, those that were reported already left out.
pub(crate) fn all_bad(listing: &Listing, reason: &str) -> Vec<BadRow> {
    let first = Some(listing.line).filter(|_| !listing.is_reported);
    let lines: BTreeSet<u64> = listing.variants.iter().map(|variant| variant.line).chain(first).collect();
    lines.into_iter().map(|line| BadRow { line, reason: reason.to_owned() }).collect()
}

/// The names of the options, in order. A product without options has the one of Shopify.
fn option_names(listing: &Listing, body: &WriteProduct, has_product_row: bool) -> Vec<String> {
    if !has_product_row || !listing.cells.contains_key(OPTION_NAMES[0]) {
        return body.options.clone();
    }
    let names: Vec<String> =
        OPTION_NAMES.iter().filter_map(|column| listing.cells.get(*column).cloned()).collect();
    let value = |line: &Line| line.cells.get(OPTION_VALUES[0]).is_some_and(|value| value != NO_OPTION.1);
    let is_none = names == [NO_OPTION.0] && !listing.variants.iter().any(value);
    if is_none { Vec::new() } else { names }
}

impl Wanted {
    fn change_product(&mut self, difference: &Difference<'_>, is_new: bool) {
        let text = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        if let Some(title) = difference.of(TITLE) {
            title.clone_into(&mut self.body.name);
        }
        if let Some(body) = difference.of(BODY) {
            body.clone_into(&mut self.body.description);
        }
        if let Some(vendor) = difference.of(VENDOR) {
            self.body.brand = text(vendor);
        }
        if let Some(cell) = difference.of(TAGS) {
            self.body.tags = tags(cell);
        }
        if is_new || difference.any(&[CATEGORY, TYPE]) {
            let path = category_path(difference.new);
            self.category = (is_new || path != category_path(difference.old)).then_some(path);
        }
        if is_new || difference.any(&[STATUS, PUBLISHED]) {
            self.live = Some(is_live(difference.new));
        }
        let mapped = [TITLE, BODY, VENDOR, TAGS];
        difference.keep(&mut self.body.metadata, |column| {
            let ours = is_of_variant(column) || is_of_image(column) || column == super::HANDLE;
            !ours && !mapped.contains(&column) && !OPTION_NAMES.contains(&column)
        });
    }

    fn change_variants(
        &mut self,
        listing: &Listing,
        header: &Header,
        before: Option<&Product>,
        old: &Listing,
        options: &[String],
        currency: Currency,
    ) {
        self.lines = vec![0; self.body.variants.len()];
        let mut taken = BTreeSet::new();
        let mut own_skus: BTreeMap<String, u64> = BTreeMap::new();
        let named: BTreeSet<&String> =
            listing.variants.iter().filter_map(|line| line.cells.get(SKU)).collect();
        for line in &listing.variants {
            let made = attributes(&line.cells, options).and_then(|attributes| {
                let index = self.find(line, &attributes, header, &named);
                let fresh = index.is_none_or(|index| taken.insert(index));
                let twin = line.cells.get(SKU).and_then(|sku| own_skus.insert(sku.clone(), line.line));
                if !fresh || twin.is_some() {
                    return Err("has the SKU or option values of a row before".to_owned());
                }
                let blank = Cells::new();
                let known =
                    index.and_then(|index| old.variants.get(index)).map_or(&blank, |variant| &variant.cells);
                let difference = Difference { header, new: &line.cells, old: known };
                let present = index.map(|index| self.body.variants[index].clone());
                let variant = write_variant(
                    &difference,
                    present,
                    attributes,
                    &listing.handle,
                    line.line == listing.line,
                    currency,
                )?;
                Ok((index, variant))
            });
            match made {
                Ok((index, variant)) => self.put_variant(
                    line,
                    index,
                    variant,
                    before.and_then(|before| before.variants.get(index?)),
                ),
                Err(reason) => self.bad.push(BadRow { line: line.line, reason }),
            }
        }
    }

    /// Which of the present variants a line is about: the one with its SKU, or else the one with
    /// its option values, unless the file names that one by its own SKU.
    fn find(
        &self,
        line: &Line,
        attributes: &BTreeMap<String, String>,
        header: &Header,
        named: &BTreeSet<&String>,
    ) -> Option<usize> {
        let present =
            || self.body.variants.iter().zip(&self.lines).enumerate().filter(|(_, (_, line))| **line == 0);
        let by_sku =
            line.cells.get(SKU).and_then(|sku| present().find(|(_, (variant, _))| variant.sku == *sku));
        let by_values = || {
            present()
                .find(|(_, (variant, _))| variant.attributes == *attributes && !named.contains(&variant.sku))
        };
        let only =
            || present().next().filter(|_| !header.has(OPTION_VALUES[0]) && self.body.variants.len() == 1);
        by_sku.or_else(by_values).or_else(only).map(|(index, _)| index)
    }

    fn put_variant(
        &mut self,
        line: &Line,
        index: Option<usize>,
        mut variant: WriteVariant,
        before: Option<&Variant>,
    ) {
        let pieces = line.cells.get(QUANTITY).and_then(|cell| cell.parse::<i64>().ok());
        if let Some(pieces) = pieces {
            let mut cells = kept(&variant.metadata);
            let told = cells.get(QUANTITY).and_then(|cell| cell.parse().ok());
            let held = before.and_then(|before| before.stock.on_hand());
            if Some(pieces) != told && Some(pieces) != held {
                cells.insert(QUANTITY.to_owned(), pieces.to_string());
                store_kept(&mut variant.metadata, cells);
                self.quantities.insert(variant.sku.clone(), pieces.max(0));
            }
        }
        match index {
            Some(index) => {
                self.body.variants[index] = variant;
                self.lines[index] = line.line;
            }
            None => {
                variant.position = Some(self.body.variants.len() as i64);
                self.body.variants.push(variant);
                self.lines.push(line.line);
            }
        }
    }

    /// The row a refusal of the whole product is about.
    pub(crate) fn blame(&self, listing: &Listing, error: &Error) -> BadRow {
        let Some(field) = error.fields().first() else {
            return BadRow { line: listing.line, reason: error.detail().to_owned() };
        };
        let index = field
            .pointer
            .strip_prefix("/variants/")
            .and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        let line = index.and_then(|index| self.lines.get(index)).copied().filter(|line| *line > 0);
        BadRow { line: line.unwrap_or(listing.line), reason: format!("{} {}", field.pointer, field.message) }
    }
}

/// The option values of a row by option name.
fn attributes(cells: &Cells, options: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut attributes = BTreeMap::new();
    for (index, column) in OPTION_VALUES.iter().enumerate() {
        let Some(value) = cells.get(*column) else { continue };
        match options.get(index) {
            Some(option) => drop(attributes.insert(option.clone(), value.clone())),
            None if index == 0 && value == NO_OPTION.1 => {}
            None => {
                return Err(format!(
                    "has {column} {value:?}, but the product has no {}",
                    OPTION_NAMES[index]
                ));
            }
        }
    }
    Ok(attributes)
}

fn write_variant(
    difference: &Difference<'_>,
    present: Option<WriteVariant>,
    attributes: BTreeMap<String, String>,
    handle: &str,
    is_first_row: bool,
    currency: Currency,
) -> Result<WriteVariant, String> {
    if difference.header.has(PRICE) && !difference.new.contains_key(PRICE) {
        return Err("has no Variant Price".into());
    }
    let mut variant = match present {
        Some(present) => present,
        None => WriteVariant {
            variant_id: None,
            sku: made_sku(handle, attributes.values()),
            name: None,
            attributes: BTreeMap::new(),
            price: SetPrice::plain(money(difference.new, PRICE, currency).ok_or("has no Variant Price")?),
            other_prices: Vec::new(),
            weight_grams: None,
            barcode: None,
            position: None,
            metadata: Map::new(),
        },
    };
    if variant.attributes != attributes && difference.header.has(OPTION_VALUES[0]) {
        variant.attributes = attributes;
        variant.name = None;
    }
    if let Some(sku) = difference.of(SKU).filter(|sku| !sku.is_empty()) {
        sku.clone_into(&mut variant.sku);
    }
    if let Some(grams) = difference.of(GRAMS) {
        variant.weight_grams = grams.parse().ok();
    }
    if let Some(barcode) = difference.of(BARCODE) {
        variant.barcode = (!barcode.is_empty()).then(|| barcode.to_owned());
    }
    if difference.any(&[PRICE, COMPARE_AT, TAXABLE]) {
        variant.price = price(difference, &variant.price, currency);
    }
    let is_sale = variant.price.sale.is_some();
    let mapped = [SKU, GRAMS, PRICE, BARCODE, TAXABLE, QUANTITY];
    difference.keep(&mut variant.metadata, |column| {
        let unknown = !COLUMNS.contains(&column) && !is_of_variant(column) && !is_first_row;
        let ours =
            mapped.contains(&column) || OPTION_VALUES.contains(&column) || (column == COMPARE_AT && is_sale);
        unknown || (is_of_variant(column) && !ours)
    });
    Ok(variant)
}

fn money(cells: &Cells, column: &str, currency: Currency) -> Option<Money> {
    cells.get(column).and_then(|cell| Money::parse_decimal(cell, currency).ok())
}

/// Shopify's price is what is asked; a higher one to compare with is what it was before.
fn price(difference: &Difference<'_>, present: &SetPrice, currency: Currency) -> SetPrice {
    let asked =
        money(difference.new, PRICE, currency).unwrap_or_else(|| present.sale.unwrap_or(present.base));
    let compared =
        money(difference.new, COMPARE_AT, currency).filter(|compared| compared.minor > asked.minor);
    let tax_class = match difference.of(TAXABLE) {
        Some("false") => "zero".to_owned(),
        Some(_) => "standard".to_owned(),
        None => present.tax_class.clone(),
    };
    SetPrice { tax_class, sale: compared.map(|_| asked), ..SetPrice::plain(compared.unwrap_or(asked)) }
}

/// The SKU of a variant whose row has none: the same for the same handle and values.
fn made_sku<'a>(handle: &str, values: impl Iterator<Item = &'a String>) -> String {
    let parts: Vec<String> =
        std::iter::once(slug::slug_of(handle)).chain(values.map(|value| slug::slug_of(value))).collect();
    parts.join("-").to_uppercase().chars().take(MAX_SKU).collect()
}

/// Adds the pictures of the file to the product and brings texts and positions of those it has up
/// to date; none is taken away.
pub(crate) fn pictures(product: &mut Product, listing: &Listing, frame: Frame<'_>) {
    let old = project::listing(product, frame).pictures;
    for wish in &listing.pictures {
        match old.iter().position(|picture| picture.src == wish.src) {
            Some(index) => update(&mut product.images[index], wish),
            None if product.images.len() < crate::domain::product::MAX_IMAGES => {
                let position = wish.position.map_or(product.images.len() as i64, |position| position - 1);
                let source = Source::Elsewhere(wish.src.clone());
                product.images.push(Image { id: ImageId::new(), source, alt: wish.alt.clone(), position });
            }
            None => {}
        }
    }
    product.number_images();
}

fn update(image: &mut Image, wish: &Picture) {
    image.alt.clone_from(&wish.alt);
    if let Some(position) = wish.position {
        image.position = position - 1;
    }
}
