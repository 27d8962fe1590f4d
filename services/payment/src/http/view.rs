//! Payments and refunds as clients see them.

use crate::domain::Payment;
use crate::domain::refund::Refund;
use crate::{App, ops};
use api::payment::{self as api};
use auth::Caller;
use base::Money;

/// A payment as the caller may see it: the client secret is for the payer, not for staff.
pub(super) fn payment(app: &App, caller: &Caller, token: Option<&str>, payment: Payment) -> api::Payment {
    let pays = ops::is_payer(app, caller, token, &payment);
    let next_action = payment
        .next_action
        .map(|next| api::NextAction { client_secret: next.client_secret.filter(|_| pays), ..next });
    api::Payment {
        id: payment.id,
        order_id: payment.order_id,
        status: payment.status,
        flow: payment.flow,
        refunded_amount: Money::new(payment.refunded_minor, payment.amount.currency),
        amount: payment.amount,
        method_details: payment.method,
        gateway: payment.gateway,
        attempt: payment.attempt,
        next_action,
        failure_reason: payment.failure.map(|failure| failure.reason),
        created_at: payment.created_at,
        version: payment.version,
    }
}

pub(super) fn refund(refund: Refund) -> api::Refund {
    api::Refund {
        id: refund.id,
        payment_id: refund.payment_id,
        order_id: refund.order_id,
        amount: refund.amount,
        status: refund.status,
        reason: refund.reason,
        failure_reason: refund.failure_code,
        created_at: refund.created_at,
        processed_at: refund.processed_at,
        version: refund.version,
    }
}
