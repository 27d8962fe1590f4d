//! Random histories: the service against a model one can see through, and many hands at once.

use crate::orders::{cancelled, shipped};
use crate::stories::{Article, Inventory, MANAGER};
use api::inventory::{Reservation, ReservationStatus, ReserveLine};
use base::Id;
use futures::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Step {
    Reserve(i64),
    Confirm(usize),
    Cancel(usize),
    CancelOrder(usize),
    Ship(usize, i64),
    Adjust(i64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_i64..8).prop_map(Step::Reserve),
        3 => (0_usize..8).prop_map(Step::Confirm),
        1 => (0_usize..8).prop_map(Step::Cancel),
        1 => (0_usize..8).prop_map(Step::CancelOrder),
        3 => (0_usize..8, 1_i64..6).prop_map(|(order, quantity)| Step::Ship(order, quantity)),
        2 => (-6_i64..10).prop_map(Step::Adjust),
        1 => (1_u64..60).prop_map(Step::Pass),
    ]
}

/// An order as the model sees it.
struct Order {
    reservation: Reservation,
    line: ReserveLine,
    status: ReservationStatus,
    quantity: i64,
    shipped: i64,
    age: Duration,
}

/// The stock of one article as the model sees it.
struct Model {
    on_hand: i64,
    orders: Vec<Order>,
}

impl Model {
    fn reserved(&self) -> i64 {
        let open = |order: &&Order| {
            matches!(order.status, ReservationStatus::Pending | ReservationStatus::Confirmed)
        };
        self.orders.iter().filter(open).map(|order| order.quantity - order.shipped).sum()
    }

    fn pick(&mut self, index: usize) -> Option<&mut Order> {
        let count = self.orders.len();
        if count == 0 { None } else { self.orders.get_mut(index % count) }
    }
}

async fn play(shop: &Inventory, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let article = shop.article(10).await;
    let mut model = Model { on_hand: 10, orders: Vec::new() };
    for step in steps {
        take(shop, &article, &mut model, &step).await;
        let levels = shop.levels(&article).await;
        prop_assert_eq!(levels, (model.on_hand, model.reserved()), "after {:?}", step);
    }
    for order in &model.orders {
        let status = shop.reservation(order.reservation.order_id).await.status;
        prop_assert_eq!(status, order.status);
    }
    shop.assert_sound().await;
    Ok(())
}

async fn take(shop: &Inventory, article: &Article, model: &mut Model, step: &Step) {
    match step {
        Step::Reserve(quantity) => reserve(shop, article, model, *quantity).await,
        Step::Confirm(index) => confirm(shop, model, *index).await,
        Step::Cancel(index) => {
            let Some(order) = model.pick(*index) else { return };
            let status = if order.status == ReservationStatus::Fulfilled { 409 } else { 200 };
            let _over = shop.step(order.reservation.order_id, "cancel").await.expect(status);
            order.give_up();
        }
        Step::CancelOrder(index) => {
            let Some(order) = model.pick(*index) else { return };
            shop.publish(cancelled(order.reservation.order_id)).await;
            order.give_up();
        }
        Step::Ship(index, quantity) => {
            let Some(order) = model.pick(*index) else { return };
            shop.publish(shipped(order.reservation.order_id, &[(&order.line, *quantity)])).await;
            let left = order.ship(*quantity);
            model.on_hand -= left;
        }
        Step::Adjust(delta) => adjust(shop, article, model, *delta).await,
        Step::Pass(minutes) => {
            let time = Duration::from_secs(minutes * 60);
            shop.after(time).await;
            model.orders.iter_mut().for_each(|order| order.grow_older(time));
        }
    }
}

impl Order {
    fn give_up(&mut self) {
        if matches!(self.status, ReservationStatus::Pending | ReservationStatus::Confirmed) {
            self.status = ReservationStatus::Cancelled;
        }
    }

