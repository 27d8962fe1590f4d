//! The process dies while it handles news and timers; the next one goes on as if nothing happened.

use crate::shop::{A_WHILE, Shop, money};
use api::order::{Order, OrderCancelled, OrderPaymentStatus, OrderPlaced, OrderStatus};
use events::{Death, StandardMessage, Step};
use std::time::Duration;

const WHILE_HANDLING: [Step; 6] = [
    Step::Claimed,
    Step::Handled,
    Step::TaskClaimed,
    Step::TaskHandled,
    Step::OutboxCommitted,
    Step::Delivered,
];

/// Lets the process die at `step`, and another one do what is left.
async fn die_and_go_on(shop: &mut Shop, step: Step) {
    shop.runtime().faults().die_at(step, 1, Death::Simulated);
    let _interrupted = shop.runtime().settle().await;
    assert!(shop.runtime().faults().is_dead(), "{step:?} was not reached");
    shop.restart().await;
    for _ in 0..3 {
        shop.calm_after(A_WHILE).await;
    }
}

#[tokio::test]
async fn money_counts_once_wherever_the_process_dies() {
    for step in WHILE_HANDLING {
        let mut shop = Shop::open().await;
        let order = shop.placed().await;
        shop.settle().await;
        let news = shop.succeeded(order.payment.expect("started").payment_id);
        shop.deliver(&StandardMessage::now(shop.clock.now(), news)).await;
        die_and_go_on(&mut shop, step).await;
        assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed, "{step:?}");
        assert_eq!(shop.published::<OrderPlaced>().await.len(), 1, "{step:?}");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn a_deadline_passes_once_wherever_the_process_dies() {
    for step in [Step::TaskClaimed, Step::TaskHandled, Step::OutboxCommitted, Step::Delivered] {
        let mut shop = Shop::open().await;
        let article = shop.fill();
        let order: Order = shop.place().await.expect(201).json();
        shop.settle().await;
        shop.clock.advance(Duration::from_secs(31 * 60));
        die_and_go_on(&mut shop, step).await;
        for _ in 0..10 {
            shop.calm_after(A_WHILE).await;
        }
        assert_eq!(shop.order(order.id).await.status, OrderStatus::Cancelled, "{step:?}");
        assert_eq!(shop.published::<OrderCancelled>().await.len(), 1, "{step:?}");
        shop.assert_untouched(&article);
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn late_money_goes_back_once_wherever_the_process_dies() {
    for step in [Step::Claimed, Step::Handled, Step::TaskClaimed, Step::TaskHandled] {
        let mut shop = Shop::open().await;
        let order = shop.placed().await;
        let news = shop.succeeded(order.payment.expect("started").payment_id);
        let _cancelled = shop.cancel(order.id).await.expect(200);
        shop.settle().await;
        shop.deliver(&StandardMessage::now(shop.clock.now(), news)).await;
        die_and_go_on(&mut shop, step).await;
        let order = shop.order(order.id).await;
        assert_eq!(money(&order), (OrderStatus::Cancelled, OrderPaymentStatus::Refunded), "{step:?}");
        assert_eq!(shop.world.memory().refunds.len(), 1, "{step:?}");
        assert_eq!(shop.world.kept_minor(), 0, "{step:?}");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn cancelling_and_shipping_are_whole_or_not_at_all() {
    for commits in 0..2 {
        let mut shop = Shop::open().await;
        let order = shop.paid().await;
        shop.settle().await;
        shop.db().die_after(Some(commits));
        let _lost = shop.cancel(order.id).await;
        shop.db().die_after(None);
        shop.restart().await;
        shop.calm_after(A_WHILE).await;
        let cancelled = shop.order(order.id).await.status == OrderStatus::Cancelled;
        assert_eq!(cancelled, commits == 1);
        assert_eq!(shop.published::<OrderCancelled>().await.len() as u64, commits);
        shop.assert_sound().await;
    }
}
