//! A model of the payment service and its gateway.

use super::{Gateway, Memory, World};
use api::ids::{OrderId, PaymentId, RefundId};
use api::payment::{
    CancelPayment, CapturePayment, CreatePayment, FailureReason, ListPayments, NextAction, NextActionType,
    Payment, PaymentFlow, PaymentStatus, Refund, RefundPayment, RefundStatus,
};
use api::shared::PaymentMethodDetails;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base::page::Page;
use base::{Error, Kind, Money, Timestamp};
use service::http::{Json, Path, Query};

pub(super) fn router(world: World) -> Router {
    Router::new()
        .route("/api/payments", post(create).get(list))
        .route("/api/payments/{id}", get(read))
        .route("/api/payments/{id}/cancel", post(cancel))
        .route("/api/payments/{id}/capture", post(capture))
        .route("/api/payments/{id}/refund", post(refund))
        .with_state(world)
}

fn key(headers: &HeaderMap) -> String {
    headers
        .get("idempotency-key")
        .expect("money moves under a key only")
        .to_str()
        .expect("keys are ASCII")
        .to_owned()
}

fn found(memory: &mut Memory, id: PaymentId) -> Result<&mut Payment, Error> {
    memory.payments.iter_mut().find(|payment| payment.id == id).ok_or_else(|| Error::not_found("payment"))
}

async fn create(State(world): State<World>, headers: HeaderMap, Json(body): Json<CreatePayment>) -> Response {
    let now = world.now();
    world
        .call("pay", |memory| {
            let key = key(&headers);
            if let Some(id) = memory.payment_keys.get(&key).copied() {
                return answer(found(memory, id)?.clone());
            }
            let of_order = |payment: &&Payment| payment.order_id == body.order_id;
            if memory.payments.iter().filter(of_order).any(|payment| payment.status.was_paid()) {
                return Err(Error::conflict("already-paid", "it is paid"));
            }
            if let Some(open) =
                memory.payments.iter().filter(of_order).find(|payment| payment.status.is_open())
            {
                return Ok((StatusCode::OK, Json(open.clone())).into_response());
            }
            if body.payment_method_id.as_deref() == Some("pm_unknown") {
                return Err(Error::new(Kind::Invalid, "token-invalid", "there is no such method"));
            }
            let attempt = memory.payments.iter().filter(of_order).count() as i64 + 1;
            let payment = new_payment(memory.gateway, &body, attempt, now);
            memory.payment_keys.insert(key, payment.id);
            memory.payments.push(payment.clone());
            answer(payment)
        })
        .await
}

fn answer(payment: Payment) -> Result<Response, Error> {
    if payment.status == PaymentStatus::Failed {
        let declined = Error::new(Kind::PaymentRequired, "payment-declined", "the card was declined");
        return Err(declined.with("paymentId", payment.id));
    }
    Ok((StatusCode::CREATED, Json(payment)).into_response())
}

fn new_payment(gateway: Gateway, body: &CreatePayment, attempt: i64, now: Timestamp) -> Payment {
    let (status, next_action) = match gateway {
        Gateway::Redirect => (
            PaymentStatus::RequiresAction,
            Some(NextAction {
                kind: NextActionType::RedirectToUrl,
                url: Some("https://pay.example/x".to_owned()),
                client_secret: None,
            }),
        ),
        Gateway::Pays => (PaymentStatus::Succeeded, None),
        Gateway::Declines => (PaymentStatus::Failed, None),
        Gateway::Holds => (PaymentStatus::Authorized, None),
    };
    let amount = body.amount.expect("the order service names the amount");
    Payment {
        id: PaymentId::new(),
        order_id: body.order_id,
        status,
        flow: body.flow.unwrap_or(PaymentFlow::CheckoutRedirect),
        amount,
        refunded_amount: Money::zero(amount.currency),
        method_details: (status == PaymentStatus::Succeeded).then(visa),
        gateway: "simulator".to_owned(),
        attempt,
        next_action,
        failure_reason: (status == PaymentStatus::Failed).then_some(FailureReason::CardDeclined),
        created_at: now,
        version: 2,
    }
}

