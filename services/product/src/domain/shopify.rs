//! Products as Shopify's CSV files hold them: one row per variant or picture, rows of one product
//! next to each other under the same handle.
//!
//! A file is read into [`listing::Listing`]s of normalised cells ([`sheet`]). Our own products are
//! written as the same thing ([`project`]). An import changes only what differs between the two
//! ([`apply`]), so that the same file twice changes nothing, and a state the format cannot express
//! survives. Columns we have no use for are kept with the product and written out again.

pub(crate) mod apply;
pub(crate) mod listing;
pub(crate) mod project;
pub(crate) mod sheet;

/// The columns of a file, as Shopify names and orders them.
pub(crate) const COLUMNS: [&str; 34] = [
    HANDLE,
    TITLE,
    BODY,
    VENDOR,
    CATEGORY,
    TYPE,
    TAGS,
    PUBLISHED,
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    SKU,
    GRAMS,
    TRACKER,
    QUANTITY,
    POLICY,
    "Variant Fulfillment Service",
    PRICE,
    COMPARE_AT,
    SHIPPING,
    TAXABLE,
    BARCODE,
    IMAGE,
    IMAGE_POSITION,
    IMAGE_ALT,
    GIFT_CARD,
    "SEO Title",
    "SEO Description",
    WEIGHT_UNIT,
    "Cost per item",
    STATUS,
];

pub(crate) const HANDLE: &str = "Handle";
pub(crate) const TITLE: &str = "Title";
pub(crate) const BODY: &str = "Body (HTML)";
pub(crate) const VENDOR: &str = "Vendor";
pub(crate) const CATEGORY: &str = "Product Category";
pub(crate) const TYPE: &str = "Type";
pub(crate) const TAGS: &str = "Tags";
pub(crate) const PUBLISHED: &str = "Published";
pub(crate) const OPTION_NAMES: [&str; 3] = ["Option1 Name", "Option2 Name", "Option3 Name"];
pub(crate) const OPTION_VALUES: [&str; 3] = ["Option1 Value", "Option2 Value", "Option3 Value"];
pub(crate) const SKU: &str = "Variant SKU";
pub(crate) const GRAMS: &str = "Variant Grams";
pub(crate) const TRACKER: &str = "Variant Inventory Tracker";
pub(crate) const QUANTITY: &str = "Variant Inventory Qty";
pub(crate) const POLICY: &str = "Variant Inventory Policy";
pub(crate) const FULFILLMENT: &str = "Variant Fulfillment Service";
pub(crate) const PRICE: &str = "Variant Price";
pub(crate) const COMPARE_AT: &str = "Variant Compare At Price";
pub(crate) const SHIPPING: &str = "Variant Requires Shipping";
pub(crate) const TAXABLE: &str = "Variant Taxable";
pub(crate) const BARCODE: &str = "Variant Barcode";
pub(crate) const IMAGE: &str = "Image Src";
pub(crate) const IMAGE_POSITION: &str = "Image Position";
pub(crate) const IMAGE_ALT: &str = "Image Alt Text";
pub(crate) const GIFT_CARD: &str = "Gift Card";
pub(crate) const WEIGHT_UNIT: &str = "Variant Weight Unit";
pub(crate) const COST: &str = "Cost per item";
pub(crate) const STATUS: &str = "Status";

/// The option a product without options has in Shopify, and its value.
pub(crate) const NO_OPTION: (&str, &str) = ("Title", "Default Title");

/// The member of `metadata` that keeps cells we have no field for.
pub(crate) const KEPT: &str = "shopify";

/// Columns whose cells belong to a variant.
pub(crate) fn is_of_variant(column: &str) -> bool {
    column.starts_with("Variant ") || OPTION_VALUES.contains(&column) || column == COST
}

/// Columns whose cells belong to a picture.
pub(crate) fn is_of_image(column: &str) -> bool {
    [IMAGE, IMAGE_POSITION, IMAGE_ALT].contains(&column)
}

/// Columns of the product that every file has in its first row only.
pub(crate) fn is_of_product(column: &str) -> bool {
    !is_of_variant(column) && !is_of_image(column) && column != HANDLE && COLUMNS.contains(&column)
}
