//! What other services tell of a customer's orders and payments.

use api::ids::{OrderId, PaymentId, UserId};
use api::user::UserStats;
use base::{Currency, Money, Timestamp};
use db::{Conn, DbError, sql};

/// Notes that an order was placed.
pub(crate) async fn order_placed(
    c: &mut Conn,
    user: UserId,
    order: OrderId,
    total: Money,
    at: Timestamp,
) -> Result<(), DbError> {
    // The cancellation may have arrived first; then the row is there.
    sql("INSERT INTO customer_order (order_id, user_id, total_minor, currency, placed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (order_id) DO UPDATE SET placed_at = $5, total_minor = $3, currency = $4")
    .bind(order)
    .bind(user)
    .bind(total.minor)
    .bind(total.currency)
    .bind(at)
    .run_one(c)
    .await
}

/// Notes that an order was cancelled; answers whether it had been placed and not cancelled before.
pub(crate) async fn order_cancelled(
    c: &mut Conn,
    user: UserId,
    order: OrderId,
    total: Money,
    at: Timestamp,
) -> Result<bool, DbError> {
    let update = sql("UPDATE customer_order SET cancelled_at = $2
         WHERE order_id = $1 AND cancelled_at IS NULL AND placed_at IS NOT NULL");
    if update.bind(order).bind(at).run(c).await? == 1 {
        return Ok(true);
    }
    sql("INSERT INTO customer_order (order_id, user_id, total_minor, currency, cancelled_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (order_id) DO NOTHING")
    .bind(order)
    .bind(user)
    .bind(total.minor)
    .bind(total.currency)
    .bind(at)
    .run(c)
    .await?;
    Ok(false)
}

/// What a customer bought so far.
pub(crate) async fn stats(c: &mut Conn, user: UserId) -> Result<UserStats, DbError> {
    let rows: Vec<(Currency, i64, i64, Timestamp)> =
        sql("SELECT currency, CAST(SUM(total_minor) AS BIGINT), COUNT(*), MAX(placed_at) FROM customer_order
         WHERE user_id = $1 AND placed_at IS NOT NULL AND cancelled_at IS NULL
         GROUP BY currency ORDER BY currency")
        .bind(user)
        .all(c)
        .await?;
    Ok(UserStats {
        order_count: rows.iter().map(|row| row.2).sum(),
        total_spent: rows.iter().map(|row| Money::new(row.1, row.0)).collect(),
        last_order_at: rows.iter().map(|row| row.3).max(),
        loyalty_points: 0,
        loyalty_tier: None,
    })
}

/// Notes a declined payment; answers how many there were since `since`.
pub(crate) async fn payment_failed(
    c: &mut Conn,
    user: UserId,
    payment: (PaymentId, i64),
    at: Timestamp,
    since: Timestamp,
) -> Result<i64, DbError> {
    sql("INSERT INTO payment_failure (payment_id, attempt, user_id, failed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (payment_id, attempt) DO NOTHING")
    .bind(payment.0)
    .bind(payment.1)
    .bind(user)
    .bind(at)
    .run(c)
    .await?;
    sql("SELECT COUNT(*) FROM payment_failure WHERE user_id = $1 AND failed_at > $2")
        .bind(user)
        .bind(since)
        .scalar(c)
        .await
}

/// How many payments of a user were declined so far.
pub(crate) async fn payment_failures(c: &mut Conn, user: UserId) -> Result<i64, DbError> {
    sql("SELECT COUNT(*) FROM payment_failure WHERE user_id = $1").bind(user).scalar(c).await
}

/// Raises a flag that staff see.
pub(crate) async fn raise_flag(
    c: &mut Conn,
    user: UserId,
    flag: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let insert = sql("INSERT INTO risk_flag (user_id, flag, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, flag) DO NOTHING");
    insert.bind(user).bind(flag).bind(now).run(c).await.map(drop)
}

/// The flags of a user.
pub(crate) async fn flags(c: &mut Conn, user: UserId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> =
        sql("SELECT flag FROM risk_flag WHERE user_id = $1 ORDER BY flag").bind(user).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
