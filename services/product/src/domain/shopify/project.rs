//! Our own products as rows of a file.

use super::listing::{Line, Listing, Picture};
use super::sheet::Cells;
use super::{
    BARCODE, BODY, CATEGORY, COMPARE_AT, FULFILLMENT, GIFT_CARD, GRAMS, HANDLE, IMAGE, IMAGE_ALT,
    IMAGE_POSITION, KEPT, NO_OPTION, OPTION_NAMES, OPTION_VALUES, POLICY, PRICE, PUBLISHED, QUANTITY,
    SHIPPING, SKU, STATUS, TAGS, TAXABLE, TITLE, TRACKER, TYPE, VENDOR,
};
use crate::domain::category::Tree;
use crate::domain::product::{Image, Product, Source, Variant};
use crate::domain::slug::fold;
use crate::domain::view;
use api::product::ProductStatus;
use base::{Currency, Timestamp};
use serde_json::{Map, Value};

/// What the format needs to know of the shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) currency: Currency,
    pub(crate) now: Timestamp,
    /// Base of addresses of stored pictures, without a slash at its end.
    pub(crate) public_url: &'a str,
}

/// Where a product without category goes.
pub(crate) const UNCATEGORIZED: &str = "Uncategorized";

/// `product` as a file would hold it, stock quantities left out.
pub(crate) fn listing(product: &Product, frame: Frame<'_>) -> Listing {
    Listing {
        line: 0,
        handle: product.slug.clone(),
        cells: product_cells(product, frame),
        variants: product
            .variants
            .iter()
            .map(|own| Line { line: 0, cells: variant_cells(product, own, frame) })
            .collect(),
        pictures: product.images.iter().map(|image| picture(product, image, frame)).collect(),
        is_reported: false,
    }
}

/// The cells kept in `metadata` because we have no field for them.
pub(crate) fn kept(metadata: &Map<String, Value>) -> Cells {
    let kept = metadata.get(KEPT).and_then(Value::as_object);
    let cells = kept
        .into_iter()
        .flatten()
        .filter_map(|(column, cell)| Some((column.clone(), cell.as_str()?.to_owned())));
    cells.collect()
}

fn put(cells: &mut Cells, column: &str, cell: impl Into<String>) {
    let cell = cell.into();
    if cell.is_empty() {
        cells.remove(column);
    } else {
        cells.insert(column.to_owned(), cell);
    }
}

fn product_cells(product: &Product, frame: Frame<'_>) -> Cells {
    let mut cells = kept(&product.metadata);
    put(&mut cells, TITLE, product.name.trim());
    put(&mut cells, BODY, product.description.trim());
    put(&mut cells, VENDOR, product.brand.as_deref().unwrap_or_default().trim());
    put(&mut cells, TAGS, super::sheet::tags(&product.tags.join(",")).join(", "));
    let names =
        if product.options.is_empty() { vec![NO_OPTION.0.to_owned()] } else { product.options.clone() };
    for (column, name) in OPTION_NAMES.iter().zip(names) {
        put(&mut cells, column, name);
    }
    let own = product.category_ids.first().map(|id| frame.tree.names(*id)).unwrap_or_default();
    if !same_path(&category_path(&cells), &own) {
        put(&mut cells, CATEGORY, own.join(" > "));
    }
    let told = cells.contains_key(STATUS) || cells.contains_key(PUBLISHED);
    if !told || is_live(&cells) != shows(product.status) {
        let live = shows(product.status);
        put(&mut cells, STATUS, if live { "active" } else { "draft" });
        put(&mut cells, PUBLISHED, if live { "true" } else { "false" });
    }
    cells.entry(GIFT_CARD.to_owned()).or_insert_with(|| "false".to_owned());
    cells
}

/// Names of the categories a product with these cells is filed under, from the top down.
pub(crate) fn category_path(cells: &Cells) -> Vec<String> {
    let path = cells.get(CATEGORY).map(|path| {
        path.split('>').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    });
    let path: Vec<String> = path.unwrap_or_default();
    if !path.is_empty() {
        return path;
    }
    vec![cells.get(TYPE).map_or(UNCATEGORIZED, String::as_str).to_owned()]
}

fn same_path(a: &[String], b: &[&str]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fold(a) == fold(b))
}

/// Whether a product with these cells is on sale.
pub(crate) fn is_live(cells: &Cells) -> bool {
    let status = cells.get(STATUS).map_or("active", String::as_str);
    status == "active" && cells.get(PUBLISHED).is_none_or(|published| published == "true")
}

/// Whether a product in this state is on sale.
pub(crate) fn shows(status: ProductStatus) -> bool {
    matches!(status, ProductStatus::Active | ProductStatus::Discontinued)
}

fn variant_cells(product: &Product, variant: &Variant, frame: Frame<'_>) -> Cells {
    let mut cells = kept(&variant.metadata);
    cells.remove(QUANTITY);
    for (column, usual) in
        [(TRACKER, "shopify"), (POLICY, "deny"), (FULFILLMENT, "manual"), (SHIPPING, "true")]
    {
        if !variant.metadata.contains_key(KEPT) {
            put(&mut cells, column, usual);
        }
    }
    put(&mut cells, SKU, variant.sku.as_str());
    put(&mut cells, BARCODE, variant.barcode.as_deref().unwrap_or_default());
    put(&mut cells, GRAMS, variant.weight_grams.map(|grams| grams.to_string()).unwrap_or_default());
    if product.options.is_empty() {
        put(&mut cells, OPTION_VALUES[0], NO_OPTION.1);
    }
    for (column, option) in OPTION_VALUES.iter().zip(&product.options) {
        put(&mut cells, column, variant.attributes.get(option).map_or("", String::as_str));
    }
    if let Some(price) = view::price(variant, frame.currency, frame.now) {
        put(&mut cells, PRICE, price.sale.unwrap_or(price.base).to_decimal());
        put(&mut cells, TAXABLE, if price.tax_class == "zero" { "false" } else { "true" });
        if price.sale.is_some() {
            put(&mut cells, COMPARE_AT, price.base.to_decimal());
        }
    }
    cells
}

fn picture(product: &Product, image: &Image, frame: Frame<'_>) -> Picture {
    let src = match &image.source {
        Source::Elsewhere(url) => url.clone(),
        Source::Stored(_) => format!("{}{}", frame.public_url, view::image(product, image).url),
    };
    Picture { src, position: Some(image.position + 1), alt: image.alt.clone() }
}

/// The rows of `listing`, `quantity` answering the pieces there are of a SKU.
pub(crate) fn rows(listing: &Listing, quantity: impl Fn(&str) -> Option<i64>) -> Vec<Cells> {
    let count = listing.variants.len().max(listing.pictures.len()).max(1);
    let row = |index: usize| {
        let mut cells = if index == 0 { listing.cells.clone() } else { Cells::new() };
        put(&mut cells, HANDLE, listing.handle.as_str());
        if let Some(variant) = listing.variants.get(index) {
            cells.extend(variant.cells.clone());
            let pieces = variant.cells.get(SKU).and_then(|sku| quantity(sku));
            put(&mut cells, QUANTITY, pieces.map(|pieces| pieces.to_string()).unwrap_or_default());
        }
        if let Some(picture) = listing.pictures.get(index) {
            put(&mut cells, IMAGE, picture.src.as_str());
            put(
                &mut cells,
                IMAGE_POSITION,
                picture.position.map(|position| position.to_string()).unwrap_or_default(),
            );
            put(&mut cells, IMAGE_ALT, picture.alt.as_deref().unwrap_or_default());
        }
        cells
    };
    (0..count).map(row).collect()
}
