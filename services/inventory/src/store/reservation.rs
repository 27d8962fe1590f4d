//! Reservations and their lines.

use super::{Word, word};
use crate::domain::{Held, Reservation};
use api::ids::{OrderId, ReservationId};
use base::{Id, Timestamp};
use db::{Conn, DbError, FromRow, Row, Tx, sql};

struct ReservationRow(Reservation);

impl FromRow for ReservationRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Reservation {
            id: row.get("id")?,
            order_id: row.get("order_id")?,
            status: row.get::<Word<_>>("status")?.0,
            lines: Vec::new(),
            expires_at: row.get("expires_at")?,
            created_at: row.get("created_at")?,
            version: row.get("version")?,
        }))
    }
}

struct HeldRow(Held);

impl FromRow for HeldRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Held {
            unit_id: row.get("unit_id")?,
            item_id: row.get("item_id")?,
            warehouse_id: row.get("warehouse_id")?,
            product_id: row.get("product_id")?,
            variant_id: row.get("variant_id")?,
            sku: row.get("sku")?,
            order_item_id: row.get("order_item_id")?,
            quantity: row.get("quantity")?,
            shipped: row.get("shipped")?,
        }))
    }
}

const COLUMNS: &str = "id, order_id, status, expires_at, created_at, version";

/// Whether it was stored; not if the order has one already.
pub(crate) async fn insert(tx: &mut Tx, reservation: &Reservation) -> Result<bool, DbError> {
    let inserted =
        sql("INSERT INTO reservation (id, order_id, status, expires_at, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (order_id) DO NOTHING")
        .bind(reservation.id)
        .bind(reservation.order_id)
        .bind(word(reservation.status))
        .bind(reservation.expires_at)
        .bind(reservation.version)
        .bind(reservation.created_at);
    Ok(inserted.run(tx).await? == 1)
}

/// Stores the lines of a reservation that has none.
pub(crate) async fn insert_lines(tx: &mut Tx, id: ReservationId, lines: &[Held]) -> Result<(), DbError> {
    let columns = "id, reservation_id, order_item_id, item_id, quantity, shipped";
    let mut insert = sql(format!("INSERT INTO reservation_line ({columns}) VALUES "));
    for (index, line) in lines.iter().enumerate() {
        insert = insert.push(if index == 0 { "(" } else { ", (" }).push_bind(Id::<Held>::new());
        insert = insert.push(", ").push_bind(id).push(", ").push_bind(line.order_item_id);
        insert = insert.push(", ").push_bind(line.item_id).push(", ").push_bind(line.quantity);
        insert = insert.push(", ").push_bind(line.shipped).push(")");
    }
    if lines.is_empty() { Ok(()) } else { insert.run(tx).await.map(drop) }
}

/// Removes the lines of an expired reservation, which held nothing any more.
pub(crate) async fn delete_lines(tx: &mut Tx, id: ReservationId) -> Result<(), DbError> {
    sql("DELETE FROM reservation_line WHERE reservation_id = $1").bind(id).run(tx).await.map(drop)
}

/// The reservation of an order, only to look at.
pub(crate) async fn by_order(c: &mut Conn, order_id: OrderId) -> Result<Option<Reservation>, DbError> {
    let row = sql(format!("SELECT {COLUMNS} FROM reservation WHERE order_id = $1")).bind(order_id);
    let row = row.opt(c).await?;
    with_lines(c, row).await
}

/// The reservation of an order, nobody else's until the transaction ends. Open it before stock.
pub(crate) async fn open(tx: &mut Tx, order_id: OrderId) -> Result<Option<Reservation>, DbError> {
    let lock = format!("UPDATE reservation SET version = version WHERE order_id = $1 RETURNING {COLUMNS}");
    let row = sql(lock).bind(order_id).opt(tx).await?;
    with_lines(tx, row).await
}

async fn with_lines(c: &mut Conn, row: Option<ReservationRow>) -> Result<Option<Reservation>, DbError> {
    let Some(ReservationRow(mut reservation)) = row else { return Ok(None) };
    let lines = sql("SELECT unit_id, item_id, warehouse_id, product_id, variant_id, sku, order_item_id, \
         quantity, shipped FROM reservation_line JOIN item ON item.id = item_id \
         JOIN unit ON unit.id = unit_id WHERE reservation_id = $1 ORDER BY reservation_line.id")
    .bind(reservation.id)
    .all::<HeldRow>(c)
    .await?;
    reservation.lines = lines.into_iter().map(|row| row.0).collect();
    Ok(Some(reservation))
}

/// Stores state and end of an opened reservation and raises its version.
pub(crate) async fn save(tx: &mut Tx, reservation: &mut Reservation, now: Timestamp) -> Result<(), DbError> {
    sql("UPDATE reservation SET status = $2, expires_at = $3, updated_at = $4, version = version + 1 \
         WHERE id = $1 AND version = $5")
    .bind(reservation.id)
    .bind(word(reservation.status))
    .bind(reservation.expires_at)
    .bind(now)
    .bind(reservation.version)
    .run_one(tx)
    .await?;
    reservation.version += 1;
    Ok(())
}

/// Notes that `line.quantity` more pieces of a line shipped.
pub(crate) async fn save_shipped(tx: &mut Tx, id: ReservationId, line: &Held) -> Result<(), DbError> {
    sql("UPDATE reservation_line SET shipped = shipped + $4 \
         WHERE reservation_id = $1 AND order_item_id = $2 AND item_id = $3 AND shipped + $4 <= quantity")
    .bind(id)
    .bind(line.order_item_id)
    .bind(line.item_id)
    .bind(line.quantity)
    .run_one(tx)
    .await
}

/// When a hold ran out, and of which order.
pub(crate) type Due = (Timestamp, OrderId);

/// Holds that ran out by `now`, the oldest first, after `after`.
pub(crate) async fn due(
    c: &mut Conn,
    now: Timestamp,
    after: Option<Due>,
    limit: i64,
) -> Result<Vec<Due>, DbError> {
    let mut query =
        sql("SELECT expires_at, order_id FROM reservation WHERE status = 'PENDING' AND expires_at <= $1")
            .bind(now);
    if let Some((at, id)) = after {
        query = query.push(" AND expires_at >= ").push_bind(at);
        query =
            query.push(" AND (expires_at > ").push_bind(at).push(" OR order_id > ").push_bind(id).push(")");
    }
    query.push(" ORDER BY expires_at, order_id LIMIT ").push_bind(limit).all(c).await
}
