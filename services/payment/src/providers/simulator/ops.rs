//! What the simulator does when it is called. Every change is one transaction of its own store,
//! together with the answer kept for its idempotency key and the webhooks it owes.

use super::Simulator;
use super::cards::{Behaviour, DELAY, Method};
use super::objects::{ApiError, CallError, Charge, Intent, NewIntent, Refund, Refusal, Session};
use crate::store::simulator::{self as store, NewCharge, Work};
use api::ids::{PaymentId, RefundId};
use base::keys::{random_token, sha256};
use base::{Error, Id, Money, Timestamp};
use db::{Conn, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A capture or refund of an intent.
#[derive(Serialize)]
pub(crate) struct Part<'a> {
    pub(crate) intent: &'a str,
    pub(crate) amount: Option<Money>,
    pub(crate) refund_id: Option<RefundId>,
}

/// A charge of a method.
#[derive(Serialize)]
pub(crate) struct Confirm<'a> {
    pub(crate) intent: &'a str,
    pub(crate) method: &'a str,
    pub(crate) return_url: &'a str,
}

impl Simulator {
    pub(crate) async fn create(&self, key: &str, new: &NewIntent) -> Result<Intent, CallError> {
        self.once(key, ("create", new), async |tx| {
            let mut intent = self.insert(tx, new).await?;
            let behaviour = match new.confirm.as_deref() {
                None => None,
                Some(method) => Some(self.charge(tx, &mut intent, method, &new.return_url).await?),
            };
            Ok((intent, behaviour == Some(Behaviour::TimeoutAfterCharge)))
        })
        .await
    }

    pub(crate) async fn confirm(&self, key: &str, what: &Confirm<'_>) -> Result<Intent, CallError> {
        self.once(key, ("confirm", what), async |tx| {
            let mut intent = known(store::intent(tx, what.intent).await?, "payment_intent")?;
            let behaviour = self.charge(tx, &mut intent, what.method, what.return_url).await?;
            Ok((intent, behaviour == Behaviour::TimeoutAfterCharge))
        })
        .await
    }

    pub(crate) async fn capture(&self, key: &str, what: &Part<'_>) -> Result<Intent, CallError> {
        self.once(key, ("capture", what), async |tx| {
            let mut intent = known(store::intent(tx, what.intent).await?, "payment_intent")?;
            let minor = capturable(&intent, what.amount)?;
            intent.status = "succeeded".into();
            self.save(tx, &mut intent).await?;
            let charge = intent
                .charge
                .as_mut()
                .ok_or_else(|| CallError::Broken(Error::internal("a hold without charge")))?;
            charge.captured_minor = minor;
            charge.fee_minor = self.fee.of(minor);
            store::capture_charge(tx, &charge.id, minor, charge.fee_minor).await?;
            let deliveries = Method::of(&charge.method).map_or(1, |method| method.behaviour.deliveries());
            self.tell(tx, &intent.id, "payment_intent.succeeded", deliveries).await?;
            Ok((intent, false))
        })
        .await
    }

    /// Ends an intent and its page.
    pub(crate) async fn cancel(&self, key: &str, intent: &str) -> Result<Intent, CallError> {
        self.once(key, ("cancel", intent), async |tx| {
            let mut intent = known(store::intent(tx, intent).await?, "payment_intent")?;
            if matches!(intent.status.as_str(), "succeeded" | "canceled" | "processing") {
                return Err(unexpected(&intent, "canceled").into());
            }
            self.end(tx, &mut intent).await?;
            Ok((intent, false))
        })
        .await
    }

    pub(crate) async fn refund(&self, key: &str, what: &Part<'_>) -> Result<Refund, CallError> {
        self.once(key, ("refund", what), async |tx| {
            let intent = known(store::intent(tx, what.intent).await?, "payment_intent")?;
            let refund = self.give_back(tx, &intent, what).await?;
            let behaviour = behaviour_of(&intent);
            Ok((refund, behaviour == Some(Behaviour::TimeoutAfterRefund)))
        })
        .await
    }

