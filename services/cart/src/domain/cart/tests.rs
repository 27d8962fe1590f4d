//! Rules of carts, by example and for any history.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const LATER: Timestamp = Timestamp::from_micros(2_000_000);
const EUR: Currency = Currency::EUR;

fn offer(price: i64, stock: i64) -> Offer {
    Offer {
        product_id: ProductId::new(),
        variant_id: Some(VariantId::new()),
        sku: "MUG".into(),
        name: "Mug".into(),
        exists: true,
        sellable: true,
        stock,
        unit_price: Some(Money::new(price, EUR)),
        checked_at: NOW,
    }
}

fn cart() -> Cart {
    Cart::new(Owner::Guest(Id::new()), EUR, NOW)
}

fn with(offer: &Offer, quantity: i64) -> Cart {
    let mut cart = cart();
    cart.add(offer, quantity, EUR, NOW).unwrap();
    cart.changes.clear();
    cart
}

#[test]
fn the_same_variant_grows_its_line_up_to_the_limit() {
    let mug = offer(1000, 1000);
    let mut cart = cart();
    assert!(cart.add(&mug, 98, EUR, NOW).unwrap());
    assert!(!cart.add(&mug, 1, EUR, NOW).unwrap());
    assert!(matches!(cart.add(&mug, 1, EUR, NOW), Err(CartError::TooManyPieces)));
    assert!(matches!(cart.add(&mug, i64::MAX, EUR, NOW), Err(CartError::TooManyPieces)));
    assert_eq!((cart.lines.len(), cart.item_count(), cart.subtotal()), (1, 99, Money::new(99_000, EUR)));
}

#[test]
fn what_cannot_be_sold_is_not_put_in() {
    let mut cart = cart();
    let good = offer(1000, 5);
    let none = Offer { exists: false, ..good.clone() };
    assert!(matches!(cart.add(&none, 1, EUR, NOW), Err(CartError::ProductNotFound)));
    let hidden = Offer { sellable: false, ..good.clone() };
    assert!(matches!(cart.add(&hidden, 1, EUR, NOW), Err(CartError::NotSellable)));
    let unpriced = Offer { unit_price: None, ..good.clone() };
    assert!(matches!(cart.add(&unpriced, 1, EUR, NOW), Err(CartError::NotSellable)));
    let dollars = Offer { unit_price: Some(Money::new(1, Currency::USD)), ..good.clone() };
    assert!(matches!(cart.add(&dollars, 1, EUR, NOW), Err(CartError::CurrencyMismatch)));
    assert!(matches!(cart.add(&good, 6, EUR, NOW), Err(CartError::InsufficientStock)));
    cart.add(&good, 3, EUR, NOW).unwrap();
    assert!(matches!(cart.add(&good, 3, EUR, NOW), Err(CartError::InsufficientStock)));
    assert_eq!(cart.item_count(), 3);
}

#[test]
fn a_cart_has_at_most_a_hundred_lines_of_one_currency() {
    let mut cart = cart();
    for _ in 0..MAX_LINES {
        cart.add(&offer(1, 1), 1, EUR, NOW).unwrap();
    }
    assert!(matches!(cart.add(&offer(1, 1), 1, EUR, NOW), Err(CartError::TooManyLines)));
    let dollars = Offer { unit_price: Some(Money::new(1, Currency::USD)), ..offer(1, 1) };
    assert!(matches!(cart.add(&dollars, 1, Currency::USD, NOW), Err(CartError::CurrencyMismatch)));
    cart.clear(NOW).unwrap();
    cart.add(&dollars, 1, Currency::USD, NOW).unwrap();
    assert_eq!(cart.currency, Currency::USD);
}

