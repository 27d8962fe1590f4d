//! What changes in the catalogue mean for lines that are in carts.

use super::tell::save_updated;
use crate::App;
use crate::domain::Cart;
use crate::error::CartError;
use crate::store;
use api::ids::{CartId, ProductId, VariantId};
use base::{Money, Timestamp};
use db::Conn;
use events::Task;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Carts changed in one transaction.
const BATCH: i64 = 20;

/// Durable work: bring open carts up to date with a change in the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TouchLines {
    pub product_id: ProductId,
    pub change: LineChange,
}

/// What changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LineChange {
    /// A variant has a new price.
    Price { variant_id: VariantId, price: Money, at: Timestamp },
    /// A variant, or the whole product if none is named, can or cannot be bought any more.
    Available { variant_id: Option<VariantId>, available: bool },
}

impl Task for TouchLines {
    const KIND: &'static str = "touch-lines";
    const MAX_ATTEMPTS: u32 = 20;
    const LEASE: Duration = Duration::from_secs(300);

    fn key(&self) -> String {
        let product = self.product_id;
        match &self.change {
            LineChange::Price { variant_id, price, .. } => {
                format!("{product}:{variant_id}:{}", price.currency)
            }
            LineChange::Available { variant_id: Some(variant_id), .. } => {
                format!("{product}:{variant_id}:available")
            }
            LineChange::Available { variant_id: None, .. } => format!("{product}:available"),
        }
    }
}

/// Changes lines, a batch of carts at a time, until no line is left to change.
///
/// # Errors
/// Those of the store; what was changed before stays changed.
pub(crate) async fn touch_lines(app: &App, task: &TouchLines) -> Result<(), CartError> {
    loop {
        let mut tx = app.db.begin().await?;
        let carts = concerned(&mut tx, task).await?;
        for id in &carts {
            if let Some(mut cart) = store::open(&mut tx, *id).await? {
                touch(&mut cart, task);
                save_updated(&mut tx, &mut cart).await?;
            }
        }
        tx.commit().await?;
        if carts.len() < BATCH as usize {
            return Ok(());
        }
    }
}

async fn concerned(c: &mut Conn, task: &TouchLines) -> Result<Vec<CartId>, CartError> {
    let product_id = task.product_id;
    let carts = match &task.change {
        LineChange::Price { variant_id, price, at } => {
            let price = (price.minor, price.currency);
            store::to_reprice(c, (product_id, *variant_id), price, *at, BATCH).await?
        }
        LineChange::Available { variant_id, available } => {
            store::to_mark(c, product_id, *variant_id, *available, BATCH).await?
        }
    };
    Ok(carts)
}

fn touch(cart: &mut Cart, task: &TouchLines) {
    match &task.change {
        LineChange::Price { variant_id, price, at } => {
            cart.reprice(task.product_id, *variant_id, *price, *at);
        }
        LineChange::Available { variant_id, available } => {
            cart.mark(task.product_id, *variant_id, *available);
        }
    }
}
