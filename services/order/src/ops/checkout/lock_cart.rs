//! Step 2: lock the cart for this order and take its snapshot. The order is the key: the lock of
//! the same order answers the same snapshot.

use super::{Answer, Tried, passed, refused, unanswered};
use crate::App;
use crate::error::Result;
use crate::ops::find;
use crate::store::sagas::Saga;
use api::cart::LockCart;
use base::{Error, Kind};

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let order = find::read(app, saga.order_id).await?;
    let body = lock(order.customer.user_id, saga);
    match app.cart.lock(&body).await.into() {
        Answer::Yes(snapshot) => {
            saga.data.cart_id = Some(snapshot.cart_id);
            saga.data.snapshot = Some(snapshot);
            passed(saga)
        }
        // A token nobody knows is a cart with nothing in it.
        Answer::No(error) if error.kind() == Kind::NotFound => {
            refused(app, saga, Error::conflict("cart-empty", "there is nothing in the cart")).await
        }
        Answer::No(error) => refused(app, saga, error).await,
        Answer::Unknown(error) => unanswered(app, saga, &error).await,
    }
}

/// The lock of the customer's or guest's cart.
pub(super) fn lock(user_id: Option<api::ids::UserId>, saga: &Saga) -> LockCart {
    // A guest whose account was made since keeps paying for the guest's cart.
    let cart_token = saga.data.cart_token.clone();
    let user_id = user_id.filter(|_| cart_token.is_none());
    LockCart { user_id, cart_token, order_id: saga.order_id }
}
