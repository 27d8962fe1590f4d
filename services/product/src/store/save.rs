//! Products written: only the rows that differ from what was read.

use super::products::status_text;
use crate::domain::price::Timeline;
use crate::domain::product::{Image, Product, Source, Variant};
use api::ids::{ProductId, VariantId};
use db::{DbError, Tx, json, sql};

/// Stores a product for the first time.
///
/// # Errors
/// Unique `product_slug`, `variant_sku`; a foreign key for a category that is not there.
pub(crate) async fn insert(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    sql(
        "INSERT INTO product (id, version, slug, name, description, brand, status, tags, options, attributes,
             is_hazardous_material, country_of_origin, metadata, rating_hundredths, rating_count,
             created_at, updated_at, touched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)",
    )
    .bind(product.id)
    .bind(product.version)
    .bind(product.slug.as_str())
    .bind(product.name.as_str())
    .bind(product.description.as_str())
    .bind(product.brand.clone())
    .bind(status_text(product.status))
    .bind(json(&product.tags))
    .bind(json(&product.options))
    .bind(json(&product.attributes))
    .bind(product.is_hazardous_material)
    .bind(product.country_of_origin.clone())
    .bind(json(&product.metadata))
    .bind(product.rating_hundredths)
    .bind(product.rating_count)
    .bind(product.created_at)
    .bind(product.updated_at)
    .run_one(tx)
    .await?;
    tx.wake(super::CHANNEL);
    file(tx, product).await?;
    for variant in &product.variants {
        insert_variant(tx, product.id, variant).await?;
    }
    for image in &product.images {
        insert_image(tx, product.id, image).await?;
    }
    Ok(())
}

