//! Asks how payments stand whose news may have been lost (contracts §7.2 step 7: every 5 minutes).

use super::find;
use super::note_payment::apply_asked;
use crate::App;
use crate::domain::payment::PaymentNews;
use crate::domain::status;
use crate::error::Result;
use crate::store;
use api::ids::OrderId;
use events::{Task, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often an order's payments are asked for.
const PERIOD: Duration = Duration::from_mins(5);

/// Orders asked about at once.
const BATCH: i64 = 200;

/// Asks how the payments of an order stand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskPayment {
    pub(crate) order_id: OrderId,
}

impl Task for AskPayment {
    const KIND: &'static str = "ask-payment";
    const MAX_ATTEMPTS: u32 = 3;

    fn key(&self) -> String {
        self.order_id.to_string()
    }
}

/// Schedules a question for every order that has waited long enough.
///
/// # Errors
/// Those of the store.
pub(crate) async fn schedule_questions(app: &App) -> Result<()> {
    let now = app.clock.now();
    let due = store::sagas::due(&mut app.db.conn().await?, "WAITING", now, BATCH).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for order_id in due {
        store::sagas::look_again(&mut tx, order_id, now + PERIOD).await?;
        tasks::schedule(&mut tx, &AskPayment { order_id }, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The task [`AskPayment`].
///
/// # Errors
/// When the payment service does not answer; the task is tried again.
pub(crate) async fn ask_payment(app: &App, order_id: OrderId) -> Result<()> {
    let order = find::read(app, order_id).await?;
    if !status::is_payable(order.status) {
        return Ok(());
    }
    let payments = app.payment.by_order(order_id).await?;
    let news: Vec<PaymentNews> = payments.into_iter().rev().map(PaymentNews::from).collect();
    apply_asked(app, order_id, &news).await
}
