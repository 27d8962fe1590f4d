//! Every statement of cart-service: carts, their lines, and what the timers look for.

use crate::domain::{Cart, Line, Owner};
use api::cart::CartStatus;
use api::ids::{CartId, CartLineId, OrderId, ProductId, VariantId};
use base::{Currency, Timestamp};
use db::{Cell, Conn, DbError, FromRow, FromValue, Json, Row, Sql, Tx, json_opt, sql};
use serde::Deserialize as _;
use serde::de::value::{Error, StringDeserializer};

/// A state, stored as its word on the wire.
struct Status(CartStatus);

impl FromValue for Status {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        let text = StringDeserializer::<Error>::new(String::from_value(cell)?);
        CartStatus::deserialize(text).map(Status).map_err(DbError::decode)
    }
}

fn word(status: CartStatus) -> &'static str {
    match status {
        CartStatus::Active => "ACTIVE",
        CartStatus::Locked => "LOCKED",
        CartStatus::Converted => "CONVERTED",
        CartStatus::Abandoned => "ABANDONED",
        CartStatus::Expired => "EXPIRED",
        CartStatus::Merged => "MERGED",
    }
}

// --- cart -------------------------------------------------------------------------------------

struct CartRow(Cart);

impl FromRow for CartRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let user = row.get::<Option<_>>("user_id")?.map(Owner::User);
        let guest = row.get::<Option<_>>("guest_id")?.map(Owner::Guest);
        let owner = user.or(guest).ok_or_else(|| DbError::decode("a cart without an owner"))?;
        Ok(Self(Cart {
            id: row.get("id")?,
            owner,
            status: row.get::<Status>("status")?.0,
            currency: row.get("currency")?,
            lines: Vec::new(),
            order_id: row.get("order_id")?,
            snapshot: row.get::<Option<Json<_>>>("snapshot")?.map(|snapshot| snapshot.0),
            active_at: row.get("active_at")?,
            updated_at: row.get("updated_at")?,
            version: row.get("version")?,
            changes: Vec::new(),
        }))
    }
}

const COLUMNS: &str =
    "id, user_id, guest_id, status, currency, order_id, snapshot, active_at, updated_at, version";

const NOT_OVER: &str = " AND status IN ('ACTIVE', 'ABANDONED', 'LOCKED')";

fn owned_by(query: Sql, owner: Owner) -> Sql {
    let query = match owner {
        Owner::User(id) => query.push(" WHERE user_id = ").push_bind(id),
        Owner::Guest(id) => query.push(" WHERE guest_id = ").push_bind(id),
    };
    query.push(NOT_OVER)
}

/// The cart of a shopper that is not over, only to look at.
pub(crate) async fn of_owner(c: &mut Conn, owner: Owner) -> Result<Option<Cart>, DbError> {
    let row = owned_by(sql(format!("SELECT {COLUMNS} FROM cart")), owner).opt(c).await?;
    with_lines(c, row).await
}

/// The cart of a shopper that is not over, nobody else's until the transaction ends.
pub(crate) async fn open_of(tx: &mut Tx, owner: Owner) -> Result<Option<Cart>, DbError> {
    let lock = owned_by(sql("UPDATE cart SET version = version"), owner);
    let row = lock.push(" RETURNING ").push(COLUMNS).opt(tx).await?;
    with_lines(tx, row).await
}

/// A cart, nobody else's until the transaction ends.
pub(crate) async fn open(tx: &mut Tx, id: CartId) -> Result<Option<Cart>, DbError> {
    let lock = format!("UPDATE cart SET version = version WHERE id = $1 RETURNING {COLUMNS}");
    let row = sql(lock).bind(id).opt(tx).await?;
    with_lines(tx, row).await
}

/// The cart an order holds or was made of, nobody else's until the transaction ends.
pub(crate) async fn open_by_order(tx: &mut Tx, id: OrderId) -> Result<Option<Cart>, DbError> {
    let lock = format!("UPDATE cart SET version = version WHERE order_id = $1 RETURNING {COLUMNS}");
    let row = sql(lock).bind(id).opt(tx).await?;
    with_lines(tx, row).await
}

