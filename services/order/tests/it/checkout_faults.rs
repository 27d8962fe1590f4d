//! Every step of the checkout goes wrong in every way, every commit is the last one of its
//! process; in the end an order is whole or gone.

use crate::shop::{A_WHILE, Shop};
use crate::world::{Fault, Gateway};
use api::ids::OrderId;
use api::order::{Order, OrderStatus};
use base::page::Page;

/// The calls of a checkout in which the money comes at once, in order.
const CALLS: [&str; 5] = ["lock", "availability", "reserve", "pay", "confirm"];

async fn only_order(shop: &Shop) -> Option<Order> {
    let page: Page<Order> = shop.get("/api/orders").as_user(shop.ada).await.expect(200).json();
    assert!(page.items.len() <= 1, "one cart makes one order");
    page.items.into_iter().next()
}

#[tokio::test]
async fn every_step_that_fails_once_is_repeated_and_counts_once() {
    for call in CALLS {
        for fault in [Fault::Before, Fault::After] {
            let mut shop = Shop::open().await;
            let article = shop.fill();
            shop.pays_at_once();
            shop.world.fail(call, &[fault]);
            let order: Order = shop.place().await.expect(201).json();
            assert_eq!(order.status, OrderStatus::Confirmed, "{call} {fault:?}");
            shop.calm_after(A_WHILE).await;
            assert_eq!(shop.world.stock(&article), 8, "{call} {fault:?}");
            assert_eq!(shop.world.payments().len(), 1, "{call} {fault:?}");
            shop.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn a_step_before_the_order_that_never_answers_is_undone() {
    for call in ["lock", "availability", "reserve"] {
        for fault in [Fault::Before, Fault::After] {
            let mut shop = Shop::open().await;
            let article = shop.fill();
            shop.world.fail(call, &[fault; 3]);
            shop.place().await.problem(503, "unavailable");
            shop.calm_after(A_WHILE).await;
            shop.assert_untouched(&article);
            assert!(only_order(&shop).await.is_none(), "{call} {fault:?}");
            shop.assert_sound().await;
            // The customer tries again, and nothing of the first try is in the way.
            let _placed = shop.place().await.expect(201);
        }
    }
}

#[tokio::test]
async fn undoing_is_repeated_until_it_works() {
    for call in ["release", "unlock"] {
        for fault in [Fault::Before, Fault::After] {
            let mut shop = Shop::open_with(&[("checkout_budget", "1s")]).await;
            let article = shop.fill();
            shop.world.fail("reserve", &[Fault::After; 3]);
            shop.world.fail(call, &[fault; 6]);
            shop.place().await.problem(503, "unavailable");
            for _ in 0..6 {
                shop.calm_after(A_WHILE).await;
            }
            shop.assert_untouched(&article);
            shop.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn a_gateway_that_is_down_keeps_the_order_waiting_and_is_asked_again() {
    let mut shop = Shop::open_with(&[("checkout_budget", "700ms")]).await;
    let _article = shop.fill();
    shop.pays_at_once();
    shop.world.fail("pay", &[Fault::Before; 6]);
    let order: Order = shop.place().await.expect(202).json();
    assert_eq!(order.status, OrderStatus::PendingPayment);
    for _ in 0..4 {
        shop.calm_after(A_WHILE).await;
    }
    assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed);
    assert_eq!(shop.world.payments().len(), 1);
    shop.assert_sound().await;
}

#[tokio::test]
async fn a_silent_neighbour_ends_the_clients_patience_but_not_the_order() {
    for call in CALLS {
        let mut shop = Shop::open_with(&[("checkout_budget", "300ms")]).await;
        let article = shop.fill();
        shop.pays_at_once();
        shop.world.fail(call, &[Fault::Silence]);
        let answer = shop.place().await.expect(202);
        let order: Order = answer.json();
        assert_eq!(answer.header("location"), Some(format!("/api/orders/{}", order.id).as_str()));
        shop.calm_after(A_WHILE).await;
        assert_eq!(shop.order(order.id).await.status, OrderStatus::Confirmed, "{call}");
        assert_eq!(shop.world.stock(&article), 8, "{call}");
        assert_eq!(shop.world.payments().len(), 1, "{call}");
        shop.assert_sound().await;
    }
}

/// Lets the process die after so many commits of a checkout; answers whether it got that far.
async fn die_after(shop: &mut Shop, commits: u64) -> bool {
    shop.db().die_after(Some(commits));
    let answer = shop.place().await;
    let died = shop.db().is_dead();
    assert!(!died || answer.status.is_server_error() || answer.status.as_u16() < 300, "{}", answer.text());
    shop.db().die_after(None);
    shop.restart().await;
    for _ in 0..3 {
        shop.calm_after(A_WHILE).await;
    }
    died
}

#[tokio::test]
async fn a_crash_after_any_commit_ends_in_a_whole_order() {
    let mut commits = 0;
    loop {
        let mut shop = Shop::open().await;
        let article = shop.fill();
        shop.pays_at_once();
        let died = die_after(&mut shop, commits).await;
        match only_order(&shop).await {
            Some(order) => {
                assert_eq!(order.status, OrderStatus::Confirmed, "after {commits} commits");
                assert_eq!(shop.world.stock(&article), 8, "after {commits} commits");
                assert_eq!(shop.world.payments().len(), 1, "after {commits} commits");
            }
            None => {
                assert_eq!(commits, 0, "once accepted, an order is finished");
                shop.assert_untouched(&article);
            }
        }
        shop.assert_sound().await;
        if !died {
            break;
        }
        commits += 1;
    }
    assert!(commits >= 5, "the whole checkout was interrupted, one commit after the other: {commits}");
}

#[tokio::test]
async fn a_crash_after_any_commit_of_an_undone_checkout_leaves_nothing() {
    let mut commits = 0;
    loop {
        let mut shop = Shop::open().await;
        let article = shop.fill();
        let world = shop.world.clone();
        world.memory().raid = true;
        let died = die_after(&mut shop, commits).await;
        world.change(&article, |article| article.stock = 10);
        shop.assert_untouched(&article);
        assert!(only_order(&shop).await.is_none(), "after {commits} commits");
        shop.assert_sound().await;
        if !died {
            break;
        }
        commits += 1;
    }
    assert!(commits >= 5, "{commits}");
}

/// The answer of `call` is lost, and the process dies after any of its commits.
async fn crash_with_a_lost_answer(call: &'static str) {
    for commits in 1..8 {
        let mut shop = Shop::open().await;
        let article = shop.fill();
        shop.pays_at_once();
        shop.world.fail(call, &[Fault::After]);
        let _died = die_after(&mut shop, commits).await;
        let order = only_order(&shop).await.expect("an accepted order is finished");
        assert_eq!(order.status, OrderStatus::Confirmed, "{call} {commits}");
        assert_eq!(shop.world.stock(&article), 8, "{call} {commits}");
        assert_eq!(shop.world.payments().len(), 1, "{call} {commits}");
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn a_crash_with_a_lost_lock_ends_in_a_whole_order() {
    crash_with_a_lost_answer("lock").await;
}

#[tokio::test]
async fn a_crash_with_a_lost_offer_ends_in_a_whole_order() {
    crash_with_a_lost_answer("availability").await;
}

#[tokio::test]
async fn a_crash_with_a_lost_reservation_ends_in_a_whole_order() {
    crash_with_a_lost_answer("reserve").await;
}

#[tokio::test]
async fn a_crash_with_a_lost_charge_ends_in_a_whole_order() {
    crash_with_a_lost_answer("pay").await;
}

#[tokio::test]
async fn a_crash_with_a_lost_confirmation_ends_in_a_whole_order() {
    crash_with_a_lost_answer("confirm").await;
}

#[tokio::test]
async fn the_key_of_a_request_finds_its_order_after_a_crash() {
    for commits in 1..10 {
        let mut shop = Shop::open().await;
        let _article = shop.fill();
        shop.pays_at_once();
        shop.db().die_after(Some(commits));
        let _lost = shop.place().header("idempotency-key", "k-1").await;
        shop.db().die_after(None);
        shop.restart().await;
        // The reservation of the key by the dead process runs out.
        shop.calm_after(A_WHILE).await;
        shop.calm_after(A_WHILE).await;
        let again = shop.place().header("idempotency-key", "k-1").await.expect(201);
        let order: Order = again.json();
        assert_eq!(only_order(&shop).await.map(|order| order.id), Some(order.id), "after {commits} commits");
        assert_eq!(order.status, OrderStatus::Confirmed);
        assert_eq!(shop.world.payments().len(), 1);
        shop.assert_sound().await;
    }
}

#[tokio::test]
async fn a_declined_payment_survives_a_crash_after_any_commit() {
    for commits in 1..8 {
        let mut shop = Shop::open().await;
        let _article = shop.fill();
        shop.world.memory().gateway = Gateway::Declines;
        let _died = die_after(&mut shop, commits).await;
        let order = only_order(&shop).await.expect("an accepted order is finished");
        let ended = matches!(order.status, OrderStatus::PaymentFailed);
        assert!(ended, "after {commits} commits: {:?}", order.status);
        shop.assert_sound().await;
        let id: OrderId = order.id;
        shop.pays_at_once();
        let _paid = shop.pay_again(id).await.expect(201);
        assert_eq!(shop.order(id).await.status, OrderStatus::Confirmed);
    }
}

#[tokio::test]
async fn a_key_that_is_still_at_work_is_no_refusal() {
    let shop = Shop::open().await;
    let article = shop.fill();
    shop.pays_at_once();
    shop.world.fail("pay", &[Fault::Busy; 2]);
    let order: Order = shop.place().await.expect(201).json();
    assert_eq!(order.status, OrderStatus::Confirmed);
    assert_eq!(shop.published::<api::order::OrderPaymentFailed>().await.len(), 0);
    assert_eq!(shop.world.stock(&article), 8);
    shop.assert_sound().await;
}
