//! Step 6: start the payment. The key names order and attempt, so a repetition finds the same
//! payment. An answer nobody got is asked for again, never taken for a failure.

use super::{Answer, Tried, note, noted, unanswered};
use crate::App;
use crate::domain::order::Order;
use crate::domain::payment::{Consequence, PaymentNews};
use crate::domain::saga::Outcome;
use crate::domain::status::Mover;
use crate::error::Result;
use crate::ops::{find, note_payment, save};
use crate::store::sagas::Saga;
use api::order::{OrderPaymentStatus, OrderStatus};
use api::payment::{CreatePayment, PaymentFlow};
use api::shared::{Actor, ActorKind};
use base::Error;

pub(super) async fn run(app: &App, saga: &mut Saga) -> Result<Tried> {
    let order = find::read(app, saga.order_id).await?;
    if order.payment_deadline.is_none_or(|deadline| app.clock.now() >= deadline) {
        // Too late to begin; the deadline's own task ends the order.
        return noted(app, saga, Outcome::Refused).await;
    }
    let key = format!("order:{}:payment:{}", order.id, saga.data.payment_attempt);
    match app.payment.create(&request(saga, &order), &key).await.into() {
        Answer::Yes(payment) => record(app, saga, vec![payment.into()], None).await,
        Answer::Unknown(error) => unanswered(app, saga, &error).await,
        // Refused or paid already: the payment service knows the attempts and how they ended.
        Answer::No(refusal) => match app.payment.by_order(order.id).await.into() {
            Answer::Yes(payments) => {
                let news = payments.into_iter().rev().map(PaymentNews::from).collect();
                record(app, saga, news, Some(refusal)).await
            }
            Answer::No(error) | Answer::Unknown(error) => unanswered(app, saga, &error).await,
        },
    }
}

fn request(saga: &Saga, order: &Order) -> CreatePayment {
    let choice = saga.data.payment.clone();
    let saved = choice.flow == PaymentFlow::SavedMethod;
    CreatePayment {
        order_id: order.id,
        flow: Some(choice.flow),
        payment_method_id: choice.payment_method_id.filter(|_| saved),
        save_method: None,
        return_url: choice.return_url,
        cancel_url: choice.cancel_url,
        amount: Some(order.money(order.amounts.total)),
    }
}

async fn record(app: &App, saga: &mut Saga, news: Vec<PaymentNews>, refusal: Option<Error>) -> Result<Tried> {
    let mut tx = app.db.begin().await?;
    let mut order = find::by_id(&mut tx, saga.order_id).await?;
    let before = order.clone();
    for news in &news {
        let consequence = order.apply_payment(news, false);
        if let Consequence::GiveBack(payment_id) = consequence {
            note_payment::schedule_give_back(&mut tx, &order, payment_id).await?;
        }
    }
    let paid = order.paid_by.is_some();
    if let Some(refusal) = refusal.filter(|_| !paid) {
        fail(&mut order, &refusal);
        let refusal = super::presentable(refusal);
        saga.data.problem =
            Some(refusal.with("orderId", order.id).with("orderNumber", &order.number).to_problem());
    } else {
        saga.data.problem = None;
        order.catch_up();
    }
    if order != before {
        save::save(&mut tx, &mut order).await?;
    }
    let outcome = if paid { Outcome::Paid } else { Outcome::Succeeded };
    note(&mut tx, saga, outcome).await?;
    tx.commit().await?;
    Ok(Tried::Moved)
}

/// A refusal without a payment of its own, such as an unknown method, ends the attempt too.
fn fail(order: &mut Order, refusal: &Error) {
    let provider = Actor { kind: ActorKind::Provider, id: None };
    let reason = if refusal.code() == "payment-declined" { "CARD_DECLINED" } else { "GATEWAY_ERROR" };
    if order.move_to(OrderStatus::PaymentFailed, Mover::System, &provider, Some(reason)).is_ok() {
        order.payment_status = OrderPaymentStatus::Failed;
    }
}
