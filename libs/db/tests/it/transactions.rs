//! What a transaction keeps, and when others see it.

use crate::support::{accounts, count, is_noted, note};
use base::context::{self, RequestContext};
use base::{Clock, Id};
use db::{DbError, SqliteOptions, sql, testing};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let db = accounts().await;
    let id = Id::new();
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, id, 1).await.unwrap();
    drop(tx);
    assert!(!is_noted(&db, id).await);
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn nobody_sees_a_transaction_before_its_commit_and_its_owner_right_after() {
    let db = accounts().await;
    for amount in 0..50 {
        let id = Id::new();
        let mut tx = db.begin().await.unwrap();
        note(&mut tx, id, amount).await.unwrap();
        assert!(!is_noted(&db, id).await);
        tx.commit().await.unwrap();
        assert!(is_noted(&db, id).await);
    }
}

#[tokio::test]
async fn a_failed_statement_ends_its_transaction() {
    let db = accounts().await;
    let (before, after) = (Id::new(), Id::new());
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, before, 1).await.unwrap();
    assert!(note(&mut tx, before, 1).await.unwrap_err().is_unique("journal_pkey"));
    assert!(matches!(note(&mut tx, after, 1).await, Err(DbError::Aborted)));
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_guarded_update_that_finds_nothing_does_not_end_its_transaction() {
    let db = accounts().await;
    let id = Id::new();
    let mut tx = db.begin().await.unwrap();
    let guarded = sql("UPDATE account SET version = 1 WHERE id = 1 AND version = 7");
    assert!(matches!(guarded.run_one(&mut tx).await, Err(DbError::Rows(0))));
    assert_eq!(sql("SELECT version FROM account WHERE id = 1").scalar::<i64>(&mut tx).await.unwrap(), 0);
    note(&mut tx, id, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_noted(&db, id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_transaction_does_not_hurt_its_neighbours() {
    let db = accounts().await;
    let taken = Id::new();
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, taken, 0).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..300)
        .map(|number| {
            let db = db.clone();
            base::spawn("neighbour", async move {
                let id = Id::new();
                let mut tx = db.begin().await.unwrap();
                note(&mut tx, id, number).await.unwrap();
                if number % 3 == 0 {
                    return (id, false);
                }
                if number % 3 == 1 {
                    note(&mut tx, taken, 0).await.unwrap_err();
                    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
                    return (id, false);
                }
                tx.commit().await.unwrap();
                (id, true)
            })
        })
        .collect();
    for task in tasks {
        let (id, kept) = task.await.unwrap();
        assert_eq!(is_noted(&db, id).await, kept);
    }
    assert_eq!(count(&db).await, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lost_to_another_transaction_can_read_what_it_lost_to() {
    let db = accounts().await;
    for _ in 0..100 {
        let id = Id::new();
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let db = db.clone();
                base::spawn("rival", async move {
                    let mut tx = db.begin().await.unwrap();
                    match note(&mut tx, id, number).await {
                        Ok(()) => tx.commit().await.unwrap(),
                        Err(error) => {
                            assert!(error.is_unique("journal_pkey"), "{error:?}");
                            drop(tx);
                            assert!(is_noted(&db, id).await);
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn reading_elsewhere_inside_a_transaction_does_not_block() {
    let db = accounts().await;
    // A transaction that looked into an open batch and was dropped, while another is still open.
    let mut keeper = db.begin().await.unwrap();
    note(&mut keeper, Id::new(), 1).await.unwrap();
    let looker = base::spawn("looker", {
        let db = db.clone();
        async move { drop(db.begin().await.unwrap()) }
    });
    let holder = base::spawn("holder", {
        let db = db.clone();
        async move {
            let tx = db.begin().await.unwrap();
            let reader = timeout(Duration::from_secs(20), db.conn()).await;
            reader.expect("a reader is not kept waiting by its own transaction").unwrap();
            tx.commit().await.unwrap();
        }
    });
    tokio::task::yield_now().await;
    keeper.commit().await.unwrap();
    looker.await.unwrap();
    holder.await.unwrap();
}

#[tokio::test]
async fn an_open_transaction_is_marked_for_those_who_call_peers() {
    let db = accounts().await;
    context::scope(RequestContext::background(), async {
        assert!(!context::in_transaction());
        let tx = db.begin().await.unwrap();
        assert!(context::in_transaction());
        tx.commit().await.unwrap();
        assert!(!context::in_transaction());
        let tx = db.begin().await.unwrap();
        drop(tx);
        assert!(!context::in_transaction());
        let mut tx = db.begin().await.unwrap();
        sql("SELECT nothing FROM nowhere").run(&mut tx).await.unwrap_err();
        tx.commit().await.unwrap_err();
        assert!(!context::in_transaction());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_wait_for_each_other_share_a_commit() {
    let db = testing::sqlite("shared", Clock::system(), SqliteOptions::default()).await;
    db.migrate(&[crate::support::ACCOUNTS]).await.unwrap();
    let before = db.stats();
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let db = db.clone();
            base::spawn("writer", async move {
                let mut tx = db.begin().await.unwrap();
                note(&mut tx, Id::new(), number).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let after = db.stats();
    assert_eq!(after.transactions - before.transactions, 64);
    assert!(after.commits - before.commits < 64, "{after:?}");
}

#[tokio::test]
async fn a_closed_database_refuses_and_has_kept_everything() {
    let db = accounts().await;
    let id = Id::new();
    let mut tx = db.begin().await.unwrap();
    note(&mut tx, id, 1).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    db.close().await;
    assert!(db.begin().await.err().unwrap().is_transient());
    assert!(db.conn().await.err().unwrap().is_transient());
    assert!(db.ping().await.is_err());
    assert!(is_noted(&db.again().await, id).await);
}

#[tokio::test]
async fn the_present_comes_from_the_clock_of_the_database() {
    let clock = Clock::manual(base::Timestamp::EPOCH);
    let db = testing::database("clock", &[], clock.clone()).await;
    let tx = db.begin().await.unwrap();
    clock.advance(Duration::from_secs(7));
    assert_eq!(tx.now().seconds(), 7);
    assert_eq!(db.conn().await.unwrap().now(), db.clock().now());
}
