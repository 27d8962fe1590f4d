//! Table `sagas`: where each checkout stands, guarded by its version.

use super::words::{Word, word};
use crate::domain::saga::Step;
use crate::error::{OrderError, Result};
use api::cart::CartSnapshot;
use api::ids::{CartId, OrderId, OrderLineId, ReservationId};
use api::order::PaymentChoice;
use api::product::Availability;
use base::Timestamp;
use base::error::Problem;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};
use serde::{Deserialize, Serialize};

/// A checkout.
#[derive(Clone, Debug)]
pub(crate) struct Saga {
    pub(crate) order_id: OrderId,
    pub(crate) step: Step,
    /// Failed tries of the present step.
    pub(crate) attempts: i64,
    /// When a runner should look at it.
    pub(crate) next_run_at: Timestamp,
    pub(crate) data: SagaData,
    pub(crate) version: i64,
}

/// What the steps hand on to each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SagaData {
    /// A guest's cart token; forgotten when the cart is locked for good or given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cart_token: Option<String>,
    /// The cart version the customer saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cart_version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) coupon: Option<String>,
    /// How the customer wants to pay.
    pub(crate) payment: PaymentChoice,
    /// Number of the payment attempt being started, part of its idempotency key.
    pub(crate) payment_attempt: i64,
    /// The cart, once it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cart_id: Option<CartId>,
    /// What the cart held; forgotten when the order is priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<CartSnapshot>,
    /// What the product service said about it; forgotten when the order is priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offer: Option<Offer>,
    /// Ids of the lines to be, in the order of the offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) line_ids: Vec<OrderLineId>,
    /// The hold on the stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reservation_id: Option<ReservationId>,
    /// Why the order is given up, or why the last payment attempt was refused: the answer a
    /// client that waits or comes back gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
}

/// The lines and discounts the product service offered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) lines: Vec<Availability>,
    pub(crate) discounts: Vec<serde_json::Value>,
}

impl Saga {
    /// A checkout at its first step.
    pub(crate) fn new(order_id: OrderId, data: SagaData, now: Timestamp) -> Self {
        Self { order_id, step: Step::LockCart, attempts: 0, next_run_at: now, data, version: 1 }
    }

    fn state(&self) -> &'static str {
        match self.step {
            Step::Done => "DONE",
            Step::AwaitPayment => "WAITING",
            _ => "RUNNING",
        }
    }
}

impl FromRow for Saga {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            order_id: row.get("order_id")?,
            step: row.get::<Word<_>>("step")?.0,
            attempts: row.get("attempts")?,
            next_run_at: row.get("next_run_at")?,
            data: row.get::<Json<_>>("data")?.0,
            version: row.get("version")?,
        })
    }
}

pub(crate) async fn insert(tx: &mut Tx, saga: &Saga) -> Result<()> {
    let now = tx.now();
    sql("INSERT INTO sagas (order_id, step, state, attempts, next_run_at, data, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(saga.order_id)
    .bind(word(saga.step))
    .bind(saga.state())
    .bind(saga.attempts)
    .bind(saga.next_run_at)
    .bind(json(&saga.data))
    .bind(saga.version)
    .bind(now)
    .run_one(tx)
    .await?;
    Ok(())
}

pub(crate) async fn by_order(c: &mut Conn, order_id: OrderId) -> Result<Saga> {
    let saga = sql("SELECT * FROM sagas WHERE order_id = $1").bind(order_id).opt(c).await?;
    saga.ok_or(OrderError::NotFound)
}

/// Saves where the checkout stands; the version rises by one.
///
/// # Errors
/// [`OrderError::Stale`] if another runner moved it since it was read.
pub(crate) async fn save(tx: &mut Tx, saga: &mut Saga) -> Result<()> {
    let update = sql("UPDATE sagas SET step = $3, state = $4, attempts = $5, next_run_at = $6, data = $7,
            version = version + 1
        WHERE order_id = $1 AND version = $2")
    .bind(saga.order_id)
    .bind(saga.version)
    .bind(word(saga.step))
    .bind(saga.state())
    .bind(saga.attempts)
    .bind(saga.next_run_at)
    .bind(json(&saga.data));
    if update.run(tx).await? != 1 {
        return Err(OrderError::Stale);
    }
    saga.version += 1;
    Ok(())
}

/// Checkouts in `state` that a runner should look at, oldest first.
pub(crate) async fn due(
    c: &mut Conn,
    state: &'static str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> = sql(
        "SELECT order_id FROM sagas WHERE state = $1 AND next_run_at <= $2 ORDER BY next_run_at LIMIT $3",
    )
    .bind(state)
    .bind(now)
    .bind(limit)
    .all(c)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Notes when a checkout should be looked at next, whatever its version.
pub(crate) async fn look_again(tx: &mut Tx, order_id: OrderId, at: Timestamp) -> Result<()> {
    sql("UPDATE sagas SET next_run_at = $2 WHERE order_id = $1").bind(order_id).bind(at).run(tx).await?;
    Ok(())
}
