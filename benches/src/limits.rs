//! The limits of the machine: a bare axum route, a bare durable commit loop, raw argon2id.

use crate::load::{Connection, Measured, connections, run};
use anyhow::Context as _;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::oneshot;

/// Serves the bytes of `file` at `/`, in a process of its own.
pub(crate) async fn serve_bytes(file: &Path) -> anyhow::Result<()> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let answer = move || std::future::ready(([(CONTENT_TYPE, "application/json")], bytes.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    axum::serve(listener, Router::new().route("/", get(answer))).await?;
    Ok(())
}

/// How many times a second bare axum serves these bytes.
pub(crate) async fn bare_axum(bytes: &Bytes, count: usize, time: Duration) -> anyhow::Result<Measured> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), bytes)?;
    let own = std::env::current_exe()?;
    let mut process = Command::new(own)
        .arg("serve-bytes")
        .arg(file.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = process.stdout.take().context("its output is piped")?;
    let address = BufReader::new(output).lines().next_line().await?.context("it says where it is")?;
    let step = |mut connection: Connection| async move {
        connection.get("/").await?;
        Ok(connection)
    };
    let measured = run(connections(&address, count).await?, time, step).await?;
    process.kill().await?;
    Ok(measured)
}

/// How many durable single-row transactions a second one SQLite writer with group commit reaches
/// for 64 callers; every COMMIT is followed by an fsync (`synchronous=FULL`).
pub(crate) async fn durable_commits(time: Duration) -> anyhow::Result<Measured> {
    let files = tempfile::tempdir()?;
    let path = files.path().join("limit.db");
    let (queue, jobs) = mpsc::channel::<oneshot::Sender<()>>();
    let writer = std::thread::spawn(move || write(&path, &jobs));
    let step = |queue: mpsc::Sender<oneshot::Sender<()>>| async move {
        let (done, committed) = oneshot::channel();
        queue.send(done)?;
        committed.await?;
        Ok(queue)
    };
    let measured = run(vec![queue; 64], time, step).await?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    Ok(measured)
}

fn write(path: &Path, jobs: &mpsc::Receiver<oneshot::Sender<()>>) -> anyhow::Result<()> {
    let db = rusqlite::Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT;")?;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(127));
        db.execute_batch("BEGIN IMMEDIATE")?;
        for _ in &batch {
            db.prepare_cached("INSERT INTO t (v) VALUES (?1)")?.execute([
                "a row of a hundred bytes or so, as an order has them, with some more text to be fair to it",
            ])?;
        }
        db.execute_batch("COMMIT")?;
        for done in batch {
            let _gone = done.send(());
        }
    }
    Ok(())
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
