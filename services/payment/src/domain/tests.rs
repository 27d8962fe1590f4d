//! The rules of payments, refunds and the ledger, tried with everything a gateway may show.

use super::ledger::{self, Account, Posting};
use super::refund::{self, MAX_TRIES, NotRefundable, Refund, RefundFact, refund_amount};
use super::seen::{RefundState, Refusal, SeenRefund};
use super::*;
use api::payment::RefundStatus;
use api::shared::{Actor, PaymentMethodDetails};
use base::{Currency, Id};
use proptest::prelude::*;
use std::collections::HashMap;

const AMOUNT: i64 = 11_900;

fn payment(flow: PaymentFlow) -> Payment {
    let new = NewPayment {
        order_id: Id::new(),
        order_number: "ORD-0000000001".into(),
        user_id: None,
        customer_email: None,
        flow,
        gateway: "simulator",
        capture: Capture::Automatic,
        amount: Money::new(AMOUNT, Currency::EUR),
        breakdown: Breakdown { discount_minor: 500, tax_minor: 1_900, shipping_minor: 490 },
        method_id: None,
        return_url: "https://shop.example/".into(),
        cancel_url: "https://shop.example/".into(),
        expires_at: Timestamp::EPOCH,
    };
    Payment::start(new, 1, Timestamp::EPOCH)
}

fn refund(payment: &Payment, minor: i64) -> Refund {
    Refund {
        id: Id::new(),
        payment_id: payment.id,
        order_id: payment.order_id,
        user_id: None,
        amount: Money::new(minor, payment.amount.currency),
        status: RefundStatus::Pending,
        reason: "damaged".into(),
        notes: None,
        initiated_by: Actor::system(),
        tries: 0,
        reference: None,
        refused_reference: None,
        failure_code: None,
        created_at: Timestamp::EPOCH,
        processed_at: None,
        version: 1,
    }
}

fn seen(state: State) -> Seen {
    Seen {
        intent: "pi_1".into(),
        session: None,
        payment_id: None,
        amount: Money::new(AMOUNT, Currency::EUR),
        state,
        refused: None,
        method: None,
    }
}

fn shown(refund: &Refund, reference: &str, state: RefundState) -> SeenRefund {
    SeenRefund { reference: reference.into(), refund_id: Some(refund.id), amount: refund.amount, state }
}

fn refused() -> RefundState {
    RefundState::Refused { code: "insufficient_funds".into() }
}

fn paid() -> State {
    State::Paid { received_minor: AMOUNT, fee_minor: 191 }
}

fn page(kind: NextActionType) -> NextAction {
    NextAction { kind, url: Some("https://pay.example/1".into()), client_secret: None }
}

fn refusal(method: Option<&str>) -> Refusal {
    let failure =
        Failure { reason: FailureReason::CardDeclined, code: "card_declined".into(), retryable: true };
    Refusal { failure, method_id: method.map(str::to_owned) }
}

fn balance(posting: &Posting) -> i64 {
    posting.entries.iter().map(|(_, minor)| minor).sum()
}

fn states() -> impl Strategy<Value = Seen> {
    let redirect = || page(NextActionType::RedirectToUrl);
    let state = prop_oneof![
        Just(State::Waiting { page: None }),
        Just(State::Waiting { page: Some(redirect()) }),
        Just(State::Waiting { page: Some(page(NextActionType::UseSdk)) }),
        Just(State::Action(redirect())),
        Just(State::Working),
        Just(State::Held { until: None }),
        Just(paid()),
        Just(State::Cancelled),
        Just(State::Unknown("new_word".into())),
    ];
    let refused = prop_oneof![Just(None), Just(Some(refusal(None))), Just(Some(refusal(Some("pm_1"))))];
    (state, refused).prop_map(|(state, refused)| Seen { refused, ..seen(state) })
}

