//! The statements on `task`.

use super::CHANNEL;
use super::registry::Tasks;
use base::context::RequestContext;
use base::{Id, Result, Timestamp, context};
use db::{Arg, Conn, DbError, FromRow, Json, Row, Sql, Tx, json, sql};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// The kinds a process runs. Written as an expression, because SQLite would otherwise read all
/// tasks of these kinds instead of the first ones by time.
const KIND_IN: &str = "(kind || '') IN ";

pub(super) async fn upsert(
    tx: &mut Tx,
    kind: &str,
    key: &str,
    payload: Arg,
    run_at: Timestamp,
    context: &RequestContext,
) -> Result<()> {
    let insert = insert(tx, kind, key, payload, run_at, context);
    insert
        .push(
            " ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at,
              version = task.version + 1, attempts = 0, last_error = NULL, parked_at = NULL,
              correlation_id = excluded.correlation_id, causation_id = excluded.causation_id,
              traceparent = excluded.traceparent",
        )
        .run_one(tx)
        .await?;
    Ok(())
}

fn insert(tx: &Tx, kind: &str, key: &str, payload: Arg, run_at: Timestamp, context: &RequestContext) -> Sql {
    let correlation = Some(&*context.correlation_id).filter(|id| context::is_correlation_id(id));
    sql("INSERT INTO task (id, kind, key, payload, run_at, correlation_id, causation_id, traceparent, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(Id::<()>::new())
    .bind(kind)
    .bind(key)
    .bind(payload)
    .bind(run_at)
    .bind(correlation.map_or_else(|| Id::<()>::new().to_string(), str::to_owned))
    .bind(context.causation_id.as_deref())
    .bind(context.traceparent.as_deref())
    .bind(tx.now())
}

/// Schedules a recurring task that was never seen, and brings one nearer whose period is shorter
/// than it was.
pub(crate) async fn ensure_recurring(tx: &mut Tx, kind: &str, period: Duration) -> Result<()> {
    let first = tx.now() + period;
    let insert = insert(tx, kind, "", json(&Value::Null), first, &RequestContext::background());
    insert.push(" ON CONFLICT (kind, key) DO NOTHING").run(tx).await?;
    sql("UPDATE task SET run_at = $2 WHERE kind = $1 AND key = '' AND run_at > $2")
        .bind(kind)
        .bind(first)
        .run(tx)
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, kind: &str, key: &str) -> Result<bool> {
    let deleted = sql("DELETE FROM task WHERE kind = $1 AND key = $2").bind(kind).bind(key).run(tx).await?;
    Ok(deleted == 1)
}

/// When the next task can be claimed: the first that is due, or whose run has lost its lease.
pub(super) async fn next_due<'a>(
    c: &mut Conn,
    kinds: impl Iterator<Item = &'a String>,
) -> Result<Option<Timestamp>> {
    let first: Option<(Timestamp,)> =
        sql("SELECT run_at FROM task WHERE parked_at IS NULL AND leased_until IS NULL AND ")
            .push(KIND_IN)
            .push_list(kinds)
            .push(" ORDER BY run_at LIMIT 1")
            .opt(c)
            .await?;
    let expiry: Option<Timestamp> =
        sql("SELECT MIN(leased_until) FROM task WHERE leased_until IS NOT NULL").scalar(c).await?;
    Ok(first.map(|row| row.0).into_iter().chain(expiry).min())
}

/// Makes tasks claimable again whose run took too long or whose process died.
pub(super) async fn end_expired(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    sql("UPDATE task SET claim = NULL, leased_until = NULL WHERE leased_until <= $1")
        .bind(now)
        .run(tx)
        .await?;
    Ok(())
}

/// Makes all tasks claimable: the caller knows that it is the only process and runs none.
pub(crate) async fn end_leases(tx: &mut Tx) -> Result<()> {
    sql("UPDATE task SET claim = NULL, leased_until = NULL WHERE leased_until IS NOT NULL").run(tx).await?;
    Ok(())
}

/// A task that is ours to run.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) id: Uuid,
    pub(super) claim: Uuid,
    pub(super) kind: String,
    pub(super) payload: Value,
    pub(super) version: i64,
    pub(super) run_at: Timestamp,
    pub(super) attempts: u32,
    pub(super) correlation_id: String,
    pub(super) causation_id: Option<String>,
    pub(super) traceparent: Option<String>,
}

impl FromRow for Claimed {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(payload) = row.get("payload")?;
        Ok(Self {
            id: row.get("id")?,
            claim: Id::<()>::new().uuid(),
            kind: row.get("kind")?,
            payload,
            version: row.get("version")?,
            run_at: row.get("run_at")?,
            attempts: row.get::<u32>("attempts")? + 1,
            correlation_id: row.get("correlation_id")?,
            causation_id: row.get("causation_id")?,
            traceparent: row.get("traceparent")?,
        })
    }
}

