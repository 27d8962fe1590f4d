//! Listeners are woken after commits, and never miss one.

use crate::support::{accounts, count, note};
use base::Id;
use db::{Db, Engine, Listener, sql};
use std::time::Duration;
use tokio::time::timeout;

async fn woken(listener: &mut Listener) -> bool {
    timeout(Duration::from_secs(20), listener.wait()).await.is_ok()
}

async fn publish(db: &Db, channel: &'static str) {
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, Id::new(), 1).await.unwrap();
    tx.wake(channel);
    tx.commit().await.unwrap();
}

/// A listener that has nothing to hear. On PostgreSQL the first wake-up says that it now hears
/// other processes.
async fn quiet(db: &Db) -> Listener {
    let mut listener = db.listen("outbox");
    if db.engine() == Engine::Postgres {
        assert!(woken(&mut listener).await);
    }
    listener
}

#[tokio::test]
async fn a_wake_up_before_the_wait_is_not_lost() {
    let db = accounts().await;
    let mut listener = quiet(&db).await;
    publish(&db, "outbox").await;
    assert!(woken(&mut listener).await);
}

#[tokio::test]
async fn only_a_commit_wakes_and_only_its_channel() {
    let db = accounts().await;
    let (mut outbox, mut tasks) = (quiet(&db).await, db.listen("tasks"));
    let mut tx = db.begin().await.unwrap();
    tx.wake("outbox");
    drop(tx);
    publish(&db, "tasks").await;
    assert!(woken(&mut tasks).await);
    assert!(timeout(Duration::from_millis(50), outbox.wait()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_waits_sees_every_row_in_the_end() {
    const ROWS: i64 = 400;
    let db = accounts().await;
    let mut listener = quiet(&db).await;
    let consumer = base::spawn("consumer", {
        let db = db.clone();
        async move {
            while count(&db).await < ROWS {
                assert!(woken(&mut listener).await, "{} rows", count(&db).await);
            }
        }
    });
    let producers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            base::spawn("producer", async move {
                for _ in 0..ROWS / 8 {
                    publish(&db, "outbox").await;
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    consumer.await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_caller_is_gone_wakes_all_the_same() {
    let db = accounts().await;
    let mut listener = quiet(&db).await;
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, Id::new(), 1).await.unwrap();
    tx.wake("outbox");
    let mut commit = Box::pin(tx.commit());
    let _started =
        std::future::poll_fn(|cx| std::task::Poll::Ready(commit.as_mut().poll(cx).is_ready())).await;
    drop(commit);
    assert!(woken(&mut listener).await);
}

#[tokio::test]
async fn other_processes_are_woken_on_postgres() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let other = db.again().await;
    let mut listener = quiet(&other).await;
    for _ in 0..3 {
        publish(&db, "outbox").await;
        assert!(woken(&mut listener).await);
    }
}

#[tokio::test]
async fn a_listener_that_lost_its_connection_hears_again() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let other = db.again().await;
    let mut listener = quiet(&other).await;
    let killed = sql("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = ")
        .push_bind(format!("LISTEN \"{}\"", db.location()));
    assert_eq!(killed.scalar::<i64>(&mut db.conn().await.unwrap()).await.unwrap(), 1);
    assert!(woken(&mut listener).await, "reconnecting wakes, because something may have been missed");
    publish(&db, "outbox").await;
    assert!(woken(&mut listener).await);
}
