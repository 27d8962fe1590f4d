//! A real process that really aborts. The test starts itself again as that process.

use crate::support::{OrderPlaced, note_in, placed, publish, queue, rows, settle_all};
use base::Clock;
use db::{Db, Migration, SqliteOptions};
use events::{Consumers, Death, LocalBroker, Runtime, Step, Tasks};
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "EMPORION_TEST_CRASH_FOLDER";
const STEP: &str = "EMPORION_TEST_CRASH_STEP";
const MESSAGES: i64 = 10;

const STEPS: [Step; 4] = [Step::OutboxCommitted, Step::Delivered, Step::Claimed, Step::Handled];

#[expect(clippy::disallowed_methods, reason = "how the parent tells its child what to do")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn open(folder: &Path, name: &str) -> Db {
    let file = folder.join(format!("{name}.db"));
    let db = Db::sqlite(&file, Clock::system(), SqliteOptions::default()).await.unwrap();
    let effects =
        Migration::new("effects", "CREATE TABLE effect (id UUID PRIMARY KEY, subject TEXT, n BIGINT);");
    let migrations: Vec<Migration> = events::MIGRATIONS.iter().copied().chain([effects]).collect();
    db.migrate(&migrations).await.unwrap();
    db
}

async fn runtimes(folder: &Path) -> (Db, Db, [Runtime; 2]) {
    let (order, cart) = (open(folder, "order").await, open(folder, "cart").await);
    let broker = LocalBroker::new();
    let consumers = Consumers::new().queue(queue().on::<OrderPlaced, _, _>(note_in(&cart)));
    let consumer = Runtime::new("cart", cart.clone(), broker.clone(), consumers, Tasks::new());
    let publisher = Runtime::new("order", order.clone(), broker, Consumers::new(), Tasks::new());
    (order, cart, [publisher, consumer])
}

/// The child: publishes, and aborts at the step it is told. Does nothing in an ordinary test run.
#[tokio::test]
async fn the_child_of_the_next_test() {
    let (Some(folder), Some(step)) = (variable(FOLDER), variable(STEP)) else { return };
    let step = STEPS[step.parse::<usize>().unwrap()];
    let (order, _, runtimes) = runtimes(Path::new(&folder)).await;
    let messages: Vec<_> = (0..MESSAGES).map(|n| placed("a", n)).collect();
    publish(&order, &messages).await;
    for runtime in &runtimes {
        let nth = if step == Step::Claimed || step == Step::Handled { 4 } else { 1 };
        runtime.faults().die_at(step, nth, Death::Abort);
    }
    settle_all(&[&runtimes[0], &runtimes[1]]).await;
    unreachable!("it has aborted");
}

#[tokio::test]
async fn a_process_that_aborts_at_any_step_loses_and_doubles_nothing() {
    for (number, step) in STEPS.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::the_child_of_the_next_test", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(STEP, number.to_string())
            .output()
            .unwrap();
        assert!(!child.status.success(), "{step:?} did not abort");
        let (_, cart, runtimes) = runtimes(folder.path()).await;
        settle_all(&[&runtimes[0], &runtimes[1]]).await;
        let numbers: Vec<i64> = crate::support::notes(&cart).await.iter().map(|note| note.1).collect();
        assert_eq!(numbers, (0..MESSAGES).collect::<Vec<_>>(), "{step:?}");
        assert_eq!(rows(&cart, "queue_message").await, 0);
    }
}
