//! Table `customer_order`: one row per order, guarded by its version.

use super::parts;
use super::words::{Word, word};
use crate::domain::order::{Amounts, CartRef, Customer, Order};
use crate::error::{OrderError, Result};
use api::ids::{CartId, OrderId, UserId};
use api::order::OrderStatus;
use base::Timestamp;
use db::{Conn, DbError, FromRow, Json, Row, Tx, json, sql};

/// What identifies the request that made an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `user:<id>` or `guest:<digest>`.
    pub(crate) shopper: String,
    pub(crate) idempotency_key: Option<String>,
    /// Digest of the request, so that a key is not used for another one.
    pub(crate) request_digest: Option<String>,
}

/// An order and what identifies the request that made it.
pub(crate) struct Found {
    pub(crate) id: OrderId,
    pub(crate) shopper: String,
    pub(crate) request_digest: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            shopper: row.get("shopper")?,
            request_digest: row.get("request_digest")?,
            created_at: row.get("created_at")?,
        })
    }
}

impl FromRow for Order {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let cart_id: Option<CartId> = row.get("cart_id")?;
        let cart_version: Option<i64> = row.get("cart_version")?;
        Ok(Self {
            id: row.get("id")?,
            number: row.get("order_number")?,
            customer: Customer {
                user_id: row.get("user_id")?,
                email: row.get("customer_email")?,
                name: row.get("customer_name")?,
            },
            status: row.get::<Word<_>>("status")?.0,
            payment_status: row.get::<Word<_>>("payment_status")?.0,
            currency: row.get("currency")?,
            amounts: amounts(row)?,
            explanation: row.get::<Json<_>>("explanation")?.0,
            coupons: row.get::<Json<_>>("coupons")?.0,
            shipping_method: row.get::<Word<_>>("shipping_method")?.0,
            shipping_address: row.get::<Json<_>>("shipping_address")?.0,
            shipping_address_id: row.get("shipping_address_id")?,
            billing_address: row.get::<Json<_>>("billing_address")?.0,
            notes: row.get("customer_notes")?,
            cart: cart_id.zip(cart_version).map(|(id, version)| CartRef { id, version }),
            reservation_id: row.get("reservation_id")?,
            payment_deadline: row.get("payment_deadline")?,
            paid_by: row.get("paid_by")?,
            cancellation: row.get::<Option<Word<_>>>("cancellation")?.map(|word| word.0),
            cancellation_notes: row.get("cancellation_notes")?,
            flags: row.get::<Json<_>>("flags")?.0,
            placed_at: row.get("placed_at")?,
            delivered_at: row.get("delivered_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            sequence: row.get("sequence")?,
            version: row.get("version")?,
            lines: Vec::new(),
            attempts: Vec::new(),
            shipments: Vec::new(),
            moves: Vec::new(),
        })
    }
}

fn amounts(row: &Row<'_>) -> Result<Amounts, DbError> {
    Ok(Amounts {
        subtotal: row.get("subtotal_minor")?,
        discount: row.get("discount_minor")?,
        tax: row.get("tax_minor")?,
        shipping: row.get("shipping_minor")?,
        total: row.get("total_minor")?,
        refunded: row.get("refunded_minor")?,
        tax_included: row.get("tax_included")?,
    })
}

/// The order with this id, with its lines, attempts and shipments.
pub(crate) async fn by_id(c: &mut Conn, id: OrderId) -> Result<Option<Order>> {
    let order = sql("SELECT * FROM customer_order WHERE id = $1").bind(id).opt::<Order>(c).await?;
    complete(c, order).await
}

/// The order with this number.
pub(crate) async fn by_number(c: &mut Conn, number: &str) -> Result<Option<Order>> {
    let order =
        sql("SELECT * FROM customer_order WHERE order_number = $1").bind(number).opt::<Order>(c).await?;
    complete(c, order).await
}

async fn complete(c: &mut Conn, order: Option<Order>) -> Result<Option<Order>> {
    let mut orders: Vec<Order> = order.into_iter().collect();
    parts::fill(c, &mut orders).await?;
    Ok(orders.pop())
}

/// What is known of an order's request.
pub(crate) async fn origin(c: &mut Conn, id: OrderId) -> Result<Option<Found>> {
    let found =
        sql("SELECT id, shopper, request_digest, created_at FROM customer_order WHERE id = $1").bind(id);
    Ok(found.opt(c).await?)
}

