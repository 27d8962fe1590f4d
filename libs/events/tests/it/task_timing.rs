//! Recurring tasks, leases, and tasks that never settle.

use crate::support::{Log, START, Shop, busy, eventually, settle_all, store};
use base::{Clock, Timestamp};
use events::{Consumers, LocalBroker, Runtime, Task, Tasks, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

fn runtime(shop: &Shop, tasks: Tasks) -> Runtime {
    Runtime::new("cart", (*shop.cart).clone(), shop.broker.clone(), Consumers::new(), tasks)
}

fn sweeping(shop: &Shop, log: &Log<Timestamp>, period: Duration, fails: bool) -> Runtime {
    let (log, clock) = (log.clone(), shop.clock.clone());
    runtime(
        shop,
        Tasks::new().every("sweep", period, move || {
            log.add(clock.now());
            async move { if fails { Err(busy()) } else { Ok(()) } }
        }),
    )
}

#[tokio::test]
async fn a_recurring_task_runs_once_each_period_also_after_a_restart() {
    let (shop, log) = (Shop::new().await, Log::new());
    let minute = Duration::from_mins(1);
    for round in 0..5 {
        let worker = sweeping(&shop, &log, minute, false);
        settle_all(&[&worker]).await;
        assert_eq!(log.all().len(), round, "one run each minute, the first after a minute");
        shop.clock.advance(minute);
    }
    shop.clock.advance(Duration::from_hours(24));
    settle_all(&[&sweeping(&shop, &log, minute, false)]).await;
    assert_eq!(log.all().len(), 5, "a day that was missed is made up for once");
}

#[tokio::test]
async fn a_recurring_task_that_fails_is_never_given_up() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = sweeping(&shop, &log, Duration::from_mins(1), true);
    settle_all(&[&worker]).await;
    for _ in 0..50 {
        shop.clock.advance(Duration::from_mins(1));
        settle_all(&[&worker]).await;
    }
    assert!(log.all().len() >= 50, "{}", log.all().len());
    assert_eq!(worker.gauges().await.unwrap().tasks_parked, 0);
}

#[tokio::test]
async fn a_shorter_period_takes_effect_at_the_next_start() {
    let (shop, log) = (Shop::new().await, Log::new());
    settle_all(&[&sweeping(&shop, &log, Duration::from_hours(1000), false)]).await;
    let worker = sweeping(&shop, &log, Duration::from_mins(1), false);
    settle_all(&[&worker]).await;
    shop.clock.advance(Duration::from_mins(1));
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [START + Duration::from_mins(1)]);
}

#[derive(Debug, Serialize, Deserialize)]
struct Slow;

impl Task for Slow {
    const KIND: &'static str = "slow";
    const MAX_ATTEMPTS: u32 = 2;
    const LEASE: Duration = Duration::from_mins(10);

    fn key(&self) -> String {
        "slow".into()
    }
}

async fn schedule_slow(shop: &Shop) {
    let mut tx = shop.cart.begin().await.unwrap();
    tasks::schedule(&mut tx, &Slow, shop.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_task_whose_process_died_runs_again_when_its_lease_ends_and_counts_the_attempt() {
    if db::testing::backend() == db::Engine::Sqlite {
        // One process has the file alone: a new one does not wait for leases of a dead one.
        return;
    }
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = || {
        let log = log.clone();
        runtime(
            &shop,
            Tasks::new().on::<Slow, _, _>(move |run| {
                log.add(run.attempt);
                async { Ok(()) }
            }),
        )
    };
    schedule_slow(&shop).await;
    let dies = worker();
    dies.faults().die_at(events::Step::TaskClaimed, 1, events::Death::Simulated);
    assert!(dies.settle().await.is_err());
    shop.clock.advance(Slow::LEASE / 2);
    settle_all(&[&worker()]).await;
    assert_eq!(log.all(), [0; 0]);
    shop.clock.advance(Slow::LEASE / 2);
    settle_all(&[&worker()]).await;
    assert_eq!(log.all(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_hangs_is_cut_off_before_its_lease_ends() {
    // Tokio's time is paused and runs ahead while everybody waits, so only SQLite can take part.
    if db::testing::backend() == db::Engine::Postgres {
        return;
    }
    let (shop, log) = (Shop::new().await, Log::new());
    let seen = log.clone();
    let worker = runtime(
        &shop,
        Tasks::new().on::<Slow, _, _>(move |run| {
            seen.add(run.attempt);
            async move {
                if run.attempt == 1 {
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        }),
    );
    schedule_slow(&shop).await;
    let before = tokio::time::Instant::now();
    settle_all(&[&worker]).await;
    assert!(before.elapsed() < Slow::LEASE);
    shop.clock.advance(Duration::from_secs(2));
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [1, 2]);
}

#[tokio::test]
async fn a_task_that_schedules_itself_at_once_for_ever_is_reported() {
    let shop = Shop::new().await;
    let db = (*shop.cart).clone();
    let worker = runtime(
        &shop,
        Tasks::new().on::<Slow, _, _>(move |_| {
            let db = db.clone();
            async move {
                let mut tx = db.begin().await?;
                tasks::schedule(&mut tx, &Slow, Timestamp::EPOCH).await?;
                Ok(tx.commit().await?)
            }
        }),
    );
    schedule_slow(&shop).await;
    let error = worker.settle().await.unwrap_err();
    assert!(error.chain().contains("does not settle"), "{}", error.chain());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_worker_wakes_up_for_a_task_scheduled_now_and_for_one_due_soon() {
    let db = store("cart", &Clock::system()).await;
    let log = Log::new();
    let seen = log.clone();
    let tasks = Tasks::new().on::<Slow, _, _>(move |run| {
        seen.add(run.due_at);
        async { Ok(()) }
    });
    let worker = Runtime::new("cart", (*db).clone(), LocalBroker::new(), Consumers::new(), tasks);
    worker.start();
    for (runs, wait) in [(1, Duration::ZERO), (2, Duration::from_millis(700))] {
        let due = db.clock().now() + wait;
        let mut tx = db.begin().await.unwrap();
        tasks::schedule(&mut tx, &Slow, due).await.unwrap();
        tx.commit().await.unwrap();
        eventually("the run", || async { log.all().len() == runs }).await;
        assert!(db.clock().now() >= due, "not before it is due");
    }
    worker.stop().await;
}
