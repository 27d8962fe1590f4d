//! Gives the orders a guest made to the account that has since proven the same address (D-38).

use super::announce;
use super::find;
use super::save;
use crate::App;
use crate::error::Result;
use crate::store;
use api::ids::{OrderId, UserId};
use api::shared::{Actor, ActorKind};

/// Orders adopted between two looks.
const BATCH: i64 = 200;

/// Adopts the guest orders of a proven address. Repeating is harmless.
///
/// # Errors
/// Those of the store.
pub(crate) async fn adopt_orders(app: &App, user_id: UserId, email: &str) -> Result<()> {
    loop {
        let orders = store::orders::of_guest(&mut app.db.conn().await?, email, BATCH).await?;
        for order_id in &orders {
            find::again(|| adopt(app, *order_id, user_id, email)).await?;
        }
        if (orders.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

async fn adopt(app: &App, order_id: OrderId, user_id: UserId, email: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let mut order = find::by_id(&mut tx, order_id).await?;
    let same = store::orders::email_key(&order.customer.email) == store::orders::email_key(email);
    if order.customer.user_id.is_some() || !same {
        return Ok(());
    }
    order.customer.user_id = Some(user_id);
    save::save(&mut tx, &mut order).await?;
    let actor = Actor::new(ActorKind::User, user_id);
    // An order nobody has heard of yet is announced with its owner later.
    if order.cart.is_some() {
        announce::updated(&mut tx, &order, vec!["userId".to_owned()], actor).await?;
    }
    tx.commit().await?;
    Ok(())
}
