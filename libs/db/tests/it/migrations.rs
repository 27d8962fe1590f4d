//! Each migration is applied once, wholly or not at all.

use base::Clock;
use db::testing::{self, TestDb};
use db::{Db, DbError, Migration, sql};

const FIRST: Migration =
    Migration::new("first", "CREATE TABLE a (id BIGINT PRIMARY KEY, flag BOOLEAN NOT NULL);");
const SECOND: Migration = Migration::new(
    "second",
    "CREATE TABLE b (id UUID PRIMARY KEY, a_id BIGINT NOT NULL REFERENCES a (id));
    CREATE INDEX b_a ON b (a_id);
    INSERT INTO a (id, flag) VALUES (1, TRUE);",
);

async fn empty() -> TestDb {
    testing::database("migrations", &[], Clock::system()).await
}

async fn exists(db: &Db, table: &str) -> bool {
    let mut conn = db.conn().await.unwrap();
    sql(format!("SELECT COUNT(*) FROM {table}")).scalar::<i64>(&mut conn).await.is_ok()
}

#[tokio::test]
async fn migrations_are_applied_once_and_in_order() {
    let db = empty().await;
    assert_eq!(db.pending(&[FIRST, SECOND]).await.unwrap(), ["first", "second"]);
    assert_eq!(db.migrate(&[FIRST]).await.unwrap(), ["first"]);
    assert_eq!(db.pending(&[FIRST, SECOND]).await.unwrap(), ["second"]);
    assert_eq!(db.migrate(&[FIRST, SECOND]).await.unwrap(), ["second"]);
    assert_eq!(db.migrate(&[FIRST, SECOND]).await.unwrap(), Vec::<&str>::new());
    assert_eq!(db.again().await.pending(&[FIRST, SECOND]).await.unwrap(), Vec::<&str>::new());
    let mut conn = db.conn().await.unwrap();
    assert!(sql("SELECT flag FROM a WHERE flag").scalar::<bool>(&mut conn).await.unwrap());
}

#[tokio::test]
async fn a_migration_changed_after_it_was_applied_is_refused() {
    let db = empty().await;
    db.migrate(&[FIRST]).await.unwrap();
    let changed = Migration::new("first", "CREATE TABLE a (id BIGINT PRIMARY KEY);");
    for error in [db.migrate(&[changed]).await.unwrap_err(), db.pending(&[changed]).await.unwrap_err()] {
        assert!(error.to_string().contains("first") && error.to_string().contains("changed"), "{error}");
    }
}

#[tokio::test]
async fn line_ends_of_windows_are_no_change() {
    let db = empty().await;
    db.migrate(&[Migration::new("m", "CREATE TABLE a (\n    id BIGINT PRIMARY KEY\n);")]).await.unwrap();
    let windows = Migration::new("m", "CREATE TABLE a (\r\n    id BIGINT PRIMARY KEY\r\n);");
    assert_eq!(db.pending(&[windows]).await.unwrap(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing_and_those_before_it_stay() {
    let db = empty().await;
    let broken =
        Migration::new("broken", "CREATE TABLE c (id BIGINT PRIMARY KEY); CREATE TABLE a (id BIGINT);");
    let error = db.migrate(&[FIRST, broken, SECOND]).await.unwrap_err();
    assert!(matches!(&error, DbError::Migration { name, .. } if name == "broken"), "{error:?}");
    assert!(base::Error::from(error).chain().contains("already exists"));
    assert!(exists(&db, "a").await);
    assert!(!exists(&db, "c").await && !exists(&db, "b").await);
    assert_eq!(db.pending(&[FIRST, broken, SECOND]).await.unwrap(), ["broken", "second"]);
}

#[tokio::test]
async fn a_migration_that_steers_transactions_is_refused() {
    let db = empty().await;
    let commits =
        Migration::new("commits", "CREATE TABLE c (id BIGINT); COMMIT; CREATE TABLE d (id BIGINT);");
    assert!(matches!(db.migrate(&[commits]).await, Err(DbError::Migration { .. })));
    assert!(!exists(&db, "c").await);
}

#[tokio::test]
async fn two_migrations_of_one_name_are_refused() {
    let db = empty().await;
    let error = db.migrate(&[FIRST, FIRST]).await.unwrap_err();
    assert!(error.to_string().contains("two of this name"), "{error}");
    assert!(!exists(&db, "a").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_migrate_at_once_apply_each_migration_once() {
    let db = empty().await;
    let mut processes = Vec::new();
    for _ in 0..4 {
        let db = db.again().await;
        processes.push(base::spawn("process", async move { db.migrate(&[FIRST, SECOND]).await }));
    }
    let mut applied = Vec::new();
    for process in processes {
        applied.extend(process.await.unwrap().unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, ["first", "second"]);
    assert!(exists(&db, "b").await);
}

#[tokio::test]
async fn tables_refuse_values_of_another_type() {
    let db = empty().await;
    db.migrate(&[FIRST]).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    sql("INSERT INTO a (id, flag) VALUES ($1, $2)").bind(1_i64).bind("yes").run(&mut tx).await.unwrap_err();
}
