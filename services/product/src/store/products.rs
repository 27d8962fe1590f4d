//! Products read with everything that belongs to them.

use super::stock;
use crate::domain::picture::Format;
use crate::domain::price::{Price, Timeline};
use crate::domain::product::{Image, Product, Source, Variant};
use api::ids::{CategoryId, ImageId, ProductId, VariantId};
use api::product::ProductStatus;
use base::{Currency, Timestamp};
use db::{Conn, DbError, FromRow, Json, Row, Tx, sql};
use std::collections::HashMap;

const STATUSES: [(ProductStatus, &str); 5] = [
    (ProductStatus::Draft, "DRAFT"),
    (ProductStatus::Active, "ACTIVE"),
    (ProductStatus::Inactive, "INACTIVE"),
    (ProductStatus::Discontinued, "DISCONTINUED"),
    (ProductStatus::Archived, "ARCHIVED"),
];

/// The state as it is stored.
pub(super) fn status_text(status: ProductStatus) -> &'static str {
    STATUSES.iter().find(|row| row.0 == status).expect("every state is listed").1
}

fn status(text: &str) -> Result<ProductStatus, DbError> {
    let found = STATUSES.iter().find(|row| row.1 == text).map(|row| row.0);
    found.ok_or_else(|| DbError::decode(format!("{text:?} is no state of a product")))
}

impl FromRow for Product {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            version: row.get("version")?,
            slug: row.get("slug")?,
            name: row.get("name")?,
            description: row.get("description")?,
            brand: row.get("brand")?,
            status: status(&row.get::<String>("status")?)?,
            tags: row.get::<Json<_>>("tags")?.0,
            category_ids: Vec::new(),
            options: row.get::<Json<_>>("options")?.0,
            attributes: row.get::<Json<_>>("attributes")?.0,
            is_hazardous_material: row.get("is_hazardous_material")?,
            country_of_origin: row.get("country_of_origin")?,
            metadata: row.get::<Json<_>>("metadata")?.0,
            rating_hundredths: row.get("rating_hundredths")?,
            rating_count: row.get("rating_count")?,
            variants: Vec::new(),
            images: Vec::new(),
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            touched_at: row.get("touched_at")?,
        })
    }
}

/// A row and the product it belongs to.
struct Of<T>(ProductId, T);

impl FromRow for Of<Variant> {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let variant = Variant {
            id: row.get("id")?,
            sku: row.get("sku")?,
            name: row.get("name")?,
            attributes: row.get::<Json<_>>("attributes")?.0,
            prices: Vec::new(),
            weight_grams: row.get("weight_grams")?,
            barcode: row.get("barcode")?,
            position: row.get("position")?,
            metadata: row.get::<Json<_>>("metadata")?.0,
            stock: Default::default(),
        };
        Ok(Of(row.get("product_id")?, variant))
    }
}

impl FromRow for Of<Image> {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let format = row.get::<Option<String>>("format")?.and_then(|text| Format::from_extension(&text));
        let source = match format {
            Some(format) => Source::Stored(format),
            None => Source::Elsewhere(row.get("url")?),
        };
        let image =
            Image { id: row.get("id")?, source, alt: row.get("alt")?, position: row.get("position")? };
        Ok(Of(row.get("product_id")?, image))
    }
}

struct PriceRow {
    variant_id: VariantId,
    currency: Currency,
    shown: bool,
    price: Price,
}

impl FromRow for PriceRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let price = Price {
            base_minor: row.get("base_minor")?,
            sale_minor: row.get("sale_minor")?,
            from: row.get("effective_from")?,
            until: row.get("effective_until")?,
            tax_class: row.get("tax_class")?,
        };
        Ok(Self {
            variant_id: row.get("variant_id")?,
            currency: row.get("currency")?,
            shown: row.get("shown")?,
            price,
        })
    }
}

/// The products with these ids, oldest first; ids that are not there are passed over.
pub(crate) async fn by_ids(c: &mut Conn, ids: &[ProductId]) -> Result<Vec<Product>, DbError> {
    let rows = sql("SELECT * FROM product WHERE id IN ").push_list(ids).push(" ORDER BY id");
    let mut products: Vec<Product> = rows.all(c).await?;
    let places: HashMap<ProductId, usize> =
        products.iter().enumerate().map(|(place, product)| (product.id, place)).collect();
    let filed =
        sql("SELECT product_id, category_id FROM product_category WHERE product_id IN ").push_list(ids);
    for (product, category) in filed.push(" ORDER BY position").all::<(ProductId, CategoryId)>(c).await? {
        products[places[&product]].category_ids.push(category);
    }
    let images =
        sql("SELECT * FROM image WHERE product_id IN ").push_list(ids).push(" ORDER BY position, id");
    for Of(product, image) in images.all(c).await? {
        products[places[&product]].images.push(image);
    }
    let mut prices = prices(c, ids).await?;
    let mut stock = stock::of_products(c, ids).await?;
    let variants =
        sql("SELECT * FROM variant WHERE product_id IN ").push_list(ids).push(" ORDER BY position, id");
    for Of(product, mut variant) in variants.all::<Of<Variant>>(c).await? {
        variant.prices = prices.remove(&variant.id).unwrap_or_default();
        variant.stock = stock.remove(&variant.id).unwrap_or_default();
        products[places[&product]].variants.push(variant);
    }
    Ok(products)
}

