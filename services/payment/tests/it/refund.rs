//! Refunds.

use crate::shop::{PRICE, Shop, VISA};
use api::payment::{
    PaymentStatus, Refund, RefundFailed, RefundInitiated, RefundPayment, RefundProcessing, RefundStatus,
    RefundSucceeded,
};
use auth::token::UserClaims;
use auth::{AccountStatus, Role, SessionId, UserId};
use base::{Currency, Money};
use std::time::Duration;

#[tokio::test]
async fn money_goes_back_and_everybody_hears_of_each_step() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let refund = shop.refund(payment.id, Some(2_000), "damaged").await;
    assert_eq!((refund.status, refund.amount.minor), (RefundStatus::Pending, 2_000));
    shop.t.settle().await;
    let done = shop.refund_now(refund.id).await;
    assert_eq!(done.status, RefundStatus::Succeeded);
    assert!(done.processed_at.is_some());
    let after = shop.payment(payment.id).await;
    assert_eq!((after.status, after.refunded_amount.minor), (PaymentStatus::PartiallyRefunded, 2_000));
    assert_eq!(shop.t.published::<RefundInitiated>().await[0].reason, "damaged");
    assert_eq!(shop.t.published::<RefundProcessing>().await.len(), 1);
    let back = shop.t.published::<RefundSucceeded>().await;
    assert_eq!(
        (back.len(), back[0].fully_refunded, back[0].order_number.as_str()),
        (1, false, "ORD-7ZZZZZZZZZ")
    );
    shop.refund(payment.id, None, "the rest").await;
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Refunded);
    assert_eq!(shop.kept(payment.order_id).await, 0);
    shop.check().await;
}

#[tokio::test]
async fn what_cannot_be_given_back_is_refused_with_the_reason() {
    let shop = Shop::open().await;
    let open = shop.start(shop.order()).await;
    shop.refund_request(open.id, None, "not paid").await.problem(409, "not-refundable");
    let paid = shop.paid(VISA).await;
    let problem =
        shop.refund_request(paid.id, Some(PRICE + 1), "greedy").await.problem(422, "refund-exceeds-payment");
    assert_eq!(problem.extra["refundable"]["amount"], PRICE);
    for minor in [0, -1, i64::MIN] {
        shop.refund_request(paid.id, Some(minor), "odd").await.problem(422, "validation");
    }
    let dollars =
        RefundPayment { amount: Some(Money::new(100, Currency::USD)), reason: "x".into(), notes: None };
    let path = format!("/api/payments/{}/refund", paid.id);
    shop.t.post(&path).as_staff(&[Role::Finance]).json(&dollars).await.problem(422, "currency-mismatch");
    for reason in ["", "   ", &"x".repeat(501), "a\u{0}b"] {
        let answer = shop.refund_request(paid.id, None, reason).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{reason:.10?}: {}", answer.text());
    }
    shop.refund(paid.id, None, "ünïcödé ☃ reason").await;
    shop.refund_request(paid.id, Some(1), "once more").await.problem(409, "not-refundable");
    shop.moment().await;
    shop.check().await;
}

#[tokio::test]
async fn the_same_request_within_a_minute_is_a_repetition_and_later_a_new_one() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let first = shop.refund(payment.id, Some(1_000), "damaged").await;
    assert_eq!(shop.refund(payment.id, Some(1_000), "damaged").await.id, first.id);
    assert_ne!(shop.refund(payment.id, Some(1_001), "damaged").await.id, first.id);
    assert_ne!(shop.refund(payment.id, Some(1_000), "late").await.id, first.id);
    shop.t.after(Duration::from_secs(61)).await;
    assert_ne!(shop.refund(payment.id, Some(1_000), "damaged").await.id, first.id);
    shop.moment().await;
    assert_eq!(shop.kept(payment.order_id).await, PRICE - 4_001);
    shop.check().await;
}

