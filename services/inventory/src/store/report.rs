//! The ledger as staff read it, sums over it, and the rules it must obey.

use super::Word;
use api::ids::{InventoryItemId, StockTransactionId};
use api::inventory::{ChangeType, MovementSum, StockTransaction, StockViolation};
use api::shared::Actor;
use base::page::Part;
use base::{Currency, Money, Timestamp};
use db::{Conn, DbError, Direction, FromRow, Row, Sql, sql};

struct MovementRow(StockTransaction);

impl FromRow for MovementRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(StockTransaction {
            id: row.get("id")?,
            inventory_item_id: row.get("item_id")?,
            sku: row.get("sku")?,
            warehouse_id: row.get("warehouse_id")?,
            change_type: row.get::<Word<_>>("change_type")?.0,
            on_hand_change: row.get("on_hand_change")?,
            reserved_change: row.get("reserved_change")?,
            on_hand: row.get("on_hand")?,
            reserved: row.get("reserved")?,
            reference: row.get("reference")?,
            reason: row.get("reason")?,
            actor: Actor { kind: row.get::<Word<_>>("actor_kind")?.0, id: row.get("actor_id")? },
            created_at: row.get("created_at")?,
        }))
    }
}

/// Which entries of the ledger staff ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub item_id: Option<InventoryItemId>,
    pub sku: Option<String>,
    pub reference: Option<String>,
    pub change_type: Option<ChangeType>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Filter {
    fn apply(&self, mut query: Sql) -> Sql {
        query = query.push(" WHERE TRUE");
        if let Some(id) = self.item_id {
            query = query.push(" AND item_id = ").push_bind(id);
        }
        if let Some(sku) = &self.sku {
            query = query.push(" AND sku = ").push_bind(sku);
        }
        if let Some(reference) = &self.reference {
            query = query.push(" AND reference = ").push_bind(reference);
        }
        if let Some(kind) = self.change_type {
            query = query.push(" AND change_type = ").push_bind(super::word(kind));
        }
        if let Some(from) = self.from {
            query = query.push(" AND stock_movement.created_at >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            query = query.push(" AND stock_movement.created_at < ").push_bind(to);
        }
        query
    }
}

const FROM: &str = " FROM stock_movement JOIN item ON item.id = item_id JOIN unit ON unit.id = unit_id";

/// The entries of a part of the list, the newest first.
pub(crate) async fn movements(
    c: &mut Conn,
    filter: &Filter,
    part: &Part<StockTransactionId>,
) -> Result<Vec<StockTransaction>, DbError> {
    let select = sql("SELECT stock_movement.id, item_id, sku, warehouse_id, change_type, on_hand_change, \
         reserved_change, stock_movement.on_hand, stock_movement.reserved, reference, reason, actor_kind, \
         actor_id, stock_movement.created_at")
    .push(FROM);
    let query = filter.apply(select);
    let query = query.part(part, ["stock_movement.id"], Direction::Down, |id| [id.into()]);
    Ok(query.all::<MovementRow>(c).await?.into_iter().map(|row| row.0).collect())
}

/// How many entries there are.
pub(crate) async fn count(c: &mut Conn, filter: &Filter) -> Result<u64, DbError> {
    let count: i64 = filter.apply(sql("SELECT COUNT(*)").push(FROM)).scalar(c).await?;
    Ok(count.unsigned_abs())
}

/// Sums of the entries by kind.
pub(crate) async fn sums(c: &mut Conn, filter: &Filter) -> Result<Vec<MovementSum>, DbError> {
    let select = sql("SELECT change_type, CAST(COUNT(*) AS BIGINT), CAST(SUM(on_hand_change) AS BIGINT), \
         CAST(SUM(reserved_change) AS BIGINT)")
    .push(FROM);
    let query = filter.apply(select).push(" GROUP BY change_type ORDER BY change_type");
    let rows = query.all::<(Word<ChangeType>, i64, i64, i64)>(c).await?;
    let sum = |(Word(change_type), movements, on_hand_change, reserved_change)| MovementSum {
        change_type,
        movements,
        on_hand_change,
        reserved_change,
    };
    Ok(rows.into_iter().map(sum).collect())
}

/// What the stock cost per currency.
pub(crate) async fn value(c: &mut Conn) -> Result<Vec<Money>, DbError> {
    let rows = sql("SELECT cost_currency, CAST(SUM(on_hand * cost_minor) AS BIGINT) FROM item \
         WHERE cost_minor IS NOT NULL GROUP BY cost_currency ORDER BY cost_currency")
    .all::<(Currency, i64)>(c)
    .await?;
    Ok(rows.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
}

/// Pieces on hand without a cost price.
pub(crate) async fn pieces_without_cost(c: &mut Conn) -> Result<i64, DbError> {
    let sum = sql("SELECT CAST(COALESCE(SUM(on_hand), 0) AS BIGINT) FROM item WHERE cost_minor IS NULL");
    sum.scalar(c).await
}

/// The rules, each as the items that break it: name, then a query of item, found and expected.
const RULES: [(&str, &str); 4] = [
    (
        "on-hand-is-sum-of-movements",
        "SELECT item.id, item.on_hand, CAST(COALESCE(SUM(on_hand_change), 0) AS BIGINT) FROM item \
         LEFT JOIN stock_movement ON item_id = item.id GROUP BY item.id, item.on_hand \
         HAVING item.on_hand <> COALESCE(SUM(on_hand_change), 0)",
    ),
    (
        "reserved-is-sum-of-movements",
        "SELECT item.id, item.reserved, CAST(COALESCE(SUM(reserved_change), 0) AS BIGINT) FROM item \
         LEFT JOIN stock_movement ON item_id = item.id GROUP BY item.id, item.reserved \
         HAVING item.reserved <> COALESCE(SUM(reserved_change), 0)",
    ),
    (
        "reserved-is-sum-of-open-lines",
        "SELECT item.id, item.reserved, CAST(COALESCE(SUM(held.open), 0) AS BIGINT) FROM item LEFT JOIN \
         (SELECT item_id, quantity - shipped AS open FROM reservation_line \
         JOIN reservation ON reservation.id = reservation_id WHERE status IN ('PENDING', 'CONFIRMED')) held \
         ON held.item_id = item.id GROUP BY item.id, item.reserved \
         HAVING item.reserved <> COALESCE(SUM(held.open), 0)",
    ),
    ("levels-in-range", "SELECT id, reserved, on_hand FROM item WHERE reserved < 0 OR on_hand < reserved"),
];

/// Items that break a rule, at most 100 per rule.
pub(crate) async fn violations(c: &mut Conn) -> Result<Vec<StockViolation>, DbError> {
    let mut violations = Vec::new();
    for (rule, query) in RULES {
        let rows = sql(format!("{query} LIMIT 100")).all::<(InventoryItemId, i64, i64)>(c).await?;
        violations.extend(rows.into_iter().map(|(id, found, expected)| StockViolation {
            rule: rule.to_owned(),
            id: id.to_string(),
            detail: format!("found {found}, expected {expected}"),
        }));
    }
    Ok(violations)
}
