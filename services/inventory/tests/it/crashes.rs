//! The process dies between two commits; the next one goes on as if nothing had happened.

use crate::orders::{cancelled, shipped};
use crate::stories::Inventory;
use api::inventory::{
    InventoryReservationCancelled, InventoryReservationExpired, InventoryReservationFulfilled,
    ReservationStatus,
};
use events::{Death, StandardMessage, Step};
use std::time::Duration;

/// Longer than the lease of a dead process and the first waits of what failed with it.
const A_WHILE: Duration = Duration::from_secs(60);

const WHILE_HANDLING: [Step; 4] = [Step::Claimed, Step::Handled, Step::OutboxCommitted, Step::Delivered];

/// Lets the process die at `step`, and another one do what is left.
async fn die_and_go_on(shop: &mut Inventory, step: Step) {
    shop.runtime().faults().die_at(step, 1, Death::Simulated);
    let _interrupted = shop.runtime().settle().await;
    assert!(shop.runtime().faults().is_dead(), "{step:?} was not reached");
    shop.restart().await;
    shop.after(A_WHILE).await;
    shop.after(A_WHILE).await;
}

#[tokio::test]
async fn a_shipment_counts_once_wherever_the_process_dies() {
    for step in WHILE_HANDLING {
        let mut shop = Inventory::open().await;
        let article = shop.article(10).await;
        let line = article.line(4);
        let order_id = shop.confirmed(std::slice::from_ref(&line)).await.order_id;
        shop.settle().await;
        let event = StandardMessage::now(shop.clock.now(), shipped(order_id, &[(&line, 3)]));
        shop.deliver(&event).await;
        die_and_go_on(&mut shop, step).await;
        assert_eq!(shop.levels(&article).await, (7, 1), "{step:?}");
        assert_eq!(shop.published::<InventoryReservationFulfilled>().await.len(), 1, "{step:?}");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn a_cancelled_order_is_released_once_wherever_the_process_dies() {
    for step in WHILE_HANDLING {
        let mut shop = Inventory::open().await;
        let article = shop.article(10).await;
        let order_id = shop.reserved(&[article.line(4)]).await.order_id;
        shop.settle().await;
        shop.deliver(&StandardMessage::now(shop.clock.now(), cancelled(order_id))).await;
        die_and_go_on(&mut shop, step).await;
        assert_eq!(shop.levels(&article).await, (10, 0), "{step:?}");
        assert_eq!(shop.published::<InventoryReservationCancelled>().await.len(), 1, "{step:?}");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn holds_run_out_once_wherever_the_process_dies() {
    for step in [Step::TaskClaimed, Step::TaskHandled, Step::OutboxCommitted, Step::Delivered] {
        let mut shop = Inventory::open().await;
        let article = shop.article(10).await;
        let mut orders = Vec::new();
        for _ in 0..3 {
            orders.push(shop.reserved(&[article.line(2)]).await.order_id);
        }
        shop.settle().await;
        shop.clock.advance(Duration::from_secs(46 * 60));
        die_and_go_on(&mut shop, step).await;
        // A dead run of a recurring task keeps its lease for five minutes.
        shop.after(Duration::from_secs(6 * 60)).await;
        assert_eq!(shop.levels(&article).await, (10, 0), "{step:?}");
        assert_eq!(shop.published::<InventoryReservationExpired>().await.len(), 3, "{step:?}");
        assert_eq!(shop.reservation(orders[0]).await.status, ReservationStatus::Expired);
        shop.assert_sound().await;
    }
}
