//! The process dies after every single commit, is started again, and reaches the right end.

use crate::shop::{PRICE, Shop, VISA};
use api::ids::OrderId;
use api::payment::{Payment, PaymentFlow, PaymentStatus, PaymentSucceeded, RefundSucceeded};
use base::page::Page;
use futures::future::BoxFuture;
use std::time::Duration;

/// More commits than any of the stories makes.
const MANY: u64 = 60;

/// What happens, step by step; a step may fail when the process is dead.
type Story = fn(&Shop, OrderId) -> BoxFuture<'_, ()>;

/// Tells the story, dying after each of its commits in turn; `end` looks at what came of it.
async fn die_everywhere(story: Story, end: Story) {
    let shop = Shop::open().await;
    let db = shop.t.db().clone();
    // PostgreSQL is the slower one to crash; every third commit is enough for its dialect.
    let step = if db.engine() == db::Engine::Postgres { 3 } else { 1 };
    for commits in (0..MANY).step_by(step) {
        let order = shop.order();
        db.die_after(Some(commits));
        story(&shop, order).await;
        let died = db.is_dead();
        db.die_after(None);
        // The restarted process finds what the dead one left behind; its client comes back.
        for _ in 0..3 {
            shop.t.after(Duration::from_mins(2)).await;
        }
        story(&shop, order).await;
        for _ in 0..3 {
            shop.t.after(Duration::from_mins(2)).await;
        }
        end(&shop, order).await;
        shop.check().await;
        if !died {
            assert!(commits > 3, "the story was told without many commits");
            return;
        }
    }
    panic!("the story has more than {MANY} commits");
}

async fn try_settle(shop: &Shop) {
    for _ in 0..3 {
        shop.t.clock.advance(Duration::from_secs(11));
        let _may_be_dead = shop.t.runtime().settle().await;
    }
}

fn pay_with_saved_method(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let key = format!("order:{order}:payment:1");
        let _answer =
            shop.create(order, PaymentFlow::SavedMethod, Some(VISA)).header("idempotency-key", &key).await;
        try_settle(shop).await;
    })
}

fn paid_once(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        assert_eq!((shop.charges(order).await, shop.kept(order).await), (1, PRICE));
        let events = shop.t.published::<PaymentSucceeded>().await;
        assert_eq!(events.iter().filter(|event| event.order_id == order).count(), 1);
    })
}

#[tokio::test]
async fn a_charge_of_a_saved_method_happens_once() {
    die_everywhere(pay_with_saved_method, paid_once).await;
}

fn pay_on_page(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let started = shop.create(order, PaymentFlow::CheckoutRedirect, None).await;
        if started.status.is_success() {
            let id = started.json::<Payment>().id;
            let _answer = shop.confirm(id, "pm_sim_timeout_after_charge").await;
        }
        try_settle(shop).await;
    })
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_happens_once() {
    die_everywhere(pay_on_page, paid_once).await;
}

fn pay_and_give_back(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let key = format!("order:{order}:payment:1");
        let method = Some("pm_sim_timeout_after_refund");
        let _answer =
            shop.create(order, PaymentFlow::SavedMethod, method).header("idempotency-key", &key).await;
        try_settle(shop).await;
        let paid = payments_of(shop, order).await.into_iter().find(|payment| payment.status.was_paid());
        if let Some(paid) = paid {
            let ask = shop.refund_request(paid.id, Some(2_000), "damaged").as_service("order");
            let _answer = ask.header("idempotency-key", "refund-1").await;
        }
        try_settle(shop).await;
    })
}

/// The payments of an order; none while the process is dead.
async fn payments_of(shop: &Shop, order: OrderId) -> Vec<Payment> {
    let answer = shop.t.get(&format!("/api/payments?orderId={order}")).as_service("order").await;
    if answer.status.is_success() { answer.json::<Page<Payment>>().items } else { Vec::new() }
}

fn a_part_went_back(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        assert_eq!((shop.charges(order).await, shop.kept(order).await), (1, PRICE - 2_000));
        let events = shop.t.published::<RefundSucceeded>().await;
        assert_eq!(events.iter().filter(|event| event.order_id == order).count(), 1);
    })
}

#[tokio::test]
async fn a_refund_happens_once() {
    die_everywhere(pay_and_give_back, a_part_went_back).await;
}

fn pay_and_cancel(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let started = shop.create(order, PaymentFlow::CheckoutRedirect, None).await;
        if started.status.is_success() {
            let id = started.json::<Payment>().id;
            let _answer = shop.confirm(id, "pm_sim_delayed").await;
        }
        if !shop.t.db().is_dead() {
            let envelope = events::StandardMessage::now(shop.t.clock.now(), shop.cancellation(order));
            let _may_die = shop.t.deliver(&envelope).await;
        }
        try_settle(shop).await;
    })
}

fn nothing_is_kept(shop: &Shop, order: OrderId) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        shop.cancel_order(order).await;
        shop.moment().await;
        assert_eq!(shop.kept(order).await, 0);
        assert!(payments_of(shop, order).await.iter().all(|payment| {
            matches!(
                payment.status,
                PaymentStatus::Cancelled | PaymentStatus::Refunded | PaymentStatus::Failed
            )
        }));
    })
}

#[tokio::test]
async fn a_cancelled_order_keeps_no_money() {
    die_everywhere(pay_and_cancel, nothing_is_kept).await;
}