/// Claims up to `most` tasks that are due, each until the lease of its kind ends.
pub(super) async fn claim(tx: &mut Tx, tasks: &Tasks, most: usize) -> Result<Vec<Claimed>> {
    let now = tx.now();
    let claimed: Vec<Claimed> = sql("SELECT id, kind, payload, version, run_at, attempts, correlation_id,
            causation_id, traceparent FROM task
         WHERE run_at <= $1 AND parked_at IS NULL AND leased_until IS NULL AND ")
    .bind(now)
    .push(KIND_IN)
    .push_list(tasks.0.keys())
    .push(" ORDER BY run_at, id LIMIT ")
    .push_bind(most as i64)
    .push(tx.engine().skip_locked())
    .all(tx)
    .await?;
    for task in &claimed {
        sql("UPDATE task SET claim = $2, leased_until = $3, attempts = attempts + 1 WHERE id = $1")
            .bind(task.id)
            .bind(task.claim)
            .bind(now + tasks.0[&task.kind].lease)
            .run_one(tx)
            .await?;
    }
    Ok(claimed)
}

/// Removes a task that has succeeded, unless it was scheduled again meanwhile.
pub(super) async fn finish(tx: &mut Tx, task: Uuid, claim: Uuid, version: i64) -> Result<bool> {
    let deleted = sql("DELETE FROM task WHERE id = $1 AND claim = $2 AND version = $3");
    Ok(deleted.bind(task).bind(claim).bind(version).run(tx).await? == 1)
}

/// Whether the run with this claim is still the one that counts.
pub(super) async fn is_claimed(tx: &mut Tx, task: Uuid, claim: Uuid) -> Result<bool> {
    let row = sql("SELECT id FROM task WHERE id = $1 AND claim = $2").bind(task).bind(claim);
    Ok(row.opt::<(Uuid,)>(tx).await?.is_some())
}

/// Schedules the next run of a recurring task.
pub(super) async fn again(tx: &mut Tx, task: Uuid, claim: Uuid, run_at: Timestamp) -> Result<bool> {
    let update =
        sql("UPDATE task SET run_at = $3, attempts = 0, last_error = NULL, claim = NULL, leased_until = NULL
         WHERE id = $1 AND claim = $2");
    Ok(update.bind(task).bind(claim).bind(run_at).run(tx).await? == 1)
}

/// Schedules another run of a task that failed.
pub(super) async fn later(
    tx: &mut Tx,
    task: Uuid,
    claim: Uuid,
    version: i64,
    error: &str,
    run_at: Timestamp,
) -> Result<bool> {
    let update = sql("UPDATE task SET run_at = $5, last_error = $4, claim = NULL, leased_until = NULL
         WHERE id = $1 AND claim = $2 AND version = $3");
    Ok(update.bind(task).bind(claim).bind(version).bind(error).bind(run_at).run(tx).await? == 1)
}

/// Puts a task aside for an operator.
pub(super) async fn park(tx: &mut Tx, task: Uuid, claim: Uuid, version: i64, error: &str) -> Result<bool> {
    let now = tx.now();
    let update = sql("UPDATE task SET parked_at = $5, last_error = $4, claim = NULL, leased_until = NULL
         WHERE id = $1 AND claim = $2 AND version = $3");
    Ok(update.bind(task).bind(claim).bind(version).bind(error).bind(now).run(tx).await? == 1)
}

/// Ends a claim and changes nothing else.
pub(super) async fn let_go(tx: &mut Tx, task: Uuid, claim: Uuid) -> Result<()> {
    let update = sql("UPDATE task SET claim = NULL, leased_until = NULL WHERE id = $1 AND claim = $2");
    update.bind(task).bind(claim).run(tx).await?;
    Ok(())
}

/// How many tasks wait or run, and how many are parked.
pub(crate) async fn counts(c: &mut Conn) -> Result<(u64, u64)> {
    let waiting: i64 = sql("SELECT COUNT(*) FROM task WHERE parked_at IS NULL").scalar(c).await?;
    let parked: i64 = sql("SELECT COUNT(*) FROM task WHERE parked_at IS NOT NULL").scalar(c).await?;
    Ok((waiting as u64, parked as u64))
}

/// A task, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    /// What to name it by.
    pub id: Uuid,
    /// Its kind; recurring ones begin with `every:`.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// When it is due.
    pub run_at: Timestamp,
    /// Runs so far.
    pub attempts: u32,
    /// Why the last run failed.
    pub last_error: Option<String>,
    /// Since when its attempts are used up.
    pub parked_at: Option<Timestamp>,
    /// Until when the run in progress may take.
    pub running_until: Option<Timestamp>,
}

impl FromRow for TaskInfo {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            key: row.get("key")?,
            run_at: row.get("run_at")?,
            attempts: row.get("attempts")?,
            last_error: row.get("last_error")?,
            parked_at: row.get("parked_at")?,
            running_until: row.get("leased_until")?,
        })
    }
}

const INFO: &str = "SELECT id, kind, key, run_at, attempts, last_error, parked_at, leased_until FROM task";

/// The `most` tasks that are due first, without the parked ones.
///
/// # Errors
/// If the store fails.
pub async fn list(c: &mut Conn, most: u32) -> Result<Vec<TaskInfo>> {
    let rows = sql(INFO).push(" WHERE parked_at IS NULL ORDER BY run_at LIMIT ").push_bind(most);
    Ok(rows.all(c).await?)
}

/// The `most` tasks that were parked first.
///
/// # Errors
/// If the store fails.
pub async fn parked(c: &mut Conn, most: u32) -> Result<Vec<TaskInfo>> {
    let rows = sql(INFO).push(" WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT ").push_bind(most);
    Ok(rows.all(c).await?)
}

/// Makes a parked task due now, with all its attempts before it; `false` if there is none.
///
/// # Errors
/// If the store fails; the transaction is lost then.
pub async fn retry(tx: &mut Tx, id: Uuid) -> Result<bool> {
    let now = tx.now();
    let update = sql("UPDATE task SET parked_at = NULL, attempts = 0, run_at = $2, version = version + 1
         WHERE id = $1 AND parked_at IS NOT NULL");
    let found = update.bind(id).bind(now).run(tx).await? == 1;
    tx.wake(CHANNEL);
    Ok(found)
}

/// When the task of this kind and key is due; `None` if there is none.
///
/// # Errors
/// If the store fails.
pub async fn scheduled_at(c: &mut Conn, kind: &str, key: &str) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> =
        sql("SELECT run_at FROM task WHERE kind = $1 AND key = $2").bind(kind).bind(key).opt(c).await?;
    Ok(row.map(|row| row.0))
}
