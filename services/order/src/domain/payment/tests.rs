//! Every order in which news of payments can arrive, and what must hold afterwards.

use super::*;
use crate::domain::fixtures::{line, order};
use api::order::CancellationReason;
use proptest::prelude::*;

fn unpaid() -> Order {
    order(vec![line(1, 1_000)])
}

fn news(payment_id: PaymentId, version: i64, status: PaymentStatus) -> PaymentNews {
    PaymentNews { amount_minor: Some(1_000), ..PaymentNews::new(payment_id, version, status) }
}

#[test]
fn the_usual_way_leads_to_paid() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    assert_eq!(order.apply_payment(&news(payment, 1, PaymentStatus::Pending), false), Consequence::Noted);
    assert_eq!(order.status, OrderStatus::PendingPayment);
    assert_eq!(order.apply_payment(&news(payment, 2, PaymentStatus::Processing), false), Consequence::Noted);
    assert_eq!(order.status, OrderStatus::PaymentProcessing);
    assert_eq!(order.apply_payment(&news(payment, 3, PaymentStatus::Succeeded), false), Consequence::Paid);
    assert_eq!((order.paid_by, order.payment_status), (Some(payment), OrderPaymentStatus::Paid));
}

#[test]
fn old_news_changes_nothing() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    order.apply_payment(&news(payment, 3, PaymentStatus::Succeeded), false);
    let before = order.clone();
    assert_eq!(order.apply_payment(&news(payment, 2, PaymentStatus::Processing), false), Consequence::Noted);
    assert_eq!(order.apply_payment(&news(payment, 2, PaymentStatus::Failed), false), Consequence::Noted);
    assert_eq!(order, before);
}

#[test]
fn a_failure_lets_the_customer_try_again() {
    let (mut order, first, second) = (unpaid(), PaymentId::new(), PaymentId::new());
    assert_eq!(order.apply_payment(&news(first, 2, PaymentStatus::Failed), false), Consequence::Failed);
    assert_eq!(order.status, OrderStatus::PaymentFailed);
    order.apply_payment(&news(second, 1, PaymentStatus::RequiresAction), false);
    assert_eq!(order.status, OrderStatus::PendingPayment);
    assert_eq!(order.apply_payment(&news(first, 3, PaymentStatus::Failed), false), Consequence::Noted);
    assert_eq!(order.status, OrderStatus::PendingPayment, "an older attempt says nothing any more");
}

#[test]
fn a_failure_while_a_newer_attempt_starts_is_only_noted() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    assert_eq!(order.apply_payment(&news(payment, 2, PaymentStatus::Failed), true), Consequence::Noted);
    assert_eq!(order.status, OrderStatus::PendingPayment);
}

#[test]
fn the_second_payment_of_one_order_goes_back_and_only_once() {
    let (mut order, first, second) = (unpaid(), PaymentId::new(), PaymentId::new());
    order.apply_payment(&news(first, 2, PaymentStatus::Succeeded), false);
    let again = order.apply_payment(&news(second, 2, PaymentStatus::Succeeded), false);
    assert_eq!(again, Consequence::GiveBack(second));
    assert_eq!(order.apply_payment(&news(second, 3, PaymentStatus::Succeeded), false), Consequence::Noted);
    assert_eq!(order.paid_by, Some(first));
}

#[test]
fn money_for_a_cancelled_order_goes_back() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    order.cancel(CancellationReason::PaymentTimeout, None, Mover::System, &Actor::system()).unwrap();
    let late = order.apply_payment(&news(payment, 2, PaymentStatus::Succeeded), false);
    assert_eq!(late, Consequence::GiveBack(payment));
    assert_eq!(order.status, OrderStatus::Cancelled);
}

#[test]
fn a_payment_of_another_amount_never_pays() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    let wrong = PaymentNews { amount_minor: Some(1), ..news(payment, 2, PaymentStatus::Succeeded) };
    assert_eq!(order.apply_payment(&wrong, false), Consequence::GiveBack(payment));
    assert_eq!(order.paid_by, None);
}

#[test]
fn a_session_that_ran_out_leaves_the_order_waiting() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    order.apply_payment(&news(payment, 1, PaymentStatus::RequiresAction), false);
    order.apply_payment(&news(payment, 2, PaymentStatus::Cancelled), false);
    assert_eq!(
        (order.status, order.payment_status),
        (OrderStatus::PendingPayment, OrderPaymentStatus::Voided)
    );
    let mut processing = unpaid();
    processing.apply_payment(&news(payment, 1, PaymentStatus::Processing), false);
    processing.apply_payment(&news(payment, 2, PaymentStatus::Cancelled), false);
    assert_eq!(processing.status, OrderStatus::PaymentFailed);
}

#[test]
fn a_held_payment_counts_as_paid_and_its_capture_is_noted() {
    let (mut order, payment) = (unpaid(), PaymentId::new());
    assert_eq!(order.apply_payment(&news(payment, 2, PaymentStatus::Authorized), false), Consequence::Paid);
    assert_eq!(order.payment_status, OrderPaymentStatus::Authorized);
    order.move_to(OrderStatus::Confirmed, Mover::System, &Actor::system(), None).unwrap();
    assert_eq!(order.apply_payment(&news(payment, 3, PaymentStatus::Succeeded), false), Consequence::Noted);
    assert_eq!(order.payment_status, OrderPaymentStatus::Paid);
}

fn events() -> impl Strategy<Value = Vec<(usize, i64, usize)>> {
    // Which payment, which version, which state; 3 payments, or 9 = the order is cancelled.
    proptest::collection::vec((0..10_usize, 1..6_i64, 0..9_usize), 0..40)
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_one_payment_pays_and_the_others_go_back(events in events()) {
        let payments: Vec<PaymentId> = (0..3).map(|_| PaymentId::new()).collect();
        let mut order = unpaid();
        let mut given_back = Vec::new();
        for (who, version, status) in events {
            if who == 9 {
                let _refused = order.cancel(CancellationReason::CustomerRequest, None, Mover::Owner, &Actor::system());
                continue;
            }
            match order.apply_payment(&news(payments[who % 3], version, PaymentStatus::ALL[status]), false) {
                Consequence::GiveBack(payment) => given_back.push(payment),
                Consequence::Paid | Consequence::Noted | Consequence::Failed => {}
            }
        }
        let mut once = given_back.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), given_back.len(), "no money goes back twice");
        if order.status != OrderStatus::Cancelled {
            prop_assert!(order.paid_by.is_none_or(|paid| !given_back.contains(&paid)));
        }
        for attempt in &order.attempts {
            let has_money = matches!(attempt.status, PaymentStatus::Succeeded | PaymentStatus::Authorized);
            let kept = has_money && !given_back.contains(&attempt.payment_id);
            prop_assert!(!kept || order.paid_by == Some(attempt.payment_id), "kept money belongs to the order");
        }
        for step in &order.moves {
            let from = step.from.unwrap();
            prop_assert!(status::may_move(from, step.to, Mover::System) || status::may_move(from, step.to, Mover::Owner));
        }
    }
}
