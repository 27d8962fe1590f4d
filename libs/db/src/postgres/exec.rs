//! Runs one statement on a PostgreSQL connection.

use super::error;
use crate::arg::Arg;
use crate::row::{FromRow, Row};
use crate::text;
use crate::value::Cell;
use crate::{DbError, Sql};
use base::Timestamp;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnection, PgRow, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _, Postgres, Row as _, Type, ValueRef as _};
use uuid::Uuid;

/// 2000-01-01, where PostgreSQL starts to count, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const JSON: u32 = 114;
const FLOAT4: u32 = 700;
const FLOAT8: u32 = 701;
const VARCHAR: u32 = 1043;
const NAME: u32 = 19;
const TIMESTAMPTZ: u32 = 1184;
const UUID: u32 = 2950;
const JSONB: u32 = 3802;

/// All rows of `sql`.
pub(crate) async fn rows<T: FromRow>(conn: &mut PgConnection, sql: Sql) -> Result<Vec<T>, DbError> {
    let rows = query(sql)?.fetch_all(conn).await.map_err(error::explain)?;
    rows.iter().map(|row| T::from_row(&Row::postgres(row))).collect()
}

/// How many rows `sql` touched.
pub(crate) async fn run(conn: &mut PgConnection, sql: Sql) -> Result<u64, DbError> {
    let done = query(sql)?.execute(conn).await.map_err(error::explain)?;
    Ok(done.rows_affected())
}

/// Runs the statements of a migration.
pub(crate) async fn batch(conn: &mut PgConnection, text: String) -> Result<(), DbError> {
    conn.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.map(drop).map_err(error::explain)
}

fn query(sql: Sql) -> Result<Query<'static, Postgres, PgArguments>, DbError> {
    text::check_placeholders(&sql.text, &sql.args)?;
    let mut arguments = PgArguments::default();
    for arg in sql.args {
        bind(&mut arguments, arg)?;
    }
    // The text is put together from literals by our own code; values are always bound.
    Ok(sqlx::query_with(AssertSqlSafe(sql.text), arguments))
}

fn bind(arguments: &mut PgArguments, arg: Arg) -> Result<(), DbError> {
    let added = match arg {
        Arg::Bool(value) => arguments.add(value),
        Arg::Int(value) => arguments.add(value),
        Arg::Float(value) => arguments.add(value),
        Arg::Text(value) => arguments.add(value),
        Arg::Bytes(value) => arguments.add(value),
        Arg::Uuid(value) => arguments.add(value),
        Arg::Time(value) => arguments.add(value.map(Time)),
        Arg::Json(value) => arguments.add(value.map(JsonText)),
        Arg::Invalid(what) => return Err(DbError::Usage(what)),
    };
    added.map_err(|error| DbError::Usage(format!("a value cannot be sent: {error}")))
}

/// A timestamptz; microseconds since 2000 on the wire.
struct Time(Timestamp);

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TIMESTAMPTZ))
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0.micros().saturating_sub(EPOCH).to_be_bytes());
        Ok(IsNull::No)
    }
}

/// A jsonb that is already text; on the wire the version of the format and the text.
struct JsonText(String);

impl Type<Postgres> for JsonText {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(JSONB))
    }
}

impl Encode<'_, Postgres> for JsonText {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.push(1);
        buffer.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

/// The position of the column `name`.
pub(crate) fn column(row: &PgRow, name: &str) -> Option<usize> {
    use sqlx::Column as _;
    row.columns().iter().position(|column| column.name() == name)
}

/// The value of the column at `index`.
pub(crate) fn cell(row: &PgRow, index: usize) -> Result<Cell<'_>, DbError> {
    let value = row.try_get_raw(index).map_err(|_| DbError::decode("there is no such column"))?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let type_info = value.type_info();
    let oid = type_info.oid().map_or(0, |oid| oid.0);
    let bytes = value.as_bytes().map_err(DbError::decode)?;
    Ok(match oid {
        BOOL => Cell::Bool(bytes != [0]),
        INT8 => Cell::Int(i64::from_be_bytes(fixed(bytes)?)),
        INT4 => Cell::Int(i32::from_be_bytes(fixed(bytes)?).into()),
        INT2 => Cell::Int(i16::from_be_bytes(fixed(bytes)?).into()),
        FLOAT8 => Cell::Float(f64::from_be_bytes(fixed(bytes)?)),
        FLOAT4 => Cell::Float(f32::from_be_bytes(fixed(bytes)?).into()),
        TEXT | VARCHAR | NAME => Cell::Text(utf8(bytes)?),
        BYTEA => Cell::Bytes(bytes),
        UUID => Cell::Uuid(Uuid::from_bytes(fixed(bytes)?)),
        TIMESTAMPTZ => {
            let micros = i64::from_be_bytes(fixed(bytes)?);
            Cell::Time(Timestamp::from_micros(micros.saturating_add(EPOCH)))
        }
        JSON => Cell::Json(utf8(bytes)?),
        JSONB => Cell::Json(utf8(bytes.get(1..).unwrap_or_default())?),
        other => {
            return Err(DbError::decode(format!("type {type_info} ({other}) is not used here; CAST it")));
        }
    })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DbError> {
    bytes.try_into().map_err(|_| DbError::decode(format!("expected {N} bytes, found {}", bytes.len())))
}

fn utf8(bytes: &[u8]) -> Result<&str, DbError> {
    std::str::from_utf8(bytes).map_err(DbError::decode)
}
