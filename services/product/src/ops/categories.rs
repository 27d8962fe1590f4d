//! Creates, changes, moves and removes categories.

use super::change::Hand;
use crate::App;
use crate::domain::category::{Category, MAX_COUNT, Tree};
use crate::error::ProductError;
use crate::store;
use api::audit::Deed;
use api::ids::{CategoryId, ProductId};
use api::product::{CategoryCreated, CategoryDeleted, CategoryMoved, CategoryUpdated, WriteCategory};
use auth::Caller;
use base::Error;
use db::Tx;
use events::outbox;

/// Stores a new category.
///
/// # Errors
/// 422; [`ProductError::SlugTaken`], [`ProductError::NameTaken`], [`ProductError::CategoryTooDeep`].
pub(crate) async fn create_category(
    app: &App,
    caller: &Caller,
    body: &WriteCategory,
) -> Result<Category, ProductError> {
    let hand = Hand::of(app, caller, "category.create");
    let mut category = Category::from_write(body, None, hand.now)?;
    let mut tx = app.db.begin().await?;
    store::categories::lock_tree(&mut tx).await?;
    let mut tree = store::categories::tree(&mut tx).await?;
    insert(&mut tx, &mut tree, &mut category, &hand).await?;
    note(&mut tx, &hand, None, Some(&category)).await?;
    tx.commit().await?;
    app.shelf.refresh(&app.db, &[], true).await;
    Ok(category)
}

/// Stores a new category in a tree that is locked.
pub(crate) async fn insert(
    tx: &mut Tx,
    tree: &mut Tree,
    category: &mut Category,
    hand: &Hand,
) -> Result<(), ProductError> {
    if tree.len() >= MAX_COUNT {
        return Err(ProductError::TooManyCategories);
    }
    tree.may_hang(category.id, category.parent_id)?;
    category.version = 1;
    store::categories::insert(tx, category).await?;
    tree.put(category.clone());
    let created = CategoryCreated {
        category_id: category.id,
        aggregate_version: category.version,
        name: category.name.clone(),
        description: category.description.clone(),
        parent_id: category.parent_id,
        path: tree.path(category.id),
        level: tree.level(category.id),
        metadata: metadata(category),
        created_at: hand.now,
        created_by: hand.actor.clone(),
    };
    outbox::publish(tx, &created).await?;
    Ok(())
}

/// Leaves the audit record of a person's change.
async fn note(
    tx: &mut Tx,
    hand: &Hand,
    before: Option<&Category>,
    after: Option<&Category>,
) -> Result<(), ProductError> {
    let id = before.or(after).map(|category| category.id);
    let state = |category: &Category| WriteCategory {
        name: category.name.clone(),
        slug: Some(category.slug.clone()),
        description: category.description.clone(),
        parent_id: category.parent_id,
        metadata: category.metadata.clone(),
    };
    let (before, after) = (before.map(state), after.map(state));
    hand.note(tx, |deed| {
        let deed = Deed::new(deed, "category").changed(before.as_ref(), after.as_ref());
        match id {
            Some(id) => deed.to(id),
            None => deed,
        }
    })
    .await
}

fn metadata(category: &Category) -> Option<serde_json::Map<String, serde_json::Value>> {
    Some(category.metadata.clone()).filter(|metadata| !metadata.is_empty())
}

/// Makes a category what `body` says; another parent moves it.
///
/// # Errors
/// [`ProductError::NoCategory`]; 412; as [`create_category`]; [`ProductError::CategoryCycle`].
pub(crate) async fn replace_category(
    app: &App,
    caller: &Caller,
    id: CategoryId,
    seen: Option<i64>,
    body: &WriteCategory,
) -> Result<Category, ProductError> {
    let hand = Hand::of(app, caller, "category.update");
    change(app, &hand, id, seen, |before| Ok(Category::from_write(body, Some(before), hand.now)?)).await
}

/// Hangs a category under another parent.
///
/// # Errors
/// As [`replace_category`].
pub(crate) async fn move_category(
    app: &App,
    caller: &Caller,
    id: CategoryId,
    seen: Option<i64>,
    parent: Option<CategoryId>,
) -> Result<Category, ProductError> {
    let hand = Hand::of(app, caller, "category.move");
    change(app, &hand, id, seen, |before| Ok(Category { parent_id: parent, ..before.clone() })).await
}