/// The order that a shopper made with this key.
pub(crate) async fn by_key(c: &mut Conn, shopper: &str, key: &str) -> Result<Option<Found>> {
    let found = sql("SELECT id, shopper, request_digest, created_at FROM customer_order
        WHERE shopper = $1 AND idempotency_key = $2");
    Ok(found.bind(shopper).bind(key).opt(c).await?)
}

/// Gives a key free, so that the same request may be made anew.
pub(crate) async fn release_key(tx: &mut Tx, id: OrderId) -> Result<()> {
    sql("UPDATE customer_order SET idempotency_key = NULL WHERE id = $1").bind(id).run_one(tx).await?;
    Ok(())
}

/// Stores a new order with the transitions made so far.
pub(crate) async fn insert(tx: &mut Tx, order: &mut Order, origin: &Origin) -> Result<()> {
    sql("INSERT INTO customer_order (id, version, sequence, order_number, shopper, idempotency_key,
            request_digest, user_id, customer_email, email_key, customer_name, status, payment_status, currency,
            subtotal_minor, discount_minor, tax_minor, shipping_minor, total_minor, refunded_minor, tax_included,
            explanation, coupons, shipping_method, shipping_address, shipping_address_id, billing_address,
            customer_notes, flags, order_day, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, 0, 0, 0, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $25)")
    .bind(order.id)
    .bind(order.version)
    .bind(order.moves.len() as i64)
    .bind(order.number.as_str())
    .bind(origin.shopper.as_str())
    .bind(origin.idempotency_key.clone())
    .bind(origin.request_digest.clone())
    .bind(order.customer.user_id)
    .bind(order.customer.email.as_str())
    .bind(email_key(&order.customer.email))
    .bind(order.customer.name.as_str())
    .bind(word(order.status))
    .bind(word(order.payment_status))
    .bind(order.currency)
    .bind(order.amounts.tax_included)
    .bind(json(&order.explanation))
    .bind(json(&order.coupons))
    .bind(word(order.shipping_method))
    .bind(json(&order.shipping_address))
    .bind(order.shipping_address_id)
    .bind(json(&order.billing_address))
    .bind(order.notes.clone())
    .bind(json(&order.flags))
    .bind(day(order.created_at))
    .bind(order.created_at)
    .run_one(tx)
    .await?;
    order.sequence = 0;
    parts::save_moves(tx, order).await
}

/// Saves what changed; the version rises by one.
///
/// # Errors
/// [`OrderError::Stale`] if somebody else saved it since it was read.
pub(crate) async fn save(tx: &mut Tx, order: &mut Order) -> Result<()> {
    order.updated_at = tx.now();
    let sequence = order.sequence + order.moves.len() as i64;
    let update = sql("UPDATE customer_order SET version = version + 1, sequence = $3, user_id = $4, status = $5,
            payment_status = $6, currency = $7, subtotal_minor = $8, discount_minor = $9, tax_minor = $10,
            shipping_minor = $11, total_minor = $12, refunded_minor = $13, tax_included = $14, explanation = $15,
            coupons = $16, shipping_method = $17, shipping_address = $18, shipping_address_id = $19,
            billing_address = $20, customer_notes = $21, cart_id = $22, cart_version = $23, reservation_id = $24,
            payment_deadline = $25, paid_by = $26, cancellation = $27, cancellation_notes = $28, flags = $29,
            placed_at = $30, delivered_at = $31, updated_at = $32, customer_email = $33, email_key = $34,
            customer_name = $35
        WHERE id = $1 AND version = $2")
    .bind(order.id)
    .bind(order.version)
    .bind(sequence)
    .bind(order.customer.user_id)
    .bind(word(order.status))
    .bind(word(order.payment_status))
    .bind(order.currency)
    .bind(order.amounts.subtotal)
    .bind(order.amounts.discount)
    .bind(order.amounts.tax)
    .bind(order.amounts.shipping)
    .bind(order.amounts.total)
    .bind(order.amounts.refunded)
    .bind(order.amounts.tax_included)
    .bind(json(&order.explanation))
    .bind(json(&order.coupons))
    .bind(word(order.shipping_method))
    .bind(json(&order.shipping_address))
    .bind(order.shipping_address_id)
    .bind(json(&order.billing_address))
    .bind(order.notes.clone())
    .bind(order.cart.map(|cart| cart.id))
    .bind(order.cart.map(|cart| cart.version))
    .bind(order.reservation_id)
    .bind(order.payment_deadline)
    .bind(order.paid_by)
    .bind(order.cancellation.map(word))
    .bind(order.cancellation_notes.clone())
    .bind(json(&order.flags))
    .bind(order.placed_at)
    .bind(order.delivered_at)
    .bind(order.updated_at)
    .bind(order.customer.email.as_str())
    .bind(email_key(&order.customer.email))
    .bind(order.customer.name.as_str());
    if update.run(tx).await? != 1 {
        return Err(OrderError::Stale);
    }
    order.version += 1;
    parts::save_moves(tx, order).await?;
    parts::save_attempts(tx, order).await?;
    parts::save_shipments(tx, order).await
}

/// Stores the lines of an order that was just priced.
pub(crate) async fn insert_lines(tx: &mut Tx, order: &Order) -> Result<()> {
    parts::insert_lines(tx, order).await
}

/// Stores the taxes of lines after the address changed.
pub(crate) async fn update_taxes(tx: &mut Tx, order: &Order) -> Result<()> {
    for line in &order.lines {
        let update =
            sql("UPDATE order_line SET tax_minor = $2, total_minor = $3 WHERE id = $1").bind(line.id);
        update.bind(line.tax_minor).bind(line.total_minor).run_one(tx).await?;
    }
    Ok(())
}

/// Books a refund; `false` if it was booked before.
pub(crate) async fn book_refund(tx: &mut Tx, order: &Order, refund: &Booked) -> Result<bool> {
    let now = tx.now();
    let inserted = sql("INSERT INTO order_refund (refund_id, order_id, payment_id, amount_minor, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (refund_id) DO NOTHING")
    .bind(refund.refund_id)
    .bind(order.id)
    .bind(refund.payment_id)
    .bind(refund.amount_minor)
    .bind(now)
    .run(tx)
    .await?;
    Ok(inserted == 1)
}

/// A refund to book.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Booked {
    pub(crate) refund_id: api::ids::RefundId,
    pub(crate) payment_id: api::ids::PaymentId,
    pub(crate) amount_minor: i64,
}

/// The version of an order as it is now.
pub(crate) async fn version(c: &mut Conn, id: OrderId) -> Result<i64> {
    Ok(sql("SELECT version FROM customer_order WHERE id = $1").bind(id).scalar(c).await?)
}

/// Whether a refund was booked.
pub(crate) async fn is_refund_booked(c: &mut Conn, refund_id: api::ids::RefundId) -> Result<bool> {
    let count: i64 =
        sql("SELECT COUNT(*) FROM order_refund WHERE refund_id = $1").bind(refund_id).scalar(c).await?;
    Ok(count > 0)
}

/// What went back of a payment so far, in minor units.
pub(crate) async fn refunded(c: &mut Conn, payment_id: api::ids::PaymentId) -> Result<i64> {
    let sum = "SELECT COALESCE(CAST(SUM(amount_minor) AS BIGINT), 0) FROM order_refund WHERE payment_id = $1";
    Ok(sql(sum).bind(payment_id).scalar(c).await?)
}

/// Orders of guests with this address, which now has an account; at most `limit`.
pub(crate) async fn of_guest(c: &mut Conn, email: &str, limit: i64) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> =
        sql("SELECT id FROM customer_order WHERE user_id IS NULL AND email_key = $1 LIMIT $2")
            .bind(email_key(email))
            .bind(limit)
            .all(c)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Forgets orders that were rejected before `before`, at most `limit`; answers how many.
pub(crate) async fn prune_rejected(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<usize> {
    let rows: Vec<(OrderId,)> = sql("SELECT id FROM customer_order
        WHERE status = 'REJECTED' AND updated_at < $1 ORDER BY updated_at LIMIT $2")
    .bind(before)
    .bind(limit)
    .all(tx)
    .await?;
    let ids: Vec<OrderId> = rows.into_iter().map(|row| row.0).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    for delete in [
        "DELETE FROM order_history WHERE order_id IN ",
        "DELETE FROM sagas WHERE order_id IN ",
        "DELETE FROM customer_order WHERE status = 'REJECTED' AND id IN ",
    ] {
        sql(delete).push_list(ids.clone()).run(tx).await?;
    }
    Ok(ids.len())
}

/// All orders of a customer.
pub(crate) async fn of_user(c: &mut Conn, user: UserId) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> =
        sql("SELECT id FROM customer_order WHERE user_id = $1").bind(user).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Unshipped orders that go to a stored address.
pub(crate) async fn unshipped_to(c: &mut Conn, address: api::ids::AddressId) -> Result<Vec<OrderId>> {
    let unshipped = [
        OrderStatus::PendingPayment,
        OrderStatus::PaymentProcessing,
        OrderStatus::PaymentFailed,
        OrderStatus::Confirmed,
        OrderStatus::Processing,
        OrderStatus::OnHold,
    ];
    let query =
        sql("SELECT id FROM customer_order WHERE shipping_address_id = $1 AND status IN ").bind(address);
    let rows: Vec<(OrderId,)> = query.push_list(unshipped.map(word)).all(c).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Delivered orders whose return window was over at `before`.
pub(crate) async fn delivered_before(c: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<OrderId>> {
    let rows: Vec<(OrderId,)> = sql("SELECT id FROM customer_order
        WHERE status = 'DELIVERED' AND delivered_at <= $1 ORDER BY delivered_at LIMIT $2")
    .bind(before)
    .bind(limit)
    .all(c)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Addresses are compared without regard to case.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
