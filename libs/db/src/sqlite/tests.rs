//! Failures of the writer that no statement can provoke from outside.

use super::Sqlite;
use crate::listen::Channels;
use crate::stats::Counters;
use crate::{DbError, SqliteOptions, sql};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

async fn open(path: &Path) -> Sqlite {
    let (counters, channels) = (Arc::<Counters>::default(), Arc::<Channels>::default());
    let sqlite = Sqlite::open(path, SqliteOptions::default(), counters, channels).await.unwrap();
    let turn = sqlite.begin().await.unwrap();
    super::exec::batch(turn.conn(), "CREATE TABLE IF NOT EXISTS t (x TEXT) STRICT").unwrap();
    turn.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    sqlite
}

fn insert(turn: &super::Turn, bytes: usize) -> Result<u64, DbError> {
    super::exec::run(turn.conn(), &sql("INSERT INTO t (x) VALUES ($1)").bind("x".repeat(bytes)))
}

async fn count(sqlite: &Sqlite) -> i64 {
    let reader = sqlite.conn().await.unwrap();
    super::exec::rows::<(i64,)>(&reader, &sql("SELECT COUNT(*) FROM t")).unwrap()[0].0
}

/// Limits the size of the file, as a full disk would.
fn limit_pages(turn: &super::Turn, pages: u32) {
    turn.conn().pragma_update(None, "max_page_count", pages).unwrap();
}

