//! Durable work: scheduled with a change, run once it is due, kept until it has succeeded.

use crate::support::{Log, Shop, busy, note, refused, settle_all};
use base::context::{self, RequestContext};
use base::{Result, Timestamp};
use events::{Consumers, Outcome, Runtime, Task, TaskRun, Tasks, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Remind {
    cart: String,
    text: String,
}

impl Task for Remind {
    const KIND: &'static str = "remind";
    const MAX_ATTEMPTS: u32 = 3;

    fn key(&self) -> String {
        self.cart.clone()
    }
}

fn remind(cart: &str, text: &str) -> Remind {
    Remind { cart: cart.into(), text: text.into() }
}

fn runtime(shop: &Shop, tasks: Tasks) -> Runtime {
    Runtime::new("cart", (*shop.cart).clone(), shop.broker.clone(), Consumers::new(), tasks)
}

/// A worker that logs the text of each run and then does what `answer` says.
fn worker(
    shop: &Shop,
    log: &Log<String>,
    answer: impl Fn(&TaskRun<Remind>) -> Result<()> + Send + Sync + 'static,
) -> Runtime {
    let log = log.clone();
    let tasks = Tasks::new().on::<Remind, _, _>(move |run| {
        log.add(run.task.text.clone());
        let answer = answer(&run);
        async { answer }
    });
    runtime(shop, tasks)
}

async fn schedule(shop: &Shop, task: &Remind, at: Timestamp) {
    let mut tx = shop.cart.begin().await.unwrap();
    tasks::schedule(&mut tx, task, at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn scheduled_at(shop: &Shop, key: &str) -> Option<Timestamp> {
    tasks::scheduled_at(&mut shop.cart.conn().await.unwrap(), Remind::KIND, key).await.unwrap()
}

#[tokio::test]
async fn a_task_runs_when_it_is_due_and_then_is_gone() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |_| Ok(()));
    schedule(&shop, &remind("a", "hello"), shop.clock.now() + Duration::from_secs(60)).await;
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [""; 0]);
    shop.clock.advance(Duration::from_secs(60));
    settle_all(&[&worker]).await;
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), ["hello"]);
    assert_eq!(scheduled_at(&shop, "a").await, None);
}

#[tokio::test]
async fn a_task_of_a_change_that_was_rolled_back_does_not_exist() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |_| Ok(()));
    let mut tx = shop.cart.begin().await.unwrap();
    tasks::schedule(&mut tx, &remind("a", "hello"), Timestamp::EPOCH).await.unwrap();
    drop(tx);
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [""; 0]);
}

#[tokio::test]
async fn scheduling_again_moves_the_task_and_replaces_its_content() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |_| Ok(()));
    let now = shop.clock.now();
    schedule(&shop, &remind("a", "first"), now).await;
    schedule(&shop, &remind("a", "second"), now + Duration::from_secs(60)).await;
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [""; 0]);
    shop.clock.advance(Duration::from_secs(60));
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), ["second"]);
}

#[tokio::test]
async fn a_cancelled_task_does_not_run() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |_| Ok(()));
    schedule(&shop, &remind("a", "hello"), shop.clock.now()).await;
    let mut tx = shop.cart.begin().await.unwrap();
    assert!(tasks::cancel(&mut tx, Remind::KIND, "a").await.unwrap());
    assert!(!tasks::cancel(&mut tx, Remind::KIND, "a").await.unwrap());
    tx.commit().await.unwrap();
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), [""; 0]);
}

#[tokio::test]
async fn a_task_scheduled_again_while_it_runs_runs_again() {
    let shop = Shop::new().await;
    let log = Log::new();
    for completes in [false, true] {
        let (seen, db) = (log.clone(), (*shop.cart).clone());
        let tasks = Tasks::new().on::<Remind, _, _>(move |run| {
            let (seen, db) = (seen.clone(), db.clone());
            async move {
                seen.add(run.task.text.clone());
                let mut tx = db.begin().await?;
                if run.task.text == "first" {
                    tasks::schedule(&mut tx, &remind("a", "second"), Timestamp::EPOCH).await?;
                }
                if completes {
                    assert!(run.complete(&mut tx).await?, "it is still ours");
                }
                Ok(tx.commit().await?)
            }
        });
        let worker = runtime(&shop, tasks);
        schedule(&shop, &remind("a", "first"), shop.clock.now()).await;
        settle_all(&[&worker]).await;
    }
    assert_eq!(log.all(), ["first", "second", "first", "second"]);
    assert_eq!(scheduled_at(&shop, "a").await, None);
}

#[tokio::test]
async fn a_task_cancelled_while_it_runs_ends_and_does_not_come_back() {
    let (shop, log) = (Shop::new().await, Log::new());
    let (seen, db) = (log.clone(), (*shop.cart).clone());
    let worker = runtime(
        &shop,
        Tasks::new().on::<Remind, _, _>(move |run| {
            let (seen, db) = (seen.clone(), db.clone());
            async move {
                seen.add(run.attempt);
                let mut tx = db.begin().await?;
                tasks::cancel(&mut tx, Remind::KIND, "a").await?;
                tx.commit().await?;
                Err(busy())
            }
        }),
    );
    schedule(&shop, &remind("a", "x"), shop.clock.now()).await;
    for _ in 0..3 {
        settle_all(&[&worker]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(log.all(), [1]);
}

#[tokio::test]
async fn a_task_that_keeps_failing_is_parked_and_an_operator_can_retry_it() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |run| {
        assert_eq!(run.is_last, run.attempt == 3);
        if run.attempt == 2 { Err(refused()) } else { Err(busy()) }
    });
    schedule(&shop, &remind("a", "x"), shop.clock.now()).await;
    for _ in 0..10 {
        settle_all(&[&worker]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(log.all().len(), 3);
    assert_eq!(worker.gauges().await.unwrap().tasks_parked, 1);
    let parked = tasks::parked(&mut shop.cart.conn().await.unwrap(), 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].attempts, parked[0].key.as_str()), (1, 3, "a"));
    assert!(parked[0].last_error.as_deref().unwrap().contains("busy, as the test asked"));

    let mut tx = shop.cart.begin().await.unwrap();
    assert!(tasks::retry(&mut tx, parked[0].id).await.unwrap());
    assert!(!tasks::retry(&mut tx, parked[0].id).await.unwrap());
    tx.commit().await.unwrap();
    settle_all(&[&worker]).await;
    assert_eq!(log.all().len(), 4);
    let runs = worker.stats().task_runs().into_iter().filter(|count| count.of == Remind::KIND);
    let runs: Vec<_> = runs.map(|count| (count.outcome, count.count)).collect();
    assert_eq!(runs, [(Outcome::Retry, 3), (Outcome::Dead, 1)]);
}