#[test]
fn fewer_pieces_are_never_refused() {
    let mug = offer(1000, 9);
    let mut cart = with(&mug, 9);
    let id = cart.lines[0].id;
    let gone = Offer { sellable: false, stock: 0, ..mug.clone() };
    cart.set_quantity(id, 4, Some(&gone), NOW).unwrap();
    assert_eq!(cart.item_count(), 4);
    assert!(matches!(cart.set_quantity(id, 5, Some(&gone), NOW), Err(CartError::NotSellable)));
    let few = Offer { stock: 4, ..mug.clone() };
    assert!(matches!(cart.set_quantity(id, 5, Some(&few), NOW), Err(CartError::InsufficientStock)));
    assert!(matches!(cart.set_quantity(id, 5, Some(&offer(1, 9)), NOW), Err(CartError::NotSellable)));
    cart.set_quantity(id, 0, None, NOW).unwrap();
    assert!(cart.lines.is_empty());
    assert!(matches!(cart.remove(id, NOW), Err(CartError::LineNotFound)));
}

#[test]
fn a_changed_price_is_shown_until_the_shopper_agrees() {
    let mug = offer(1000, 9);
    let mut cart = with(&mug, 2);
    let (product, variant, line) = (mug.product_id, mug.variant_id.unwrap(), cart.lines[0].id);
    cart.reprice(product, variant, Money::new(1200, EUR), LATER);
    cart.reprice(product, variant, Money::new(1300, EUR), LATER);
    assert_eq!((cart.lines[0].unit_price, cart.lines[0].previous_price), (1300, Some(1000)));
    cart.reprice(product, variant, Money::new(900, EUR), NOW);
    assert_eq!(cart.lines[0].unit_price, 1300, "the older news came late");
    cart.reprice(product, variant, Money::new(1, Currency::USD), LATER);
    assert_eq!(cart.lines[0].unit_price, 1300);
    let now = Offer { unit_price: Some(Money::new(1300, EUR)), checked_at: LATER, ..mug };
    cart.set_quantity(line, 3, Some(&now), LATER).unwrap();
    assert_eq!((cart.lines[0].previous_price, cart.subtotal()), (None, Money::new(3900, EUR)));
    cart.reprice(product, variant, Money::new(1400, EUR), LATER);
    cart.reprice(product, variant, Money::new(1300, EUR), LATER);
    assert_eq!(cart.lines[0].previous_price, None, "back at the price that was agreed to");
}

#[test]
fn looking_again_marks_what_cannot_be_bought_any_more() {
    let mug = offer(1000, 9);
    let mut cart = with(&mug, 5);
    assert!(!cart.refresh(std::slice::from_ref(&mug)));
    assert!(cart.refresh(&[Offer { stock: 4, ..mug.clone() }]));
    assert!(!cart.lines[0].available);
    cart.changes.clear();
    assert!(!cart.refresh(&[offer(1, 1)]), "an offer of something else says nothing");
    assert!(cart.refresh(&[mug]));
    assert!(cart.lines[0].available);
}

#[test]
fn an_order_takes_hold_of_a_cart_once() {
    let (first, second) = (OrderId::new(), OrderId::new());
    let mug = offer(1000, 9);
    let mut cart = with(&mug, 5);
    let line = cart.lines[0].id;
    let snapshot = cart.lock(first, NOW).unwrap();
    assert_eq!(snapshot.cart_version, cart.version + 1);
    assert_eq!(cart.lock(first, LATER).unwrap(), snapshot);
    assert!(matches!(cart.lock(second, NOW), Err(CartError::Locked(Some(holder))) if holder == first));
    assert!(matches!(cart.add(&mug, 1, EUR, NOW), Err(CartError::Locked(_))));
    assert!(matches!(cart.set_quantity(line, 1, None, NOW), Err(CartError::Locked(_))));
    assert!(matches!(cart.remove(line, NOW), Err(CartError::Locked(_))));
    assert!(matches!(cart.clear(NOW), Err(CartError::Locked(_))));
    assert!(!cart.unlock(second, NOW) && !cart.convert(second));
    assert!(cart.unlock(first, LATER));
    assert_eq!((cart.status, cart.order_id, cart.active_at), (CartStatus::Active, None, LATER));
    assert!(!cart.unlock(first, LATER));
    assert!(matches!(self::cart().lock(first, NOW), Err(CartError::Empty)));
    cart.lock(second, LATER).unwrap();
    assert!(cart.convert(second));
    assert!(matches!(cart.lock(first, LATER), Err(CartError::Locked(_))));
    assert_eq!(cart.lock(second, LATER).unwrap().items.len(), 1, "the paid order may ask again");
}