/// The currency the lines of a shopper's cart have; `None` for an empty one.
pub(crate) async fn currency_of(c: &mut Conn, owner: Owner) -> Result<Option<Currency>, DbError> {
    let query = owned_by(sql("SELECT currency FROM cart"), owner);
    let query = query.push(" AND EXISTS (SELECT 1 FROM cart_line WHERE cart_id = cart.id)");
    Ok(query.opt::<(Currency,)>(c).await?.map(|row| row.0))
}

async fn with_lines(c: &mut Conn, row: Option<CartRow>) -> Result<Option<Cart>, DbError> {
    let Some(CartRow(mut cart)) = row else { return Ok(None) };
    cart.lines = lines(c, cart.id).await?;
    Ok(Some(cart))
}

/// Stores a cart and the changes of its lines, and raises its version; `false` if another request
/// stored one first.
pub(crate) async fn save(tx: &mut Tx, cart: &mut Cart, now: Timestamp) -> Result<bool, DbError> {
    let saved = if cart.version == 0 { insert(tx, cart, now).await? } else { update(tx, cart, now).await? };
    if !saved {
        return Ok(false);
    }
    cart.version += 1;
    cart.updated_at = now;
    match cart.status {
        CartStatus::Active | CartStatus::Abandoned => save_lines(tx, cart).await?,
        CartStatus::Locked => {}
        CartStatus::Converted | CartStatus::Expired | CartStatus::Merged => delete_lines(tx, cart.id).await?,
    }
    Ok(true)
}

async fn insert(tx: &mut Tx, cart: &Cart, now: Timestamp) -> Result<bool, DbError> {
    let inserted = sql("INSERT INTO cart (id, user_id, guest_id, status, currency, version, created_at, \
         updated_at, active_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6, $6) ON CONFLICT DO NOTHING")
    .bind(cart.id)
    .bind(cart.owner.user_id())
    .bind(cart.owner.guest_id())
    .bind(word(cart.status))
    .bind(cart.currency)
    .bind(now);
    Ok(inserted.run(tx).await? == 1)
}

async fn update(tx: &mut Tx, cart: &Cart, now: Timestamp) -> Result<bool, DbError> {
    let locked = cart.status == CartStatus::Locked;
    let updated = sql("UPDATE cart SET status = $3, currency = $4, order_id = $5, snapshot = $6, \
         locked_at = $7, active_at = $8, updated_at = $9, version = version + 1 WHERE id = $1 AND version = $2")
    .bind(cart.id)
    .bind(cart.version)
    .bind(word(cart.status))
    .bind(cart.currency)
    .bind(cart.order_id)
    .bind(json_opt(cart.snapshot.as_ref()))
    .bind(locked.then_some(now))
    .bind(cart.active_at)
    .bind(now);
    Ok(updated.run(tx).await? == 1)
}

/// Removes carts that were over before `before`, at most `limit`; answers how many.
pub(crate) async fn delete_over(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    sql("DELETE FROM cart WHERE id IN (SELECT id FROM cart \
         WHERE status IN ('CONVERTED', 'EXPIRED', 'MERGED') AND updated_at < $1 LIMIT $2)")
    .bind(before)
    .bind(limit)
    .run(tx)
    .await
}

// --- lines ------------------------------------------------------------------------------------

struct LineRow(Line);

impl FromRow for LineRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Line {
            id: row.get("id")?,
            product_id: row.get("product_id")?,
            variant_id: row.get("variant_id")?,
            sku: row.get("sku")?,
            name: row.get("name")?,
            quantity: row.get("quantity")?,
            unit_price: row.get("unit_price_minor")?,
            previous_price: row.get("previous_price_minor")?,
            available: row.get("available")?,
            priced_at: row.get("priced_at")?,
        }))
    }
}

async fn lines(c: &mut Conn, id: CartId) -> Result<Vec<Line>, DbError> {
    let rows = sql("SELECT id, product_id, variant_id, sku, name, quantity, unit_price_minor, \
         previous_price_minor, available, priced_at FROM cart_line WHERE cart_id = $1 ORDER BY id")
    .bind(id);
    Ok(rows.all::<LineRow>(c).await?.into_iter().map(|row| row.0).collect())
}

async fn save_lines(tx: &mut Tx, cart: &Cart) -> Result<(), DbError> {
    for change in &cart.changes {
        match cart.lines.iter().find(|line| line.id == change.line_id) {
            Some(line) => put_line(tx, cart.id, line).await?,
            None => delete_line(tx, cart.id, change.line_id).await?,
        }
    }
    Ok(())
}