async fn prices(c: &mut Conn, ids: &[ProductId]) -> Result<HashMap<VariantId, Vec<Timeline>>, DbError> {
    let rows = sql("SELECT price.* FROM price JOIN variant ON variant.id = price.variant_id WHERE variant.product_id IN ")
        .push_list(ids)
        .push(" ORDER BY price.variant_id, price.currency, price.position");
    let mut lines: HashMap<VariantId, Vec<Timeline>> = HashMap::new();
    for row in rows.all::<PriceRow>(c).await? {
        let own = lines.entry(row.variant_id).or_default();
        if own.last().is_none_or(|line| line.currency != row.currency) {
            own.push(Timeline::new(row.currency));
        }
        let Some(line) = own.last_mut() else { continue };
        if row.shown {
            line.shown = Some(row.price.clone());
        }
        line.prices.push(row.price);
    }
    Ok(lines)
}

/// The product with this id.
pub(crate) async fn by_id(c: &mut Conn, id: ProductId) -> Result<Option<Product>, DbError> {
    Ok(by_ids(c, &[id]).await?.pop())
}

/// Keeps a product from others until the transaction ends. It comes before all other locks but
/// that of the tree of categories.
pub(crate) async fn lock(tx: &mut Tx, id: ProductId) -> Result<(), DbError> {
    // Both engines keep a row that was written, even if nothing in it changed.
    sql("UPDATE product SET version = version WHERE id = $1").bind(id).run(tx).await.map(drop)
}

/// The product with this id, kept from others until the transaction ends.
pub(crate) async fn locked(tx: &mut Tx, id: ProductId) -> Result<Option<Product>, DbError> {
    lock(tx, id).await?;
    by_id(tx, id).await
}

/// The products with these slugs.
pub(crate) async fn ids_by_slugs(c: &mut Conn, slugs: &[&str]) -> Result<Vec<ProductId>, DbError> {
    let rows = sql("SELECT id FROM product WHERE slug IN ").push_list(slugs.iter().copied());
    Ok(rows.all::<(ProductId,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// Which products have variants with these SKUs.
pub(crate) async fn owners_of_skus(
    c: &mut Conn,
    skus: &[&str],
) -> Result<HashMap<String, ProductId>, DbError> {
    let rows = sql("SELECT sku, product_id FROM variant WHERE sku IN ").push_list(skus.iter().copied());
    Ok(rows.all::<(String, ProductId)>(c).await?.into_iter().collect())
}

/// Up to `limit` ids after `after`, oldest first.
pub(crate) async fn ids_after(
    c: &mut Conn,
    after: Option<ProductId>,
    limit: i64,
) -> Result<Vec<ProductId>, DbError> {
    let rows = match after {
        Some(after) => {
            sql("SELECT id FROM product WHERE id > $1 ORDER BY id LIMIT $2").bind(after).bind(limit)
        }
        None => sql("SELECT id FROM product ORDER BY id LIMIT $1").bind(limit),
    };
    Ok(rows.all::<(ProductId,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// When the answer of a product last changed.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) id: ProductId,
    pub(crate) version: i64,
    /// When its answer last changed for any reason.
    pub(crate) at: Timestamp,
}

impl FromRow for Touched {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { id: row.at(0)?, version: row.at(1)?, at: row.at(2)? })
    }
}

/// Products whose answer changed since `since`, those changed last at the end.
pub(crate) async fn touched_since(c: &mut Conn, since: Timestamp) -> Result<Vec<Touched>, DbError> {
    let rows = sql("SELECT id, version, touched_at FROM product WHERE touched_at >= $1 ORDER BY touched_at");
    rows.bind(since).all(c).await
}

/// The products filed under these categories.
pub(crate) async fn ids_in_categories(
    c: &mut Conn,
    categories: &[CategoryId],
) -> Result<Vec<ProductId>, DbError> {
    let rows =
        sql("SELECT DISTINCT product_id FROM product_category WHERE category_id IN ").push_list(categories);
    Ok(rows.all::<(ProductId,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// Notes that the answers of these products changed for another reason than a new version.
pub(crate) async fn touch(tx: &mut Tx, ids: &[ProductId]) -> Result<(), DbError> {
    let now = tx.now();
    sql("UPDATE product SET touched_at = $1 WHERE id IN ").bind(now).push_list(ids).run(tx).await?;
    tx.wake(super::CHANNEL);
    Ok(())
}

/// How an uploaded picture of a product is stored; none for pictures elsewhere.
pub(crate) async fn image_format(
    c: &mut Conn,
    product: ProductId,
    image: ImageId,
) -> Result<Option<Format>, DbError> {
    let row = sql("SELECT format FROM image WHERE id = $1 AND product_id = $2").bind(image).bind(product);
    let format = row.opt::<(Option<String>,)>(c).await?.and_then(|row| row.0);
    Ok(format.and_then(|text| Format::from_extension(&text)))
}
