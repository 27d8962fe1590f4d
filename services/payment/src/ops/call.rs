//! Makes the call an intent speaks of, for the first time or again: the key makes it the same one.

use crate::App;
use crate::domain::operation::{Kind, Operation};
use crate::domain::seen::Seen;
use crate::domain::{Capture, Payment};
use crate::providers::{Answer, GatewayError, NewCharge};
use api::payment::PaymentFlow;
use base::Money;

/// Calls the gateway.
pub(crate) async fn make(app: &App, payment: &Payment, call: &Operation) -> Answer<Seen> {
    let key = call.provider_key.as_str();
    let intent = payment.handle.intent.as_deref();
    match (call.kind, intent) {
        (Kind::Create, _) => create(app, payment, key).await,
        (Kind::Confirm, Some(intent)) => {
            let method = call.method_id.as_deref().unwrap_or_default();
            let back = call.return_url.as_deref().unwrap_or(&payment.return_url);
            app.gateway.confirm(intent, method, back, key).await
        }
        (Kind::Capture, Some(intent)) => {
            let minor = call.amount_minor.unwrap_or(payment.amount.minor);
            app.gateway.capture(intent, Money::new(minor, payment.amount.currency), key).await
        }
        (Kind::Cancel, Some(_)) => app.gateway.cancel(&payment.handle, key).await,
        (Kind::Confirm | Kind::Capture | Kind::Cancel | Kind::Refund, _) => {
            Err(GatewayError::unknown("the payment is not known to the gateway yet"))
        }
    }
}

async fn create(app: &App, payment: &Payment, key: &str) -> Answer<Seen> {
    let with_method = payment.flow == PaymentFlow::SavedMethod;
    let new = NewCharge {
        payment_id: payment.id,
        order_id: payment.order_id,
        order_number: payment.order_number.clone(),
        amount: payment.amount,
        hold: payment.capture == Capture::Manual,
        method_id: payment.method_id.clone().filter(|_| with_method),
        return_url: payment.return_url.clone(),
        cancel_url: payment.cancel_url.clone(),
        expires_at: payment.expires_at,
    };
    match payment.flow {
        PaymentFlow::CheckoutRedirect => app.gateway.create_session(&new, key).await,
        PaymentFlow::SavedMethod | PaymentFlow::ClientSdk => app.gateway.create_intent(&new, key).await,
    }
}