async fn change(
    app: &App,
    hand: &Hand,
    id: CategoryId,
    seen: Option<i64>,
    decide: impl FnOnce(&Category) -> Result<Category, ProductError>,
) -> Result<Category, ProductError> {
    let mut tx = app.db.begin().await?;
    store::categories::lock_tree(&mut tx).await?;
    let mut tree = store::categories::tree(&mut tx).await?;
    let before = checked(&tree, id, seen)?.clone();
    let mut after = decide(&before)?;
    if after == before {
        return Ok(before);
    }
    tree.may_hang(id, after.parent_id)?;
    let old_path = tree.path(id);
    let below: Vec<CategoryId> = tree.below(id).into_iter().collect();
    after.version = before.version + 1;
    after.updated_at = hand.now;
    store::categories::update(&mut tx, &after).await?;
    tree.put(after.clone());
    let moved = before.parent_id != after.parent_id;
    if moved {
        let others: Vec<CategoryId> = below.iter().copied().filter(|other| *other != id).collect();
        store::categories::raise(&mut tx, &others).await?;
        tell_move(&mut tx, &before, &after, old_path, &tree, hand).await?;
    }
    tell_update(&mut tx, &before, &after, hand).await?;
    note(&mut tx, hand, Some(&before), Some(&after)).await?;
    // The answers of products show names of categories, their facets the way up.
    let products = store::products::ids_in_categories(&mut tx, &below).await?;
    store::products::touch(&mut tx, &products).await?;
    tx.commit().await?;
    app.shelf.refresh(&app.db, &products, true).await;
    Ok(after)
}

fn checked(tree: &Tree, id: CategoryId, seen: Option<i64>) -> Result<&Category, ProductError> {
    let category = tree.get(id).ok_or(ProductError::NoCategory)?;
    if seen.is_some_and(|seen| seen != category.version) {
        return Err(Error::stale().into());
    }
    Ok(category)
}

async fn tell_move(
    tx: &mut Tx,
    before: &Category,
    after: &Category,
    old_path: String,
    tree: &Tree,
    hand: &Hand,
) -> Result<(), ProductError> {
    let moved = CategoryMoved {
        category_id: after.id,
        aggregate_version: after.version,
        old_parent_id: before.parent_id,
        new_parent_id: after.parent_id,
        old_path,
        new_path: tree.path(after.id),
        new_level: tree.level(after.id),
        moved_at: hand.now,
        moved_by: hand.actor.clone(),
    };
    outbox::publish(tx, &moved).await?;
    Ok(())
}

async fn tell_update(
    tx: &mut Tx,
    before: &Category,
    after: &Category,
    hand: &Hand,
) -> Result<(), ProductError> {
    let pairs = [
        ("name", before.name != after.name),
        ("slug", before.slug != after.slug),
        ("description", before.description != after.description),
        ("metadata", before.metadata != after.metadata),
    ];
    let updated_fields: Vec<String> =
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect();
    if updated_fields.is_empty() {
        return Ok(());
    }
    let updated = CategoryUpdated {
        category_id: after.id,
        aggregate_version: after.version,
        updated_fields,
        name: after.name.clone(),
        description: after.description.clone(),
        metadata: metadata(after),
        updated_at: hand.now,
        updated_by: hand.actor.clone(),
    };
    outbox::publish(tx, &updated).await?;
    Ok(())
}

/// Removes an empty category. Archived products do not count.
///
/// # Errors
/// [`ProductError::NoCategory`], [`ProductError::CategoryNotEmpty`]; 412.
pub(crate) async fn delete_category(
    app: &App,
    caller: &Caller,
    id: CategoryId,
    seen: Option<i64>,
) -> Result<(), ProductError> {
    let hand = Hand::of(app, caller, "category.delete");
    let mut tx = app.db.begin().await?;
    store::categories::lock_tree(&mut tx).await?;
    let tree = store::categories::tree(&mut tx).await?;
    let category = checked(&tree, id, seen)?.clone();
    let archived: Vec<ProductId> = store::products::ids_in_categories(&mut tx, &[id]).await?;
    store::categories::clear_archived(&mut tx, id).await?;
    store::products::touch(&mut tx, &archived).await?;
    if let Err(error) = store::categories::delete(&mut tx, id).await {
        return Err(if error.is_foreign_key() { ProductError::CategoryNotEmpty } else { error.into() });
    }
    let deleted = CategoryDeleted {
        category_id: id,
        aggregate_version: category.version + 1,
        deleted_at: hand.now,
        deleted_by: hand.actor.clone(),
    };
    outbox::publish(&mut tx, &deleted).await?;
    note(&mut tx, &hand, Some(&category), None).await?;
    tx.commit().await?;
    app.shelf.refresh(&app.db, &archived, true).await;
    Ok(())
}