fn flows() -> impl Strategy<Value = (PaymentFlow, Option<String>)> {
    let flow = prop_oneof![
        Just(PaymentFlow::CheckoutRedirect),
        Just(PaymentFlow::SavedMethod),
        Just(PaymentFlow::ClientSdk)
    ];
    (flow, prop_oneof![Just(None), Just(Some("pm_1".to_owned()))])
}

proptest! {
    #[test]
    fn whatever_the_gateway_shows_only_moves_of_the_contract_happen(
        (flow, method) in flows(),
        shown in proptest::collection::vec(states(), 0..12),
    ) {
        let mut payment = payment(flow);
        payment.method_id = method;
        for seen in shown {
            let before = payment.clone();
            let outcome = payment.observe(&seen).unwrap();
            prop_assert!(before.status == payment.status || may_move(before.status, payment.status));
            prop_assert_eq!(payment.captured_minor > 0, payment.status.was_paid());
            prop_assert_eq!(payment.version > before.version, outcome.changed);
            prop_assert!(outcome.changed || outcome.facts.is_empty());
            prop_assert!(!outcome.close_at_gateway || !payment.status.is_open());
            prop_assert_eq!(payment.failure.is_some(), payment.status == Failed);
        }
    }

    #[test]
    fn seeing_the_same_thing_again_changes_nothing(
        (flow, method) in flows(),
        shown in proptest::collection::vec(states(), 1..8),
    ) {
        let mut payment = payment(flow);
        payment.method_id = method;
        for seen in &shown {
            payment.observe(seen).unwrap();
            let once = payment.clone();
            let again = payment.observe(seen).unwrap();
            prop_assert!(again.facts.is_empty() && !again.changed, "{:?}", again);
            prop_assert_eq!(&payment, &once);
        }
    }

    #[test]
    fn money_that_was_seen_counts_wherever_in_the_sequence_it_stood(
        (flow, method) in flows(),
        mut shown in proptest::collection::vec(states(), 0..8),
        at in any::<prop::sample::Index>(),
    ) {
        shown.insert(at.index(shown.len() + 1), seen(paid()));
        let mut payment = payment(flow);
        payment.method_id = method;
        let mut paid_facts = 0;
        for seen in &shown {
            let outcome = payment.observe(seen).unwrap();
            paid_facts += outcome.facts.iter().filter(|fact| matches!(fact, Fact::Succeeded { .. })).count();
        }
        prop_assert_eq!(payment.status, Succeeded);
        prop_assert_eq!(payment.captured_minor, AMOUNT);
        prop_assert_eq!(paid_facts, 1);
    }

    #[test]
    fn every_posting_balances_and_a_full_refund_leaves_no_tax(
        total in 1_i64..10_000_000,
        taken in 1_i64..=100,
        discount in 0_i64..1_000_000,
        tax in 0_i64..1_000_000,
        shipping in 0_i64..10_000,
        fee in 0_i64..1000,
        cuts in proptest::collection::vec(1_i64..1_000_000, 0..12),
    ) {
        let mut payment = payment(PaymentFlow::CheckoutRedirect);
        payment.amount = Money::new(total, Currency::EUR);
        payment.breakdown = Breakdown { discount_minor: discount, tax_minor: tax, shipping_minor: shipping };
        payment.captured_minor = (total * taken / 100).max(1);
        let mut postings = ledger::captured(&payment, fee);
        for cut in cuts.into_iter().chain([i64::MAX]) {
            let left = payment.captured_minor - payment.refunded_minor;
            let minor = cut.min(left);
            if minor > 0 {
                postings.push(ledger::refunded(&payment, &refund(&payment, minor)));
                payment.give_back(minor);
            }
        }
        let mut sums: HashMap<Account, i64> = HashMap::new();
        for Posting { entries, .. } in &postings {
            for (account, minor) in entries {
                *sums.entry(*account).or_default() += minor;
            }
        }
        prop_assert!(postings.iter().all(|posting| balance(posting) == 0 && posting.entries.len() > 1));
        let sum = |account| sums.get(&account).copied().unwrap_or(0);
        prop_assert_eq!(sum(Account::Receivable), 0);
        prop_assert_eq!(sum(Account::Tax), 0, "all tax is undone");
        prop_assert_eq!(sum(Account::Cash), -fee, "only the fee is lost");
        prop_assert_eq!(payment.status, Refunded);
    }

    #[test]
    fn refunds_make_only_moves_of_the_contract(steps in proptest::collection::vec((0_u8..6, 0_u8..3), 0..40)) {
        let mut refund = refund(&payment(PaymentFlow::SavedMethod), 100);
        for (step, reference) in steps {
            let before = refund.clone();
            let reference = ["", "re_1", "re_2"][usize::from(reference)];
            let see = |refund: &mut Refund, state| refund.observe(&shown(&before, reference, state), Timestamp::EPOCH);
            let fact = match step {
                0 => refund.start(),
                1 => see(&mut refund, RefundState::Working),
                2 => see(&mut refund, RefundState::Done),
                3 | 4 => see(&mut refund, refused()),
                _ => refund.give_up(Timestamp::EPOCH),
            };
            prop_assert_eq!(fact.is_some(), before.status != refund.status);
            prop_assert!(before.status == refund.status || refund::may_move(before.status, refund.status));
            prop_assert!(before.status != RefundStatus::Succeeded || refund == before);
            prop_assert!(before.status != RefundStatus::Manual || refund == before);
        }
    }
}

