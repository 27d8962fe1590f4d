//! The process dies between two commits; the next one goes on as if nothing had happened.

use crate::orders::{cancelled, placed};
use crate::stories::{Shop, quantities, user};
use api::cart::{CartAbandoned, CartCleared, CartStatus};
use api::ids::OrderId;
use events::{Death, StandardMessage, Step};
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(6 * 60);

const WHILE_HANDLING: [Step; 4] = [Step::Claimed, Step::Handled, Step::OutboxCommitted, Step::Delivered];

/// Lets the process die at `step`, and another one do what is left.
async fn die_and_go_on(shop: &mut Shop, step: Step) {
    shop.runtime().faults().die_at(step, 1, Death::Simulated);
    let _interrupted = shop.runtime().settle().await;
    assert!(shop.runtime().faults().is_dead(), "{step:?} was not reached");
    shop.restart().await;
    shop.after(A_WHILE).await;
    shop.after(A_WHILE).await;
}

#[tokio::test]
async fn a_paid_cart_is_cleared_once_wherever_the_process_dies() {
    for step in WHILE_HANDLING {
        let mut shop = Shop::open().await;
        let (ada, mug) = (user(), shop.article(1290, 50));
        shop.put(ada, mug, 2).await;
        let snapshot = shop.locked(ada, OrderId::new()).await;
        shop.settle().await;
        shop.deliver(&StandardMessage::now(shop.clock.now(), placed(&snapshot))).await;
        die_and_go_on(&mut shop, step).await;
        assert_eq!(shop.cart(ada).await.items.len(), 0, "{step:?}");
        assert_eq!(shop.published::<CartCleared>().await.len(), 1, "{step:?}");
    }
}

#[tokio::test]
async fn a_cancelled_order_gives_the_cart_back_wherever_the_process_dies() {
    for step in [Step::Claimed, Step::Handled] {
        let mut shop = Shop::open().await;
        let (ada, mug) = (user(), shop.article(1290, 50));
        shop.put(ada, mug, 2).await;
        let snapshot = shop.locked(ada, OrderId::new()).await;
        shop.settle().await;
        shop.deliver(&StandardMessage::now(shop.clock.now(), cancelled(&snapshot))).await;
        die_and_go_on(&mut shop, step).await;
        let cart = shop.cart(ada).await;
        assert_eq!((cart.status, quantities(&cart)), (CartStatus::Active, vec![2]), "{step:?}");
    }
}

#[tokio::test]
async fn a_forgotten_cart_is_told_of_once_wherever_the_process_dies() {
    for step in [Step::TaskClaimed, Step::TaskHandled, Step::OutboxCommitted, Step::Delivered] {
        let mut shop = Shop::open().await;
        let (ada, mug) = (user(), shop.article(1290, 50));
        shop.put(ada, mug, 2).await;
        shop.settle().await;
        shop.clock.advance(Duration::from_secs(25 * 3600));
        die_and_go_on(&mut shop, step).await;
        assert_eq!(shop.published::<CartAbandoned>().await.len(), 1, "{step:?}");
    }
}