    fn ship(&mut self, quantity: i64) -> i64 {
        if self.status != ReservationStatus::Confirmed {
            return 0;
        }
        let left = quantity.min(self.quantity - self.shipped);
        self.shipped += left;
        if self.shipped == self.quantity {
            self.status = ReservationStatus::Fulfilled;
        }
        left
    }

    fn grow_older(&mut self, time: Duration) {
        self.age += time;
        if self.status == ReservationStatus::Pending && self.age >= Duration::from_secs(45 * 60) {
            self.status = ReservationStatus::Expired;
        }
    }
}

async fn reserve(shop: &Inventory, article: &Article, model: &mut Model, quantity: i64) {
    let line = article.line(quantity);
    let request = shop.ask(Id::new(), std::slice::from_ref(&line));
    if model.on_hand - model.reserved() < quantity {
        request.await.problem(409, "insufficient-stock");
        return;
    }
    let reservation: Reservation = request.await.expect(201).json();
    let (status, age) = (ReservationStatus::Pending, Duration::ZERO);
    model.orders.push(Order { reservation, line, status, quantity, shipped: 0, age });
}

async fn confirm(shop: &Inventory, model: &mut Model, index: usize) {
    let free = model.on_hand - model.reserved();
    let Some(order) = model.pick(index) else { return };
    let answer = shop.step(order.reservation.order_id, "confirm").await;
    match order.status {
        ReservationStatus::Cancelled => drop(answer.problem(409, "reservation-cancelled")),
        ReservationStatus::Expired if free < order.quantity => {
            answer.problem(409, "reservation-expired");
        }
        ReservationStatus::Expired | ReservationStatus::Pending => {
            let _confirmed = answer.expect(200);
            order.status = ReservationStatus::Confirmed;
        }
        ReservationStatus::Confirmed | ReservationStatus::Fulfilled => drop(answer.expect(200)),
    }
}

async fn adjust(shop: &Inventory, article: &Article, model: &mut Model, delta: i64) {
    let item = shop.item(article).await;
    let path = format!("/api/inventory/items/{}/adjust", item.id);
    let request = shop.post(&path).as_staff(MANAGER).json(&json!({ "delta": delta, "reason": "count" }));
    if model.on_hand + delta < model.reserved() {
        request.await.problem(409, "insufficient-stock");
    } else {
        let _adjusted = request.await.expect(200);
        model.on_hand += delta;
    }
}

#[test]
fn any_history_leads_where_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shop = runtime.block_on(Inventory::open());
    let config = Config { cases: 12, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let histories = prop::collection::vec(step(), 1..25);
    runner.run(&histories, |steps| runtime.block_on(play(&shop, steps))).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_hands_at_once_break_no_rule() {
    let shop = Inventory::open().await;
    let articles = [shop.article(20).await, shop.article(20).await];
    let second = shop.warehouse("SECOND", 1).await;
    shop.transfer(&articles[0], second.id, 9).await;
    let item = shop.items(&articles[0]).await.remove(0);
    let mut orders: Vec<Id<api::ids::kind::Order>> = (0..8).map(|_| Id::new()).collect();
    orders.extend_from_within(0..4);
    let work = orders.iter().enumerate().map(|(number, order_id)| {
        let (shop, articles, item) = (&shop, &articles, &item);
        async move {
            let quantity = 1 + number as i64 % 4;
            let lines = [articles[number % 2].line(quantity), articles[(number + 1) % 2].line(2)];
            let _held_or_not = shop.ask(*order_id, &lines).await;
            let path = format!("/api/inventory/items/{}/adjust", item.id);
            let count = json!({ "delta": number as i64 % 3 - 1, "reason": "count" });
            let _counted_or_not = shop.post(&path).as_staff(MANAGER).json(&count).await;
            for verb in [["confirm", "cancel"], ["cancel", "confirm"], ["confirm", "extend"]][number % 3] {
                let _done_or_not = shop.step(*order_id, verb).await;
            }
            shop.publish(shipped(*order_id, &[(&lines[0], quantity)])).await;
        }
    });
    join_all(work).await;
    shop.assert_sound().await;
}
