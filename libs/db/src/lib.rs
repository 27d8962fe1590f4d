//! Storage: one SQL text for two engines.
//!
//! Statements are written once, with `$1` parameters and the few types both engines share, and
//! run on SQLite (one process, one file per service) or PostgreSQL (many processes). No other
//! crate names a database driver.
//!
//! ```no_run
//! # use db::{Db, DbError, sql};
//! # async fn example(db: &Db, id: base::Id<()>) -> Result<(), DbError> {
//! let mut tx = db.begin().await?;
//! sql("UPDATE stock SET reserved = reserved + $2 WHERE id = $1 AND on_hand - reserved >= $2")
//!     .bind(id)
//!     .bind(3_i64)
//!     .run_one(&mut tx)
//!     .await?;
//! tx.commit().await?;
//! let mut conn = db.conn().await?;
//! let reserved: i64 = sql("SELECT reserved FROM stock WHERE id = $1").bind(id).scalar(&mut conn).await?;
//! # let _ = reserved;
//! # Ok(())
//! # }
//! ```
//!
//! Rules for statements: only the column types BIGINT, TEXT, BOOLEAN, UUID, TIMESTAMPTZ, JSONB,
//! BYTEA and DOUBLE PRECISION; no functions or syntax that only one engine knows; JSON is opaque;
//! `CAST(SUM(x) AS BIGINT)`; transactions only through [`Db::begin`].

#![warn(missing_docs)]

mod arg;
mod conn;
mod db;
mod error;
mod listen;
mod migrate;
mod mortality;
mod options;
mod postgres;
mod render;
mod row;
mod sql;
mod sqlite;
mod stats;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod tuple;
mod value;

pub use arg::{Arg, Nullable, json, json_opt};
pub use conn::{Conn, Tx};
pub use db::Db;
pub use error::DbError;
pub use listen::Listener;
pub use migrate::Migration;
pub use options::{Engine, PostgresOptions, SqliteOptions};
pub use row::{FromRow, Row};
pub use sql::{Direction, Sql, sql};
pub use stats::Stats;
pub use value::{Cell, FromValue, Json};
