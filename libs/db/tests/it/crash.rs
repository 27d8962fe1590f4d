//! A process that is killed: everything it had acknowledged is there afterwards.

use crate::support::{accounts, count, is_noted, note};
use base::{Clock, Id};
use db::{Db, Engine, sql, testing};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

const LOCATION: &str = "EMPORION_TEST_CRASH_LOCATION";
const ENOUGH: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill() {
    let db = accounts().await;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_process_that_is_killed", "--nocapture"])
        .env(LOCATION, db.location())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(id) = line.strip_prefix("kept ") {
            // The last line may be cut off.
            acknowledged.extend(id.parse::<Id<()>>());
        }
        if acknowledged.len() == ENOUGH {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= ENOUGH, "only {} were acknowledged", acknowledged.len());
    let after = db.again().await;
    for id in &acknowledged {
        assert!(is_noted(&after, *id).await);
    }
    assert!(count(&after).await as usize >= acknowledged.len());
    if db.engine() == Engine::Sqlite {
        let mut conn = after.conn().await.unwrap();
        let verdict: Vec<(String,)> =
            sql("SELECT integrity_check FROM pragma_integrity_check").all(&mut conn).await.unwrap();
        assert_eq!(verdict, [("ok".to_owned(),)]);
    }
}

/// Does nothing unless started by the test above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "the parent tells its child what to do")]
    let Ok(location) = std::env::var(LOCATION) else { return };
    let db = testing::open(&location, Clock::system()).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..16 {
        writers.spawn(write_for_ever(db.clone(), number));
    }
    writers.join_all().await;
}

async fn write_for_ever(db: Db, number: i64) {
    loop {
        let id = Id::new();
        let mut tx = db.begin().await.unwrap();
        note(&mut tx, id, number).await.unwrap();
        tx.commit().await.unwrap();
        std::io::stdout().lock().write_all(format!("kept {id}\n").as_bytes()).unwrap();
    }
}
