//! Staff move an order with `PUT`.

use super::cancel_order::save_cancelled;
use super::find;
use super::save;
use super::ship;
use super::viewer::Viewer;
use crate::App;
use crate::domain::order::Order;
use crate::domain::status::{Mover, PUT_TARGETS};
use crate::error::{OrderError, Result};
use crate::store;
use api::order::{OrderStatus, StatusMetadata, UpdateOrderStatus};
use auth::Caller;
use base::{Check, Error};
use db::Tx;
use serde_json::Value;

/// Moves an order to the wanted state.
///
/// # Errors
/// [`OrderError::InvalidTransition`], [`OrderError::MetadataMissing`], [`OrderError::Stale`],
/// 403 for a target the role may not choose, 422.
pub(crate) async fn update_status(
    app: &App,
    caller: &Caller,
    key: &str,
    seen: Option<i64>,
    body: &UpdateOrderStatus,
) -> Result<(Order, Viewer)> {
    let Caller::User(user) = caller else { return Err(Error::forbidden().into()) };
    check(body)?;
    if !user.may_set_order_status(&word(body.status)) {
        return Err(Error::forbidden().into());
    }
    let metadata = body.metadata.clone().unwrap_or_default();
    demand(body.status, &metadata)?;
    if body.status == OrderStatus::Shipped {
        ship::capture_first(app, key, seen, &metadata).await?;
    }
    let viewer = Viewer::Staff(user.clone());
    find::again(|| async {
        let mut tx = app.db.begin().await?;
        let mut order = find::find(&mut tx, key).await?;
        if seen.is_some_and(|seen| seen != order.version) {
            return Err(OrderError::Stale);
        }
        let version = order.version;
        if let Err(error) = apply(app, &mut tx, &mut order, &viewer, body, &metadata).await {
            // Somebody else's change may lie between the order and its lines as they were read.
            let changed = store::orders::version(&mut tx, order.id).await? != version;
            return Err(if changed { OrderError::Stale } else { error });
        }
        viewer.note(&mut tx, &order, "order.status.write", body.reason.as_deref()).await?;
        tx.commit().await?;
        Ok((order, viewer.clone()))
    })
    .await
}

/// Moves the order and saves it.
async fn apply(
    app: &App,
    tx: &mut Tx,
    order: &mut Order,
    viewer: &Viewer,
    body: &UpdateOrderStatus,
    metadata: &StatusMetadata,
) -> Result<()> {
    match body.status {
        OrderStatus::Shipped => ship::ship(tx, order, viewer, body, metadata).await,
        OrderStatus::Delivered => {
            ship::deliver(tx, order, viewer, body, metadata, app.config.return_window.0).await
        }
        OrderStatus::Cancelled => {
            let reason = metadata.reason_code.ok_or(OrderError::MetadataMissing(vec!["reasonCode"]))?;
            order.cancel(reason, body.reason.as_deref(), Mover::Staff, &viewer.actor())?;
            save_cancelled(tx, order).await
        }
        target => {
            order.move_to(target, Mover::Staff, &viewer.actor(), body.reason.as_deref())?;
            save::save(tx, order).await
        }
    }
}

fn check(body: &UpdateOrderStatus) -> Result<()> {
    let mut check = Check::new();
    let is_target = PUT_TARGETS.contains(&body.status);
    check.that(is_target, "/status", "not-a-target", "orders come to this state by themselves");
    check.opt_multiline("/reason", body.reason.as_deref(), 0..=500);
    if let Some(metadata) = &body.metadata {
        check.opt_text("/metadata/carrierName", metadata.carrier_name.as_deref(), 1..=100);
        check.opt_text("/metadata/trackingNumber", metadata.tracking_number.as_deref(), 1..=100);
        check.opt_text("/metadata/trackingUrl", metadata.tracking_url.as_deref(), 1..=2000);
        let secure = metadata.tracking_url.as_ref().is_none_or(|url| url.starts_with("https://"));
        check.that(secure, "/metadata/trackingUrl", "url", "must be an https address");
        let is_date = metadata.estimated_delivery_date.as_deref().is_none_or(is_date);
        check.that(is_date, "/metadata/estimatedDeliveryDate", "date", "must be a date such as 2026-03-02");
        check.opt_text("/metadata/recipientName", metadata.recipient_name.as_deref(), 1..=100);
    }
    Ok(check.finish()?)
}

fn is_date(text: &str) -> bool {
    format!("{text}T00:00:00Z").parse::<base::Timestamp>().is_ok()
}

/// What the target cannot do without.
fn demand(target: OrderStatus, metadata: &StatusMetadata) -> Result<()> {
    let mut missing = Vec::new();
    if target == OrderStatus::Shipped {
        missing.extend(metadata.carrier_name.is_none().then_some("carrierName"));
        missing.extend(metadata.tracking_number.is_none().then_some("trackingNumber"));
    }
    if target == OrderStatus::Cancelled {
        missing.extend(metadata.reason_code.is_none().then_some("reasonCode"));
    }
    if missing.is_empty() { Ok(()) } else { Err(OrderError::MetadataMissing(missing)) }
}

fn word(status: OrderStatus) -> String {
    match serde_json::to_value(status) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