pub(crate) fn visa() -> PaymentMethodDetails {
    PaymentMethodDetails {
        method_type: "CARD".to_owned(),
        card_brand: Some("visa".to_owned()),
        card_last_four: Some("4242".to_owned()),
        card_expiry_month: None,
        card_expiry_year: None,
    }
}

async fn list(State(world): State<World>, Query(query): Query<ListPayments>) -> Response {
    world
        .call("list", |memory| {
            let of_order = |payment: &&Payment| Some(payment.order_id) == query.order_id;
            let items = memory.payments.iter().rev().filter(of_order).cloned().collect();
            let page = Page { items, next_cursor: None, prev_cursor: None, total: None };
            Ok(Json(page).into_response())
        })
        .await
}

async fn read(State(world): State<World>, Path(id): Path<PaymentId>) -> Response {
    world.call("read", |memory| Ok(Json(found(memory, id)?.clone()).into_response())).await
}

async fn cancel(
    State(world): State<World>,
    Path(id): Path<PaymentId>,
    headers: HeaderMap,
    Json(_): Json<CancelPayment>,
) -> Response {
    let _demanded = key(&headers);
    world.call("void", |memory| void(memory, id).map(|payment| Json(payment).into_response())).await
}

fn void(memory: &mut Memory, id: PaymentId) -> Result<Payment, Error> {
    let payment = found(memory, id)?;
    if payment.status.was_paid() {
        return Err(Error::conflict("invalid-transition", "it is paid"));
    }
    if payment.status.is_open() {
        payment.status = PaymentStatus::Cancelled;
        payment.version += 1;
    }
    Ok(payment.clone())
}

async fn capture(
    State(world): State<World>,
    Path(id): Path<PaymentId>,
    headers: HeaderMap,
    Json(_): Json<CapturePayment>,
) -> Response {
    let _demanded = key(&headers);
    world
        .call("capture", |memory| {
            let payment = found(memory, id)?;
            if payment.status == PaymentStatus::Authorized {
                payment.status = PaymentStatus::Succeeded;
                payment.version += 1;
            }
            Ok(Json(payment.clone()).into_response())
        })
        .await
}

async fn refund(
    State(world): State<World>,
    Path(id): Path<PaymentId>,
    headers: HeaderMap,
    Json(body): Json<RefundPayment>,
) -> Response {
    let now = world.now();
    world
        .call("refund", |memory| {
            let refund = give_back(memory, id, &key(&headers), &body.reason, now)?;
            Ok((StatusCode::ACCEPTED, Json(refund)).into_response())
        })
        .await
}

/// Gives all the money of a payment back, once per key.
pub(crate) fn give_back(
    memory: &mut Memory,
    id: PaymentId,
    key: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Refund, Error> {
    if let Some(refund) = memory.refunds.get(key) {
        return Ok(refund.clone());
    }
    let payment = found(memory, id)?;
    if payment.status != PaymentStatus::Succeeded {
        return Err(Error::conflict("not-refundable", "there is nothing to refund"));
    }
    payment.status = PaymentStatus::Refunded;
    payment.refunded_amount = payment.amount;
    payment.version += 1;
    let refund = Refund {
        id: RefundId::new(),
        payment_id: id,
        order_id: payment.order_id,
        amount: payment.amount,
        status: RefundStatus::Pending,
        reason: reason.to_owned(),
        failure_reason: None,
        created_at: now,
        processed_at: None,
        version: 1,
    };
    memory.refunds.insert(key.to_owned(), refund.clone());
    Ok(refund)
}

/// What the payment service does when it hears that an order was cancelled.
pub(crate) fn order_cancelled(memory: &mut Memory, order_id: OrderId, now: Timestamp) {
    let payments: Vec<Payment> = memory.payments.iter().filter(|p| p.order_id == order_id).cloned().collect();
    for payment in payments {
        let key = format!("cancelled:{}", payment.id);
        if payment.status == PaymentStatus::Succeeded {
            give_back(memory, payment.id, &key, "order cancelled", now)
                .expect("a paid payment is refundable");
        } else {
            let _ended = void(memory, payment.id);
        }
    }
}