    pub(crate) async fn retrieve(&self, intent: &str) -> Result<Option<Intent>, CallError> {
        Ok(store::intent(&mut self.db.conn().await?, intent).await?)
    }

    /// Intents made for one payment of the platform, the latest first.
    pub(crate) async fn find(&self, payment: PaymentId) -> Result<Vec<Intent>, CallError> {
        Ok(store::intents_of_payment(&mut self.db.conn().await?, payment).await?)
    }

    pub(crate) async fn retrieve_refund(&self, refund: &str) -> Result<Option<Refund>, CallError> {
        Ok(store::refund(&mut self.db.conn().await?, refund).await?)
    }

    /// Refunds made for one refund of the platform, the latest first.
    pub(crate) async fn find_refunds(&self, ours: RefundId) -> Result<Vec<Refund>, CallError> {
        Ok(store::refunds_of(&mut self.db.conn().await?, ours).await?)
    }

    /// Intents with money that were made after that time and id, the oldest first.
    pub(crate) async fn list(&self, after: (Timestamp, &str), limit: i64) -> Result<Vec<Intent>, CallError> {
        Ok(store::intents_with_money(&mut self.db.conn().await?, after, limit).await?)
    }

    /// Stripe's idempotency: one execution per key, its answer for every repetition with the same
    /// parameters, an error for other parameters, a conflict while it runs. `work` also says
    /// whether its answer gets lost on the way; a repetition then finds it.
    async fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        params: impl Serialize,
        work: impl AsyncFnOnce(&mut Tx) -> Result<(T, bool), CallError>,
    ) -> Result<T, CallError> {
        let _in_flight = self.enter(key).ok_or(CallError::Conflict)?;
        let fingerprint = sha256(&serde_json::to_vec(&params).map_err(Error::internal)?);
        let mut tx = self.db.begin().await?;
        if let Some((known, answer)) = store::claim_key(&mut tx, key, fingerprint, self.now()).await? {
            tx.commit().await?;
            return replay(&known, &fingerprint, answer);
        }
        let (answer, lost) = match work(&mut tx).await {
            Ok((answer, lost)) => (Ok(answer), lost),
            Err(CallError::Refused(error)) => (Err(error), false),
            Err(other) => return Err(other),
        };
        let kept = serde_json::to_value(&answer).map_err(Error::internal)?;
        store::keep_answer(&mut tx, key, &kept).await?;
        tx.commit().await?;
        self.wake();
        if lost { Err(CallError::Timeout) } else { Ok(answer?) }
    }

    async fn insert(&self, tx: &mut Tx, new: &NewIntent) -> Result<Intent, CallError> {
        if new.confirm.as_deref().is_some_and(|method| Method::of(method).is_none()) {
            return Err(no_such("payment_method").into());
        }
        let now = self.now();
        let id = format!("pi_sim_{}", random_token());
        let session = new.page.as_ref().map(|(cancel_url, expires_at)| Session {
            id: format!("cs_sim_{}", random_token()),
            status: "open".into(),
            success_url: new.return_url.clone(),
            cancel_url: cancel_url.clone(),
            expires_at: *expires_at,
        });
        let intent = Intent {
            client_secret: format!("{id}_secret_{}", random_token()),
            id,
            amount: new.amount,
            capture_method: new.capture_method.into(),
            status: "requires_payment_method".into(),
            method: None,
            refusal: None,
            return_url: Some(new.return_url.clone()),
            description: new.description.clone(),
            order_id: Some(new.order_id),
            payment_id: Some(new.payment_id),
            version: 1,
            created_at: now,
            session,
            charge: None,
        };
        store::insert_intent(tx, &intent).await?;
        if let Some(session) = &intent.session {
            store::insert_session(tx, &intent.id, session, now).await?;
            self.later(tx, "expire", &intent.id, session.expires_at).await?;
        }
        Ok(intent)
    }

    /// Charges a method, as the API and the page do.
    pub(super) async fn charge(
        &self,
        tx: &mut Tx,
        intent: &mut Intent,
        method: &str,
        return_url: &str,
    ) -> Result<Behaviour, CallError> {
        if !matches!(intent.status.as_str(), "requires_payment_method" | "requires_action") {
            return Err(unexpected(intent, "confirmed").into());
        }
        let method = Method::of(method).ok_or_else(|| no_such("payment_method"))?;
        intent.method = Some(method.id.into());
        intent.return_url = Some(return_url.to_owned());
        intent.refusal = None;
        match method.behaviour {
            Behaviour::Refused(code) => self.refuse(tx, intent, method, ("card_declined", code)).await?,
            Behaviour::Authenticates => {
                intent.status = "requires_action".into();
                self.save(tx, intent).await?;
                self.tell(tx, &intent.id, "payment_intent.requires_action", 1).await?;
            }
            Behaviour::Delayed => {
                intent.status = "processing".into();
                self.save(tx, intent).await?;
                self.tell(tx, &intent.id, "payment_intent.processing", 1).await?;
                let at = method.behaviour.decided_at(self.now()).unwrap_or(self.now());
                self.later(tx, "settle", &intent.id, at).await?;
            }
            _ => self.take(tx, intent, method).await?,
        }
        Ok(method.behaviour)
    }

    /// Takes or holds the money.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        intent: &mut Intent,
        method: &Method,
    ) -> Result<(), CallError> {
        let held = intent.capture_method == "manual";
        let captured_minor = if held { 0 } else { intent.amount.minor };
        let charge = Charge {
            id: format!("ch_sim_{}", random_token()),
            method: method.id.into(),
            captured_minor,
            refunded_minor: 0,
            fee_minor: self.fee.of(captured_minor),
        };
        intent.status = if held { "requires_capture" } else { "succeeded" }.into();
        if let Some(session) = &mut intent.session {
            session.status = "complete".into();
        }
        self.save(tx, intent).await?;
        store::insert_charge(tx, NewCharge { intent, charge: &charge, status: "succeeded" }, self.now())
            .await?;
        intent.charge = Some(charge);
        let event =
            if held { "payment_intent.amount_capturable_updated" } else { "payment_intent.succeeded" };
        self.tell(tx, &intent.id, event, method.behaviour.deliveries()).await
    }

    /// Notes a refusal; the customer may try another method.
    pub(super) async fn refuse(
        &self,
        tx: &mut Tx,
        intent: &mut Intent,
        method: &Method,
        (code, decline_code): (&str, &str),
    ) -> Result<(), CallError> {
        intent.status = "requires_payment_method".into();
        let refusal =
            Refusal { code: code.into(), decline_code: decline_code.into(), method: method.id.into() };
        intent.refusal = Some(refusal);
        self.save(tx, intent).await?;
        let charge = Charge {
            id: format!("ch_sim_{}", random_token()),
            method: method.id.into(),
            captured_minor: 0,
            refunded_minor: 0,
            fee_minor: 0,
        };
        store::insert_charge(tx, NewCharge { intent, charge: &charge, status: "failed" }, self.now()).await?;
        self.tell(tx, &intent.id, "payment_intent.payment_failed", 1).await
    }

    /// Ends an intent that was not paid.
    pub(super) async fn end(&self, tx: &mut Tx, intent: &mut Intent) -> Result<(), CallError> {
        intent.status = "canceled".into();
        if let Some(session) = &mut intent.session {
            session.status = "expired".into();
        }
        self.save(tx, intent).await?;
        self.tell(tx, &intent.id, "payment_intent.canceled", 1).await
    }

    async fn give_back(&self, tx: &mut Tx, intent: &Intent, what: &Part<'_>) -> Result<Refund, CallError> {
        let charge = intent.charge.as_ref().ok_or_else(|| unexpected(intent, "refunded"))?;
        let left = charge.captured_minor - charge.refunded_minor;
        let amount = what.amount.unwrap_or(Money::new(left, intent.amount.currency));
        let behaviour = behaviour_of(intent);
        if amount.currency != intent.amount.currency || amount.minor <= 0 {
            return Err(ApiError::new("parameter_invalid", "the amount is not one of this charge").into());
        }
        let fails = behaviour == Some(Behaviour::RefundFails);
        let status = match behaviour {
            Some(Behaviour::RefundFails) => "failed",
            Some(Behaviour::RefundDelayed) => "pending",
            _ => "succeeded",
        };
        if amount.minor > left || (!fails && !store::refund_charge(tx, &charge.id, amount.minor).await?) {
            return Err(
                ApiError::new("charge_already_refunded", format!("{left} are left of this charge")).into()
            );
        }
        let refund = Refund {
            id: format!("re_sim_{}", random_token()),
            charge_id: charge.id.clone(),
            amount,
            status: status.into(),
            failure_code: fails.then(|| "expired_or_canceled_card".to_owned()),
            ours: what.refund_id,
            created_at: self.now(),
        };
        store::insert_refund(tx, &refund).await?;
        self.tell(tx, &refund.id, "refund.created", behaviour.map_or(1, Behaviour::deliveries)).await?;
        if status == "pending" {
            self.later(tx, "settle-refund", &refund.id, self.now() + DELAY).await?;
        }
        Ok(refund)
    }

    pub(super) async fn save(&self, c: &mut Conn, intent: &mut Intent) -> Result<(), CallError> {
        if !store::save_intent(c, intent).await? {
            return Err(CallError::Conflict);
        }
        intent.version += 1;
        Ok(())
    }

    /// Owes the receiver an event, as many times as the fault demands.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        object: &str,
        event: &str,
        times: usize,
    ) -> Result<(), CallError> {
        let event = (format!("evt_sim_{}", random_token()), event.to_owned());
        for _ in 0..times {
            let work = work("deliver", object, Some(event.clone()), self.now());
            store::insert_work(tx, &work, self.now()).await?;
        }
        Ok(())
    }

    async fn later(&self, tx: &mut Tx, kind: &str, subject: &str, at: Timestamp) -> Result<(), CallError> {
        Ok(store::insert_work(tx, &work(kind, subject, None, at), self.now()).await?)
    }
}