#[tokio::test]
async fn a_keyed_request_is_one_refund_even_after_its_answer_was_forgotten() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let ask = || shop.refund_request(payment.id, Some(1_000), "damaged").header("idempotency-key", "r-1");
    let staff = UserId::new();
    let ask = || ask().as_identity(testkit::Identity::User(staff, vec![Role::Finance]));
    let first: Refund = ask().await.expect(202).json();
    shop.t.after(Duration::from_hours(24 * 8)).await;
    let later: Refund = ask().await.expect(202).json();
    assert_eq!(first.id, later.id);
    shop.moment().await;
    assert_eq!(shop.books().await.refunds.len(), 1);
}

#[tokio::test]
async fn a_gateway_that_needs_time_tells_when_the_money_is_on_its_way() {
    let shop = Shop::open().await;
    let payment = shop.paid("pm_card_pendingRefund").await;
    let refund = shop.refund(payment.id, None, "damaged").await;
    shop.t.settle().await;
    assert_eq!(shop.refund_now(refund.id).await.status, RefundStatus::Processing);
    shop.moment().await;
    assert_eq!(shop.refund_now(refund.id).await.status, RefundStatus::Succeeded);
    assert_eq!(shop.t.published::<RefundSucceeded>().await.len(), 1);
    shop.check().await;
}

#[tokio::test]
async fn a_refund_the_gateway_refuses_is_tried_five_times_and_then_left_to_people() {
    let shop = Shop::open().await;
    let payment = shop.paid("pm_card_refundFail").await;
    let refund = shop.refund(payment.id, None, "damaged").await;
    shop.t.settle().await;
    assert_eq!(shop.refund_now(refund.id).await.status, RefundStatus::Failed);
    for _ in 0..30 {
        shop.t.after(Duration::from_mins(5)).await;
    }
    let given_up = shop.refund_now(refund.id).await;
    assert_eq!(given_up.status, RefundStatus::Manual);
    assert_eq!(given_up.failure_reason.as_deref(), Some("expired_or_canceled_card"));
    assert_eq!(shop.t.published::<RefundFailed>().await.len(), 5);
    assert_eq!(shop.books().await.refunds.len(), 5);
    let retry = format!("/api/refunds/{}/retry", refund.id);
    shop.t.post(&retry).as_staff(&[Role::Finance]).await.problem(409, "invalid-transition");
    shop.refund_request(payment.id, Some(1), "more").await.problem(409, "not-refundable");
    assert_eq!(shop.kept(payment.order_id).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn staff_may_try_a_refused_refund_again_at_once() {
    let shop = Shop::open().await;
    let payment = shop.paid("pm_card_refundFail").await;
    let refund = shop.refund(payment.id, None, "damaged").await;
    shop.t.settle().await;
    let retry = format!("/api/refunds/{}/retry", refund.id);
    shop.t.post(&retry).as_staff(&[Role::Finance]).await.expect(202);
    shop.t.settle().await;
    assert_eq!(shop.books().await.refunds.len(), 2);
    shop.t.post(&retry).as_staff(&[Role::SupportAgent]).await.problem(403, "forbidden");
}

#[tokio::test]
async fn staff_who_signed_in_long_ago_prove_again_who_they_are() {
    let shop = Shop::open().await;
    let payment = shop.paid(VISA).await;
    let token = shop.t.auth.token_with(&UserClaims {
        user_id: UserId::new(),
        session_id: SessionId::new(),
        amr: vec!["pwd".into()],
        auth_time: shop.t.clock.now() - Duration::from_secs(301),
        roles: vec!["finance".into()],
        permission_version: 1,
        status: AccountStatus::Active,
        email_verified: true,
    });
    let body = RefundPayment { amount: None, reason: "damaged".into(), notes: None };
    let request = shop.t.post(&format!("/api/payments/{}/refund", payment.id)).json(&body);
    let answer = request.header("authorization", &format!("Bearer {token}")).await;
    answer.problem(403, "reauthentication-required");
    assert_eq!(shop.kept(payment.order_id).await, PRICE);
}
