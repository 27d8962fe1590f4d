//! What happened, as messages for the other services; always in the transaction of the change.

use crate::domain::refund::{Refund, RefundFact};
use crate::domain::{Fact, Failure, Payment};
use api::payment::{
    NextActionType, PaymentAuthorized, PaymentCancelled, PaymentCaptured, PaymentFailed, PaymentInitiated,
    PaymentProcessing, PaymentRequiresAction, PaymentStatus, PaymentSucceeded, RefundFailed, RefundInitiated,
    RefundProcessing, RefundSucceeded,
};
use api::shared::PaymentMethodDetails;
use base::{Money, Result, Timestamp};
use db::Tx;
use events::outbox;

/// A payment was started.
pub(crate) async fn initiated(tx: &mut Tx, payment: &Payment, method_type: &str) -> Result<()> {
    let message = PaymentInitiated {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        amount: payment.amount,
        payment_method_type: method_type.into(),
        attempt: payment.attempt,
        initiated_at: payment.created_at,
    };
    outbox::publish(tx, &message).await.map(drop)
}

/// Something happened to a payment.
pub(crate) async fn fact(tx: &mut Tx, payment: &Payment, fact: &Fact, method_type: &str) -> Result<()> {
    let now = tx.now();
    let published = match fact {
        Fact::RequiresAction => outbox::publish(tx, &requires_action(payment)).await,
        Fact::Processing => outbox::publish(tx, &processing(payment, now)).await,
        Fact::Authorized { until } => outbox::publish(tx, &authorized(payment, *until, now)).await,
        Fact::Captured => outbox::publish(tx, &captured(payment, now)).await,
        Fact::Succeeded { .. } => outbox::publish(tx, &succeeded(payment, method_type, now)).await,
        Fact::Failed(failure) => outbox::publish(tx, &failed(payment, failure, now)).await,
        Fact::Cancelled { reason } => outbox::publish(tx, &cancelled(payment, reason, now)).await,
    };
    published.map(drop)
}

fn requires_action(payment: &Payment) -> PaymentRequiresAction {
    let next = payment.next_action.as_ref();
    PaymentRequiresAction {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        customer_email: payment.customer_email.clone(),
        next_action_type: next.map_or(NextActionType::RedirectToUrl, |next| next.kind),
        next_action_url: next.and_then(|next| next.url.clone()),
        expires_at: payment.expires_at,
    }
}

fn processing(payment: &Payment, now: Timestamp) -> PaymentProcessing {
    PaymentProcessing {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        gateway_transaction_id: payment.handle.intent.clone(),
        processing_at: now,
    }
}

fn authorized(payment: &Payment, until: Option<Timestamp>, now: Timestamp) -> PaymentAuthorized {
    PaymentAuthorized {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        amount: payment.amount,
        authorization_id: transaction(payment),
        expires_at: until,
        authorized_at: now,
    }
}

fn captured(payment: &Payment, now: Timestamp) -> PaymentCaptured {
    PaymentCaptured {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        authorization_id: transaction(payment),
        amount_captured: Money::new(payment.captured_minor, payment.amount.currency),
        captured_at: now,
    }
}

fn succeeded(payment: &Payment, method_type: &str, now: Timestamp) -> PaymentSucceeded {
    let unnamed = || PaymentMethodDetails {
        method_type: method_type.into(),
        card_brand: None,
        card_last_four: None,
        card_expiry_month: None,
        card_expiry_year: None,
    };
    PaymentSucceeded {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        order_number: payment.order_number.clone(),
        user_id: payment.user_id,
        customer_email: payment.customer_email.clone(),
        amount_paid: Money::new(payment.captured_minor, payment.amount.currency),
        payment_method_details: payment.method.clone().unwrap_or_else(unnamed),
        gateway_transaction_id: transaction(payment),
        succeeded_at: now,
    }
}

fn failed(payment: &Payment, failure: &Failure, now: Timestamp) -> PaymentFailed {
    PaymentFailed {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        order_number: payment.order_number.clone(),
        user_id: payment.user_id,
        customer_email: payment.customer_email.clone(),
        amount: payment.amount,
        failure_reason: failure.reason,
        gateway_response_code: Some(failure.code.clone()),
        attempt: payment.attempt,
        retryable: failure.retryable,
        failed_at: now,
    }
}

fn cancelled(payment: &Payment, reason: &str, now: Timestamp) -> PaymentCancelled {
    PaymentCancelled {
        aggregate_version: payment.version,
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        reason: reason.into(),
        cancelled_at: now,
    }
}

fn transaction(payment: &Payment) -> String {
    payment.handle.intent.clone().unwrap_or_default()
}

/// A refund was accepted.
pub(crate) async fn refund_initiated(tx: &mut Tx, refund: &Refund) -> Result<()> {
    let message = RefundInitiated {
        aggregate_version: refund.version,
        refund_id: refund.id,
        payment_id: refund.payment_id,
        order_id: refund.order_id,
        user_id: refund.user_id,
        amount: refund.amount,
        reason: refund.reason.clone(),
        initiated_by: refund.initiated_by.clone(),
        initiated_at: refund.created_at,
    };
    outbox::publish(tx, &message).await.map(drop)
}

/// Something happened to a refund; `payment` is as it is afterwards.
pub(crate) async fn refund_fact(
    tx: &mut Tx,
    payment: &Payment,
    refund: &Refund,
    fact: RefundFact,
) -> Result<()> {
    let now = tx.now();
    match fact {
        RefundFact::Processing => outbox::publish(tx, &refund_processing(refund, now)).await.map(drop),
        RefundFact::Succeeded => outbox::publish(tx, &refund_succeeded(payment, refund, now)).await.map(drop),
        RefundFact::Failed => outbox::publish(tx, &refund_failed(refund, now)).await.map(drop),
        RefundFact::Manual => Ok(()),
    }
}

fn refund_processing(refund: &Refund, now: Timestamp) -> RefundProcessing {
    RefundProcessing {
        aggregate_version: refund.version,
        refund_id: refund.id,
        payment_id: refund.payment_id,
        order_id: refund.order_id,
        gateway_refund_id: None,
        processing_at: now,
    }
}

fn refund_succeeded(payment: &Payment, refund: &Refund, now: Timestamp) -> RefundSucceeded {
    RefundSucceeded {
        aggregate_version: refund.version,
        refund_id: refund.id,
        payment_id: refund.payment_id,
        order_id: refund.order_id,
        order_number: payment.order_number.clone(),
        user_id: refund.user_id,
        customer_email: payment.customer_email.clone(),
        amount_refunded: refund.amount,
        gateway_refund_id: refund.reference.clone().unwrap_or_default(),
        fully_refunded: payment.status == PaymentStatus::Refunded,
        succeeded_at: now,
    }
}

fn refund_failed(refund: &Refund, now: Timestamp) -> RefundFailed {
    let code = refund.failure_code.clone();
    RefundFailed {
        aggregate_version: refund.version,
        refund_id: refund.id,
        payment_id: refund.payment_id,
        order_id: refund.order_id,
        user_id: refund.user_id,
        amount: refund.amount,
        failure_reason: code.clone().unwrap_or_else(|| "unknown".into()),
        gateway_response_code: code,
        failed_at: now,
    }
}
