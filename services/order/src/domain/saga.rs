//! The checkout as a column: its steps, what may follow what, and how often each is tried
//! (contracts §7.2). No step is called from here; `ops::checkout` does.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a checkout stands: the step that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Step {
    /// 2: lock the cart and take its snapshot.
    LockCart,
    /// 3: ask for sellability, prices and quantities.
    CheckProducts,
    /// 4: hold the stock.
    HoldStock,
    /// 5: price the order and announce it.
    PriceOrder,
    /// 6: start the payment.
    StartPayment,
    /// 7: wait for the money.
    AwaitPayment,
    /// 8: make the hold final.
    ConfirmStock,
    /// 9: confirm the order and announce it.
    PlaceOrder,
    /// Undo 4: give the stock back.
    ReleaseStock,
    /// Undo 2: give the cart back.
    UnlockCart,
    /// Undo 1: reject the order.
    RejectOrder,
    /// Nothing follows; the order lives on without the saga.
    Done,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As wanted.
    Succeeded,
    /// The peer said no, and will say so again.
    Refused,
    /// Tried as often as allowed without an answer.
    Exhausted,
    /// Step 6 or 7: the money is there.
    Paid,
    /// Step 7: the customer tries again to pay.
    PayAgain,
    /// From outside: the order was cancelled.
    Cancelled,
}

use Outcome::{Cancelled, Exhausted, Paid, PayAgain, Refused, Succeeded};
use Step::{
    AwaitPayment, CheckProducts, ConfirmStock, Done, HoldStock, LockCart, PlaceOrder, PriceOrder,
    RejectOrder, ReleaseStock, StartPayment, UnlockCart,
};

/// What follows what: at this step, after this outcome, comes that step.
const TABLE: &[(Step, Outcome, Step)] = &[
    (LockCart, Succeeded, CheckProducts),
    // A refused lock holds nothing; one without an answer may.
    (LockCart, Refused, RejectOrder),
    (LockCart, Exhausted, UnlockCart),
    (CheckProducts, Succeeded, HoldStock),
    (CheckProducts, Refused, UnlockCart),
    (CheckProducts, Exhausted, UnlockCart),
    (HoldStock, Succeeded, PriceOrder),
    // The stock is released even after a refusal, in case an earlier answer was lost.
    (HoldStock, Refused, ReleaseStock),
    (HoldStock, Exhausted, ReleaseStock),
    (PriceOrder, Succeeded, StartPayment),
    (PriceOrder, Refused, ReleaseStock),
    // Nothing to pay.
    (PriceOrder, Paid, ConfirmStock),
    // Started or refused, the money is waited for: the customer may try again.
    (StartPayment, Succeeded, AwaitPayment),
    (StartPayment, Refused, AwaitPayment),
    // Charged at once, or the news came before the answer.
    (StartPayment, Paid, ConfirmStock),
    (StartPayment, PayAgain, StartPayment),
    (StartPayment, Cancelled, Done),
    (AwaitPayment, Paid, ConfirmStock),
    (AwaitPayment, PayAgain, StartPayment),
    (AwaitPayment, Cancelled, Done),
    (ConfirmStock, Succeeded, PlaceOrder),
    // The order is cancelled in the same transaction.
    (ConfirmStock, Refused, Done),
    (ConfirmStock, Cancelled, Done),
    (PlaceOrder, Succeeded, Done),
    (PlaceOrder, Cancelled, Done),
    (Done, Cancelled, Done),
    (ReleaseStock, Succeeded, UnlockCart),
    (UnlockCart, Succeeded, RejectOrder),
    (RejectOrder, Succeeded, Done),
];

impl Step {
    /// The step that follows `outcome`; `None` if that cannot happen at this step.
    pub(crate) fn after(self, outcome: Outcome) -> Option<Step> {
        TABLE.iter().find(|(step, when, _)| *step == self && *when == outcome).map(|row| row.2)
    }

    /// How often it is tried before it is given up; `None` = until it succeeds.
    pub(crate) fn max_attempts(self) -> Option<i64> {
        matches!(self, LockCart | CheckProducts | HoldStock).then_some(3)
    }

    /// Whether a runner has something to do here.
    pub(crate) fn is_work(self) -> bool {
        !matches!(self, AwaitPayment | Done)
    }

