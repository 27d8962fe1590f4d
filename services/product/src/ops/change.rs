//! The one way in which products are written: compare, count the version, store, tell others.

use crate::App;
use crate::domain::category::Tree;
use crate::domain::change::Changes;
use crate::domain::product::Product;
use crate::domain::{status, view};
use crate::error::ProductError;
use crate::store;
use api::audit::Deed;
use api::ids::{ProductId, VariantId};
use api::product::{
    ProductAuditRecorded, ProductCreated, ProductDeleted, ProductPriceUpdated, ProductStatus,
    ProductStatusChanged, ProductUpdated, ProductVariantAdded, ProductVariantRemoved, ProductVariantUpdated,
};
use api::shared::Actor;
use auth::Caller;
use base::{Currency, Error, Timestamp};
use db::{DbError, Tx};
use events::{Task, outbox, tasks};
use serde::{Deserialize, Serialize};

/// Prices of a product that start or end: they are looked at again at that time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChangePrices {
    pub(crate) product_id: ProductId,
}

impl Task for ChangePrices {
    const KIND: &'static str = "change-prices";
    const MAX_ATTEMPTS: u32 = 20;

    fn key(&self) -> String {
        self.product_id.to_string()
    }
}

/// Who changes something, and when.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    pub(crate) currency: Currency,
    /// What the audit record calls a person's change; services are known by the records of whoever
    /// asked them.
    deed: Option<&'static str>,
}

impl Hand {
    /// The hand of the caller of a request, who does `deed`.
    pub(crate) fn of(app: &App, caller: &Caller, deed: &'static str) -> Self {
        let deed = caller.user().map(|_| deed);
        Self { actor: caller.into(), now: app.clock.now(), currency: app.currency, deed }
    }

    /// The hand of a timer or message.
    pub(crate) fn of_platform(app: &App) -> Self {
        Self { actor: Actor::system(), now: app.clock.now(), currency: app.currency, deed: None }
    }

    /// Leaves the audit record of a person's change; `about` says of what.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        about: impl FnOnce(&'static str) -> Deed,
    ) -> Result<(), ProductError> {
        match self.deed {
            Some(deed) => Ok(ProductAuditRecorded::write(tx, self.actor.clone(), about(deed)).await?),
            None => Ok(()),
        }
    }

    /// Leaves the audit record of a person's change of a product.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn note_product(
        &self,
        tx: &mut Tx,
        before: Option<&Product>,
        after: &Product,
        reason: Option<&str>,
    ) -> Result<(), ProductError> {
        let state = |product| view::writable(product, self.currency, self.now);
        let (before, is, id) = (before.map(state), state(after), after.id);
        self.note(tx, |deed| {
            Deed::new(deed, "product").to(id).because(reason).changed(before.as_ref(), Some(&is))
        })
        .await
    }
}

/// Loads a product, lets `decide` change it, and stores what differs.
///
/// # Errors
/// [`ProductError::NoProduct`]; 412 if `seen` is not its version; [`ProductError::Archived`];
/// what `decide` refuses; unique names; those of the store.
pub(crate) async fn change(
    app: &App,
    hand: &Hand,
    id: ProductId,
    seen: Option<i64>,
    decide: impl FnOnce(&mut Product) -> Result<(), ProductError>,
) -> Result<Product, ProductError> {
    let mut tx = app.db.begin().await?;
    let before = store::products::locked(&mut tx, id).await?.ok_or(ProductError::NoProduct)?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(Error::stale().into());
    }
    status::changeable(&before)?;
    let mut after = before.clone();
    decide(&mut after)?;
    if !update(&mut tx, &before, &mut after, hand, None).await? {
        return Ok(before);
    }
    hand.note_product(&mut tx, Some(&before), &after, None).await?;
    tx.commit().await?;
    app.shelf.refresh(&app.db, &[id], false).await;
    Ok(after)
}

/// Stores a product for the first time, and tells others.
///
/// # Errors
/// Unknown categories, unique names; those of the store.
pub(crate) async fn insert(tx: &mut Tx, product: &mut Product, hand: &Hand) -> Result<(), ProductError> {
    let tree = known_categories(tx, product).await?;
    product.version = 1;
    show_prices(product, hand.now);
    store::save::insert(tx, product).await.map_err(refusal)?;
    plan(tx, product, hand.now).await?;
    let variants: Vec<_> =
        product.variants.iter().map(|own| view::variant_snapshot(own, hand.currency, hand.now)).collect();
    let seen = view::snapshot(product, &tree, hand.currency, hand.now);
    let created = ProductCreated {
        product_id: product.id,
        aggregate_version: product.version,
        name: seen.name,
        slug: seen.slug,
        description: seen.description,
        sku: variants.first().map(|first| first.sku.clone()).unwrap_or_default(),
        brand: seen.brand,
        tags: seen.tags,
        status: seen.status,
        categories: seen.categories,
        is_hazardous_material: product.is_hazardous_material,
        country_of_origin: product.country_of_origin.clone(),
        list_price: variants.first().map(|first| first.price.base),
        metadata: Some(product.metadata.clone()).filter(|metadata| !metadata.is_empty()),
        variants,
        created_at: hand.now,
        created_by: hand.actor.clone(),
    };
    outbox::publish(tx, &created).await?;
    Ok(())
}

