//! Sums over orders.

use crate::App;
use crate::error::Result;
use crate::store;
use crate::store::lists::{Filter, Group};
use api::order::{OrderStatistics, StatisticsRow};
use base::{Error, Timestamp};

/// What the sums are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupBy {
    Status,
    Day,
    Month,
}

/// Sums per group and currency of the orders accepted in `[from, to)`.
///
/// # Errors
/// Those of the store; 422 for a sum that is too large.
pub(crate) async fn statistics(
    app: &App,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    by: GroupBy,
) -> Result<OrderStatistics> {
    let filter = Filter { from, to, ..Filter::default() };
    let group = if by == GroupBy::Status { Group::Status } else { Group::Day };
    let rows = store::lists::sums(&mut app.db.conn().await?, &filter, group).await?;
    let rows = if by == GroupBy::Month { months(rows)? } else { rows };
    Ok(OrderStatistics { from, to, rows })
}

/// Adds up days to months.
fn months(days: Vec<StatisticsRow>) -> Result<Vec<StatisticsRow>> {
    let mut months: Vec<StatisticsRow> = Vec::new();
    for day in days {
        let group: String = day.group.chars().take(7).collect();
        let same = |month: &&mut StatisticsRow| {
            month.group == group && month.total_amount.currency == day.total_amount.currency
        };
        match months.iter_mut().find(same) {
            Some(month) => {
                month.order_count += day.order_count;
                month.total_amount = month.total_amount.plus(day.total_amount).map_err(Error::from)?;
                month.refunded_amount =
                    month.refunded_amount.plus(day.refunded_amount).map_err(Error::from)?;
            }
            None => months.push(StatisticsRow { group, ..day }),
        }
    }
    Ok(months)
}
