//! Lists orders: a customer's own, or everybody's for staff.

use super::viewer::{Viewer, id_of};
use crate::App;
use crate::domain::number;
use crate::domain::order::Order;
use crate::error::Result;
use crate::store;
use crate::store::lists::Filter;
use api::ids::UserId;
use api::order::OrderStatus;
use auth::{Permission, User};
use base::page::{ByTime, Page, PageQuery};
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
}

/// A page of orders, newest first.
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
    let rows = store::lists::orders(&mut c, &filter, &part).await?;
    let place = |order: &Order| ByTime::new(order.created_at, order.id.uuid());
    let mut found = part.page(&app.keys, rows, place);
    if page.count == Some(true) {
        found.total = Some(store::lists::count(&mut c, &filter).await?);
    }
    Ok(found.map(|order| {
        let is_own = order.customer.user_id == Some(own);
        let viewer = if is_own { Viewer::Owner(own) } else { Viewer::Staff(user.clone()) };
        (order, viewer)
    }))
}
