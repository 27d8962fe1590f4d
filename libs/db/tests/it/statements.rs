//! Statements and rows: what is counted, what is refused.

use crate::support::{ACCOUNTS, accounts};
use base::{Clock, Id};
use db::{Cell, DbError, FromValue, Json, Migration, json, json_opt, sql, testing};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

fn is_usage<T: std::fmt::Debug>(outcome: Result<T, DbError>) -> bool {
    matches!(outcome, Err(DbError::Usage(_)))
}

#[tokio::test]
async fn a_missing_value_is_refused_instead_of_being_null() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let missing = sql("SELECT id FROM account WHERE id = $1 OR balance = $2").bind(1_i64);
    assert!(is_usage(missing.all::<(i64,)>(&mut conn).await));
    assert!(is_usage(sql("SELECT id FROM account WHERE id = $1").run(&mut conn).await));
}

#[tokio::test]
async fn a_value_too_many_is_refused() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let extra = sql("SELECT id FROM account WHERE id = $1").bind(1_i64).bind(2_i64);
    assert!(is_usage(extra.all::<(i64,)>(&mut conn).await));
    let gap = sql("SELECT id FROM account WHERE id = $1 OR id = $3").bind(1_i64).bind(2_i64).bind(3_i64);
    assert!(is_usage(gap.all::<(i64,)>(&mut conn).await));
    let other = sql("SELECT id FROM account WHERE id = $one").bind(1_i64);
    assert!(is_usage(other.all::<(i64,)>(&mut conn).await));
}

#[tokio::test]
async fn placeholders_may_repeat_and_come_in_any_order() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let row: (i64, i64, String) = sql(
        "SELECT id, balance, '$9 ''$8''' FROM account WHERE id = $2 AND balance > $1 AND id < $2 + $1 -- $7",
    )
    .bind(1_i64)
    .bind(2_i64)
    .one(&mut conn)
    .await
    .unwrap();
    assert_eq!(row, (2, 1_000_000, "$9 '$8'".to_owned()));
}

#[tokio::test]
async fn lists_hold_what_they_are_given_and_empty_ones_nothing() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let query = |ids: Vec<i64>| {
        let query = sql("SELECT id FROM account WHERE balance > ").push_bind(0_i64).push(" AND id IN ");
        query.push_list(ids).push(" AND version = ").push_bind(0_i64).push(" ORDER BY id")
    };
    assert_eq!(query(vec![1, 2, 7]).all::<(i64,)>(&mut conn).await.unwrap(), [(1,), (2,)]);
    assert_eq!(query(vec![2]).all::<(i64,)>(&mut conn).await.unwrap(), [(2,)]);
    assert_eq!(query(vec![]).all::<(i64,)>(&mut conn).await.unwrap(), []);
    assert_eq!(query((0..3000).collect()).all::<(i64,)>(&mut conn).await.unwrap(), [(1,), (2,)]);
}

#[tokio::test]
async fn one_row_means_exactly_one() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let of = |id: i64| sql("SELECT id FROM account WHERE id >= $1").bind(id);
    assert!(matches!(of(1).one::<(i64,)>(&mut conn).await, Err(DbError::Rows(2))));
    assert!(matches!(of(1).opt::<(i64,)>(&mut conn).await, Err(DbError::Rows(2))));
    assert!(matches!(of(9).one::<(i64,)>(&mut conn).await, Err(DbError::Rows(0))));
    assert_eq!(of(9).opt::<(i64,)>(&mut conn).await.unwrap(), None);
    assert_eq!(of(2).scalar::<i64>(&mut conn).await.unwrap(), 2);
}

#[tokio::test]
async fn touched_rows_are_counted() {
    let db = accounts().await;
    let mut tx = db.begin().await.unwrap();
    let update = |id: i64| sql("UPDATE account SET version = 1 WHERE id >= $1").bind(id);
    assert_eq!(update(1).run(&mut tx).await.unwrap(), 2);
    assert_eq!(update(9).run(&mut tx).await.unwrap(), 0);
    assert!(matches!(update(1).run_one(&mut tx).await, Err(DbError::Rows(2))));
    update(2).run_one(&mut tx).await.unwrap();
    assert_eq!(update(1).push(" RETURNING id").run(&mut tx).await.unwrap(), 2);
    let again =
        sql("INSERT INTO account (id, balance, version) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING");
    assert_eq!(again.run(&mut tx).await.unwrap(), 0);
    let returned: Vec<(i64,)> = update(1).push(" RETURNING id").all(&mut tx).await.unwrap();
    assert_eq!(returned.len(), 2);
    assert_eq!(sql("CREATE TABLE other (id BIGINT)").run(&mut tx).await.unwrap(), 0);
    assert_eq!(sql("SELECT id FROM account").run(&mut tx).await.unwrap(), 2);
}

