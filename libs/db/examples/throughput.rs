//! Measures what one machine reaches:
//! `cargo run --release -p db --features testing --example throughput`.
//!
//! Durable inserts by many callers with and without group commit, and point reads.
//! `EMPORION_TEST_BACKEND=postgres` measures PostgreSQL instead.

#![expect(clippy::print_stdout, reason = "the numbers are what it is for")]

use base::{Clock, Id};
use db::testing::{self, TestDb};
use db::{Db, DbError, Engine, Migration, SqliteOptions, sql};
use std::time::{Duration, Instant};

const TABLE: Migration = Migration::new(
    "throughput",
    "CREATE TABLE event (
        id UUID PRIMARY KEY,
        kind TEXT NOT NULL,
        amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
        document JSONB NOT NULL,
        created_at TIMESTAMPTZ NOT NULL
    );",
);

const RUN: Duration = Duration::from_secs(4);

#[derive(Clone, Copy)]
enum Work {
    Insert,
    Read(Id<()>),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = open(SqliteOptions::default()).await?;
    measure("inserts, 64 callers", &db, 64, Work::Insert).await?;
    measure("inserts, 1 caller", &db, 1, Work::Insert).await?;
    if db.engine() == Engine::Sqlite {
        let single = open(SqliteOptions { batch_transactions: 1, ..SqliteOptions::default() }).await?;
        measure("inserts, 64 callers, a commit each", &single, 64, Work::Insert).await?;
    }
    let (id,) = sql("SELECT id FROM event LIMIT 1").one(&mut db.conn().await?).await?;
    measure("point reads, 64 callers", &db, 64, Work::Read(id)).await?;
    measure("point reads, 1 caller", &db, 1, Work::Read(id)).await?;
    Ok(())
}

async fn open(options: SqliteOptions) -> Result<TestDb, DbError> {
    let db = match testing::backend() {
        Engine::Sqlite => testing::sqlite("throughput", Clock::system(), options).await,
        Engine::Postgres => testing::database("throughput", &[], Clock::system()).await,
    };
    db.migrate(&[TABLE]).await?;
    Ok(db)
}

/// Lets `callers` repeat `work` for a while and prints how often it was done and how long it took.
async fn measure(name: &str, db: &Db, callers: usize, work: Work) -> Result<(), Box<dyn std::error::Error>> {
    let before = db.stats();
    let start = Instant::now();
    let tasks: Vec<_> =
        (0..callers).map(|_| base::spawn("caller", repeat(db.clone(), work, start))).collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await??);
    }
    let seconds = start.elapsed().as_secs_f64();
    taken.sort_unstable();
    let after = db.stats();
    println!(
        "{name:36} {:>7.0}/s   p50 {:>5} µs   p99 {:>6} µs   {} transactions in {} commits",
        taken.len() as f64 / seconds,
        taken[taken.len() / 2].as_micros(),
        taken[taken.len() * 99 / 100].as_micros(),
        after.transactions - before.transactions,
        after.commits - before.commits,
    );
    Ok(())
}

async fn repeat(db: Db, work: Work, start: Instant) -> Result<Vec<Duration>, DbError> {
    let mut taken = Vec::new();
    while start.elapsed() < RUN {
        let began = Instant::now();
        match work {
            Work::Insert => insert(&db).await?,
            Work::Read(id) => read(&db, id).await?,
        }
        taken.push(began.elapsed());
    }
    Ok(taken)
}

async fn insert(db: &Db) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    sql("INSERT INTO event (id, kind, amount_minor, document, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(Id::<()>::new())
        .bind("order.placed")
        .bind(1290_i64)
        .bind(serde_json::json!({"lines": 3, "note": "a document of ordinary size"}))
        .bind(tx.now())
        .run_one(&mut tx)
        .await?;
    tx.commit().await
}

async fn read(db: &Db, id: Id<()>) -> Result<(), DbError> {
    let mut conn = db.conn().await?;
    let row: (String, i64, serde_json::Value) =
        sql("SELECT kind, amount_minor, document FROM event WHERE id = $1").bind(id).one(&mut conn).await?;
    assert_eq!(row.1, 1290);
    Ok(())
}
