//! The little bank most tests use.

use db::testing::{self, TestDb};
use db::{Conn, Db, DbError, Migration, sql};

/// Two accounts, whose balances are never negative, and a journal of what was done.
pub(crate) const ACCOUNTS: Migration = Migration::new(
    "accounts",
    "CREATE TABLE account (
        id BIGINT PRIMARY KEY,
        balance BIGINT NOT NULL CONSTRAINT account_covered CHECK (balance >= 0),
        version BIGINT NOT NULL
    );
    CREATE TABLE journal (id UUID PRIMARY KEY, amount BIGINT NOT NULL);
    INSERT INTO account (id, balance, version) VALUES (1, 1000000, 0), (2, 1000000, 0);",
);

pub(crate) async fn accounts() -> TestDb {
    testing::database("accounts", &[ACCOUNTS], base::Clock::system()).await
}

pub(crate) async fn note(c: &mut Conn, id: base::Id<()>, amount: i64) -> Result<(), DbError> {
    sql("INSERT INTO journal (id, amount) VALUES ($1, $2)").bind(id).bind(amount).run_one(c).await
}

pub(crate) async fn is_noted(db: &Db, id: base::Id<()>) -> bool {
    let mut conn = db.conn().await.unwrap();
    let row: Option<(i64,)> =
        sql("SELECT amount FROM journal WHERE id = $1").bind(id).opt(&mut conn).await.unwrap();
    row.is_some()
}

pub(crate) async fn count(db: &Db) -> i64 {
    sql("SELECT COUNT(*) FROM journal").scalar(&mut db.conn().await.unwrap()).await.unwrap()
}