#[tokio::test]
async fn commits_wait_for_the_disk_and_foreign_keys_are_checked() {
    let files = tempfile::tempdir().unwrap();
    let sqlite = open(&files.path().join("settings.db")).await;
    let turn = sqlite.begin().await.unwrap();
    let setting = |name| turn.conn().pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    const FULL: i64 = 2;
    assert_eq!(setting("synchronous"), FULL);
    assert_eq!(setting("foreign_keys"), 1);
    let mode: String = turn.conn().pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_full_disk_fails_its_transaction_and_the_writer_goes_on() {
    let files = tempfile::tempdir().unwrap();
    let sqlite = open(&files.path().join("full.db")).await;
    let first = sqlite.begin().await.unwrap();
    insert(&first, 10).unwrap();
    let neighbour = first.commit(Vec::new(), false).unwrap();
    let second = sqlite.begin();
    let (neighbour, second) = tokio::join!(neighbour, second);
    neighbour.unwrap().unwrap();
    let second = second.unwrap();
    limit_pages(&second, 10);
    let error = insert(&second, 1_000_000).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    drop(second);
    let third = sqlite.begin().await.unwrap();
    limit_pages(&third, 1_000_000);
    insert(&third, 1_000_000).unwrap();
    third.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    assert_eq!(count(&sqlite).await, 2);
}

#[tokio::test]
async fn when_sqlite_gives_up_on_the_batch_all_its_members_are_told() {
    let files = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(open(&files.path().join("lost.db")).await);
    let first = sqlite.begin().await.unwrap();
    insert(&first, 10).unwrap();
    let waiting = base::spawn("second", {
        let sqlite = sqlite.clone();
        async move { sqlite.begin().await }
    });
    tokio::task::yield_now().await;
    let first = first.commit(vec!["never"], false).unwrap();
    let second = waiting.await.unwrap().unwrap();
    insert(&second, 10).unwrap();
    // What SQLite does by itself after some failures of the disk.
    second.conn().execute_batch("ROLLBACK").unwrap();
    assert!(matches!(second.commit(Vec::new(), false), Err(DbError::Aborted)));
    assert!(first.await.unwrap().unwrap_err().is_transient());
    assert_eq!(count(&sqlite).await, 0);
    let third = sqlite.begin().await.unwrap();
    insert(&third, 10).unwrap();
    third.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    assert_eq!(count(&sqlite).await, 1);
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_the_whole_batch() {
    let files = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(open(&files.path().join("deferred.db")).await);
    let first = sqlite.begin().await.unwrap();
    insert(&first, 10).unwrap();
    let waiting = base::spawn("second", {
        let sqlite = sqlite.clone();
        async move { sqlite.begin().await }
    });
    tokio::task::yield_now().await;
    let first = first.commit(Vec::new(), false).unwrap();
    let second = waiting.await.unwrap().unwrap();
    // A deferred foreign key is only looked at by COMMIT.
    let broken = "CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO c (p) VALUES (7)";
    super::exec::batch(second.conn(), broken).unwrap();
    let second = second.commit(Vec::new(), false).unwrap();
    first.await.unwrap().unwrap_err();
    second.await.unwrap().unwrap_err();
    assert_eq!(count(&sqlite).await, 0);
    let third = sqlite.begin().await.unwrap();
    insert(&third, 10).unwrap();
    third.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    assert_eq!(count(&sqlite).await, 1);
}

#[test]
fn a_runtime_that_ends_loses_what_was_not_acknowledged_and_blocks_nobody() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("ended.db");
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (sqlite, turn) = first.block_on(async {
        let sqlite = open(&path).await;
        let turn = sqlite.begin().await.unwrap();
        insert(&turn, 10).unwrap();
        (sqlite, turn)
    });
    drop(first);
    runtime().block_on(async {
        let answer = timeout(Duration::from_secs(20), turn.commit(Vec::new(), false).unwrap()).await;
        answer.expect("nobody waits for ever").unwrap().unwrap_err();
        drop(sqlite);
        assert_eq!(count(&open(&path).await).await, 0);
    });
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for_without_blocking_the_thread() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("shared.db");
    let (sqlite, other) = (open(&path).await, open(&path).await);
    let held = other.begin().await.unwrap();
    insert(&held, 10).unwrap();
    let begin = sqlite.begin();
    tokio::pin!(begin);
    assert!(timeout(Duration::from_millis(20), &mut begin).await.is_err());
    held.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    let turn = begin.await.unwrap();
    insert(&turn, 10).unwrap();
    turn.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    assert_eq!(count(&other).await, 2);
}

#[tokio::test]
async fn who_is_patient_shares_the_commit_of_the_next_in_a_hurry_and_does_not_wait_for_ever() {
    let files = tempfile::tempdir().unwrap();
    let (counters, channels) = (Arc::<Counters>::default(), Arc::<Channels>::default());
    let options = SqliteOptions { batch_age: Duration::from_millis(200), ..SqliteOptions::default() };
    let sqlite = Sqlite::open(&files.path().join("p.db"), options, counters.clone(), channels).await.unwrap();
    let turn = sqlite.begin().await.unwrap();
    super::exec::batch(turn.conn(), "CREATE TABLE t (x TEXT) STRICT").unwrap();
    turn.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    let patient = |turn: super::Turn| {
        insert(&turn, 1).unwrap();
        turn.commit(Vec::new(), true).unwrap()
    };
    let before = counters.read();
    let one = patient(sqlite.begin().await.unwrap());
    let two = patient(sqlite.begin().await.unwrap());
    assert_eq!(count(&sqlite).await, 0, "nobody sees what is not durable");
    let turn = sqlite.begin().await.unwrap();
    insert(&turn, 1).unwrap();
    turn.commit(Vec::new(), false).unwrap().await.unwrap().unwrap();
    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    let after = counters.read();
    assert_eq!((after.transactions - before.transactions, after.commits - before.commits), (3, 1));
    let alone = patient(sqlite.begin().await.unwrap());
    timeout(Duration::from_secs(10), alone).await.unwrap().unwrap().unwrap();
    assert_eq!(count(&sqlite).await, 4);
    let last = patient(sqlite.begin().await.unwrap());
    sqlite.close().await;
    last.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_dropped_transaction_takes_nothing_of_a_resting_batch_with_it() {
    let files = tempfile::tempdir().unwrap();
    let sqlite = open(&files.path().join("rest.db")).await;
    let turn = sqlite.begin().await.unwrap();
    insert(&turn, 1).unwrap();
    let patient = turn.commit(Vec::new(), true).unwrap();
    let dropped = sqlite.begin().await.unwrap();
    insert(&dropped, 1).unwrap();
    drop(dropped);
    patient.await.unwrap().unwrap();
    assert_eq!(count(&sqlite).await, 1);
}
