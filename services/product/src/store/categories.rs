//! Categories.

use crate::domain::category::{Category, Tree};
use api::ids::CategoryId;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};

impl FromRow for Category {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            version: row.get("version")?,
            slug: row.get("slug")?,
            name: row.get("name")?,
            description: row.get("description")?,
            parent_id: row.get("parent_id")?,
            metadata: row.get::<Json<_>>("metadata")?.0,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// All categories.
pub(crate) async fn tree(c: &mut Conn) -> Result<Tree, DbError> {
    Ok(Tree::new(sql("SELECT * FROM category").all(c).await?))
}

/// Only these categories, without what is above them.
pub(crate) async fn some(c: &mut Conn, ids: &[CategoryId]) -> Result<Tree, DbError> {
    Ok(Tree::new(sql("SELECT * FROM category WHERE id IN ").push_list(ids).all(c).await?))
}

/// The number of changes of the tree so far.
pub(crate) async fn revision(c: &mut Conn) -> Result<i64, DbError> {
    sql("SELECT revision FROM category_tree").scalar(c).await
}

/// Keeps the tree from others until the transaction ends, and counts the change.
pub(crate) async fn lock_tree(tx: &mut Tx) -> Result<(), DbError> {
    tx.wake(super::CHANNEL);
    sql("UPDATE category_tree SET revision = revision + 1").run_one(tx).await
}

fn parent_key(category: &Category) -> String {
    category.parent_id.map_or_else(|| "top".to_owned(), |id| id.to_string())
}

/// Stores a category for the first time.
///
/// # Errors
/// Unique `category_slug`, `category_name`.
pub(crate) async fn insert(tx: &mut Tx, category: &Category) -> Result<(), DbError> {
    sql("INSERT INTO category (id, version, slug, name, name_key, parent_key, description, parent_id, metadata, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(category.id)
    .bind(category.version)
    .bind(category.slug.as_str())
    .bind(category.name.as_str())
    .bind(category.name_key())
    .bind(parent_key(category))
    .bind(category.description.clone())
    .bind(category.parent_id)
    .bind(json(&category.metadata))
    .bind(category.created_at)
    .bind(category.updated_at)
    .run_one(tx)
    .await
}

/// Stores the new version of a category.
///
/// # Errors
/// As [`insert`]; [`DbError::Rows`] if the stored version is not the one before.
pub(crate) async fn update(tx: &mut Tx, category: &Category) -> Result<(), DbError> {
    sql("UPDATE category SET version = $2, slug = $3, name = $4, name_key = $5, parent_key = $6, description = $7, parent_id = $8,
             metadata = $9, updated_at = $10
         WHERE id = $1 AND version = $2 - 1")
    .bind(category.id)
    .bind(category.version)
    .bind(category.slug.as_str())
    .bind(category.name.as_str())
    .bind(category.name_key())
    .bind(parent_key(category))
    .bind(category.description.clone())
    .bind(category.parent_id)
    .bind(json(&category.metadata))
    .bind(category.updated_at)
    .run_one(tx)
    .await
}

/// Raises the versions of categories whose path changed with one above them.
pub(crate) async fn raise(tx: &mut Tx, ids: &[CategoryId]) -> Result<(), DbError> {
    let now = tx.now();
    let update = sql("UPDATE category SET version = version + 1, updated_at = $1 WHERE id IN ").bind(now);
    update.push_list(ids).run(tx).await.map(drop)
}

/// Takes archived products out of a category, so that it can be removed.
pub(crate) async fn clear_archived(tx: &mut Tx, id: CategoryId) -> Result<(), DbError> {
    sql("DELETE FROM product_category WHERE category_id = $1 AND product_id IN (SELECT id FROM product WHERE status = 'ARCHIVED')")
        .bind(id)
        .run(tx)
        .await
        .map(drop)
}

/// Removes a category.
///
/// # Errors
/// A foreign key while products or categories are in it.
pub(crate) async fn delete(tx: &mut Tx, id: CategoryId) -> Result<(), DbError> {
    sql("DELETE FROM category WHERE id = $1").bind(id).run_one(tx).await
}
