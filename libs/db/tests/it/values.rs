//! Values go in and come out unchanged.

use base::{Clock, Currency, Id, Timestamp};
use db::{Arg, DbError, FromRow, FromValue, Migration, Row, sql, testing};
use uuid::Uuid;

const TABLE: Migration = Migration::new(
    "values",
    "CREATE TABLE sample (
        id UUID PRIMARY KEY,
        flag BOOLEAN,
        number BIGINT,
        float DOUBLE PRECISION,
        text TEXT,
        bytes BYTEA,
        at TIMESTAMPTZ,
        document JSONB,
        other UUID
    );",
);

const INSERT: &str = "INSERT INTO sample (id, flag, number, float, text, bytes, at, document, other)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

#[derive(Clone, Debug, PartialEq)]
struct Sample {
    id: Id<()>,
    flag: Option<bool>,
    number: Option<i64>,
    float: Option<f64>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    at: Option<Timestamp>,
    document: Option<serde_json::Value>,
    other: Option<Uuid>,
}

impl Sample {
    fn empty() -> Self {
        let (flag, number, float, text) = (None, None, None, None);
        Self { id: Id::new(), flag, number, float, text, bytes: None, at: None, document: None, other: None }
    }

    async fn round_trip(&self, db: &db::Db) -> Result<Sample, DbError> {
        let mut tx = db.begin().await?;
        sql(INSERT)
            .bind(self.id)
            .bind(self.flag)
            .bind(self.number)
            .bind(self.float)
            .bind(self.text.clone())
            .bind(self.bytes.clone())
            .bind(self.at)
            .bind(self.document.clone())
            .bind(self.other)
            .run_one(&mut tx)
            .await?;
        tx.commit().await?;
        sql("SELECT * FROM sample WHERE id = $1").bind(self.id).one(&mut db.conn().await?).await
    }
}

impl FromRow for Sample {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            flag: row.get("flag")?,
            number: row.get("number")?,
            float: row.get("float")?,
            text: row.get("text")?,
            bytes: row.get("bytes")?,
            at: row.get("at")?,
            document: row.get("document")?,
            other: row.get("other")?,
        })
    }
}

#[tokio::test]
async fn every_type_comes_back_as_it_was() {
    let db = testing::database("values", &[TABLE], Clock::system()).await;
    let sample = Sample {
        flag: Some(true),
        number: Some(i64::MIN),
        float: Some(-0.1),
        text: Some("naïve 'quotes' \"$1\" ?1 -- 🛒\r\n".into()),
        bytes: Some(vec![0, 255, 1]),
        at: Some("2026-03-02T09:14:07.512345Z".parse().unwrap()),
        document: Some(serde_json::json!({"a": [1, null, "ß"], "b": {}})),
        other: Some(Id::<()>::new().uuid()),
        ..Sample::empty()
    };
    assert_eq!(sample.round_trip(&db).await.unwrap(), sample);
}

#[tokio::test]
async fn null_of_every_type_comes_back_as_none() {
    let db = testing::database("values", &[TABLE], Clock::system()).await;
    let sample = Sample::empty();
    assert_eq!(sample.round_trip(&db).await.unwrap(), sample);
}

/// Writes `arg` into `column` and reads it back as `T`.
async fn through<T: FromValue>(db: &db::Db, column: &str, arg: impl Into<Arg>) -> T {
    let id = Id::<()>::new();
    let mut tx = db.begin().await.unwrap();
    let insert = format!("INSERT INTO sample (id, {column}) VALUES ($1, $2)");
    sql(insert).bind(id).bind(arg).run_one(&mut tx).await.unwrap();
    sql(format!("SELECT {column} FROM sample WHERE id = $1")).bind(id).scalar(&mut tx).await.unwrap()
}

#[tokio::test]
async fn small_numbers_codes_and_digests_keep_their_types() {
    let db = testing::database("values", &[TABLE], Clock::system()).await;
    assert_eq!(through::<u16>(&db, "number", u16::MAX).await, u16::MAX);
    assert_eq!(through::<u32>(&db, "number", u32::MAX).await, u32::MAX);
    assert_eq!(through::<i32>(&db, "number", i32::MIN).await, i32::MIN);
    assert_eq!(through::<i64>(&db, "number", &i64::MAX).await, i64::MAX);
    assert_eq!(through::<Option<u32>>(&db, "number", None::<u32>).await, None);
    assert_eq!(through::<Currency>(&db, "text", Currency::EUR).await, Currency::EUR);
    assert_eq!(through::<Option<Currency>>(&db, "text", None::<Currency>).await, None);
    assert_eq!(through::<[u8; 32]>(&db, "bytes", [7; 32]).await, [7; 32]);
    assert_eq!(through::<Vec<u8>>(&db, "bytes", [1_u8, 2].as_slice()).await, [1, 2]);
    assert_eq!(through::<Vec<u8>>(&db, "bytes", Vec::new()).await, Vec::<u8>::new());
    assert_eq!(through::<String>(&db, "text", "").await, "");
    assert_eq!(through::<String>(&db, "text", &"x".repeat(1_000_000)).await.len(), 1_000_000);
    assert!(!through::<bool>(&db, "flag", &false).await);
}

#[tokio::test]
async fn times_before_1970_and_2000_keep_their_microseconds_and_their_order() {
    let db = testing::database("values", &[TABLE], Clock::system()).await;
    let times = [-62_000_000_000_000_001, -1, 0, 1, 946_684_799_999_999, 1_772_442_847_000_001];
    for micros in times {
        let time = Timestamp::from_micros(micros);
        assert_eq!(through::<Timestamp>(&db, "at", time).await, time);
    }
    let mut tx = db.begin().await.unwrap();
    for micros in times.iter().rev() {
        let insert = sql("INSERT INTO sample (id, at) VALUES ($1, $2)").bind(Id::<()>::new());
        insert.bind(Timestamp::from_micros(*micros)).run_one(&mut tx).await.unwrap();
    }
    let sorted: Vec<(Timestamp,)> = sql("SELECT at FROM sample ORDER BY at").all(&mut tx).await.unwrap();
    assert_eq!(sorted.iter().map(|time| time.0.micros()).collect::<Vec<_>>(), times);
}
