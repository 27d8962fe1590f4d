//! Failures only a database server has; on SQLite these tests have nothing to do.

use crate::support::accounts;
use base::Kind;
use db::{Conn, Db, DbError, Engine, PostgresOptions, sql, testing};
use std::time::Duration;

async fn set(c: &mut Conn, id: i64) -> Result<(), DbError> {
    sql("UPDATE account SET version = version + 1 WHERE id = $1").bind(id).run_one(c).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_transient_for_one_and_success_for_the_other() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let (mut first, mut second) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    set(&mut first, 1).await.unwrap();
    set(&mut second, 2).await.unwrap();
    let other = base::spawn("other", async move {
        set(&mut first, 2).await?;
        first.commit().await
    });
    let one = match set(&mut second, 1).await {
        Ok(()) => second.commit().await,
        Err(error) => {
            drop(second);
            Err(error)
        }
    };
    let outcomes = [one, other.await.unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let error = outcomes.into_iter().find_map(Result::err).unwrap();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(base::Error::from(error).kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_lost_connection_is_transient_and_the_next_one_works() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let mut tx = db.begin().await.unwrap();
    let pid: i32 = sql("SELECT pg_backend_pid()").scalar(&mut tx).await.unwrap();
    set(&mut tx, 1).await.unwrap();
    let kill = sql("SELECT pg_terminate_backend(CAST($1 AS INTEGER))").bind(pid);
    assert!(kill.scalar::<bool>(&mut db.conn().await.unwrap()).await.unwrap());
    let error = set(&mut tx, 2).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    let mut tx = db.begin().await.unwrap();
    set(&mut tx, 1).await.unwrap();
    tx.commit().await.unwrap();
    let version = sql("SELECT version FROM account WHERE id = 1");
    assert_eq!(version.scalar::<i64>(&mut db.conn().await.unwrap()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_transaction_whose_statement_was_dropped_midway_cannot_be_committed() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let mut tx = db.begin().await.unwrap();
    set(&mut tx, 1).await.unwrap();
    // The server will refuse this statement, but nobody waits for its answer.
    let failing = sql("INSERT INTO account (id, balance, version) VALUES (1, 0, 0)");
    let mut failing = Box::pin(failing.run(&mut tx));
    let _polled_once =
        std::future::poll_fn(|cx| std::task::Poll::Ready(failing.as_mut().poll(cx).is_ready())).await;
    drop(failing);
    assert!(matches!(set(&mut tx, 2).await, Err(DbError::Aborted)));
    assert!(matches!(tx.commit().await, Err(DbError::Aborted)));
    let version = sql("SELECT version FROM account WHERE id = 1");
    assert_eq!(version.scalar::<i64>(&mut db.conn().await.unwrap()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_transient() {
    let db = accounts().await;
    if db.engine() != Engine::Postgres {
        return;
    }
    let options =
        PostgresOptions { statement_timeout: Duration::from_millis(50), ..PostgresOptions::default() };
    let clock = base::Clock::system();
    let hasty = Db::postgres(&testing::postgres_url(), &db.location(), clock, options).await.unwrap();
    let slow = sql("SELECT pg_sleep(20)").run(&mut hasty.conn().await.unwrap()).await.unwrap_err();
    assert!(slow.is_transient(), "{slow:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_transient() {
    let url = "postgres://postgres@127.0.0.1:1/postgres";
    let clock = base::Clock::system();
    let error = Db::postgres(url, "shop", clock, PostgresOptions::default()).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_strange_schema_name_is_refused() {
    for schema in ["", "Shop", "a b", "a\"; DROP SCHEMA public; --", "1a", "ä"] {
        let clock = base::Clock::system();
        let outcome = Db::postgres(&testing::postgres_url(), schema, clock, PostgresOptions::default()).await;
        assert!(matches!(outcome, Err(DbError::Usage(_))), "{schema:?}");
    }
}