#[test]
fn a_payment_in_another_currency_or_amount_is_never_applied() {
    for shown in [Money::new(AMOUNT, Currency::USD), Money::new(AMOUNT - 1, Currency::EUR)] {
        let mut payment = payment(PaymentFlow::CheckoutRedirect);
        let before = payment.clone();
        assert!(payment.observe(&Seen { amount: shown, ..seen(paid()) }).is_err());
        assert_eq!(payment, before);
    }
}

#[test]
fn a_card_refused_on_the_page_leaves_the_page_open_for_another_card() {
    let mut payment = payment(PaymentFlow::CheckoutRedirect);
    let open = State::Waiting { page: Some(page(NextActionType::RedirectToUrl)) };
    assert_eq!(payment.observe(&seen(open.clone())).unwrap().facts, [Fact::RequiresAction]);
    let refused = Seen { refused: Some(refusal(Some("pm_of_the_page"))), ..seen(open) };
    assert_eq!(payment.observe(&refused).unwrap().facts, []);
    assert_eq!(payment.status, RequiresAction);
    assert!(payment.next_action.is_some());
}

#[test]
fn a_card_we_charged_and_that_was_refused_ends_the_attempt_and_the_page() {
    let mut payment = payment(PaymentFlow::CheckoutRedirect);
    let open = State::Waiting { page: Some(page(NextActionType::RedirectToUrl)) };
    payment.observe(&seen(open.clone())).unwrap();
    payment.method_id = Some("pm_1".into());
    let outcome = payment.observe(&Seen { refused: Some(refusal(Some("pm_1"))), ..seen(open) }).unwrap();
    assert_eq!(payment.status, Failed);
    assert!(outcome.close_at_gateway, "nobody may pay on the page any more");
}

#[test]
fn money_that_arrives_after_the_end_is_booked_all_the_same() {
    for over in [Cancelled, Failed] {
        let mut payment = payment(PaymentFlow::CheckoutRedirect);
        payment.status = over;
        payment.order_cancelled = over == Cancelled;
        let outcome = payment.observe(&seen(paid())).unwrap();
        assert_eq!(outcome.facts, [Fact::Succeeded { fee_minor: 191 }]);
        assert_eq!(outcome.give_back, payment.order_cancelled, "a cancelled order keeps no money");
        assert_eq!(payment.status, Succeeded);
    }
}

#[test]
fn a_word_we_do_not_know_changes_nothing() {
    let mut payment = payment(PaymentFlow::SavedMethod);
    payment.handle.intent = Some("pi_1".into());
    let before = payment.clone();
    let outcome = payment.observe(&seen(State::Unknown("requires_telepathy".into()))).unwrap();
    assert_eq!((outcome, payment), (Outcome::default(), before));
}