async fn put_line(tx: &mut Tx, cart_id: CartId, line: &Line) -> Result<(), DbError> {
    sql("INSERT INTO cart_line (id, cart_id, product_id, variant_id, sku, name, quantity, \
         unit_price_minor, previous_price_minor, available, priced_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET \
         quantity = excluded.quantity, unit_price_minor = excluded.unit_price_minor, \
         previous_price_minor = excluded.previous_price_minor, available = excluded.available, \
         priced_at = excluded.priced_at")
    .bind(line.id)
    .bind(cart_id)
    .bind(line.product_id)
    .bind(line.variant_id)
    .bind(&line.sku)
    .bind(&line.name)
    .bind(line.quantity)
    .bind(line.unit_price)
    .bind(line.previous_price)
    .bind(line.available)
    .bind(line.priced_at)
    .run_one(tx)
    .await
}

async fn delete_line(tx: &mut Tx, cart_id: CartId, id: CartLineId) -> Result<(), DbError> {
    let deleted = sql("DELETE FROM cart_line WHERE cart_id = $1 AND id = $2").bind(cart_id).bind(id);
    deleted.run(tx).await.map(drop)
}

async fn delete_lines(tx: &mut Tx, cart_id: CartId) -> Result<(), DbError> {
    sql("DELETE FROM cart_line WHERE cart_id = $1").bind(cart_id).run(tx).await.map(drop)
}

// --- what timers and the catalogue look for ---------------------------------------------------

/// Carts of this state whose owner did nothing since `before`, the oldest first.
pub(crate) async fn idle(
    c: &mut Conn,
    status: CartStatus,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<CartId>, DbError> {
    let rows = sql("SELECT id FROM cart WHERE status = $1 AND active_at <= $2 ORDER BY active_at LIMIT $3")
        .bind(word(status))
        .bind(before)
        .bind(limit);
    Ok(rows.all::<(CartId,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// Carts that were locked before `before`, with the orders that hold them, the oldest first.
pub(crate) async fn long_locked(
    c: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(CartId, OrderId)>, DbError> {
    let rows = sql("SELECT id, order_id FROM cart WHERE locked_at <= $1 AND order_id IS NOT NULL \
         ORDER BY locked_at LIMIT $2")
    .bind(before)
    .bind(limit);
    rows.all(c).await
}

/// Open carts with lines of a variant (or of any, if none is named) that do not have this price
/// yet and were not priced later.
pub(crate) async fn to_reprice(
    c: &mut Conn,
    (product_id, variant_id): (ProductId, VariantId),
    (unit_price, currency): (i64, Currency),
    at: Timestamp,
    limit: i64,
) -> Result<Vec<CartId>, DbError> {
    let rows = sql("SELECT cart.id FROM cart_line JOIN cart ON cart.id = cart_id \
         WHERE product_id = $1 AND variant_id = $2 AND unit_price_minor <> $3 AND currency = $4 \
         AND priced_at <= $5 AND status IN ('ACTIVE', 'ABANDONED') ORDER BY cart.id LIMIT $6")
    .bind(product_id)
    .bind(variant_id)
    .bind(unit_price)
    .bind(currency)
    .bind(at)
    .bind(limit);
    Ok(rows.all::<(CartId,)>(c).await?.into_iter().map(|row| row.0).collect())
}

/// Open carts with lines of a product (or of one variant of it) that are not marked as `available`
/// says.
pub(crate) async fn to_mark(
    c: &mut Conn,
    product_id: ProductId,
    variant_id: Option<VariantId>,
    available: bool,
    limit: i64,
) -> Result<Vec<CartId>, DbError> {
    let mut query = sql("SELECT DISTINCT cart.id FROM cart_line JOIN cart ON cart.id = cart_id \
         WHERE product_id = $1 AND available <> $2 AND status IN ('ACTIVE', 'ABANDONED')")
    .bind(product_id)
    .bind(available);
    if let Some(variant_id) = variant_id {
        query = query.push(" AND variant_id = ").push_bind(variant_id);
    }
    let rows = query.push(" ORDER BY cart.id LIMIT ").push_bind(limit);
    Ok(rows.all::<(CartId,)>(c).await?.into_iter().map(|row| row.0).collect())
}