/// Brings the rows of `before` to `after`.
///
/// # Errors
/// As [`insert`]; [`DbError::Rows`] if the stored version is not that of `before`.
pub(crate) async fn update(tx: &mut Tx, before: &Product, after: &Product) -> Result<(), DbError> {
    sql("UPDATE product SET version = $3, slug = $4, name = $5, description = $6, brand = $7, status = $8, tags = $9,
             options = $10, attributes = $11, is_hazardous_material = $12, country_of_origin = $13, metadata = $14,
             updated_at = $15, touched_at = $15
         WHERE id = $1 AND version = $2")
    .bind(after.id)
    .bind(before.version)
    .bind(after.version)
    .bind(after.slug.as_str())
    .bind(after.name.as_str())
    .bind(after.description.as_str())
    .bind(after.brand.clone())
    .bind(status_text(after.status))
    .bind(json(&after.tags))
    .bind(json(&after.options))
    .bind(json(&after.attributes))
    .bind(after.is_hazardous_material)
    .bind(after.country_of_origin.clone())
    .bind(json(&after.metadata))
    .bind(after.updated_at)
    .run_one(tx)
    .await?;
    tx.wake(super::CHANNEL);
    if before.category_ids != after.category_ids {
        sql("DELETE FROM product_category WHERE product_id = $1").bind(after.id).run(tx).await?;
        file(tx, after).await?;
    }
    if before.images != after.images {
        sql("DELETE FROM image WHERE product_id = $1").bind(after.id).run(tx).await?;
        for image in &after.images {
            insert_image(tx, after.id, image).await?;
        }
    }
    update_variants(tx, before, after).await
}

async fn file(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    for (position, category) in (0_i64..).zip(&product.category_ids) {
        sql("INSERT INTO product_category (product_id, category_id, position) VALUES ($1, $2, $3)")
            .bind(product.id)
            .bind(*category)
            .bind(position)
            .run_one(tx)
            .await?;
    }
    Ok(())
}

async fn insert_image(tx: &mut Tx, product: ProductId, image: &Image) -> Result<(), DbError> {
    let (url, format) = match &image.source {
        Source::Elsewhere(url) => (Some(url.clone()), None),
        Source::Stored(format) => (None, Some(format.extension())),
    };
    sql("INSERT INTO image (id, product_id, url, format, alt, position) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(image.id)
        .bind(product)
        .bind(url)
        .bind(format.map(str::to_owned))
        .bind(image.alt.clone())
        .bind(image.position)
        .run_one(tx)
        .await
}

async fn update_variants(tx: &mut Tx, before: &Product, after: &Product) -> Result<(), DbError> {
    for gone in before.variants.iter().filter(|old| after.variant(old.id).is_none()) {
        delete_variant(tx, gone.id).await?;
    }
    let kept = |variant: &Variant| before.variant(variant.id).cloned();
    // Two variants may swap their SKUs: all that change give theirs up before any takes its new one.
    for variant in &after.variants {
        if kept(variant).is_some_and(|old| old.sku != variant.sku) {
            let between = format!("~{}", variant.id);
            sql("UPDATE variant SET sku = $2 WHERE id = $1")
                .bind(variant.id)
                .bind(between)
                .run_one(tx)
                .await?;
        }
    }
    for variant in &after.variants {
        match kept(variant) {
            None => insert_variant(tx, after.id, variant).await?,
            Some(old) if old != *variant => update_variant(tx, &old, variant).await?,
            Some(_) => {}
        }
    }
    Ok(())
}

async fn insert_variant(tx: &mut Tx, product: ProductId, variant: &Variant) -> Result<(), DbError> {
    sql("INSERT INTO variant (id, product_id, sku, name, attributes, weight_grams, barcode, position, metadata)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(variant.id)
    .bind(product)
    .bind(variant.sku.as_str())
    .bind(variant.name.as_str())
    .bind(json(&variant.attributes))
    .bind(variant.weight_grams)
    .bind(variant.barcode.clone())
    .bind(variant.position)
    .bind(json(&variant.metadata))
    .run_one(tx)
    .await?;
    insert_prices(tx, variant.id, &variant.prices).await
}

async fn update_variant(tx: &mut Tx, old: &Variant, variant: &Variant) -> Result<(), DbError> {
    sql("UPDATE variant SET sku = $2, name = $3, attributes = $4, weight_grams = $5, barcode = $6, position = $7, metadata = $8
         WHERE id = $1")
    .bind(variant.id)
    .bind(variant.sku.as_str())
    .bind(variant.name.as_str())
    .bind(json(&variant.attributes))
    .bind(variant.weight_grams)
    .bind(variant.barcode.clone())
    .bind(variant.position)
    .bind(json(&variant.metadata))
    .run_one(tx)
    .await?;
    if old.prices != variant.prices {
        sql("DELETE FROM price WHERE variant_id = $1").bind(variant.id).run(tx).await?;
        insert_prices(tx, variant.id, &variant.prices).await?;
    }
    Ok(())
}

async fn insert_prices(tx: &mut Tx, variant: VariantId, lines: &[Timeline]) -> Result<(), DbError> {
    for line in lines {
        let shown = line.prices.iter().position(|price| Some(price) == line.shown.as_ref());
        for (position, price) in line.prices.iter().enumerate() {
            sql("INSERT INTO price (variant_id, currency, position, base_minor, sale_minor, effective_from, effective_until,
                     tax_class, shown)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(variant)
            .bind(line.currency)
            .bind(position as i64)
            .bind(price.base_minor)
            .bind(price.sale_minor)
            .bind(price.from)
            .bind(price.until)
            .bind(price.tax_class.as_str())
            .bind(Some(position) == shown)
            .run_one(tx)
            .await?;
        }
    }
    Ok(())
}

async fn delete_variant(tx: &mut Tx, id: VariantId) -> Result<(), DbError> {
    sql("DELETE FROM price WHERE variant_id = $1").bind(id).run(tx).await?;
    sql("DELETE FROM stock_item WHERE variant_id = $1").bind(id).run(tx).await?;
    sql("DELETE FROM stock_mark WHERE variant_id = $1").bind(id).run(tx).await?;
    sql("DELETE FROM variant WHERE id = $1").bind(id).run_one(tx).await
}
