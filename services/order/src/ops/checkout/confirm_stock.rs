//! Step 8: the money is there, so the hold becomes final. If it ran out and cannot be had again,
//! the order is cancelled and its money goes back.

use super::{Answer, Tried, note, passed, unanswered};
use crate::App;
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::Result;
use crate::ops::{find, save};
use crate::store::sagas::Saga;
use api::order::CancellationReason;
use api::shared::Actor;
use base::{Error, Kind};

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    match app.inventory.confirm(saga.order_id).await.into() {
        Answer::Yes(_) => passed(saga),
        Answer::No(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {
            out_of_stock(app, saga, &error).await
        }
        // Anything else is a fault of ours or theirs: money is there, so it is tried until it works.
        Answer::No(error) | Answer::Unknown(error) => unanswered(app, saga, &error).await,
    }
}

async fn out_of_stock(app: &App, saga: &mut Saga, why: &Error) -> Result<Tried> {
    tracing::warn!(order = %saga.order_id, reason = why.code(), "a paid order has lost its stock and is cancelled");
    let mut tx = app.db.begin().await?;
    note(&mut tx, saga, Outcome::Refused).await?;
    let mut order = find::by_id(&mut tx, saga.order_id).await?;
    order.cancel(CancellationReason::OutOfStock, None, Mover::System, &Actor::system())?;
    save::save(&mut tx, &mut order).await?;
    tx.commit().await?;
    Ok(Tried::Moved)
}
