//! A few products of a file, stored in one transaction.

use super::{Done, MAX_STOCK_LINES, SendStock};
use crate::App;
use crate::domain::category::{Category, MAX_CATEGORY_NAME, Tree};
use crate::domain::product::Product;
use crate::domain::shopify::apply::{self, Wanted, wanted};
use crate::domain::shopify::listing::Listing;
use crate::domain::shopify::project::Frame;
use crate::domain::shopify::sheet::Header;
use crate::domain::status;
use crate::domain::write::{self, Shop};
use crate::error::ProductError;
use crate::ops::categories;
use crate::ops::change::{Hand, insert, update};
use crate::store;
use api::ids::{CategoryId, ProductId};
use api::inventory::ImportStockLine;
use api::product::{BadRow, ProductStatus, WriteCategory};
use base::Id;
use db::Tx;
use events::tasks;
use std::collections::HashMap;

/// The transaction and what it knows of the store.
struct Batch<'a> {
    app: &'a App,
    hand: &'a Hand,
    tx: Tx,
    tree: Tree,
    is_tree_locked: bool,
    present: HashMap<String, Product>,
    owners: HashMap<String, ProductId>,
    stock: Vec<ImportStockLine>,
    done: Done,
}

/// Stores `listings`, or with `dry_run` only finds out what that would do.
///
/// # Errors
/// Whatever ends the transaction, such as a name that another writer took meanwhile.
pub(super) async fn store(
    app: &App,
    hand: &Hand,
    header: &Header,
    listings: &[Listing],
    dry_run: bool,
) -> Result<Done, ProductError> {
    let mut batch = Batch::begin(app, hand, listings).await?;
    for listing in listings {
        batch.store(listing, header).await?;
    }
    let Batch { mut tx, stock, mut done, is_tree_locked, .. } = batch;
    done.tree = is_tree_locked;
    done.stock_lines = stock.len() as u64;
    if dry_run {
        return Ok(done);
    }
    for lines in stock.chunks(MAX_STOCK_LINES) {
        let task = SendStock { id: Id::new(), lines: lines.to_vec() };
        tasks::schedule(&mut tx, &task, hand.now).await?;
    }
    tx.commit().await?;
    Ok(done)
}

impl<'a> Batch<'a> {
    async fn begin(app: &'a App, hand: &'a Hand, listings: &[Listing]) -> Result<Self, ProductError> {
        let mut tx = app.db.begin().await?;
        let slugs: Vec<&str> = listings.iter().map(|listing| listing.handle.as_str()).collect();
        let mut ids = store::products::ids_by_slugs(&mut tx, &slugs).await?;
        // In one order, so that two imports do not wait for each other.
        ids.sort_unstable();
        for id in &ids {
            store::products::lock(&mut tx, *id).await?;
        }
        let present = store::products::by_ids(&mut tx, &ids).await?;
        let cells = listings.iter().flat_map(|listing| &listing.variants);
        let skus: Vec<&str> = cells
            .filter_map(|variant| variant.cells.get(crate::domain::shopify::SKU))
            .map(String::as_str)
            .collect();
        let owners = store::products::owners_of_skus(&mut tx, &skus).await?;
        let tree = store::categories::tree(&mut tx).await?;
        let present = present.into_iter().map(|product| (product.slug.clone(), product)).collect();
        Ok(Self {
            app,
            hand,
            tx,
            tree,
            is_tree_locked: false,
            present,
            owners,
            stock: Vec::new(),
            done: Done::default(),
        })
    }

    async fn store(&mut self, listing: &Listing, header: &Header) -> Result<(), ProductError> {
        let before = self.present.get(&listing.handle).cloned();
        let mut asked = match wanted(listing, header, before.as_ref(), self.frame()) {
            Ok(asked) => asked,
            Err(bad) => {
                self.done.bad.extend(bad);
                return Ok(());
            }
        };
        self.drop_foreign_skus(&mut asked, before.as_ref());
        self.done.bad.append(&mut asked.bad);
        if asked.body.variants.is_empty() {
            return Ok(());
        }
        let added = self.file(&mut asked).await?;
        match self.decide(listing, &asked, before.as_ref()) {
            Ok(after) => self.save(before, after, &asked).await,
            Err(bad) => {
                self.done.bad.push(bad);
                // A category that was only added for a product that is refused does no harm.
                tracing::debug!(added, handle = listing.handle, "a product of the file is refused");
                Ok(())
            }
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            tree: &self.tree,
            currency: self.hand.currency,
            now: self.hand.now,
            public_url: &self.app.public_url,
        }
    }