/// Stores what differs between `before` and `after` under the next version, and tells others;
/// answers whether anything does.
///
/// # Errors
/// As [`insert`].
pub(crate) async fn update(
    tx: &mut Tx,
    before: &Product,
    after: &mut Product,
    hand: &Hand,
    reason: Option<String>,
) -> Result<bool, ProductError> {
    let changes = Changes::between(before, after, hand.now);
    if changes.is_empty() {
        return Ok(false);
    }
    let tree = known_categories(tx, after).await?;
    after.version = before.version + 1;
    after.updated_at = hand.now;
    after.touched_at = hand.now;
    show_prices(after, hand.now);
    store::save::update(tx, before, after).await.map_err(refusal)?;
    plan(tx, after, hand.now).await?;
    tell_product(tx, before, after, &changes, &tree, hand).await?;
    tell_variants(tx, after, &changes, hand).await?;
    if before.status != after.status {
        tell_status(tx, before.status, after, hand, reason).await?;
    }
    Ok(true)
}

fn show_prices(product: &mut Product, now: Timestamp) {
    for line in product.variants.iter_mut().flat_map(|variant| &mut variant.prices) {
        line.show(now);
    }
}

/// Has the product looked at again when its next price starts or ends.
async fn plan(tx: &mut Tx, product: &Product, now: Timestamp) -> Result<(), ProductError> {
    if let Some(at) = product.next_price_change(now) {
        tasks::schedule(tx, &ChangePrices { product_id: product.id }, at).await?;
    }
    Ok(())
}

/// The categories of a product.
async fn known_categories(tx: &mut Tx, product: &Product) -> Result<Tree, ProductError> {
    let tree = store::categories::some(tx, &product.category_ids).await?;
    match product.category_ids.iter().position(|id| tree.get(*id).is_none()) {
        Some(index) => {
            Err(Error::field(format!("/categoryIds/{index}"), "unknown", "there is no such category").into())
        }
        None => Ok(tree),
    }
}

/// What a statement that was refused means for the client.
fn refusal(error: DbError) -> ProductError {
    if error.is_foreign_key() {
        // The category was removed after we had looked.
        return Error::field("/categoryIds", "unknown", "there is no such category any more").into();
    }
    error.into()
}

async fn tell_product(
    tx: &mut Tx,
    before: &Product,
    after: &Product,
    changes: &Changes,
    tree: &Tree,
    hand: &Hand,
) -> Result<(), ProductError> {
    if before.status == ProductStatus::Archived || changes.fields.is_empty() {
        return Ok(());
    }
    let updated = ProductUpdated {
        product_id: after.id,
        aggregate_version: after.version,
        updated_fields: changes.fields.clone(),
        product: view::snapshot(after, tree, hand.currency, hand.now),
        updated_at: hand.now,
        updated_by: hand.actor.clone(),
    };
    outbox::publish(tx, &updated).await?;
    Ok(())
}

async fn tell_variants(
    tx: &mut Tx,
    after: &Product,
    changes: &Changes,
    hand: &Hand,
) -> Result<(), ProductError> {
    let (product_id, aggregate_version) = (after.id, after.version);
    let snapshot =
        |id: VariantId| after.variant(id).map(|own| view::variant_snapshot(own, hand.currency, hand.now));
    for (variant_id, sku) in changes.removed.iter().cloned() {
        let removed_by = hand.actor.clone();
        let gone = ProductVariantRemoved {
            product_id,
            aggregate_version,
            variant_id,
            sku,
            removed_at: hand.now,
            removed_by,
        };
        outbox::publish(tx, &gone).await?;
    }
    for variant in changes.added.iter().filter_map(|id| snapshot(*id)) {
        let added = ProductVariantAdded { product_id, aggregate_version, variant, created_at: hand.now };
        outbox::publish(tx, &added).await?;
    }
    for (variant_id, fields) in &changes.updated {
        let Some(variant) = snapshot(*variant_id) else { continue };
        let (variant_id, updated_fields) = (*variant_id, fields.clone());
        let updated = ProductVariantUpdated {
            product_id,
            aggregate_version,
            variant_id,
            updated_fields,
            variant,
            updated_at: hand.now,
        };
        outbox::publish(tx, &updated).await?;
    }
    for price in &changes.prices {
        let updated = ProductPriceUpdated {
            product_id,
            aggregate_version,
            variant_id: price.variant_id,
            old_price: price.old.clone(),
            new_price: price.new.clone(),
            updated_at: hand.now,
            updated_by: hand.actor.clone(),
        };
        outbox::publish(tx, &updated).await?;
    }
    Ok(())
}

async fn tell_status(
    tx: &mut Tx,
    old: ProductStatus,
    after: &Product,
    hand: &Hand,
    reason: Option<String>,
) -> Result<(), ProductError> {
    let changed = ProductStatusChanged {
        product_id: after.id,
        aggregate_version: after.version,
        old_status: old,
        new_status: after.status,
        changed_at: hand.now,
        changed_by: hand.actor.clone(),
    };
    outbox::publish(tx, &changed).await?;
    if after.status == ProductStatus::Archived {
        let deleted = ProductDeleted {
            product_id: after.id,
            aggregate_version: after.version,
            deletion_reason: reason,
            deleted_at: hand.now,
            deleted_by: hand.actor.clone(),
        };
        outbox::publish(tx, &deleted).await?;
    }
    Ok(())
}
