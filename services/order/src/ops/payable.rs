//! What payment-service needs to know before it takes money.

use super::find;
use crate::App;
use crate::error::Result;
use api::order::Payable;

/// What has to be paid for an order.
///
/// # Errors
/// [`crate::error::OrderError::NotFound`].
pub(crate) async fn payable(app: &App, key: &str) -> Result<Payable> {
    let order = find::find(&mut app.db.conn().await?, key).await?;
    Ok(Payable {
        order_id: order.id,
        order_number: order.number.clone(),
        user_id: order.customer.user_id,
        customer_email: order.customer.email.clone(),
        customer_name: order.customer.name.clone(),
        amount: order.money(order.amounts.total),
        subtotal: Some(order.money(order.amounts.subtotal)),
        discount_amount: Some(order.money(order.amounts.discount)),
        tax_amount: Some(order.money(order.amounts.tax)),
        shipping_net: Some(order.money(order.shipping_net())),
        status: order.status,
        payment_deadline: order.payment_deadline,
    })
}
