//! The simulator as a provider in its own right: strict about keys, amounts and states.

use super::objects::{CallError, Intent, NewIntent};
use super::ops::{Confirm, Part};
use super::{Fee, MIGRATIONS, Parts, Simulator};
use api::ids::{OrderId, PaymentId, RefundId};
use base::{Clock, Currency, Money, Timestamp};
use db::testing::{TestDb, database};
use futures::future::join_all;

struct Lab {
    simulator: Simulator,
    _db: TestDb,
}

async fn lab() -> Lab {
    let clock = Clock::manual(Timestamp::from_micros(1_772_442_000_000_000));
    let db = database("simulator", MIGRATIONS, clock).await;
    let parts = Parts {
        db: (*db).clone(),
        secret: "secret".into(),
        public_url: "http://shop.test".into(),
        fee: Fee { basis_points: 140, fixed_minor: 25 },
        receiver: peer::Peers::new().of("payment"),
    };
    Lab { simulator: Simulator::new(parts), _db: db }
}

fn new(minor: i64, capture_method: &'static str, confirm: Option<&str>) -> NewIntent {
    NewIntent {
        amount: Money::new(minor, Currency::EUR),
        capture_method,
        description: "Order ORD-1".into(),
        order_id: OrderId::new(),
        payment_id: PaymentId::new(),
        return_url: "http://shop.test/".into(),
        page: None,
        confirm: confirm.map(str::to_owned),
    }
}

impl Lab {
    async fn intent(&self, minor: i64, capture_method: &'static str, method: Option<&str>) -> Intent {
        self.simulator
            .create(&PaymentId::new().to_string(), &new(minor, capture_method, method))
            .await
            .expect("an intent")
    }

    async fn charges(&self) -> usize {
        let books = self.simulator.all_books().await.expect("books");
        books.charges.iter().filter(|charge| charge.captured.minor > 0).count()
    }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    match answer.expect_err("a refusal") {
        CallError::Refused(error) => error.code,
        other => panic!("{other}"),
    }
}

fn refund(intent: &Intent, minor: i64) -> Part<'_> {
    Part {
        intent: &intent.id,
        amount: Some(Money::new(minor, Currency::EUR)),
        refund_id: Some(RefundId::new()),
    }
}

#[tokio::test]
async fn a_key_gets_one_execution_and_always_the_same_answer() {
    let lab = lab().await;
    let request = new(1_000, "automatic", Some("pm_card_visa"));
    let first = lab.simulator.create("k", &request).await.unwrap();
    assert_eq!(lab.simulator.create("k", &request).await.unwrap(), first);
    assert_eq!(lab.charges().await, 1);
    let other = NewIntent { amount: Money::new(999, Currency::EUR), ..request };
    assert_eq!(refused(lab.simulator.create("k", &other).await), "idempotency_error");
    let confirm = Confirm { intent: &first.id, method: "pm_card_visa", return_url: "" };
    assert_eq!(
        refused(lab.simulator.confirm("k", &confirm).await),
        "idempotency_error",
        "not even another call"
    );
}

#[tokio::test]
async fn a_refusal_is_kept_with_its_key_too() {
    let lab = lab().await;
    let intent = lab.intent(1_000, "automatic", None).await;
    let confirm = Confirm { intent: &intent.id, method: "pm_nobody", return_url: "" };
    for _ in 0..2 {
        assert_eq!(refused(lab.simulator.confirm("k", &confirm).await), "resource_missing");
    }
    let decline = Confirm { intent: &intent.id, method: "pm_card_chargeDeclined", return_url: "" };
    let declined = lab.simulator.confirm("d", &decline).await.unwrap();
    assert_eq!(declined.status, "requires_payment_method");
    assert_eq!(lab.simulator.confirm("d", &decline).await.unwrap(), declined);
}

#[tokio::test]
async fn while_a_key_is_being_worked_on_others_are_told_so() {
    let lab = lab().await;
    let request = new(1_000, "automatic", Some("pm_card_visa"));
    let working = lab.simulator.enter("k").unwrap();
    assert!(matches!(lab.simulator.create("k", &request).await, Err(CallError::Conflict)));
    drop(working);
    let answers = join_all((0..10).map(|_| lab.simulator.create("k", &request))).await;
    assert!(answers.iter().any(Result::is_ok));
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(CallError::Conflict))));
    assert_eq!(lab.charges().await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_found_by_repeating_the_call() {
    let lab = lab().await;
    let request = new(1_000, "automatic", Some("pm_sim_timeout_after_charge"));
    assert!(matches!(lab.simulator.create("k", &request).await, Err(CallError::Timeout)));
    assert_eq!(lab.simulator.create("k", &request).await.unwrap().status, "succeeded");
    assert_eq!(lab.charges().await, 1);
}

#[tokio::test]
async fn an_intent_is_charged_once_under_any_number_of_keys() {
    let lab = lab().await;
    let intent = lab.intent(1_000, "automatic", None).await;
    let confirm = Confirm { intent: &intent.id, method: "pm_card_visa", return_url: "" };
    let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
    let answers = join_all(keys.iter().map(|key| lab.simulator.confirm(key, &confirm))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(lab.charges().await, 1);
}

#[tokio::test]
async fn nothing_is_given_back_beyond_the_charge_even_in_a_race() {
    let lab = lab().await;
    let intent = lab.intent(1_000, "automatic", Some("pm_card_visa")).await;
    for odd in [0, -1, 1_001, i64::MAX] {
        let code = refused(lab.simulator.refund(&format!("odd{odd}"), &refund(&intent, odd)).await);
        assert!(["charge_already_refunded", "parameter_invalid"].contains(&code.as_str()), "{odd}: {code}");
    }
    let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
    let parts: Vec<Part<'_>> = keys.iter().map(|_| refund(&intent, 300)).collect();
    let answers = join_all(keys.iter().zip(&parts).map(|(key, part)| lab.simulator.refund(key, part))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    let books = lab.simulator.all_books().await.unwrap();
    assert_eq!(books.charges[0].refunded.minor, 900);
}

#[tokio::test]
async fn held_money_is_captured_once_and_never_more_than_is_held() {
    let lab = lab().await;
    let intent = lab.intent(1_000, "manual", Some("pm_card_visa")).await;
    assert_eq!((intent.status.as_str(), lab.charges().await), ("requires_capture", 0));
    let part = |minor| Part { refund_id: None, ..refund(&intent, minor) };
    assert_eq!(refused(lab.simulator.capture("a", &part(1_001)).await), "amount_too_large");
    let taken = lab.simulator.capture("b", &part(600)).await.unwrap();
    assert_eq!(taken.charge.map(|charge| (charge.captured_minor, charge.fee_minor)), Some((600, 33)));
    assert_eq!(refused(lab.simulator.capture("c", &part(400)).await), "payment_intent_unexpected_state");
}

#[tokio::test]
async fn what_has_ended_stays_ended() {
    let lab = lab().await;
    let intent = lab.intent(1_000, "automatic", None).await;
    assert_eq!(lab.simulator.cancel("a", &intent.id).await.unwrap().status, "canceled");
    let confirm = Confirm { intent: &intent.id, method: "pm_card_visa", return_url: "" };
    assert_eq!(refused(lab.simulator.confirm("b", &confirm).await), "payment_intent_unexpected_state");
    let paid = lab.intent(1_000, "automatic", Some("pm_card_visa")).await;
    assert_eq!(refused(lab.simulator.cancel("c", &paid.id).await), "payment_intent_unexpected_state");
    assert_eq!(refused(lab.simulator.cancel("d", "pi_nobody").await), "resource_missing");
}
