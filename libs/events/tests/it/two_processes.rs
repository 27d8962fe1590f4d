//! Several processes on the same stores: each has its own broker object, all have the same rows.

use crate::support::{
    Log, OrderPlaced, Shop, eventually, note_in, placed, publish, queue, rows, settle_all, store,
};
use base::{Clock, Timestamp};
use db::Db;
use events::{Consumers, LocalBroker, Runtime, Task, Tasks, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A process that publishes for `order` and consumes for `cart`.
fn process(order: &Db, cart: &Db) -> [Runtime; 2] {
    let broker = LocalBroker::new();
    let consumers = Consumers::new().queue(queue().on::<OrderPlaced, _, _>(note_in(cart)));
    let consumer = Runtime::new("cart", cart.clone(), broker.clone(), consumers, Tasks::new());
    [Runtime::new("order", order.clone(), broker, Consumers::new(), Tasks::new()), consumer]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_processes_at_once_double_nothing_and_keep_the_order() {
    let clock = Clock::system();
    let (order, cart) = tokio::join!(store("order", &clock), store("cart", &clock));
    let processes: Vec<[Runtime; 2]> = (0..3).map(|_| process(&order, &cart)).collect();
    processes.iter().flatten().for_each(Runtime::start);
    for n in 0..200 {
        publish(&order, &[placed(&format!("order-{}", n % 4), n)]).await;
    }
    eventually("every effect", || async { rows(&cart, "effect").await >= 200 }).await;
    for runtime in processes.iter().flatten() {
        runtime.stop().await;
    }
    let noted = crate::support::notes(&cart).await;
    assert_eq!(noted.len(), 200);
    for key in 0..4 {
        let name = format!("order-{key}");
        let own: Vec<i64> = noted.iter().filter(|note| note.0 == name).map(|note| note.1).collect();
        assert!(own.is_sorted(), "{name}: {own:?}");
    }
}

#[tokio::test]
async fn while_one_process_has_the_work_the_other_waits_and_takes_over_when_it_is_gone() {
    let shop = Shop::new().await;
    let one = process(&shop.order, &shop.cart);
    let two = process(&shop.order, &shop.cart);
    settle_all(&[&one[0], &one[1], &two[0], &two[1]]).await;
    shop.publish(&[placed("a", 1)]).await;
    one[0].faults().die_at(events::Step::Delivered, 1, events::Death::Simulated);
    assert!(one[0].settle().await.is_err());
    shop.publish(&[placed("a", 2)]).await;
    assert!(two[0].settle().await.unwrap().is_idle(), "the dead process still has its lease");
    shop.clock.advance(Duration::from_secs(16));
    settle_all(&[&two[0], &two[1]]).await;
    assert_eq!(shop.notes().await, [("a".into(), 1), ("a".into(), 2)]);
}

#[derive(Debug, Serialize, Deserialize)]
struct Count {
    n: i64,
}

impl Task for Count {
    const KIND: &'static str = "count";
    const MAX_ATTEMPTS: u32 = 3;

    fn key(&self) -> String {
        self.n.to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_workers_share_the_tasks_and_run_none_twice() {
    let db = store("cart", &Clock::system()).await;
    let runs = Log::new();
    let workers: Vec<Runtime> = (0..3)
        .map(|_| {
            let log = runs.clone();
            let tasks = Tasks::new().on::<Count, _, _>(move |run| {
                log.add(run.task.n);
                async { Ok(()) }
            });
            Runtime::new("cart", (*db).clone(), LocalBroker::new(), Consumers::new(), tasks)
        })
        .collect();
    workers.iter().for_each(Runtime::start);
    for chunk in 0..10 {
        let mut tx = db.begin().await.unwrap();
        for n in chunk * 30..(chunk + 1) * 30 {
            tasks::schedule(&mut tx, &Count { n }, Timestamp::EPOCH).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let left = || async { rows(&db, "task WHERE kind = 'count'").await };
    eventually("every task", || async { left().await == 0 }).await;
    for worker in &workers {
        worker.stop().await;
    }
    let mut runs = runs.all();
    runs.sort_unstable();
    assert_eq!(runs, (0..300).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_recurring_task_runs_in_one_process_only() {
    let clock = Clock::manual(crate::support::START);
    let db = store("cart", &clock).await;
    let runs = Log::new();
    let workers: Vec<Runtime> = (0..3)
        .map(|number| {
            let log = runs.clone();
            let tasks = Tasks::new().every("sweep", Duration::from_mins(1), move || {
                log.add(number);
                async { Ok(()) }
            });
            Runtime::new("cart", (*db).clone(), LocalBroker::new(), Consumers::new(), tasks)
        })
        .collect();
    for worker in &workers {
        worker.settle().await.unwrap();
    }
    workers.iter().for_each(Runtime::start);
    for minute in 1..=5 {
        clock.advance(Duration::from_mins(1));
        eventually("a run", || async { runs.all().len() == minute }).await;
    }
    for worker in &workers {
        worker.stop().await;
    }
    assert_eq!(runs.all().len(), 5);
}
