//! What belongs to orders: lines, history, attempts to pay, shipments.

use super::words::{Word, word};
use crate::domain::order::{Attempt, Line, Order, Shipment};
use crate::error::Result;
use api::ids::{OrderId, OrderLineId, ShipmentId};
use api::order::{HistoryEntry, OrderStatus};
use db::{Arg, Conn, DbError, FromRow, Json, Row, Tx, json, json_opt, sql};
use std::collections::HashMap;

/// A row together with the order it belongs to.
struct Of<T>(OrderId, T);

impl<T: FromRow> FromRow for Of<T> {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(row.get("order_id")?, T::from_row(row)?))
    }
}

impl FromRow for Line {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            product_id: row.get("product_id")?,
            variant_id: row.get("variant_id")?,
            sku: row.get("sku")?,
            name: row.get("product_name")?,
            attributes: row.get::<Json<_>>("attributes")?.0,
            quantity: row.get("quantity")?,
            list_minor: row.get("list_minor")?,
            unit_minor: row.get("unit_minor")?,
            discount_minor: row.get("discount_minor")?,
            tax_minor: row.get("tax_minor")?,
            total_minor: row.get("total_minor")?,
            tax_class: row.get("tax_class")?,
            weight_grams: row.get("weight_grams")?,
            shipped: row.get("shipped")?,
        })
    }
}

impl FromRow for Attempt {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            payment_id: row.get("payment_id")?,
            version: row.get("payment_version")?,
            number: row.get("attempt")?,
            status: row.get::<Word<_>>("status")?.0,
            next_action: row.get::<Option<Json<_>>>("next_action")?.map(|json| json.0),
            details: row.get::<Option<Json<_>>>("details")?.map(|json| json.0),
            failure: row.get::<Option<Word<_>>>("failure")?.map(|word| word.0),
            give_back: row.get("give_back")?,
            changed: false,
        })
    }
}

impl FromRow for Shipment {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            status: row.get::<Word<_>>("status")?.0,
            carrier: row.get("carrier")?,
            tracking_number: row.get("tracking_number")?,
            tracking_url: row.get("tracking_url")?,
            estimated_delivery: row.get("estimated_delivery")?,
            items: Vec::new(),
            shipped_at: row.get("shipped_at")?,
            delivered_at: row.get("delivered_at")?,
            recipient: row.get("recipient")?,
        })
    }
}

/// Reads what belongs to `orders`, at most four statements for any number of them.
pub(super) async fn fill(c: &mut Conn, orders: &mut [Order]) -> Result<()> {
    // Before they are priced, orders have nothing.
    let priced = orders.iter().filter(|order| order.cart.is_some());
    let ids: Vec<OrderId> = priced.map(|order| order.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let sent: Vec<OrderId> = orders.iter().filter(|order| has_left(order)).map(|order| order.id).collect();
    let of = |text: &'static str, order: &str| sql(text).push_list(&ids).push(order);
    let lines: Vec<Of<Line>> =
        of("SELECT * FROM order_line WHERE order_id IN ", " ORDER BY position").all(c).await?;
    let attempts: Vec<Of<Attempt>> =
        of("SELECT * FROM order_payment WHERE order_id IN ", " ORDER BY payment_id").all(c).await?;
    let shipments = shipments(c, &sent).await?;
    let mut by_id: HashMap<OrderId, &mut Order> = orders.iter_mut().map(|order| (order.id, order)).collect();
    for Of(id, line) in lines {
        by_id.entry(id).and_modify(|order| order.lines.push(line));
    }
    for Of(id, attempt) in attempts {
        by_id.entry(id).and_modify(|order| order.attempts.push(attempt));
    }
    for Of(id, shipment) in shipments {
        by_id.entry(id).and_modify(|order| order.shipments.push(shipment));
    }
    Ok(())
}

/// Whether it may have shipments.
fn has_left(order: &Order) -> bool {
    use OrderStatus::{Completed, Delivered, PartiallyShipped, Returned, Shipped};
    matches!(order.status, PartiallyShipped | Shipped | Delivered | Completed | Returned)
}

async fn shipments(c: &mut Conn, orders: &[OrderId]) -> Result<Vec<Of<Shipment>>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT * FROM shipment WHERE order_id IN ").push_list(orders).push(" ORDER BY id");
    let mut shipments: Vec<Of<Shipment>> = query.all(c).await?;
    let query = sql("SELECT shipment_id, order_line_id, quantity FROM shipment_line WHERE shipment_id IN ");
    let ids: Vec<ShipmentId> = shipments.iter().map(|shipment| shipment.1.id).collect();
    let rows: Vec<(ShipmentId, OrderLineId, i64)> =
        query.push_list(&ids).push(" ORDER BY order_line_id").all(c).await?;
    for (id, line, pieces) in rows {
        if let Some(shipment) = shipments.iter_mut().find(|shipment| shipment.1.id == id) {
            shipment.1.items.push((line, pieces));
        }
    }
    Ok(shipments)
}

