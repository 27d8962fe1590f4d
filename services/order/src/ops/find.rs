//! Finds an order by id or number, and repeats work that lost a race.

use crate::App;
use crate::domain::number;
use crate::domain::order::Order;
use crate::error::{OrderError, Result};
use crate::store;
use api::ids::OrderId;
use db::Conn;
use std::future::Future;

/// How often an operation that lost a race is repeated.
const RACES: u32 = 5;

/// The order with this id or number.
///
/// # Errors
/// [`OrderError::NotFound`].
pub(super) async fn find(c: &mut Conn, key: &str) -> Result<Order> {
    let found = match (key.parse::<OrderId>(), number::parse(key)) {
        (Ok(id), _) => store::orders::by_id(c, id).await?,
        (_, Some(number)) => store::orders::by_number(c, &number).await?,
        (Err(_), None) => None,
    };
    found.ok_or(OrderError::NotFound)
}

/// The order with this id.
///
/// # Errors
/// [`OrderError::NotFound`].
pub(super) async fn by_id(c: &mut Conn, id: OrderId) -> Result<Order> {
    store::orders::by_id(c, id).await?.ok_or(OrderError::NotFound)
}

/// The order with this id, read outside of a transaction.
///
/// # Errors
/// [`OrderError::NotFound`].
pub(super) async fn read(app: &App, id: OrderId) -> Result<Order> {
    by_id(&mut app.db.conn().await?, id).await
}

/// Repeats `work` while somebody else was faster.
///
/// # Errors
/// Those of `work`; [`OrderError::Stale`] if it never won.
pub(super) async fn again<T, F>(work: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut races = 0;
    loop {
        match work().await {
            Err(OrderError::Stale) if races < RACES => races += 1,
            other => return other,
        }
    }
}
