//! Many writers at once.

use crate::support::accounts;
use db::{Db, DbError, sql};

/// Adds 1 to the version of account 1, if it is still the one that was read.
async fn increment(db: &Db) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    let version: i64 = sql("SELECT version FROM account WHERE id = 1").scalar(&mut tx).await?;
    sql("UPDATE account SET version = version + 1 WHERE id = 1 AND version = $1")
        .bind(version)
        .run_one(&mut tx)
        .await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_concurrent_increments_are_all_counted_once() {
    let db = accounts().await;
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let db = db.clone();
            base::spawn("increment", async move {
                loop {
                    match increment(&db).await {
                        Err(DbError::Rows(0)) => {}
                        other => return other,
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut conn = db.conn().await.unwrap();
    let version: i64 = sql("SELECT version FROM account WHERE id = 1").scalar(&mut conn).await.unwrap();
    assert_eq!(version, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_unit_is_taken_once() {
    let db = accounts().await;
    let mut tx = db.begin().await.unwrap();
    sql("UPDATE account SET balance = 5 WHERE id = 1").run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let db = db.clone();
            base::spawn("take", async move {
                let mut tx = db.begin().await?;
                let take = sql("UPDATE account SET balance = balance - 1 WHERE id = 1 AND balance >= 1");
                take.run_one(&mut tx).await?;
                tx.commit().await
            })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => taken += 1,
            Err(error) => assert!(matches!(error, DbError::Rows(0)), "{error:?}"),
        }
    }
    assert_eq!(taken, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_database() {
    let db = accounts().await;
    let other = db.again().await;
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let db = if number % 2 == 0 { Db::clone(&db) } else { other.clone() };
            base::spawn("increment", async move {
                let mut tx = db.begin().await?;
                sql("UPDATE account SET version = version + 1 WHERE id = 1").run_one(&mut tx).await?;
                tx.commit().await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut conn = other.conn().await.unwrap();
    let version: i64 = sql("SELECT version FROM account WHERE id = 1").scalar(&mut conn).await.unwrap();
    assert_eq!(version, 60);
}
