//! Turns the shopper's cart into an order: accepts it, then does the checkout within the
//! client's patience; what is left is done without the client.

use super::accept;
use super::checkout::{self, Runner};
use super::find;
use super::tariffs;
use super::viewer::id_of;
use crate::App;
use crate::domain::order::Order;
use crate::domain::saga::Step;
use crate::error::{OrderError, Result};
use crate::store;
use crate::store::orders::{Found, Origin};
use api::ids::{OrderId, UserId};
use api::order::{OrderStatus, PlaceOrder};
use auth::User;
use base::keys::{hex, sha256};
use base::{Error, Kind, context};
use std::time::Duration;
use tokio::time::Instant;

/// What it takes to read the order and answer.
const TO_ANSWER: Duration = Duration::from_millis(500);

/// Who buys.
#[derive(Clone, Debug)]
pub(crate) enum Shopper {
    /// A signed-in customer.
    User(User),
    /// A guest with this cart token.
    Guest(String),
}

impl Shopper {
    pub(crate) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(id_of(user)),
            Self::Guest(_) => None,
        }
    }

    pub(crate) fn cart_token(&self) -> Option<&str> {
        match self {
            Self::User(_) => None,
            Self::Guest(token) => Some(token),
        }
    }

    /// Whose keys and double clicks belong together; a guest's token is stored as digest only.
    fn key(&self) -> String {
        match self {
            Self::User(user) => format!("user:{}", user.id),
            Self::Guest(token) => format!("guest:{}", hex(&sha256(token.as_bytes()))),
        }
    }
}

/// How the checkout ended for the client.
#[derive(Debug)]
pub(crate) enum Placed {
    /// A new order, ready to be paid or paid.
    New(Order),
    /// The order of an earlier click.
    Existing(Order),
    /// Accepted; the rest is done without the client.
    Accepted(Order),
}

/// Places an order.
///
/// # Errors
/// What the checkout was refused for; 402 `payment-declined` (the order exists and can be paid
/// again).
pub(crate) async fn place_order(
    app: &App,
    shopper: &Shopper,
    body: PlaceOrder,
    key: Option<&str>,
) -> Result<Placed> {
    let until = Instant::now() + patience(app);
    let origin = origin(shopper, &body, key);
    if let Some(found) = by_key(app, &origin).await? {
        let order_id = same_request(&found, &origin)?;
        return finish(app, order_id, true, until).await;
    }
    let tariff = tariffs::current(app).await?;
    let order_id = match accept::accept(app, &tariff, shopper, body, &origin).await {
        Err(OrderError::Db(error)) if error.is_unique("customer_order_key") => {
            let found = by_key(app, &origin).await?.ok_or(OrderError::Stale)?;
            return finish(app, same_request(&found, &origin)?, true, until).await;
        }
        other => other?,
    };
    match finish(app, order_id, true, until).await {
        Err(OrderError::Other(error)) if error.code() == "cart-locked" => {
            finish(app, holder(app, &origin, &error).await?, false, until).await
        }
        other => other,
    }
}

fn origin(shopper: &Shopper, body: &PlaceOrder, key: Option<&str>) -> Origin {
    let digest = || serde_json::to_vec(body).map(|bytes| hex(&sha256(&bytes))).ok();
    Origin {
        shopper: shopper.key(),
        idempotency_key: key.map(str::to_owned),
        request_digest: key.and_then(|_| digest()),
    }
}

async fn by_key(app: &App, origin: &Origin) -> Result<Option<Found>> {
    let Some(key) = &origin.idempotency_key else { return Ok(None) };
    store::orders::by_key(&mut app.db.conn().await?, &origin.shopper, key).await
}

fn same_request(found: &Found, origin: &Origin) -> Result<OrderId> {
    if found.request_digest == origin.request_digest { Ok(found.id) } else { Err(OrderError::KeyReused) }
}

/// The order that holds the cart, if it is this shopper's own from a moment ago: the other half
/// of a double click (contracts §7.3).
///
/// # Errors
/// 409 `cart-locked`, with the order if it is the shopper's own.
async fn holder(app: &App, origin: &Origin, refusal: &Error) -> Result<OrderId> {
    let locked = Error::conflict("cart-locked", "another order that is not paid yet holds the cart");
    let id = refusal.extra().get("orderId").and_then(|id| id.as_str()?.parse::<OrderId>().ok());
    let Some(id) = id else { return Err(locked.into()) };
    let found = store::orders::origin(&mut app.db.conn().await?, id).await?;
    match found.filter(|found| found.shopper == origin.shopper) {
        Some(own) if app.clock.now().since(own.created_at) < app.config.double_click_window.0 => Ok(own.id),
        Some(own) => Err(locked.with("orderId", own.id).into()),
        None => Err(locked.into()),
    }
}

/// How long the client waits: the checkout's budget, or what is left of the client's own.
pub(super) fn patience(app: &App) -> Duration {
    let budget = app.config.checkout_budget.0;
    let left = context::current().remaining().map(|left| left.saturating_sub(TO_ANSWER));
    left.map_or(budget, |left| left.min(budget))
}

/// Does as much of the checkout as the client waits for, and tells how it stands.
async fn finish(app: &App, order_id: OrderId, is_own: bool, until: Instant) -> Result<Placed> {
    let work = checkout::drive(app, order_id, Runner::Request);
    let in_time = match tokio::time::timeout_at(until, work).await {
        Ok(done) => done.map(|()| true)?,
        Err(_) => false,
    };
    let mut c = app.db.conn().await?;
    let order = find::by_id(&mut c, order_id).await?;
    let saga = store::sagas::by_order(&mut c, order_id).await?;
    if let Some(problem) = saga.data.problem
        && (saga.step.is_undoing()
            || matches!(order.status, OrderStatus::Rejected | OrderStatus::PaymentFailed))
    {
        return Err(Error::from(problem).into());
    }
    if order.status == OrderStatus::Rejected {
        return Err(
            Error::new(Kind::Unavailable, "unavailable", "the order could not be placed; try again").into()
        );
    }
    let waits = in_time || matches!(saga.step, Step::AwaitPayment | Step::Done);
    Ok(match (waits, is_own) {
        (false, _) => Placed::Accepted(order),
        (true, true) => Placed::New(order),
        (true, false) => Placed::Existing(order),
    })
}
