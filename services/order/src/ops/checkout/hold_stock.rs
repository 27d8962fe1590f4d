//! Step 4: hold all lines of the order, or none. The order is the key: the same order and lines
//! give the same reservation.

use super::{Answer, Tried, passed, refused, unanswered};
use crate::App;
use crate::error::Result;
use crate::store::sagas::{Offer, Saga};
use api::ids::OrderLineId;
use api::inventory::{Reserve, ReserveLine};
use base::{Error, Timestamp};

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let Some(offer) = &saga.data.offer else {
        return Err(Error::internal("the offer of a checked cart is missing").into());
    };
    let expires_at = app.clock.now() + app.config.reservation_time.0;
    let body = reserve(saga, offer, expires_at);
    match app.inventory.reserve(&body).await.into() {
        Answer::Yes(reservation) => {
            saga.data.reservation_id = Some(reservation.reservation_id);
            passed(saga)
        }
        Answer::No(error) => refused(app, saga, error).await,
        Answer::Unknown(error) => unanswered(app, saga, &error).await,
    }
}

fn reserve(saga: &Saga, offer: &Offer, expires_at: Timestamp) -> Reserve {
    let line = |(line, id): (&api::product::Availability, &OrderLineId)| ReserveLine {
        product_id: line.product_id,
        variant_id: line.variant_id,
        order_item_id: *id,
        quantity: line.quantity,
    };
    let lines = offer.lines.iter().zip(&saga.data.line_ids).map(line).collect();
    Reserve { order_id: saga.order_id, lines, expires_at }
}
