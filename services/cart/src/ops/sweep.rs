//! What time does to carts: abandoned after a day, expired after a month, locks that lead nowhere.

use super::lock::unlock_cart;
use super::order::use_up;
use super::tell::{save, save_cleared};
use crate::App;
use crate::domain::Cart;
use crate::error::CartError;
use crate::store;
use api::cart::{CartAbandoned, CartClearReason, CartStatus};
use api::ids::{CartId, OrderId};
use api::order::OrderStatus;
use base::{Kind, Timestamp};
use db::Tx;
use events::outbox;

/// Carts looked at in one go.
const BATCH: i64 = 100;

/// Does all that is due.
///
/// # Errors
/// Those of the store; what was done before stays done.
pub(crate) async fn sweep(app: &App) -> Result<(), CartError> {
    let now = app.clock.now();
    let expired = now - app.config.idle_lifetime.0;
    for status in [CartStatus::Active, CartStatus::Abandoned] {
        age(app, status, expired, Age::Expired).await?;
    }
    age(app, CartStatus::Active, now - app.config.abandoned_after.0, Age::Abandoned).await?;
    end_locks(app, now - app.config.lock_timeout.0).await?;
    let mut tx = app.db.begin().await?;
    store::delete_over(&mut tx, now - app.config.keep_over.0, BATCH).await?;
    Ok(tx.commit().await?)
}

#[derive(Clone, Copy)]
enum Age {
    Abandoned,
    Expired,
}

async fn age(app: &App, status: CartStatus, before: Timestamp, age: Age) -> Result<(), CartError> {
    loop {
        let mut conn = app.db.conn().await?;
        let idle = store::idle(&mut conn, status, before, BATCH).await?;
        drop(conn);
        for id in &idle {
            grow_old(app, *id, status, before, age).await?;
        }
        if idle.len() < BATCH as usize {
            return Ok(());
        }
    }
}

/// Ages one cart, unless its owner came back meanwhile.
async fn grow_old(
    app: &App,
    id: CartId,
    status: CartStatus,
    before: Timestamp,
    age: Age,
) -> Result<(), CartError> {
    let mut tx = app.db.begin().await?;
    let cart = store::open(&mut tx, id).await?;
    let Some(mut cart) = cart.filter(|cart| cart.status == status && cart.active_at <= before) else {
        return Ok(());
    };
    match age {
        Age::Abandoned => abandon(&mut tx, &mut cart).await?,
        Age::Expired => {
            cart.expire();
            save_cleared(&mut tx, &mut cart, CartClearReason::Expired).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn abandon(tx: &mut Tx, cart: &mut Cart) -> Result<(), CartError> {
    let remind = cart.abandon();
    save(tx, cart).await?;
    if let (true, Some(user_id)) = (remind, cart.owner.user_id()) {
        let event = CartAbandoned {
            aggregate_version: cart.version,
            cart_id: cart.id,
            user_id,
            items: cart.items(),
            subtotal: cart.subtotal(),
            last_activity_at: cart.active_at,
            abandoned_at: cart.updated_at,
        };
        outbox::publish(tx, &event).await?;
    }
    Ok(())
}

/// Ends locks whose end nobody told of: the order came to nothing, or it was paid.
async fn end_locks(app: &App, before: Timestamp) -> Result<(), CartError> {
    let mut conn = app.db.conn().await?;
    let locked = store::long_locked(&mut conn, before, BATCH).await?;
    drop(conn);
    for (cart_id, order_id) in locked {
        end_lock(app, cart_id, order_id, fate(app, order_id).await).await?;
    }
    Ok(())
}

/// Ends a lock as the fate of its order demands. Repeating is harmless.
///
/// # Errors
/// Those of the store.
pub(super) async fn end_lock(
    app: &App,
    cart_id: CartId,
    order_id: OrderId,
    fate: Fate,
) -> Result<(), CartError> {
    match fate {
        Fate::Open => Ok(()),
        Fate::Nothing => {
            tracing::warn!(%cart_id, %order_id, "a cart was locked for an order that came to nothing");
            unlock_cart(app, cart_id, order_id).await
        }
        Fate::Paid => {
            tracing::warn!(%cart_id, %order_id, "a cart was locked for an order that is paid");
            use_up(app, cart_id, order_id).await
        }
    }
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is not decided, or the order cannot be asked.
    Open,
    /// It does not exist, or holds nothing any more.
    Nothing,
    Paid,
}

pub(super) async fn fate(app: &App, order_id: OrderId) -> Fate {
    let status = match app.order.order(order_id).await {
        Ok(order) => order.status,
        Err(error) if error.kind() == Kind::NotFound => return Fate::Nothing,
        Err(_) => return Fate::Open,
    };
    match status {
        OrderStatus::Pending
        | OrderStatus::PendingPayment
        | OrderStatus::PaymentProcessing
        | OrderStatus::PaymentFailed => Fate::Open,
        OrderStatus::Rejected | OrderStatus::Cancelled => Fate::Nothing,
        OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::OnHold
        | OrderStatus::PartiallyShipped
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Completed
        | OrderStatus::Returned => Fate::Paid,
    }
}
