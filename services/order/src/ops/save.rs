//! Saves an order and tells of every transition it made.

use super::announce;
use crate::domain::order::Order;
use crate::error::Result;
use crate::store;
use db::Tx;

/// Saves `order`, its history and its messages.
///
/// # Errors
/// [`crate::error::OrderError::Stale`] if somebody else saved it since it was read.
pub(super) async fn save(tx: &mut Tx, order: &mut Order) -> Result<()> {
    let moves = order.moves.clone();
    let before = order.sequence;
    store::orders::save(tx, order).await?;
    for (index, step) in moves.iter().enumerate() {
        announce::moved(tx, order, step, before + 1 + index as i64).await?;
    }
    Ok(())
}
