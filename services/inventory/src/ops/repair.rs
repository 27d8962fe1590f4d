//! Repairs levels that disagree with the ledger: the ledger is append-only and says why, a level
//! is only its sum (contracts §0.3). Nothing is added to the ledger, and its neighbours hear the
//! level it leads to. Repeating it is harmless.

use super::book::recount;
use crate::App;
use crate::error::InventoryError;
use crate::store;
use api::ids::InventoryItemId;
use api::repair::{RepairInvariants, Repairs};
use std::collections::BTreeSet;

const RECOUNTED: &str = "the level is set to the sum of its movements";

/// What a person has to do about a rule that no sum can decide.
fn by_hand(rule: &str) -> &'static str {
    match rule {
        "reserved-is-sum-of-open-lines" => {
            "look which orders hold stock of the item; cancel the reservation of those that are over"
        }
        "levels-in-range" => "the database refuses such levels; compare it with a backup",
        _ => "the sum of the movements is no possible level; count the stock and compare with a backup",
    }
}

/// Repairs what can be, or says what would be repaired; the rest needs a person.
///
/// # Errors
/// Those of the store.
pub(crate) async fn repair(app: &App, wish: RepairInvariants) -> Result<Repairs, InventoryError> {
    let mut repairs = Repairs::default();
    let broken = store::report::violations(&mut app.db.conn().await?).await?;
    // A level that is put right may put the other rules of the item right too.
    let recounted: BTreeSet<String> = broken
        .iter()
        .filter(|violation| violation.rule.ends_with("is-sum-of-movements"))
        .map(|violation| violation.id.clone())
        .collect();
    let mut possible = BTreeSet::new();
    for id in &recounted {
        let Ok(item) = id.parse::<InventoryItemId>() else { continue };
        if recount_item(app, item, wish.dry_run).await? {
            possible.insert(id.clone());
        }
    }
    let left =
        if wish.dry_run { Vec::new() } else { store::report::violations(&mut app.db.conn().await?).await? };
    for violation in broken {
        let is_left = left.iter().any(|left| left.rule == violation.rule && left.id == violation.id);
        let (rule, id) = (violation.rule.as_str(), &violation.id);
        if possible.contains(id) && !is_left {
            repairs.repaired(wish, rule, id, RECOUNTED);
        } else {
            repairs.by_hand(rule, id, by_hand(rule));
        }
    }
    Ok(repairs)
}

/// Sets the level of an item to what its movements lead to; `false` if that is no level.
async fn recount_item(app: &App, id: InventoryItemId, dry_run: bool) -> Result<bool, InventoryError> {
    let mut tx = app.db.begin().await?;
    let Some(unit) = store::item::unit_of(&mut tx, id).await? else { return Ok(false) };
    let stock = store::stock::open(&mut tx, unit, app.config.low_stock_threshold).await?;
    let Some(mut stock) = stock else { return Ok(false) };
    let (on_hand, reserved) = store::stock::sum_of_movements(&mut tx, id).await?;
    if reserved < 0 || on_hand < reserved {
        return Ok(false);
    }
    if !dry_run {
        tracing::warn!(item = %id, on_hand, reserved, "repairing: {RECOUNTED}");
        recount(&mut tx, &mut stock, id, (on_hand, reserved)).await?;
        tx.commit().await?;
    }
    Ok(true)
}
