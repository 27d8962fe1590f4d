//! The simulator behind the port: its words into ours.

use super::objects::{CallError, Intent, NewIntent, Refund};
use super::ops::{Confirm, Part};
use super::{Simulator, cards};
use crate::domain::seen::{BookRow, RefundState, Refusal, Seen, SeenRefund, State};
use crate::domain::{Failure, Handle};
use crate::providers::signature;
use crate::providers::{Answer, GatewayError, NewCharge, NewRefund, Notice, Object};
use api::ids::{PaymentId, RefundId};
use api::payment::{FailureReason, NextAction, NextActionType};
use api::shared::PaymentMethodDetails;
use base::{Money, Timestamp};
use serde::Deserialize;

impl From<CallError> for GatewayError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(error) => Self::Refused { code: error.code.clone(), source: error.into() },
            CallError::Conflict => Self::unknown("another request is at work"),
            CallError::Timeout => Self::unknown("time-out"),
            CallError::Broken(source) => Self::Unknown { what: "it failed", source: Some(source.into()) },
        }
    }
}

/// The body of a webhook, as far as we read it.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

#[derive(Deserialize)]
struct EventObject {
    id: String,
    object: String,
}

impl Simulator {
    pub(crate) async fn create_session(&self, new: &NewCharge, key: &str) -> Answer<Seen> {
        let page = Some((new.cancel_url.clone(), new.expires_at));
        Ok(self.seen(&self.create(key, &NewIntent { page, confirm: None, ..intent(new) }).await?))
    }

    pub(crate) async fn create_intent(&self, new: &NewCharge, key: &str) -> Answer<Seen> {
        Ok(self.seen(&self.create(key, &intent(new)).await?))
    }

    pub(crate) async fn confirm_intent(
        &self,
        intent: &str,
        method: &str,
        return_url: &str,
        key: &str,
    ) -> Answer<Seen> {
        Ok(self.seen(&self.confirm(key, &Confirm { intent, method, return_url }).await?))
    }

    pub(crate) async fn capture_intent(&self, intent: &str, amount: Money, key: &str) -> Answer<Seen> {
        let part = Part { intent, amount: Some(amount), refund_id: None };
        Ok(self.seen(&self.capture(key, &part).await?))
    }

    pub(crate) async fn cancel_intent(&self, handle: &Handle, key: &str) -> Answer<Seen> {
        let intent = handle.intent.as_deref().unwrap_or_default();
        Ok(self.seen(&self.cancel(key, intent).await?))
    }

    pub(crate) async fn refund_intent(&self, intent: &str, new: &NewRefund, key: &str) -> Answer<SeenRefund> {
        let part = Part { intent, amount: Some(new.amount), refund_id: Some(new.refund_id) };
        Ok(seen_refund(&self.refund(key, &part).await?))
    }

    pub(crate) async fn fetch(&self, payment: PaymentId, handle: &Handle) -> Answer<Option<Seen>> {
        if let Some(intent) = &handle.intent {
            return self.fetch_by_reference(intent).await;
        }
        Ok(self.find(payment).await?.first().map(|intent| self.seen(intent)))
    }

    pub(crate) async fn fetch_by_reference(&self, intent: &str) -> Answer<Option<Seen>> {
        Ok(self.retrieve(intent).await?.map(|intent| self.seen(&intent)))
    }

    pub(crate) async fn fetch_refund(
        &self,
        ours: Option<RefundId>,
        reference: Option<&str>,
    ) -> Answer<Option<SeenRefund>> {
        let found = match (reference, ours) {
            (Some(reference), _) => self.retrieve_refund(reference).await?,
            (None, Some(ours)) => self.find_refunds(ours).await?.into_iter().next(),
            (None, None) => None,
        };
        Ok(found.as_ref().map(seen_refund))
    }

    pub(crate) async fn book_rows(
        &self,
        since: Timestamp,
        after: Option<&BookRow>,
        limit: i64,
    ) -> Answer<Vec<BookRow>> {
        let after = after.map_or((since, ""), |row| (row.made_at, row.intent.as_str()));
        Ok(self.list(after, limit).await?.iter().map(book_row).collect())
    }

    pub(crate) fn verify_webhook(&self, header: &str, body: &[u8], now: Timestamp) -> Option<Notice> {
        if !signature::verify(std::slice::from_ref(&self.secret), now, header, body) {
            return None;
        }
        let event: Event = serde_json::from_slice(body).ok()?;
        let id = event.data.object.id;
        let object = match event.data.object.object.as_str() {
            "payment_intent" => Object::Payment(id),
            "refund" => Object::Refund(id),
            _ => Object::Other(id),
        };
        Some(Notice { event_id: event.id, event_type: event.kind, object })
    }

