//! Which rule refused a row, by the same name on both engines.

use base::{Clock, Id, Kind};
use db::testing::TestDb;
use db::{DbError, Migration, Sql, sql, testing};

const TABLES: Migration = Migration::new(
    "constraints",
    "CREATE TABLE owner (id UUID PRIMARY KEY, email TEXT NOT NULL);
    CREATE UNIQUE INDEX owner_email ON owner (lower(email));
    CREATE TABLE cart (
        id UUID PRIMARY KEY,
        owner_id UUID NOT NULL REFERENCES owner (id),
        status TEXT NOT NULL,
        number BIGINT NOT NULL UNIQUE,
        shop TEXT NOT NULL,
        code TEXT NOT NULL,
        lines BIGINT NOT NULL,
        CONSTRAINT cart_code UNIQUE (shop, code),
        CONSTRAINT cart_lines CHECK (lines >= 0 AND lines <= 99)
    );
    CREATE UNIQUE INDEX cart_one_open ON cart (owner_id) WHERE status = 'open';",
);

struct Cart {
    owner: Id<()>,
    status: &'static str,
    number: i64,
    code: &'static str,
    lines: i64,
}

impl Cart {
    fn insert(&self, id: Id<()>) -> Sql {
        sql("INSERT INTO cart (id, owner_id, status, number, shop, code, lines) VALUES ($1, $2, $3, $4, 'eu', $5, $6)")
            .bind(id)
            .bind(self.owner)
            .bind(self.status)
            .bind(self.number)
            .bind(self.code)
            .bind(self.lines)
    }
}

/// A database with one owner who has one open cart.
async fn shop() -> (TestDb, Id<()>, Id<()>) {
    let db = testing::database("constraints", &[TABLES], Clock::system()).await;
    let (owner, cart) = (Id::new(), Id::new());
    let mut tx = db.begin().await.unwrap();
    sql("INSERT INTO owner (id, email) VALUES ($1, 'Ada@example.org')")
        .bind(owner)
        .run_one(&mut tx)
        .await
        .unwrap();
    let first = Cart { owner, status: "open", number: 1, code: "a", lines: 0 };
    first.insert(cart).run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    (db, owner, cart)
}

async fn refused(db: &TestDb, statement: Sql) -> DbError {
    let mut tx = db.begin().await.unwrap();
    statement.run(&mut tx).await.unwrap_err()
}

#[tokio::test]
async fn a_unique_index_is_recognised_by_its_name() {
    let (db, owner, _) = shop().await;
    let second = Cart { owner, status: "open", number: 2, code: "b", lines: 0 };
    let error = refused(&db, second.insert(Id::new())).await;
    assert!(error.is_unique("cart_one_open"), "{error:?}");
    assert!(!error.is_unique("cart_code") && !error.is_check("cart_one_open") && !error.is_transient());
    let closed = Cart { status: "closed", ..second };
    let mut tx = db.begin().await.unwrap();
    closed.insert(Id::new()).run_one(&mut tx).await.unwrap();
}

#[tokio::test]
async fn an_index_over_an_expression_is_recognised_by_its_name() {
    let (db, _, _) = shop().await;
    let same = sql("INSERT INTO owner (id, email) VALUES ($1, 'ADA@EXAMPLE.ORG')").bind(Id::<()>::new());
    assert!(refused(&db, same).await.is_unique("owner_email"));
}

#[tokio::test]
async fn constraints_of_tables_are_recognised_by_their_names() {
    let (db, owner, cart) = shop().await;
    let fresh = || Cart { owner, status: "closed", number: 2, code: "b", lines: 0 };
    let error = refused(&db, Cart { code: "a", ..fresh() }.insert(Id::new())).await;
    assert!(error.is_unique("cart_code"), "{error:?}");
    let error = refused(&db, Cart { number: 1, ..fresh() }.insert(Id::new())).await;
    assert!(error.is_unique("cart_number_key"), "{error:?}");
    let error = refused(&db, fresh().insert(cart)).await;
    assert!(error.is_unique("cart_pkey"), "{error:?}");
    let error = refused(&db, Cart { lines: 100, ..fresh() }.insert(Id::new())).await;
    assert!(error.is_check("cart_lines") && !error.is_unique("cart_lines"), "{error:?}");
}

#[tokio::test]
async fn a_missing_parent_and_a_needed_one_are_recognised() {
    let (db, owner, _) = shop().await;
    let orphan = Cart { owner: Id::new(), status: "closed", number: 2, code: "b", lines: 0 };
    assert!(refused(&db, orphan.insert(Id::new())).await.is_foreign_key());
    let delete = || sql("DELETE FROM owner WHERE id = $1").bind(owner);
    assert!(refused(&db, delete()).await.is_foreign_key());
    // The check happens at the end of the statement, also when its rows are read.
    let mut tx = db.begin().await.unwrap();
    let error = delete().push(" RETURNING id").all::<(Id<()>,)>(&mut tx).await.unwrap_err();
    assert!(error.is_foreign_key());
}

#[tokio::test]
async fn a_missing_value_of_a_column_is_none_of_them() {
    let (db, _, _) = shop().await;
    let error = refused(&db, sql("INSERT INTO owner (id) VALUES ($1)").bind(Id::<()>::new())).await;
    assert!(matches!(error, DbError::Driver(_)), "{error:?}");
}

#[tokio::test]
async fn clients_never_see_statements_or_data() {
    let (db, _, _) = shop().await;
    let same = sql("INSERT INTO owner (id, email) VALUES ($1, 'ada@example.org')").bind(Id::<()>::new());
    let error = base::Error::from(refused(&db, same).await);
    assert_eq!(error.kind(), Kind::Internal);
    let shown = serde_json::to_string(&error.to_problem()).unwrap();
    assert!(!shown.contains("owner") && !shown.contains("ada@"), "{shown}");
}