#[test]
fn what_was_bought_goes_and_what_came_later_stays() {
    let (mug, plate) = (offer(1000, 99), offer(500, 99));
    let mut cart = with(&mug, 5);
    cart.add(&plate, 1, EUR, NOW).unwrap();
    cart.changes.clear();
    cart.take_bought(&[(mug.product_id, mug.variant_id, 3), (ProductId::new(), None, 1)]);
    assert_eq!(cart.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 1]);
    cart.take_bought(&[(mug.product_id, mug.variant_id, 3)]);
    assert_eq!(cart.lines[0].product_id, plate.product_id);
    cart.lock(OrderId::new(), NOW).unwrap();
    cart.take_bought(&[(plate.product_id, plate.variant_id, 1)]);
    assert_eq!(cart.lines.len(), 1, "another order holds it");
}

#[test]
fn merging_adds_up_to_the_limit_and_empties_the_guest() {
    let (mug, plate) = (offer(1000, 99), offer(500, 99));
    let mut mine = with(&mug, 60);
    let mut theirs = with(&mug, 60);
    theirs.add(&plate, 2, EUR, NOW).unwrap();
    mine.merge(&mut theirs, NOW).unwrap();
    assert_eq!(mine.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [99, 2]);
    assert_eq!((theirs.status, theirs.lines.len()), (CartStatus::Merged, 0));
    let mut locked = with(&mug, 1);
    locked.lock(OrderId::new(), NOW).unwrap();
    assert!(matches!(mine.merge(&mut locked, NOW), Err(CartError::Locked(_))));
    assert!(matches!(locked.merge(&mut with(&mug, 1), NOW), Err(CartError::Locked(_))));
}

#[derive(Clone, Debug)]
enum Step {
    Add(usize, i64),
    Set(usize, i64),
    Remove(usize),
    Clear,
    Reprice(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..4, 1_i64..120).prop_map(|(offer, quantity)| Step::Add(offer, quantity)),
        2 => (0_usize..4, 0_i64..120).prop_map(|(line, quantity)| Step::Set(line, quantity)),
        1 => (0_usize..4).prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => (0_usize..4, 0_i64..5000).prop_map(|(offer, price)| Step::Reprice(offer, price)),
    ]
}

proptest! {
    #[test]
    fn after_any_history_lines_are_within_limits_and_add_up(steps in prop::collection::vec(step(), 0..40)) {
        let offers: Vec<_> = (1..5).map(|number| offer(number * 100, number * 30)).collect();
        let mut cart = cart();
        for step in steps {
            let line = |index: usize| cart.lines.get(index).map(|line| (line.id, line.product_id));
            match step {
                Step::Add(index, quantity) => drop(cart.add(&offers[index], quantity, EUR, NOW)),
                Step::Set(index, quantity) if quantity <= MAX_QUANTITY => {
                    if let Some((id, product)) = line(index) {
                        let offer = offers.iter().find(|offer| offer.product_id == product);
                        drop(cart.set_quantity(id, quantity, offer, NOW));
                    }
                }
                Step::Set(..) => {}
                Step::Remove(index) => {
                    if let Some((id, _)) = line(index) {
                        cart.remove(id, NOW).unwrap();
                    }
                }
                Step::Clear => cart.clear(NOW).unwrap(),
                Step::Reprice(index, price) => {
                    let Offer { product_id, variant_id, .. } = offers[index].clone();
                    cart.reprice(product_id, variant_id.unwrap(), Money::new(price, EUR), NOW);
                }
            }
            prop_assert!(cart.lines.iter().all(|line| (1..=MAX_QUANTITY).contains(&line.quantity)));
            let mut products: Vec<_> = cart.lines.iter().map(|line| line.product_id).collect();
            products.sort();
            products.dedup();
            prop_assert_eq!(products.len(), cart.lines.len(), "one line per variant");
            let sum: i64 = cart.items().iter().map(|item| item.line_total.minor).sum();
            prop_assert_eq!(cart.subtotal().minor, sum);
        }
    }
}