#[tokio::test]
async fn a_parked_task_that_is_scheduled_again_runs() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |run| if run.task.text == "bad" { Err(busy()) } else { Ok(()) });
    schedule(&shop, &remind("a", "bad"), shop.clock.now()).await;
    for _ in 0..5 {
        settle_all(&[&worker]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    schedule(&shop, &remind("a", "good"), shop.clock.now()).await;
    settle_all(&[&worker]).await;
    assert_eq!(log.all(), ["bad", "bad", "bad", "good"]);
    assert_eq!(worker.gauges().await.unwrap().tasks_parked, 0);
}

#[tokio::test]
async fn a_panic_and_an_unreadable_content_stop_nobody_else() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |run| {
        assert!(run.task.text != "panic", "it panics");
        Ok(())
    });
    let mut tx = shop.cart.begin().await.unwrap();
    for (key, text) in [("a", "panic"), ("b", "unreadable"), ("c", "good")] {
        tasks::schedule(&mut tx, &remind(key, text), Timestamp::EPOCH).await.unwrap();
    }
    let old = db::json(&serde_json::json!({ "fields": "of an older version" }));
    db::sql("UPDATE task SET payload = $1 WHERE key = 'b'").bind(old).run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..4 {
        settle_all(&[&worker]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(log.all().iter().filter(|text| *text == "good").count(), 1);
    let parked = tasks::parked(&mut shop.cart.conn().await.unwrap(), 10).await.unwrap();
    let reasons: Vec<_> = parked.iter().map(|task| (task.key.as_str(), task.attempts)).collect();
    assert_eq!(reasons, [("b", 1), ("a", 3)]);
    assert!(parked[1].last_error.as_deref().unwrap().contains("it panics"));
}

#[tokio::test]
async fn tasks_of_a_kind_nobody_runs_are_kept() {
    let (shop, log) = (Shop::new().await, Log::new());
    schedule(&shop, &remind("a", "x"), shop.clock.now()).await;
    settle_all(&[&runtime(&shop, Tasks::new())]).await;
    assert!(scheduled_at(&shop, "a").await.is_some());
    settle_all(&[&worker(&shop, &log, |_| Ok(()))]).await;
    assert_eq!(log.all(), ["x"]);
}

#[tokio::test]
async fn the_correlation_id_travels_with_a_task() {
    let (shop, log) = (Shop::new().await, Log::new());
    let seen = log.clone();
    let worker = runtime(
        &shop,
        Tasks::new().on::<Remind, _, _>(move |_| {
            seen.add(context::current().correlation_id);
            async { Ok(()) }
        }),
    );
    let request = RequestContext { correlation_id: "checkout-1".into(), ..RequestContext::background() };
    context::scope(request, schedule(&shop, &remind("a", "x"), shop.clock.now())).await;
    settle_all(&[&worker]).await;
    assert_eq!(log.all().len(), 1);
}

#[tokio::test]
async fn hundreds_of_tasks_run_in_the_order_they_are_due() {
    let (shop, log) = (Shop::new().await, Log::new());
    let worker = worker(&shop, &log, |_| Ok(()));
    let mut tx = shop.cart.begin().await.unwrap();
    for n in (0..300_u64).rev() {
        let at = shop.clock.now() + Duration::from_secs(n);
        tasks::schedule(&mut tx, &remind(&format!("{n}"), &format!("{n:03}")), at).await.unwrap();
    }
    tx.commit().await.unwrap();
    shop.clock.advance(Duration::from_secs(149));
    settle_all(&[&worker]).await;
    assert_eq!(log.all().len(), 150);
    shop.clock.advance(Duration::from_secs(500));
    settle_all(&[&worker]).await;
    assert_eq!(log.all().len(), 300);
    assert!(log.all().is_sorted());
    let runs = worker.stats().task_runs();
    assert!(
        runs.iter().any(|count| count.of == "remind" && count.outcome == Outcome::Ok && count.count == 300)
    );
}

#[tokio::test]
async fn the_effect_and_the_end_of_a_task_are_one() {
    let shop = Shop::new().await;
    let db = (*shop.cart).clone();
    let worker = runtime(
        &shop,
        Tasks::new().on::<Remind, _, _>(move |run| {
            let db = db.clone();
            async move {
                let mut tx = db.begin().await?;
                note(&mut tx, &run.task.cart, 1).await?;
                if run.complete(&mut tx).await? {
                    tx.commit().await?;
                }
                Err(busy())
            }
        }),
    );
    schedule(&shop, &remind("a", "x"), shop.clock.now()).await;
    for _ in 0..5 {
        settle_all(&[&worker]).await;
        shop.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(shop.notes().await.len(), 1);
}
