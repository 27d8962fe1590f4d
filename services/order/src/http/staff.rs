//! Routes of staff: move orders, look at sums.

use super::view::view;
use crate::App;
use crate::ops::{self, GroupBy};
use api::order::{Order, OrderStatistics, UpdateOrderStatus};
use auth::Caller;
use axum::extract::State;
use base::Timestamp;
use serde::Deserialize;
use service::http::{IfMatch, Json, Path, Query, Result, Versioned};
use utoipa::ToSchema;

/// Moves an order to another state.
#[utoipa::path(put, path = "/api/orders/{id}", tag = "orders", request_body = UpdateOrderStatus,
    params(("id" = String, Path, description = "id or order number"),
        IfMatch), responses((status = 200, body = Order)))]
pub(super) async fn update_status(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    seen: IfMatch,
    Json(body): Json<UpdateOrderStatus>,
) -> Result<Versioned<Order>> {
    let (order, viewer) = ops::update_status(&app, &caller, &id, seen.0, &body).await?;
    Ok(Versioned(order.version, view(&app, &order, &viewer)))
}

/// What sums are grouped by.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Grouping {
    #[default]
    Status,
    Day,
    Month,
}

/// Which orders are summed up.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatisticsQuery {
    /// Accepted at or after.
    from: Option<Timestamp>,
    /// Accepted before.
    to: Option<Timestamp>,
    /// STATUS, DAY or MONTH; STATUS when left out.
    #[param(inline)]
    group_by: Option<Grouping>,
}

/// Sums up orders per group and currency.
#[utoipa::path(get, path = "/api/orders/statistics", tag = "orders",
    params(StatisticsQuery), responses((status = 200, body = OrderStatistics)))]
pub(super) async fn statistics(
    State(app): State<App>,
    Query(query): Query<StatisticsQuery>,
) -> Result<Json<OrderStatistics>> {
    let by = match query.group_by.unwrap_or_default() {
        Grouping::Status => GroupBy::Status,
        Grouping::Day => GroupBy::Day,
        Grouping::Month => GroupBy::Month,
    };
    Ok(Json(ops::statistics(&app, query.from, query.to, by).await?))
}
