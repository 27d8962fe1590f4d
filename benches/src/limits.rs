//! The limits of the machine: a bare axum route, one in front of a bare durable commit loop, raw
//! argon2id.

use crate::load::{Connection, Measured, connections, run};
use anyhow::Context as _;
use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// Serves the bytes of `file` at `/`, in a process of its own.
pub(crate) async fn serve_bytes(file: &Path) -> anyhow::Result<()> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let answer = move || std::future::ready(([(CONTENT_TYPE, "application/json")], bytes.clone()));
    serve(Router::new().route("/", get(answer))).await
}

/// Inserts a row of the size of the body durably for each `POST /`, in a process of its own: one
/// SQLite writer with group commit; every COMMIT is followed by an fsync (`synchronous=FULL`).
pub(crate) async fn serve_commits() -> anyhow::Result<()> {
    let files = tempfile::tempdir()?;
    let path = files.path().join("limit.db");
    let (queue, jobs) = mpsc::channel::<Job>();
    let writer = std::thread::spawn(move || write(&path, &jobs));
    let answer = move |row: String| {
        let queue = queue.clone();
        async move {
            let (done, committed) = oneshot::channel();
            match queue.send(Job { row, done }) {
                Ok(()) if committed.await.is_ok() => StatusCode::CREATED,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            }
        }
    };
    serve(Router::new().route("/", post(answer))).await?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))?
}

async fn serve(router: Router) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// A row that waits for its COMMIT.
struct Job {
    row: String,
    done: oneshot::Sender<()>,
}

fn write(path: &Path, jobs: &mpsc::Receiver<Job>) -> anyhow::Result<()> {
    let db = rusqlite::Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT;")?;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(127));
        db.execute_batch("BEGIN IMMEDIATE")?;
        for job in &batch {
            db.prepare_cached("INSERT INTO t (v) VALUES (?1)")?.execute([&job.row])?;
        }
        db.execute_batch("COMMIT")?;
        for job in batch {
            let _gone = job.done.send(());
        }
    }
    Ok(())
}

/// A limit in a process of its own.
struct Limit {
    process: Child,
    address: String,
}

impl Limit {
    async fn start(arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let mut process =
            Command::new(own).args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = process.stdout.take().context("its output is piped")?;
        let address = BufReader::new(output).lines().next_line().await?.context("it says where it is")?;
        Ok(Self { process, address })
    }
}

/// How many times a second bare axum serves these bytes.
pub(crate) async fn bare_axum(bytes: &Bytes, count: usize, time: Duration) -> anyhow::Result<Measured> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), bytes)?;
    let mut limit = Limit::start(&["serve-bytes".as_ref(), file.path().as_os_str()]).await?;
    let step = |mut connection: Connection| async move {
        connection.get("/").await?;
        Ok(connection)
    };
    let measured = run(connections(&limit.address, count).await?, time, step).await?;
    limit.process.kill().await?;
    Ok(measured)
}

/// How many rows of `body` a second bare axum in front of one writer with group commit inserts.
pub(crate) async fn durable_commits(body: &str, count: usize, time: Duration) -> anyhow::Result<Measured> {
    let mut limit = Limit::start(&["serve-commits".as_ref()]).await?;
    let body = body.to_owned();
    let step = move |mut connection: Connection| {
        let body = body.clone();
        async move {
            let answer = connection.send(Method::POST, "/", &[], Some(body)).await?;
            anyhow::ensure!(answer.status == StatusCode::CREATED, "the limit answered {}", answer.status);
            Ok(connection)
        }
    };
    let measured = run(connections(&limit.address, count).await?, time, step).await?;
    limit.process.kill().await?;
    Ok(measured)
}

/// How many passwords a second one core hashes with the parameters of the platform.
pub(crate) fn raw_argon2(time: Duration) -> anyhow::Result<f64> {
    use argon2::{Algorithm, Argon2, Params, Version};
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| anyhow::anyhow!("{error}"))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let started = Instant::now();
    let mut count = 0_u32;
    let mut out = [0_u8; 32];
    while started.elapsed() < time {
        hasher
            .hash_password_into(b"correct horse battery staple", b"sixteen byte slt", &mut out)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        count += 1;
    }
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}