    /// Takes away SKUs that another product has: a new variant is left out, one that should get
    /// such a SKU keeps its own.
    fn drop_foreign_skus(&mut self, asked: &mut Wanted, before: Option<&Product>) {
        let own = before.map(|before| before.id);
        let mut index = 0;
        while let Some(variant) = asked.body.variants.get_mut(index) {
            if self.owners.get(&variant.sku).is_none_or(|owner| Some(*owner) == own) {
                index += 1;
                continue;
            }
            let reason = format!("has Variant SKU {:?}, which another product has", variant.sku);
            asked.bad.push(BadRow { line: asked.lines[index], reason });
            asked.quantities.remove(&variant.sku);
            match variant.variant_id.and_then(|id| before?.variant(id)) {
                Some(present) => {
                    variant.sku.clone_from(&present.sku);
                    index += 1;
                }
                None => {
                    asked.body.variants.remove(index);
                    asked.lines.remove(index);
                }
            }
        }
    }

    /// Puts the main category into the body, adding it to the tree if need be.
    async fn file(&mut self, asked: &mut Wanted) -> Result<bool, ProductError> {
        let Some(path) = asked.category.take() else { return Ok(false) };
        let mut parent: Option<CategoryId> = None;
        let mut added = false;
        for name in path.iter().take(crate::domain::category::MAX_LEVELS) {
            let name: String = name.chars().take(MAX_CATEGORY_NAME).collect();
            parent = Some(match self.tree.child(parent, &name) {
                Some(known) => known.id,
                None => {
                    added = true;
                    self.add_category(parent, name).await?
                }
            });
        }
        let others = asked.body.category_ids.iter().skip(1).copied().filter(|id| Some(*id) != parent);
        asked.body.category_ids = parent.into_iter().chain(others).collect();
        Ok(added)
    }

    async fn add_category(
        &mut self,
        parent_id: Option<CategoryId>,
        name: String,
    ) -> Result<CategoryId, ProductError> {
        if !self.is_tree_locked {
            store::categories::lock_tree(&mut self.tx).await?;
            self.tree = store::categories::tree(&mut self.tx).await?;
            self.is_tree_locked = true;
            if let Some(known) = self.tree.child(parent_id, &name) {
                return Ok(known.id);
            }
        }
        let body = WriteCategory { name, parent_id, ..WriteCategory::default() };
        let mut category = Category::from_write(&body, None, self.hand.now)?;
        if self.tree.has_slug(&category.slug) {
            let above = parent_id.and_then(|id| self.tree.get(id)).map(|parent| parent.slug.clone());
            let longer = above
                .map(|above| format!("{above}-{}", category.slug))
                .filter(|slug| !self.tree.has_slug(slug));
            category.slug = longer.unwrap_or_else(|| format!("{}-{}", category.slug, category.id));
        }
        categories::insert(&mut self.tx, &mut self.tree, &mut category, self.hand).await?;
        Ok(category.id)
    }

    /// The product as the file wants it.
    fn decide(&self, listing: &Listing, asked: &Wanted, before: Option<&Product>) -> Result<Product, BadRow> {
        let shop = Shop { currency: self.hand.currency, now: self.hand.now };
        let blame = |error: &base::Error| asked.blame(listing, error);
        let mut after = write::product(&asked.body, before, shop).map_err(|error| blame(&error))?;
        apply::pictures(&mut after, listing, self.frame());
        let to = match (asked.live, after.status) {
            (Some(true), ProductStatus::Draft | ProductStatus::Inactive) => ProductStatus::Active,
            (Some(false), ProductStatus::Active | ProductStatus::Discontinued) => ProductStatus::Inactive,
            (_, same) => same,
        };
        status::move_to(&mut after, to).map_err(|error| blame(&error.into()))?;
        Ok(after)
    }

    async fn save(
        &mut self,
        before: Option<Product>,
        mut after: Product,
        asked: &Wanted,
    ) -> Result<(), ProductError> {
        let written = match &before {
            Some(before) => update(&mut self.tx, before, &mut after, self.hand, None).await?,
            None => insert(&mut self.tx, &mut after, self.hand).await.map(|()| true)?,
        };
        match (written, before.is_some()) {
            (false, _) => self.done.unchanged += 1,
            (true, true) => self.done.updated += 1,
            (true, false) => self.done.created += 1,
        }
        if written {
            self.done.changed.push(after.id);
        }
        for variant in &after.variants {
            self.owners.insert(variant.sku.clone(), after.id);
            if let Some(quantity) = asked.quantities.get(&variant.sku) {
                let (product_id, variant_id) = (after.id, variant.id);
                self.stock.push(ImportStockLine {
                    sku: variant.sku.clone(),
                    product_id,
                    variant_id,
                    quantity: *quantity,
                });
            }
        }
        self.present.insert(after.slug.clone(), after);
        Ok(())
    }
}
