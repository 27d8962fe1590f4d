//! The states of an order and who may move it (contracts §6.2), as one table.

use api::order::OrderStatus::{
    Cancelled, Completed, Confirmed, Delivered, OnHold, PartiallyShipped, PaymentFailed, PaymentProcessing,
    Pending, PendingPayment, Processing, Rejected, Returned, Shipped,
};
use api::order::{OrderAction, OrderStatus};

/// Who moves an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mover {
    /// The customer or guest it belongs to.
    Owner,
    /// Staff, with `PUT` or the cancel call.
    Staff,
    /// The checkout, payment events and timers.
    System,
}

use Mover::{Owner, Staff, System};

/// Every transition there is, with those who may cause it.
const TABLE: &[(OrderStatus, OrderStatus, &[Mover])] = &[
    (Pending, Rejected, &[System]),
    (Pending, PendingPayment, &[System]),
    (PendingPayment, PaymentProcessing, &[System]),
    (PaymentFailed, PaymentProcessing, &[System]),
    (PendingPayment, PaymentFailed, &[System]),
    (PaymentProcessing, PaymentFailed, &[System]),
    (PaymentFailed, PendingPayment, &[Owner, System]),
    (PendingPayment, Confirmed, &[System]),
    (PaymentProcessing, Confirmed, &[System]),
    (PaymentFailed, Confirmed, &[System]),
    (Confirmed, Processing, &[Staff]),
    (Confirmed, OnHold, &[Staff, System]),
    (Processing, OnHold, &[Staff, System]),
    (OnHold, Processing, &[Staff]),
    (Confirmed, PartiallyShipped, &[Staff]),
    (Confirmed, Shipped, &[Staff]),
    (Processing, PartiallyShipped, &[Staff]),
    (Processing, Shipped, &[Staff]),
    (PartiallyShipped, PartiallyShipped, &[Staff]),
    (PartiallyShipped, Shipped, &[Staff]),
    (PartiallyShipped, Delivered, &[Staff]),
    (Shipped, Delivered, &[Staff]),
    (Delivered, Completed, &[Staff, System]),
    (Shipped, Returned, &[System]),
    (Delivered, Returned, &[System]),
    (PendingPayment, Cancelled, &[Owner, Staff, System]),
    (PaymentProcessing, Cancelled, &[Owner, Staff, System]),
    (PaymentFailed, Cancelled, &[Owner, Staff, System]),
    (Confirmed, Cancelled, &[Owner, Staff, System]),
    (Processing, Cancelled, &[Staff, System]),
    (OnHold, Cancelled, &[Staff, System]),
];

/// What `PUT /api/orders/{id}` may ask for (contracts §4.7).
pub(crate) const PUT_TARGETS: [OrderStatus; 6] =
    [Processing, OnHold, Shipped, Delivered, Completed, Cancelled];

/// Whether `by` may move an order from `from` to `to`.
pub(crate) fn may_move(from: OrderStatus, to: OrderStatus, by: Mover) -> bool {
    TABLE.iter().any(|(f, t, movers)| *f == from && *t == to && movers.contains(&by))
}

/// The targets of `PUT` that staff could choose now; member `allowed` of a refusal.
pub(crate) fn put_targets(from: OrderStatus) -> Vec<OrderStatus> {
    PUT_TARGETS.into_iter().filter(|to| may_move(from, *to, Staff)).collect()
}

/// Whether the order waits for money.
pub(crate) fn is_payable(status: OrderStatus) -> bool {
    matches!(status, PendingPayment | PaymentProcessing | PaymentFailed)
}

/// Whether the order is paid and nothing has left yet.
pub(crate) fn is_placed_unshipped(status: OrderStatus) -> bool {
    matches!(status, Confirmed | Processing | OnHold)
}

/// Whether address, method and notes may still change.
pub(crate) fn is_changeable(status: OrderStatus) -> bool {
    is_payable(status) || is_placed_unshipped(status)
}

