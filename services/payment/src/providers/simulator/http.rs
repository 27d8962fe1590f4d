//! The simulator's doors: the page on which people pay, the bank's page, and its books.

use super::Simulator;
use super::cards::Method;
use super::objects::{CallError, Intent};
use super::page::{self, Page};
use crate::store::simulator as store;
use api::payment::SimulatorBooks;
use axum::response::{IntoResponse, Response};
use base::{Error, Result};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
};
use http::{HeaderName, StatusCode};

/// What somebody pressed on a page.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Pressed {
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) card: String,
}

/// What a browser gets.
pub(crate) enum Shown {
    Page(StatusCode, Page),
    /// 303 to an address that was allowed when the page was ordered.
    Leave(String),
}

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let mut response = match &self {
            Self::Page(status, page) => (*status, page.html.clone()).into_response(),
            Self::Leave(_) => StatusCode::SEE_OTHER.into_response(),
        };
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        match &self {
            Self::Page(_, page) => {
                set(CONTENT_TYPE, "text/html; charset=utf-8");
                set(CONTENT_SECURITY_POLICY, &page.policy);
            }
            Self::Leave(url) => set(LOCATION, url),
        }
        set(CACHE_CONTROL, "no-store");
        set(REFERRER_POLICY, "no-referrer");
        set(HeaderName::from_static("x-content-type-options"), "nosniff");
        set(HeaderName::from_static("x-frame-options"), "DENY");
        response
    }
}

impl Simulator {
    /// The page of a session.
    pub(crate) async fn show_checkout(&self, session: &str) -> Result<Shown> {
        let intent = self.of_session(session).await?;
        Ok(checkout_page(&intent, None))
    }

    /// Somebody pressed a button on the page of a session.
    pub(crate) async fn press_checkout(&self, session: &str, pressed: &Pressed) -> Result<Shown> {
        let intent = self.of_session(session).await?;
        let Some(own) = intent.session.as_ref().filter(|own| own.status == "open") else {
            return Ok(checkout_page(&intent, None));
        };
        if pressed.action != "pay" {
            return Ok(Shown::Leave(own.cancel_url.clone()));
        }
        let Some(method) = Method::typed(&pressed.card) else {
            let text = "This is not a test card of the simulator. Take one from the list below.";
            return Ok(checkout_page(&intent, Some(text)));
        };
        let (id, back) = (intent.id.clone(), own.success_url.clone());
        let charged = self
            .change(&id, async |simulator, tx, intent| {
                simulator.charge(tx, intent, method.id, &back).await.map(drop)
            })
            .await;
        match charged {
            Ok(intent) => Ok(self.after_charge(&intent, back)),
            Err(CallError::Refused(_) | CallError::Conflict) => self.show_checkout(session).await,
            Err(error) => Err(broken(error)),
        }
    }

    /// The bank's page.
    pub(crate) async fn show_authentication(&self, intent: &str) -> Result<Shown> {
        let intent = self.of_intent(intent).await?;
        if intent.status != "requires_action" {
            return Ok(Shown::Leave(way_back(&intent)));
        }
        Ok(Shown::Page(StatusCode::OK, page::authenticate(&intent)))
    }

    /// Somebody answered the bank.
    pub(crate) async fn press_authentication(&self, intent: &str, pressed: &Pressed) -> Result<Shown> {
        let before = self.of_intent(intent).await?;
        let approved = pressed.action == "approve";
        let answered = self
            .change(intent, async |simulator, tx, intent| {
                let method = intent.method.as_deref().and_then(Method::of);
                match method.filter(|_| intent.status == "requires_action") {
                    Some(method) if approved => simulator.take(tx, intent, method).await,
                    Some(method) => {
                        let why = ("payment_intent_authentication_failure", "authentication_failed");
                        simulator.refuse(tx, intent, method, why).await
                    }
                    None => Ok(()),
                }
            })
            .await;
        match answered {
            Ok(after) => Ok(Shown::Leave(way_back(&after))),
            Err(CallError::Refused(_) | CallError::Conflict) => Ok(Shown::Leave(way_back(&before))),
            Err(error) => Err(broken(error)),
        }
    }

    /// Its books.
    pub(crate) async fn all_books(&self) -> Result<SimulatorBooks> {
        let mut conn = self.db.conn().await?;
        Ok(SimulatorBooks {
            charges: store::charges(&mut conn).await?,
            refunds: store::refunds(&mut conn).await?,
        })
    }

    async fn of_session(&self, session: &str) -> Result<Intent> {
        let found = store::intent_of_session(&mut self.db.conn().await?, session).await?;
        found.ok_or_else(|| Error::not_found("payment page"))
    }

    async fn of_intent(&self, intent: &str) -> Result<Intent> {
        let found = store::intent(&mut self.db.conn().await?, intent).await?;
        found.ok_or_else(|| Error::not_found("payment"))
    }

    /// Changes an intent for somebody on a page.
    async fn change(
        &self,
        intent: &str,
        work: impl AsyncFnOnce(&Self, &mut db::Tx, &mut Intent) -> Result<(), CallError>,
    ) -> Result<Intent, CallError> {
        let mut tx = self.db.begin().await?;
        let found = store::intent(&mut tx, intent).await?;
        let mut intent = found.ok_or_else(|| CallError::Broken(Error::not_found("payment")))?;
        work(self, &mut tx, &mut intent).await?;
        tx.commit().await?;
        self.wake();
        Ok(intent)
    }

    fn after_charge(&self, intent: &Intent, back: String) -> Shown {
        match intent.status.as_str() {
            "requires_payment_method" => {
                let code =
                    intent.refusal.as_ref().map_or("declined", |refusal| refusal.decline_code.as_str());
                let text = format!("The card was declined ({}). Try another one.", code.replace('_', " "));
                checkout_page(intent, Some(&text))
            }
            "requires_action" => Shown::Leave(self.authenticate_url(&intent.id)),
            _ => Shown::Leave(back),
        }
    }
}

fn checkout_page(intent: &Intent, error: Option<&str>) -> Shown {
    let Some(session) = &intent.session else {
        return Shown::Page(StatusCode::NOT_FOUND, page::closed("There is no such page.", "/"));
    };
    let shown = match session.status.as_str() {
        "open" if intent.is_unpaid() => page::checkout(intent, session, error),
        "open" => page::closed("The payment is being processed.", &session.success_url),
        "complete" => page::closed("This has been paid.", &session.success_url),
        _ => page::closed("This payment has ended.", &session.cancel_url),
    };
    let status = if error.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    Shown::Page(status, shown)
}

/// Back to the page to try another card, or to the shop.
fn way_back(intent: &Intent) -> String {
    let to_shop = || intent.return_url.clone().unwrap_or_else(|| "/".into());
    match &intent.session {
        Some(session) if session.status == "open" && intent.status == "requires_payment_method" => {
            format!("/api/payments/simulator/checkout/{}", session.id)
        }
        _ => to_shop(),
    }
}

fn broken(error: CallError) -> Error {
    match error {
        CallError::Broken(error) => error,
        other => Error::internal(other),
    }
}