    /// Whether the order is being given up.
    pub(crate) fn is_undoing(self) -> bool {
        matches!(self, ReleaseStock | UnlockCart | RejectOrder)
    }
}

/// How long to wait after `attempts` failures, without jitter: 100 ms · 2ⁿ, at most a minute.
pub(crate) fn backoff(attempts: i64) -> Duration {
    let doublings = attempts.clamp(1, 16) - 1;
    Duration::from_millis(100 << doublings).min(Duration::from_mins(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Step; 12] = [
        LockCart,
        CheckProducts,
        HoldStock,
        PriceOrder,
        StartPayment,
        AwaitPayment,
        ConfirmStock,
        PlaceOrder,
        ReleaseStock,
        UnlockCart,
        RejectOrder,
        Done,
    ];
    const OUTCOMES: [Outcome; 6] = [Succeeded, Refused, Exhausted, Paid, PayAgain, Cancelled];

    fn reachable(from: Step, also: impl Fn(Outcome) -> bool) -> Vec<Step> {
        let mut seen = vec![from];
        let mut at = 0;
        while at < seen.len() {
            for outcome in OUTCOMES.into_iter().filter(|o| also(*o)) {
                if let Some(next) = seen[at].after(outcome)
                    && !seen.contains(&next)
                {
                    seen.push(next);
                }
            }
            at += 1;
        }
        seen
    }

    #[test]
    fn every_step_is_reached_and_every_step_ends() {
        assert_eq!(reachable(LockCart, |_| true).len(), ALL.len());
        for step in ALL {
            assert!(reachable(step, |_| true).contains(&Done), "{step:?} cannot end");
        }
    }

    #[test]
    fn the_table_names_no_outcome_twice() {
        for (i, (step, outcome, _)) in TABLE.iter().enumerate() {
            assert!(!TABLE[..i].iter().any(|(s, o, _)| s == step && o == outcome), "{step:?} {outcome:?}");
        }
    }

    #[test]
    fn what_was_taken_is_given_back_in_reverse_order() {
        let undo = |from: Step, outcome| {
            let mut path = vec![from.after(outcome).unwrap()];
            while *path.last().unwrap() != Done {
                path.push(path.last().unwrap().after(Succeeded).unwrap());
            }
            path
        };
        assert_eq!(undo(LockCart, Refused), [RejectOrder, Done]);
        assert_eq!(undo(LockCart, Exhausted), [UnlockCart, RejectOrder, Done]);
        assert_eq!(undo(CheckProducts, Refused), [UnlockCart, RejectOrder, Done]);
        assert_eq!(undo(HoldStock, Exhausted), [ReleaseStock, UnlockCart, RejectOrder, Done]);
        assert_eq!(undo(PriceOrder, Refused), [ReleaseStock, UnlockCart, RejectOrder, Done]);
    }

    #[test]
    fn a_bounded_step_knows_what_to_do_when_it_is_exhausted_and_no_other_ever_is() {
        for step in ALL {
            assert_eq!(step.after(Exhausted).is_some(), step.max_attempts().is_some(), "{step:?}");
        }
    }

    #[test]
    fn once_announced_an_order_is_never_undone_by_calls() {
        for step in [StartPayment, AwaitPayment, ConfirmStock, PlaceOrder, Done] {
            let undone = reachable(step, |_| true).into_iter().any(Step::is_undoing);
            assert!(!undone, "{step:?}");
        }
    }

    proptest! {
        #[test]
        fn no_order_is_placed_without_held_stock_and_money(path in proptest::collection::vec(0..6_usize, 0..40)) {
            let mut step = LockCart;
            let (mut held, mut paid) = (false, false);
            for outcome in path.into_iter().map(|index| OUTCOMES[index]) {
                let Some(next) = step.after(outcome) else { continue };
                held |= (step, outcome) == (HoldStock, Succeeded);
                paid |= outcome == Paid;
                if next == PlaceOrder {
                    prop_assert!(held && paid && step == ConfirmStock);
                }
                step = next;
            }
        }

        #[test]
        fn waiting_grows_and_stays_bounded(attempts in 0..1_000_i64) {
            prop_assert!(backoff(attempts) <= backoff(attempts + 1));
            prop_assert!(backoff(attempts) <= Duration::from_mins(1));
        }
    }
}