#[test]
fn held_money_is_captured_later() {
    let mut payment = payment(PaymentFlow::SavedMethod);
    assert_eq!(
        payment.observe(&seen(State::Held { until: None })).unwrap().facts,
        [Fact::Authorized { until: None }]
    );
    let part = State::Paid { received_minor: 5_000, fee_minor: 0 };
    assert_eq!(
        payment.observe(&seen(part)).unwrap().facts,
        [Fact::Captured, Fact::Succeeded { fee_minor: 0 }]
    );
    assert_eq!(payment.captured_minor, 5_000);
}

#[test]
fn what_was_used_to_pay_is_remembered_once_paid() {
    let mut payment = payment(PaymentFlow::SavedMethod);
    let visa = PaymentMethodDetails {
        method_type: "TEST".into(),
        card_brand: Some("visa".into()),
        card_last_four: Some("4242".into()),
        card_expiry_month: None,
        card_expiry_year: None,
    };
    payment.observe(&Seen { method: Some(visa.clone()), ..seen(paid()) }).unwrap();
    payment.observe(&seen(paid())).unwrap();
    assert_eq!(payment.method, Some(visa));
}

#[test]
fn a_refund_gives_back_at_most_what_is_left() {
    let mut payment = payment(PaymentFlow::SavedMethod);
    let euros = |minor| Some(Money::new(minor, Currency::EUR));
    assert_eq!(refund_amount(&payment, None), Err(NotRefundable::Nothing));
    payment.status = Succeeded;
    payment.captured_minor = 1000;
    payment.refund_reserved_minor = 400;
    assert_eq!(refund_amount(&payment, None).unwrap().minor, 600);
    assert_eq!(refund_amount(&payment, euros(600)).unwrap().minor, 600);
    assert!(
        matches!(refund_amount(&payment, euros(601)), Err(NotRefundable::TooMuch { left }) if left.minor == 600)
    );
    assert_eq!(refund_amount(&payment, euros(0)), Err(NotRefundable::NotPositive));
    assert_eq!(refund_amount(&payment, euros(-5)), Err(NotRefundable::NotPositive));
    assert_eq!(refund_amount(&payment, Some(Money::new(1, Currency::USD))), Err(NotRefundable::Currency));
    payment.refund_reserved_minor = 1000;
    assert_eq!(refund_amount(&payment, euros(1)), Err(NotRefundable::Nothing));
}

#[test]
fn a_refund_refused_five_times_is_left_to_people() {
    let mut refund = refund(&payment(PaymentFlow::SavedMethod), 100);
    for tries in 1..=MAX_TRIES {
        assert_eq!(refund.start(), Some(RefundFact::Processing));
        assert_eq!(refund.give_up(Timestamp::EPOCH), None);
        let answer = shown(&refund, &format!("re_{tries}"), refused());
        assert_eq!(refund.observe(&answer, Timestamp::EPOCH), Some(RefundFact::Failed));
        assert_eq!(refund.tries, tries);
    }
    assert_eq!(refund.give_up(Timestamp::EPOCH), Some(RefundFact::Manual));
    assert_eq!(refund.start(), None);
}

#[test]
fn an_old_refusal_says_nothing_about_the_present_try() {
    let mut refund = refund(&payment(PaymentFlow::SavedMethod), 100);
    refund.start();
    let old = shown(&refund, "re_1", refused());
    assert_eq!(refund.observe(&old, Timestamp::EPOCH), Some(RefundFact::Failed));
    refund.start();
    assert_eq!(refund.observe(&old, Timestamp::EPOCH), None, "its webhook came late");
    let new = shown(&refund, "re_2", RefundState::Done);
    assert_eq!(refund.observe(&new, Timestamp::EPOCH), Some(RefundFact::Succeeded));
}
