//! Questions about many orders: lists, history, statistics.

use super::parts;
use super::words::word;
use crate::domain::order::Order;
use crate::domain::sort::{By, Sort};
use crate::error::Result;
use api::ids::{OrderId, UserId};
use api::order::{HistoryEntry, OrderStatus, StatisticsRow};
use base::page::Part;
use base::{Currency, Money, Timestamp};
use db::{Arg, Conn, Direction, Sql, sql};
use serde::{Deserialize, Serialize};

/// Which orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) user_id: Option<UserId>,
    pub(crate) status: Option<OrderStatus>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) number: Option<String>,
}

impl Filter {
    /// Rejected orders are hidden from lists (contracts §6.2).
    fn push(&self, query: Sql) -> Sql {
        let mut query = query.push(" WHERE status <> 'REJECTED'");
        if let Some(user_id) = self.user_id {
            query = query.push(" AND user_id = ").push_bind(user_id);
        }
        if let Some(status) = self.status {
            query = query.push(" AND status = ").push_bind(word(status));
        }
        if let Some(from) = self.from {
            query = query.push(" AND created_at >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            query = query.push(" AND created_at < ").push_bind(to);
        }
        if let Some(number) = &self.number {
            query = query.push(" AND order_number = ").push_bind(number.as_str());
        }
        query
    }
}

/// The place of an order in a list, whatever it is ordered by; times are microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(rename = "c")]
    created: i64,
    #[serde(rename = "p")]
    placed: i64,
    #[serde(rename = "u")]
    currency: Currency,
    #[serde(rename = "m")]
    total_minor: i64,
    #[serde(rename = "n")]
    number: String,
    id: OrderId,
}

impl Place {
    pub(crate) fn of(order: &Order) -> Self {
        Self {
            created: order.created_at.micros(),
            placed: order.placed_at.unwrap_or(order.created_at).micros(),
            currency: order.currency,
            total_minor: order.amounts.total,
            number: order.number.clone(),
            id: order.id,
        }
    }
}

/// The orders of a part of the list.
pub(crate) async fn orders(
    c: &mut Conn,
    filter: &Filter,
    sort: Sort,
    part: &Part<Place>,
) -> Result<Vec<Order>> {
    let time = |micros| Arg::from(Timestamp::from_micros(micros));
    let direction = if sort.descending { Direction::Down } else { Direction::Up };
    let query = filter.push(sql("SELECT * FROM customer_order"));
    let query = match sort.by {
        By::Created => {
            query.part(part, ["created_at", "id"], direction, |at| [time(at.created), at.id.into()])
        }
        By::Placed => {
            let columns = ["COALESCE(placed_at, created_at)", "id"];
            query.part(part, columns, direction, |at| [time(at.placed), at.id.into()])
        }
        By::Total => query.part(part, ["currency", "total_minor", "id"], direction, |at| {
            [at.currency.into(), at.total_minor.into(), at.id.into()]
        }),
        By::Number => query.part(part, ["order_number"], direction, |at| [at.number.as_str().into()]),
    };
    let mut orders: Vec<Order> = query.all(c).await?;
    parts::fill(c, &mut orders).await?;
    Ok(orders)
}

/// How many orders there are.
pub(crate) async fn count(c: &mut Conn, filter: &Filter) -> Result<u64> {
    let count: i64 = filter.push(sql("SELECT COUNT(*) FROM customer_order")).scalar(c).await?;
    Ok(count as u64)
}

/// The transitions of an order, first to last.
pub(crate) async fn history(c: &mut Conn, id: OrderId) -> Result<Vec<HistoryEntry>> {
    parts::history(c, id).await
}

/// What orders are grouped by; the column that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Status,
    Day,
}

/// Sums per group and currency, in the order of the groups.
pub(crate) async fn sums(c: &mut Conn, filter: &Filter, group: Group) -> Result<Vec<StatisticsRow>> {
    let (select, tail) = match group {
        Group::Status => (
            "SELECT status, currency, COUNT(*), CAST(SUM(total_minor) AS BIGINT), CAST(SUM(refunded_minor) AS BIGINT)
             FROM customer_order",
            " GROUP BY status, currency ORDER BY status, currency",
        ),
        Group::Day => (
            "SELECT order_day, currency, COUNT(*), CAST(SUM(total_minor) AS BIGINT),
                CAST(SUM(refunded_minor) AS BIGINT)
             FROM customer_order",
            " GROUP BY order_day, currency ORDER BY order_day, currency",
        ),
    };
    let rows: Vec<(String, Currency, i64, i64, i64)> = filter.push(sql(select)).push(tail).all(c).await?;
    let row = |(group, currency, order_count, total, refunded)| StatisticsRow {
        group,
        order_count,
        total_amount: Money::new(total, currency),
        refunded_amount: Money::new(refunded, currency),
    };
    Ok(rows.into_iter().map(row).collect())
}
