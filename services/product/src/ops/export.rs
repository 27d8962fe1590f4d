//! Writes the catalogue as a Shopify file, a few products at a time.

use crate::App;
use crate::domain::csv::write_row;
use crate::domain::product::Product;
use crate::domain::shopify::project::{Frame, kept, listing, rows};
use crate::domain::shopify::sheet::Cells;
use crate::domain::shopify::{COLUMNS, QUANTITY};
use crate::error::ProductError;
use crate::store;
use api::ids::ProductId;
use api::product::ProductStatus;
use base::Result;
use bytes::Bytes;
use futures::Stream;
use std::collections::{BTreeSet, HashMap};

/// Products read at once.
const CHUNK: i64 = 100;

/// The file, in pieces. Archived products are left out.
///
/// # Errors
/// Those of the store, before the first piece; a later one ends the file early with an error.
pub(crate) async fn export_products(
    app: &App,
) -> std::result::Result<impl Stream<Item = Result<Bytes>> + Send + use<>, ProductError> {
    let columns = columns(app).await?;
    let mut header = String::new();
    write_row(&mut header, columns.iter().map(String::as_str));
    let state = Export { app: app.clone(), columns, after: None, header: Some(header) };
    Ok(futures::stream::unfold(Some(state), |state| async {
        let mut state = state?;
        match state.next_piece().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(state))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Export {
    app: App,
    columns: Vec<String>,
    after: Option<ProductId>,
    header: Option<String>,
}

/// Shopify's columns, then those that imports have kept.
async fn columns(app: &App) -> Result<Vec<String>> {
    let mut others: BTreeSet<String> = BTreeSet::new();
    let mut after = None;
    while let Some(products) = chunk(app, after).await? {
        after = products.last().map(|product| product.id);
        for product in &products {
            let metadata =
                product.variants.iter().map(|variant| &variant.metadata).chain([&product.metadata]);
            let cells = metadata.flat_map(|metadata| kept(metadata).into_keys());
            others.extend(cells.filter(|column| !COLUMNS.contains(&column.as_str())));
        }
    }
    Ok(COLUMNS.iter().map(|column| (*column).to_owned()).chain(others).collect())
}

/// The next products, or none when there are no more.
async fn chunk(app: &App, after: Option<ProductId>) -> Result<Option<Vec<Product>>> {
    let mut conn = app.db.conn().await?;
    let ids = store::products::ids_after(&mut conn, after, CHUNK).await?;
    if ids.is_empty() {
        return Ok(None);
    }
    Ok(Some(store::products::by_ids(&mut conn, &ids).await?))
}

impl Export {
    async fn next_piece(&mut self) -> Result<Option<Bytes>> {
        if let Some(header) = self.header.take() {
            return Ok(Some(header.into()));
        }
        let Some(products) = chunk(&self.app, self.after).await? else { return Ok(None) };
        self.after = products.last().map(|product| product.id);
        let catalog = self.app.shelf.now();
        let frame = Frame {
            tree: &catalog.tree,
            currency: self.app.currency,
            now: self.app.clock.now(),
            public_url: &self.app.public_url,
        };
        let mut text = String::new();
        for product in products.iter().filter(|product| product.status != ProductStatus::Archived) {
            self.write(&mut text, product, frame);
        }
        Ok(Some(text.into()))
    }

    fn write(&self, text: &mut String, product: &Product, frame: Frame<'_>) {
        let pieces: HashMap<&str, i64> =
            product.variants.iter().filter_map(|own| Some((own.sku.as_str(), quantity(own)?))).collect();
        let rows: Vec<Cells> = rows(&listing(product, frame), |sku| pieces.get(sku).copied());
        for row in rows {
            write_row(text, self.columns.iter().map(|column| row.get(column).map_or("", String::as_str)));
        }
    }
}

/// The pieces there are as last heard, or else as last imported.
fn quantity(variant: &crate::domain::product::Variant) -> Option<i64> {
    variant.stock.on_hand().or_else(|| kept(&variant.metadata).get(QUANTITY)?.parse().ok())
}