fn work(kind: &str, subject: &str, event: Option<(String, String)>, due_at: Timestamp) -> Work {
    Work { id: Id::new(), kind: kind.into(), subject: subject.into(), event, due_at, attempts: 0 }
}

fn replay<T: DeserializeOwned>(
    known: &[u8],
    asked: &[u8; 32],
    answer: Option<String>,
) -> Result<T, CallError> {
    if known != asked {
        let text = "the key was used for a request with other parameters";
        return Err(ApiError::new("idempotency_error", text).into());
    }
    let answer = answer.ok_or(CallError::Conflict)?;
    let answer: Result<T, ApiError> = serde_json::from_str(&answer).map_err(Error::internal)?;
    Ok(answer?)
}

fn behaviour_of(intent: &Intent) -> Option<Behaviour> {
    intent.charge.as_ref().and_then(|charge| Method::of(&charge.method)).map(|method| method.behaviour)
}

fn known<T>(found: Option<T>, what: &str) -> Result<T, CallError> {
    found.ok_or_else(|| no_such(what).into())
}

fn no_such(what: &str) -> ApiError {
    ApiError::new("resource_missing", format!("there is no such {what}"))
}

fn unexpected(intent: &Intent, wish: &str) -> ApiError {
    let text = format!("the payment is {} and cannot be {wish}", intent.status);
    ApiError::new("payment_intent_unexpected_state", text)
}

fn capturable(intent: &Intent, wanted: Option<Money>) -> Result<i64, ApiError> {
    if intent.status != "requires_capture" {
        return Err(unexpected(intent, "captured"));
    }
    let wanted = wanted.unwrap_or(intent.amount);
    if wanted.currency != intent.amount.currency || !(1..=intent.amount.minor).contains(&wanted.minor) {
        return Err(ApiError::new("amount_too_large", format!("{} are held", intent.amount)));
    }
    Ok(wanted.minor)
}
