//! Futures that are dropped at any of their await points, under load.

use crate::support::{accounts, count, is_noted, note};
use base::Id;
use db::{Db, DbError, sql};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;

/// Drops its future when it was polled `polls` times without coming to an end.
struct Impatient<F> {
    future: Option<Pin<Box<F>>>,
    polls: u64,
}

impl<F: Future> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = self.future.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        match self.polls {
            0 | 1 => {
                self.future = None;
                Poll::Ready(None)
            }
            more => {
                self.polls = more - 1;
                Poll::Pending
            }
        }
    }
}

fn impatient<F: Future>(polls: u64, future: F) -> Impatient<F> {
    Impatient { future: Some(Box::pin(future)), polls }
}

/// Moves `amount` from account 1 to account 2 and writes it down.
async fn transfer(db: &Db, id: Id<()>, amount: i64, yields: bool) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    sql("UPDATE account SET balance = balance - $1 WHERE id = 1").bind(amount).run_one(&mut tx).await?;
    if yields {
        tokio::task::yield_now().await;
    }
    sql("UPDATE account SET balance = balance + $1 WHERE id = 2").bind(amount).run_one(&mut tx).await?;
    note(&mut tx, id, amount).await?;
    tx.commit().await
}

/// A cheap sequence of numbers that looks random.
fn scatter(seed: u64) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32
}

async fn storm(db: &Db, tasks: u64, rounds: u64, most_polls: u64) -> u64 {
    let acknowledged = Arc::new(AtomicU64::new(0));
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (db, acknowledged) = (db.clone(), acknowledged.clone());
            base::spawn("storm", async move {
                for round in 0..rounds {
                    let chance = scatter(task * rounds + round + 1);
                    let (id, polls) = (Id::new(), 1 + chance % most_polls);
                    let outcome = impatient(polls, transfer(&db, id, 1, chance & 64 == 0)).await;
                    if let Some(outcome) = outcome {
                        outcome.unwrap();
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                        assert!(is_noted(&db, id).await, "an acknowledged transfer is lost");
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    acknowledged.load(Ordering::Relaxed)
}

async fn check_books(db: &Db, acknowledged: u64) {
    // Whoever comes next is served, and everything the storm left behind is settled before.
    let next = timeout(Duration::from_secs(60), transfer(db, Id::new(), 0, false)).await;
    next.expect("the writer is not stuck").unwrap();
    let mut conn = db.conn().await.unwrap();
    let (first, second): (i64, i64) =
        sql("SELECT a.balance, b.balance FROM account a CROSS JOIN account b WHERE a.id = 1 AND b.id = 2")
            .one(&mut conn)
            .await
            .unwrap();
    let moved: i64 = sql("SELECT CAST(SUM(amount) AS BIGINT) FROM journal").scalar(&mut conn).await.unwrap();
    assert_eq!(first + second, 2_000_000);
    assert_eq!(second - 1_000_000, moved);
    assert!(moved as u64 >= acknowledged, "{moved} moved, {acknowledged} acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_transfers_happen_wholly_or_not_at_all() {
    let db = accounts().await;
    let rounds = if db.engine() == db::Engine::Sqlite { 250 } else { 25 };
    let acknowledged = storm(&db, 24, rounds, 6).await;
    check_books(&db, acknowledged).await;
}

#[tokio::test]
async fn dropped_transfers_on_a_single_thread() {
    let db = accounts().await;
    let rounds = if db.engine() == db::Engine::Sqlite { 250 } else { 25 };
    let acknowledged = storm(&db, 24, rounds, 9).await;
    check_books(&db, acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfers_that_run_out_of_time_happen_wholly_or_not_at_all() {
    let db = accounts().await;
    let tasks: Vec<_> = (0..32_u64)
        .map(|task| {
            let db = db.clone();
            base::spawn("late", async move {
                let mut acknowledged = 0;
                for round in 0..40 {
                    let micros = scatter(task * 40 + round + 7) % 3000;
                    let transfer = transfer(&db, Id::new(), 1, round % 2 == 0);
                    if timeout(Duration::from_micros(micros), transfer).await.is_ok() {
                        acknowledged += 1;
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = 0;
    for task in tasks {
        acknowledged += task.await.unwrap();
    }
    check_books(&db, acknowledged).await;
}

#[tokio::test]
async fn a_commit_whose_caller_is_gone_is_finished_all_the_same() {
    let db = accounts().await;
    for _ in 0..20 {
        let id = Id::new();
        let mut tx = db.begin().await.unwrap();
        note(&mut tx, id, 1).await.unwrap();
        let mut commit = Box::pin(tx.commit());
        let _started = std::future::poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx).is_ready())).await;
        drop(commit);
        timeout(Duration::from_secs(20), async {
            while !is_noted(&db, id).await {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the commit takes its course");
    }
    assert_eq!(count(&db).await, 20);
}

#[tokio::test]
async fn a_waiter_who_leaves_with_the_turn_in_hand_does_not_keep_others_from_their_commit() {
    let db = accounts().await;
    for _ in 0..50 {
        let id = Id::new();
        let mut tx = db.begin().await.unwrap();
        note(&mut tx, id, 1).await.unwrap();
        let mut waiter = Box::pin(db.begin());
        // On SQLite it now stands in line; the commit leaves the batch open for it.
        let _in_line = std::future::poll_fn(|cx| Poll::Ready(waiter.as_mut().poll(cx).is_ready())).await;
        let commit = base::spawn("commit", tx.commit());
        tokio::task::yield_now().await;
        drop(waiter);
        let done = timeout(Duration::from_secs(20), commit).await;
        done.expect("the batch is committed").unwrap().unwrap();
        assert!(is_noted(&db, id).await);
    }
}
