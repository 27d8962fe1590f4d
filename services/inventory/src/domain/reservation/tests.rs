//! What a reservation may become: the table of contracts §6.6.

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const LATER: Timestamp = Timestamp::from_micros(2_000_000);

fn held(order_item_id: OrderLineId, quantity: i64) -> Held {
    Held {
        unit_id: Id::from_uuid(order_item_id.uuid()),
        item_id: Id::new(),
        warehouse_id: Id::new(),
        product_id: Id::from_uuid(order_item_id.uuid()),
        variant_id: Some(Id::from_uuid(order_item_id.uuid())),
        sku: "MUG".into(),
        order_item_id,
        quantity,
        shipped: 0,
    }
}

fn reservation(status: ReservationStatus, lines: Vec<Held>) -> Reservation {
    let expires_at = (status == ReservationStatus::Pending).then_some(LATER);
    Reservation { status, lines, expires_at, ..Reservation::new(Id::new(), LATER, NOW) }
}

const ALL: [ReservationStatus; 5] = [
    ReservationStatus::Pending,
    ReservationStatus::Confirmed,
    ReservationStatus::Expired,
    ReservationStatus::Cancelled,
    ReservationStatus::Fulfilled,
];

#[test]
fn every_transition_is_in_the_table_of_the_contract() {
    use ReservationStatus::{Cancelled, Confirmed, Expired, Fulfilled, Pending};
    for from in ALL {
        let after = |change: &dyn Fn(&mut Reservation)| {
            let mut reservation = reservation(from, vec![held(Id::new(), 1)]);
            change(&mut reservation);
            reservation.status
        };
        let confirmed = after(&|r| drop(r.confirm()));
        assert_eq!(confirmed, if from == Pending { Confirmed } else { from });
        let cancelled = after(&|r| drop(r.cancel()));
        assert_eq!(cancelled, if matches!(from, Pending | Confirmed) { Cancelled } else { from });
        let expired = after(&|r| {
            r.expire(LATER);
        });
        assert_eq!(expired, if from == Pending { Expired } else { from });
        let shipped = after(&|r| drop(r.ship(&[(r.lines[0].order_item_id, 1)])));
        assert_eq!(shipped, if from == Confirmed { Fulfilled } else { from });
    }
}

#[test]
fn repeating_a_step_is_harmless() {
    let mut paid = reservation(ReservationStatus::Pending, vec![held(Id::new(), 1)]);
    assert_eq!(paid.confirm().unwrap(), Next::Go);
    assert_eq!(paid.confirm().unwrap(), Next::Done);
    assert_eq!(paid.cancel().unwrap(), Next::Go);
    assert_eq!(paid.cancel().unwrap(), Next::Done);
    assert!(matches!(paid.confirm(), Err(InventoryError::ReservationCancelled)));
}

#[test]
fn a_hold_lasts_until_its_end_and_can_only_be_made_longer() {
    let mut hold = reservation(ReservationStatus::Pending, vec![held(Id::new(), 1)]);
    assert_eq!(hold.expire(NOW), Next::Done);
    assert_eq!(hold.extend(NOW).unwrap(), Next::Done);
    assert_eq!(hold.expires_at, Some(LATER));
    let much_later = Timestamp::from_micros(9_000_000);
    assert_eq!(hold.extend(much_later).unwrap(), Next::Go);
    assert_eq!(hold.expire(LATER), Next::Done);
    assert_eq!(hold.expire(much_later), Next::Go);
    assert!(matches!(hold.extend(much_later), Err(InventoryError::ReservationExpired)));
    assert_eq!(hold.confirm().unwrap(), Next::HoldAgain);
}

#[test]
fn a_repeated_request_must_ask_for_the_same() {
    let (mug, plate) = (Id::new(), Id::new());
    let mut hold = reservation(ReservationStatus::Pending, vec![held(mug, 2), held(plate, 1), held(mug, 3)]);
    let wanted = hold.wanted();
    assert_eq!(wanted.iter().map(|line| line.quantity).collect::<Vec<_>>(), [5, 1]);
    assert!(hold.repeat(&wanted).is_ok());
    let reversed: Vec<_> = wanted.iter().rev().cloned().collect();
    assert!(hold.repeat(&reversed).is_ok(), "the order of lines does not matter");
    let mut implicit = wanted.clone();
    implicit[0].variant_id = None;
    assert!(hold.repeat(&implicit).is_ok());
    let mut more = wanted.clone();
    more[1].quantity = 2;
    for other in [vec![], wanted[..1].to_vec(), more] {
        assert!(matches!(hold.repeat(&other), Err(InventoryError::ReservationDiffers)));
    }
    hold.cancel().unwrap();
    assert!(matches!(hold.repeat(&wanted), Err(InventoryError::ReservationCancelled)));
}

#[test]
fn shipping_takes_from_all_warehouses_and_never_more_than_is_held() {
    let (mug, plate) = (Id::new(), Id::new());
    let mut paid =
        reservation(ReservationStatus::Confirmed, vec![held(mug, 2), held(mug, 3), held(plate, 1)]);
    let left = paid.ship(&[(mug, 4), (Id::new(), 7), (plate, -1)]);
    assert_eq!(left.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(paid.open_lines().iter().map(Held::open).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(paid.status, ReservationStatus::Confirmed);
    let left = paid.ship(&[(mug, 100), (plate, 1)]);
    assert_eq!(left.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(paid.status, ReservationStatus::Fulfilled);
    assert!(paid.ship(&[(mug, 1)]).is_empty());
    assert!(paid.open_lines().is_empty());
}

#[test]
fn what_is_not_confirmed_does_not_ship() {
    let mug = Id::new();
    for status in ALL.into_iter().filter(|status| *status != ReservationStatus::Confirmed) {
        assert!(reservation(status, vec![held(mug, 2)]).ship(&[(mug, 1)]).is_empty(), "{status:?}");
    }
}
