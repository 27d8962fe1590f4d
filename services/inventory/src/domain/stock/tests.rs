//! Rules of stock, by example and against a model.

use super::*;
use proptest::prelude::*;

fn level(priority: i64, on_hand: i64, reserved: i64) -> Level {
    Level {
        item_id: Id::new(),
        warehouse_id: Id::new(),
        sellable: true,
        priority,
        location: None,
        status: ItemStatus::Active,
        on_hand,
        reserved,
        threshold: 2,
        target: None,
        low: on_hand - reserved <= 2,
        version: 1,
    }
}

fn stock(levels: Vec<Level>) -> Stock {
    let unit = Unit {
        id: Id::new(),
        product_id: Id::new(),
        variant_id: Some(Id::new()),
        sku: "MUG-BLUE".into(),
        product_name: None,
        discontinued: false,
        in_stock: false,
        version: 1,
    };
    let mut stock = Stock::new(unit, levels);
    stock.unit.in_stock = stock.available() > 0;
    stock
}

fn quantities(movements: Option<Vec<Movement>>) -> Option<Vec<i64>> {
    movements.map(|all| all.iter().map(|movement| movement.reserved).collect())
}

#[test]
fn one_warehouse_that_has_enough_serves_alone() {
    let stock = stock(vec![level(0, 3, 0), level(1, 10, 2)]);
    let movements = stock.holds(5).unwrap();
    assert_eq!(movements.len(), 1);
    assert_eq!(movements[0].item_id, stock.levels[1].item_id);
}

#[test]
fn a_line_is_split_over_warehouses_only_when_none_has_enough() {
    let stock = stock(vec![level(1, 4, 0), level(0, 3, 1), level(2, 9, 9)]);
    assert_eq!(quantities(stock.holds(5)), Some(vec![2, 3]));
    assert_eq!(quantities(stock.holds(6)), Some(vec![2, 4]));
    assert_eq!(quantities(stock.holds(7)), None);
}

#[test]
fn only_active_items_in_sellable_warehouses_serve() {
    let mut hidden = level(0, 5, 0);
    hidden.sellable = false;
    let mut inactive = level(0, 5, 0);
    inactive.status = ItemStatus::Inactive;
    let mut stock = stock(vec![hidden, inactive, level(9, 1, 0)]);
    assert_eq!(stock.available(), 1);
    assert!(stock.holds(2).is_none());
    stock.unit.discontinued = true;
    assert!(stock.holds(1).is_none());
}

#[test]
fn held_pieces_cannot_be_written_off() {
    let mut stock = stock(vec![level(0, 5, 4)]);
    let item = stock.levels[0].item_id;
    let lost = Movement::on_hand(item, ChangeType::Shrinkage, -2);
    assert!(matches!(stock.apply(lost), Err(InventoryError::InsufficientStock(_))));
    assert_eq!((stock.levels[0].on_hand, stock.levels[0].reserved), (5, 4));
    assert!(stock.apply(Movement::release(item, 5)).is_err());
    assert!(stock.apply(Movement::on_hand(item, ChangeType::Receipt, i64::MAX)).is_err());
}

#[test]
fn the_low_stock_warning_comes_once_until_refilled() {
    let mut stock = stock(vec![level(0, 5, 0)]);
    let item = stock.levels[0].item_id;
    let mut low = |movement| stock.apply(movement).unwrap().became_low;
    assert!(!low(Movement::hold(item, 2)));
    assert!(low(Movement::hold(item, 1)), "two left: at the threshold");
    assert!(!low(Movement::hold(item, 1)));
    assert!(!low(Movement::release(item, 1)), "still low");
    assert!(!low(Movement::on_hand(item, ChangeType::Receipt, 10)));
    assert!(low(Movement::hold(item, 10)));
}

#[test]
fn shoppers_hear_of_the_last_piece_and_of_the_first_one() {
    let mut stock = stock(vec![level(0, 1, 0), level(1, 1, 0)]);
    let (first, second) = (stock.levels[0].item_id, stock.levels[1].item_id);
    stock.apply(Movement::hold(first, 1)).unwrap();
    assert_eq!(stock.turn(), None, "the other warehouse has one");
    stock.apply(Movement::hold(second, 1)).unwrap();
    assert_eq!(stock.turn(), Some(Turn::Out));
    assert_eq!(stock.turn(), None);
    assert_eq!(stock.state(), StockState::OutOfStock);
    stock.apply(Movement::ship(first, 1)).unwrap();
    assert_eq!(stock.turn(), None);
    stock.apply(Movement::release(second, 1)).unwrap();
    assert_eq!(stock.turn(), Some(Turn::Back(1)));
}

proptest! {
    #[test]
    fn a_hold_takes_exactly_what_was_asked_or_nothing(
        levels in prop::collection::vec((0_i64..4, 0_i64..20, 0_i64..20), 0..5),
        wanted in 1_i64..60,
    ) {
        let levels = levels.into_iter().map(|(priority, a, b)| level(priority, a.max(b), a.min(b))).collect();
        let mut stock = stock(levels);
        let available = stock.available();
        match stock.holds(wanted) {
            None => prop_assert!(available < wanted),
            Some(movements) => {
                prop_assert_eq!(movements.iter().map(|movement| movement.reserved).sum::<i64>(), wanted);
                for movement in movements {
                    stock.apply(movement).unwrap();
                }
                prop_assert_eq!(stock.available(), available - wanted);
            }
        }
    }

    #[test]
    fn no_movement_breaks_a_level(
        start in (0_i64..50, 0_i64..50),
        movements in prop::collection::vec((-60_i64..60, -60_i64..60), 0..40),
    ) {
        let mut stock = stock(vec![level(0, start.0.max(start.1), start.0.min(start.1))]);
        let item_id = stock.levels[0].item_id;
        let (mut on_hand, mut reserved) = (stock.levels[0].on_hand, stock.levels[0].reserved);
        for (a, b) in movements {
            let movement = Movement { item_id, kind: ChangeType::Adjustment, on_hand: a, reserved: b };
            if stock.apply(movement).is_ok() {
                (on_hand, reserved) = (on_hand + a, reserved + b);
            }
            let level = &stock.levels[0];
            prop_assert!(0 <= level.reserved && level.reserved <= level.on_hand);
            prop_assert_eq!((level.on_hand, level.reserved), (on_hand, reserved));
        }
    }
}