/// Stores all lines with one statement.
pub(super) async fn insert_lines(tx: &mut Tx, order: &Order) -> Result<()> {
    let mut insert =
        sql("INSERT INTO order_line (id, order_id, position, product_id, variant_id, sku, product_name,
            attributes, quantity, list_minor, unit_minor, discount_minor, tax_minor, total_minor, tax_class,
            weight_grams, shipped)
        VALUES ");
    for (position, line) in order.lines.iter().enumerate() {
        let values: [Arg; 17] = [
            line.id.into(),
            order.id.into(),
            (position as i64).into(),
            line.product_id.into(),
            line.variant_id.into(),
            line.sku.as_str().into(),
            line.name.as_str().into(),
            json(&line.attributes),
            line.quantity.into(),
            line.list_minor.into(),
            line.unit_minor.into(),
            line.discount_minor.into(),
            line.tax_minor.into(),
            line.total_minor.into(),
            line.tax_class.as_str().into(),
            line.weight_grams.into(),
            line.shipped.into(),
        ];
        insert = insert.push(if position == 0 { "" } else { ", " }).push_row(values);
    }
    insert.run(tx).await?;
    Ok(())
}

/// Writes the transitions made in memory into the history.
pub(super) async fn save_moves(tx: &mut Tx, order: &mut Order) -> Result<()> {
    for step in std::mem::take(&mut order.moves) {
        order.sequence += 1;
        sql("INSERT INTO order_history (order_id, sequence, previous_status, new_status, reason, initiated_by,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(order.id)
        .bind(order.sequence)
        .bind(step.from.map(word))
        .bind(word(step.to))
        .bind(step.reason)
        .bind(json(&step.actor))
        .bind(order.updated_at)
        .run_one(tx)
        .await?;
    }
    Ok(())
}

/// Writes the attempts that changed with this save.
pub(super) async fn save_attempts(tx: &mut Tx, order: &Order) -> Result<()> {
    for attempt in order.attempts.iter().filter(|attempt| attempt.changed) {
        sql("INSERT INTO order_payment (payment_id, order_id, payment_version, attempt, status, next_action, details,
                failure, give_back, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
            ON CONFLICT (payment_id) DO UPDATE SET payment_version = excluded.payment_version,
                attempt = excluded.attempt, status = excluded.status, next_action = excluded.next_action,
                details = excluded.details, failure = excluded.failure, give_back = excluded.give_back,
                updated_at = excluded.updated_at")
        .bind(attempt.payment_id)
        .bind(order.id)
        .bind(attempt.version)
        .bind(attempt.number)
        .bind(word(attempt.status))
        .bind(json_opt(attempt.next_action.as_ref()))
        .bind(json_opt(attempt.details.as_ref()))
        .bind(attempt.failure.map(word))
        .bind(attempt.give_back)
        .bind(order.updated_at)
        .run_one(tx)
        .await?;
    }
    Ok(())
}

/// Writes shipments, their lines, and how much of each order line has left.
pub(super) async fn save_shipments(tx: &mut Tx, order: &Order) -> Result<()> {
    for shipment in &order.shipments {
        save_shipment(tx, order, shipment).await?;
    }
    if order.shipments.is_empty() {
        return Ok(());
    }
    for line in &order.lines {
        let update = sql("UPDATE order_line SET shipped = $2 WHERE id = $1").bind(line.id).bind(line.shipped);
        update.run_one(tx).await?;
    }
    Ok(())
}

async fn save_shipment(tx: &mut Tx, order: &Order, shipment: &Shipment) -> Result<()> {
    sql("INSERT INTO shipment (id, order_id, status, carrier, tracking_number, tracking_url, estimated_delivery,
            recipient, shipped_at, delivered_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, recipient = excluded.recipient,
            delivered_at = excluded.delivered_at")
    .bind(shipment.id)
    .bind(order.id)
    .bind(word(shipment.status))
    .bind(shipment.carrier.as_str())
    .bind(shipment.tracking_number.as_str())
    .bind(shipment.tracking_url.clone())
    .bind(shipment.estimated_delivery.clone())
    .bind(shipment.recipient.clone())
    .bind(shipment.shipped_at)
    .bind(shipment.delivered_at)
    .bind(order.updated_at)
    .run_one(tx)
    .await?;
    for (line, pieces) in &shipment.items {
        sql("INSERT INTO shipment_line (shipment_id, order_line_id, quantity) VALUES ($1, $2, $3)
            ON CONFLICT (shipment_id, order_line_id) DO NOTHING")
        .bind(shipment.id)
        .bind(*line)
        .bind(*pieces)
        .run(tx)
        .await?;
    }
    Ok(())
}

struct Entry(HistoryEntry);

impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(HistoryEntry {
            sequence: row.get("sequence")?,
            previous_status: row.get::<Option<Word<_>>>("previous_status")?.map(|word| word.0),
            new_status: row.get::<Word<_>>("new_status")?.0,
            reason: row.get("reason")?,
            initiated_by: row.get::<Json<_>>("initiated_by")?.0,
            at: row.get("created_at")?,
        }))
    }
}

/// The transitions of an order, first to last.
pub(super) async fn history(c: &mut Conn, id: OrderId) -> Result<Vec<HistoryEntry>> {
    let rows = sql("SELECT * FROM order_history WHERE order_id = $1 ORDER BY sequence").bind(id);
    Ok(rows.all::<Entry>(c).await?.into_iter().map(|entry| entry.0).collect())
}