    fn seen(&self, intent: &Intent) -> Seen {
        Seen {
            intent: intent.id.clone(),
            session: intent.session.as_ref().map(|session| session.id.clone()),
            payment_id: intent.payment_id,
            amount: intent.amount,
            state: self.state(intent),
            refused: intent.refusal.as_ref().map(|refusal| Refusal {
                failure: failure(&refusal.code, &refusal.decline_code),
                method_id: Some(refusal.method.clone()),
            }),
            method: details(intent.charge.as_ref().map(|charge| charge.method.as_str())),
        }
    }

    fn state(&self, intent: &Intent) -> State {
        match intent.status.as_str() {
            "requires_payment_method" | "requires_confirmation" => {
                State::Waiting { page: self.page_of(intent) }
            }
            "requires_action" => State::Action(redirect(self.authenticate_url(&intent.id))),
            "processing" => State::Working,
            "requires_capture" => State::Held { until: None },
            "succeeded" => {
                let charge = intent.charge.as_ref();
                State::Paid {
                    received_minor: charge.map_or(0, |charge| charge.captured_minor),
                    fee_minor: charge.map_or(0, |charge| charge.fee_minor),
                }
            }
            "canceled" => State::Cancelled,
            other => State::Unknown(other.to_owned()),
        }
    }

    fn page_of(&self, intent: &Intent) -> Option<NextAction> {
        match &intent.session {
            Some(session) if session.status == "open" => Some(redirect(self.page_url(&session.id))),
            Some(_) => None,
            None => Some(NextAction {
                kind: NextActionType::UseSdk,
                url: None,
                client_secret: Some(intent.client_secret.clone()),
            }),
        }
    }

    pub(super) fn page_url(&self, session: &str) -> String {
        format!("{}/api/payments/simulator/checkout/{session}", self.public_url)
    }

    pub(super) fn authenticate_url(&self, intent: &str) -> String {
        format!("{}/api/payments/simulator/authenticate/{intent}", self.public_url)
    }
}

fn intent(new: &NewCharge) -> NewIntent {
    NewIntent {
        amount: new.amount,
        capture_method: if new.hold { "manual" } else { "automatic" },
        description: format!("Order {}", new.order_number),
        order_id: new.order_id,
        payment_id: new.payment_id,
        return_url: new.return_url.clone(),
        page: None,
        confirm: new.method_id.clone(),
    }
}

fn redirect(url: String) -> NextAction {
    NextAction { kind: NextActionType::RedirectToUrl, url: Some(url), client_secret: None }
}

/// Stripe's decline codes in our words; the customer may try again unless fraud is suspected.
fn failure(code: &str, decline_code: &str) -> Failure {
    let reason = match (code, decline_code) {
        ("payment_intent_authentication_failure", _) => FailureReason::AuthenticationFailed,
        (_, "insufficient_funds") => FailureReason::InsufficientFunds,
        (_, "expired_card") => FailureReason::ExpiredCard,
        (_, "fraudulent") => FailureReason::FraudSuspected,
        _ => FailureReason::CardDeclined,
    };
    Failure { reason, code: decline_code.to_owned(), retryable: reason != FailureReason::FraudSuspected }
}

fn details(method: Option<&str>) -> Option<PaymentMethodDetails> {
    let method = cards::Method::of(method?)?;
    Some(PaymentMethodDetails {
        method_type: "TEST".into(),
        card_brand: Some("visa".into()),
        card_last_four: Some(method.last_four().into()),
        card_expiry_month: None,
        card_expiry_year: None,
    })
}

fn seen_refund(refund: &Refund) -> SeenRefund {
    let state = match refund.status.as_str() {
        "succeeded" => RefundState::Done,
        "failed" => {
            RefundState::Refused { code: refund.failure_code.clone().unwrap_or_else(|| "unknown".into()) }
        }
        _ => RefundState::Working,
    };
    SeenRefund { reference: refund.id.clone(), refund_id: refund.ours, amount: refund.amount, state }
}

fn book_row(intent: &Intent) -> BookRow {
    let minor = |minor| Money::new(minor, intent.amount.currency);
    let charge = intent.charge.as_ref();
    BookRow {
        intent: intent.id.clone(),
        payment_id: intent.payment_id,
        order_id: intent.order_id,
        captured: minor(charge.map_or(0, |charge| charge.captured_minor)),
        refunded: minor(charge.map_or(0, |charge| charge.refunded_minor)),
        made_at: intent.created_at,
    }
}