/// What somebody may do with an order in this state, payment window and rights left aside.
pub(crate) fn actions(status: OrderStatus, by: Mover) -> Vec<OrderAction> {
    let mut actions = Vec::new();
    if by == Owner && matches!(status, PendingPayment | PaymentFailed) {
        actions.push(OrderAction::Pay);
    }
    if may_move(status, Cancelled, by) {
        actions.push(OrderAction::Cancel);
    }
    if is_changeable(status) {
        actions.push(OrderAction::Update);
    }
    if by == Staff {
        let staff = [
            (Processing, OrderAction::Process),
            (OnHold, OrderAction::Hold),
            (Shipped, OrderAction::Ship),
            (Delivered, OrderAction::Deliver),
            (Completed, OrderAction::Complete),
        ];
        actions.extend(
            staff.into_iter().filter(|(to, _)| may_move(status, *to, Staff)).map(|(_, action)| action),
        );
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [OrderStatus; 14] = [
        Pending,
        Rejected,
        PendingPayment,
        PaymentProcessing,
        PaymentFailed,
        Confirmed,
        Processing,
        OnHold,
        PartiallyShipped,
        Shipped,
        Delivered,
        Completed,
        Returned,
        Cancelled,
    ];
    const MOVERS: [Mover; 3] = [Owner, Staff, System];

    fn successors(from: OrderStatus) -> Vec<OrderStatus> {
        ALL.into_iter().filter(|to| MOVERS.into_iter().any(|by| may_move(from, *to, by))).collect()
    }

    #[test]
    fn terminal_states_have_no_way_out() {
        for end in [Rejected, Completed, Returned, Cancelled] {
            assert!(successors(end).is_empty(), "{end:?}");
        }
    }

    #[test]
    fn every_state_is_reached_from_the_first_and_reaches_an_end() {
        for state in ALL {
            let mut seen = vec![state];
            let mut at = 0;
            while at < seen.len() {
                for next in successors(seen[at]) {
                    if !seen.contains(&next) {
                        seen.push(next);
                    }
                }
                at += 1;
            }
            assert!(seen.iter().any(|s| successors(*s).is_empty()), "{state:?} never ends");
        }
        let mut reached = vec![Pending];
        let mut at = 0;
        while at < reached.len() {
            for next in successors(reached[at]) {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        assert_eq!(reached.len(), ALL.len());
    }

    #[test]
    fn the_table_names_no_transition_twice() {
        for (i, (from, to, _)) in TABLE.iter().enumerate() {
            assert!(!TABLE[..i].iter().any(|(f, t, _)| f == from && t == to), "{from:?} → {to:?}");
        }
    }

    #[test]
    fn the_owner_cancels_only_before_the_goods_are_prepared() {
        let cancellable: Vec<_> = ALL.into_iter().filter(|s| may_move(*s, Cancelled, Owner)).collect();
        assert_eq!(cancellable, [PendingPayment, PaymentProcessing, PaymentFailed, Confirmed]);
    }

    #[test]
    fn staff_are_told_what_they_may_choose() {
        let check = |from, expect: &[OrderStatus]| assert_eq!(put_targets(from), expect, "{from:?}");
        check(Confirmed, &[Processing, OnHold, Shipped, Cancelled]);
        check(Processing, &[OnHold, Shipped, Cancelled]);
        check(OnHold, &[Processing, Cancelled]);
        check(PartiallyShipped, &[Shipped, Delivered]);
        check(Shipped, &[Delivered]);
        check(Delivered, &[Completed]);
        check(PendingPayment, &[Cancelled]);
        check(Completed, &[]);
        check(Cancelled, &[]);
    }

    fn status() -> impl Strategy<Value = OrderStatus> {
        proptest::sample::select(ALL.to_vec())
    }

    proptest! {
        #[test]
        fn nobody_pays_ships_or_cancels_out_of_order(path in proptest::collection::vec((status(), 0..3_usize), 0..40)) {
            let mut now = Pending;
            let mut seen = vec![now];
            for (to, by) in path {
                if may_move(now, to, MOVERS[by]) {
                    now = to;
                    seen.push(now);
                }
            }
            let at = |wanted: OrderStatus| seen.iter().position(|s| *s == wanted);
            if let Some(shipped) = at(Shipped).or(at(PartiallyShipped)) {
                prop_assert!(at(Confirmed).is_some_and(|confirmed| confirmed < shipped));
            }
            if at(Shipped).is_some() || at(PartiallyShipped).is_some() {
                prop_assert!(at(Cancelled).is_none());
            }
            if let Some(confirmed) = at(Confirmed) {
                prop_assert!(at(PendingPayment).is_some_and(|pending| pending < confirmed));
                prop_assert!(!seen[confirmed..].iter().any(|s| is_payable(*s)));
            }
        }

        #[test]
        fn owners_never_do_what_staff_may_not(from in status(), to in status()) {
            let pays_again = (from, to) == (PaymentFailed, PendingPayment);
            prop_assert!(!may_move(from, to, Owner) || may_move(from, to, Staff) || pays_again);
        }
    }
}
