//! Step 9: the order is paid and its stock is final, so it is confirmed and announced. No peer is
//! called.

use super::{Tried, note};
use crate::App;
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::Result;
use crate::ops::expire_payment::ExpirePayment;
use crate::ops::{find, save};
use crate::store::sagas::Saga;
use api::order::OrderStatus;
use api::shared::Actor;
use events::{Task as _, tasks};

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let mut tx = app.db.begin().await?;
    note(&mut tx, saga, Outcome::Succeeded).await?;
    let mut order = find::by_id(&mut tx, saga.order_id).await?;
    order.move_to(OrderStatus::Confirmed, Mover::System, &Actor::system(), None)?;
    order.placed_at = Some(tx.now());
    save::save(&mut tx, &mut order).await?;
    tasks::cancel(&mut tx, ExpirePayment::KIND, &order.id.to_string()).await?;
    tx.commit().await?;
    Ok(Tried::Moved)
}