#[tokio::test]
async fn transactions_are_not_steered_by_statements() {
    let db = accounts().await;
    let mut tx = db.begin().await.unwrap();
    for text in ["COMMIT", " rollback", "BEGIN", "\nsavepoint x", "PRAGMA synchronous = OFF", "VACUUM"] {
        assert!(is_usage(sql(text).run(&mut tx).await), "{text}");
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn one_statement_at_a_time() {
    let db = accounts().await;
    let mut tx = db.begin().await.unwrap();
    sql("DELETE FROM journal; DELETE FROM account").run(&mut tx).await.unwrap_err();
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    sql("UPDATE account SET version = 7").run(&mut conn).await.unwrap_err();
    assert_eq!(
        sql("SELECT CAST(SUM(version) AS BIGINT) FROM account").scalar::<i64>(&mut conn).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    let text = sql("SELECT balance FROM account WHERE id = 1").scalar::<String>(&mut conn).await.unwrap_err();
    assert!(text.to_string().contains("expected a text, found an integer"), "{text}");
    let null = sql("SELECT CAST(NULL AS BIGINT)").scalar::<i64>(&mut conn).await.unwrap_err();
    assert!(null.to_string().contains("found NULL"), "{null}");
    let large = sql("SELECT CAST(70000 AS BIGINT)").scalar::<u16>(&mut conn).await.unwrap_err();
    assert!(large.to_string().contains("70000"), "{large}");
    let missing = sql("SELECT id FROM account WHERE id = 1").one::<(i64, i64)>(&mut conn).await.unwrap_err();
    assert!(missing.to_string().contains("column 1"), "{missing}");
}

#[tokio::test]
async fn a_text_with_nul_is_refused_on_both_engines() {
    let db = accounts().await;
    let mut conn = db.conn().await.unwrap();
    assert!(is_usage(sql("SELECT $1").bind("a\0b").scalar::<String>(&mut conn).await));
}

#[tokio::test]
async fn every_statement_is_counted() {
    let db = accounts().await;
    let before = db.stats();
    let mut tx = db.begin().await.unwrap();
    sql("UPDATE account SET version = 1").run(&mut tx).await.unwrap();
    sql("SELECT id FROM account").all::<(i64,)>(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    drop(db.begin().await.unwrap());
    let after = db.stats();
    assert_eq!(after.statements - before.statements, 2);
    assert_eq!(after.transactions - before.transactions, 1);
    assert_eq!(after.commits - before.commits, 1);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    lines: Vec<i64>,
}

const DOCUMENTS: Migration =
    Migration::new("documents", "CREATE TABLE document (id UUID PRIMARY KEY, body JSONB, kind TEXT);");

#[tokio::test]
async fn documents_are_structs_again() {
    let db = testing::database("documents", &[ACCOUNTS, DOCUMENTS], Clock::system()).await;
    let address = Address { street: "Straße 1".into(), lines: vec![1, 2] };
    let mut tx = db.begin().await.unwrap();
    let insert = || sql("INSERT INTO document (id, body) VALUES ($1, $2)").bind(Id::<()>::new());
    insert().bind(json(&address)).run_one(&mut tx).await.unwrap();
    insert().bind(json_opt::<Address>(None)).run_one(&mut tx).await.unwrap();
    let found: Vec<(Option<Json<Address>>,)> =
        sql("SELECT body FROM document ORDER BY id").all(&mut tx).await.unwrap();
    assert_eq!(found[0].0.as_ref().unwrap().0, address);
    assert!(found[1].0.is_none());
    let wrong =
        sql("SELECT body FROM document WHERE body IS NOT NULL").scalar::<Json<Vec<i64>>>(&mut tx).await;
    assert!(matches!(wrong, Err(DbError::Decode(_))));
}

#[tokio::test]
async fn a_value_without_json_form_is_refused() {
    let db = testing::database("documents", &[DOCUMENTS], Clock::system()).await;
    let strange = HashMap::from([((1, 2), 3)]);
    let mut conn = db.conn().await.unwrap();
    assert!(is_usage(
        sql("SELECT id FROM document WHERE body = $1").bind(json(&strange)).run(&mut conn).await
    ));
}

#[derive(Debug, PartialEq)]
enum Kind {
    Draft,
}

impl FromValue for Kind {
    fn from_value(cell: Cell<'_>) -> Result<Self, DbError> {
        match String::from_value(cell)?.as_str() {
            "draft" => Ok(Kind::Draft),
            other => Err(DbError::decode(format!("{other:?} is not a kind"))),
        }
    }
}

#[tokio::test]
async fn states_are_read_from_their_text() {
    let db = testing::database("documents", &[DOCUMENTS], Clock::system()).await;
    let mut conn = db.conn().await.unwrap();
    let draft = sql("SELECT CAST($1 AS TEXT)").bind("draft").scalar::<Kind>(&mut conn).await.unwrap();
    assert_eq!(draft, Kind::Draft);
    let wrong = sql("SELECT CAST($1 AS TEXT)").bind("gone").scalar::<Kind>(&mut conn).await.unwrap_err();
    assert!(wrong.to_string().contains("gone"), "{wrong}");
}
