//! Lists orders: a customer's own, or everybody's for staff.

use super::viewer::{Viewer, id_of};
use crate::App;
use crate::domain::number;
use crate::domain::order::Order;
use crate::domain::sort::Sort;
use crate::error::Result;
use crate::store;
use crate::store::lists::{Filter, Place};
use api::audit::Deed;
use api::ids::UserId;
use api::order::{OrderAuditRecorded, OrderStatus};
use api::shared::{Actor, ActorKind};
use auth::{Permission, User};
use base::page::{Page, PageQuery};
use base::{Error, Timestamp};

/// Which orders are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOrders {
    pub(crate) all: bool,
    pub(crate) user_id: Option<UserId>,
    pub(crate) status: Option<OrderStatus>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) order_number: Option<String>,
    pub(crate) sort: Option<Sort>,
}

/// A page of orders, newest first unless another order is wanted.
///
/// # Errors
/// 403 for the orders of others without the right to see them, 422 for a bad cursor or limit.
pub(crate) async fn list_orders(
    app: &App,
    user: &User,
    wanted: ListOrders,
    page: &PageQuery,
) -> Result<Page<(Order, Viewer)>> {
    let own = id_of(user);
    let others = wanted.all || wanted.user_id.is_some_and(|wanted| wanted != own);
    if others && !user.has(Permission::OrderRead) {
        return Err(Error::forbidden().into());
    }
    if others {
        let deed = Deed::new("order.list", "order");
        let deed = deed.because(wanted.user_id.map(|id| format!("of user {id}")).as_deref());
        let mut tx = app.db.begin().await?;
        OrderAuditRecorded::write(&mut tx, Actor::new(ActorKind::Admin, own), deed).await?;
        tx.commit().await?;
    }
    // The cursor belongs to the question: another filter or order needs another one.
    let list = format!("orders:{own}:{wanted:?}");
    let filter = Filter {
        user_id: if wanted.all { wanted.user_id } else { Some(wanted.user_id.unwrap_or(own)) },
        status: wanted.status,
        from: wanted.from,
        to: wanted.to,
        // A number nobody could have matches nothing.
        number: wanted.order_number.map(|number| number::parse(&number).unwrap_or_default()),
    };
    let part = page.part(&app.keys, &list)?;
    let mut c = app.db.conn().await?;
    let sort = wanted.sort.unwrap_or(Sort::USUAL);
    let rows = store::lists::orders(&mut c, &filter, sort, &part).await?;
    let mut found = part.page(&app.keys, rows, Place::of);
    if page.count == Some(true) {
        found.total = Some(store::lists::count(&mut c, &filter).await?);
    }
    Ok(found.map(|order| {
        let is_own = order.customer.user_id == Some(own);
        let viewer = if is_own { Viewer::Owner(own) } else { Viewer::Staff(user.clone()) };
        (order, viewer)
    }))
}
