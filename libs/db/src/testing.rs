//! Databases for tests: a SQLite file in a temporary directory, or a schema of its own in the
//! PostgreSQL server when `EMPORION_TEST_BACKEND=postgres`.

use crate::{Db, Engine, Migration, PostgresOptions, SqliteOptions};
use base::{Clock, Id};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A database that is removed when dropped.
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    place: Place,
}

/// Where a test's database is, for tests that open it from another process.
#[derive(Debug)]
enum Place {
    File { path: PathBuf, _files: TempDir },
    Schema { url: String, name: String },
}

impl TestDb {
    /// The same database opened once more, as another process would.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn again(&self) -> Db {
        open(&self.location(), self.clock().clone()).await
    }

    /// What [`open`] takes: the path of the file, or the name of the schema.
    pub fn location(&self) -> String {
        match &self.place {
            Place::File { path, .. } => path.display().to_string(),
            Place::Schema { name, .. } => name.clone(),
        }
    }
}

/// Opens the database of a test by its [`TestDb::location`], for child processes.
///
/// # Panics
/// If it cannot be opened.
pub async fn open(location: &str, clock: Clock) -> Db {
    let db = match backend() {
        Engine::Sqlite => Db::sqlite(Path::new(location), clock, SqliteOptions::default()).await,
        Engine::Postgres => Db::postgres(&postgres_url(), location, clock, small_pool()).await,
    };
    db.unwrap_or_else(|error| panic!("{location}: {}", base::Error::from(error).chain()))
}

fn small_pool() -> PostgresOptions {
    PostgresOptions { connections: 6, wait: Duration::from_secs(20), ..PostgresOptions::default() }
}

/// The engine the tests run on.
pub fn backend() -> Engine {
    match variable("EMPORION_TEST_BACKEND").as_deref() {
        Some("postgres") => Engine::Postgres,
        None | Some("" | "sqlite") => Engine::Sqlite,
        Some(other) => panic!("EMPORION_TEST_BACKEND is {other:?}; use sqlite or postgres"),
    }
}

/// The PostgreSQL server of the tests, from `EMPORION_TEST_DATABASE_URL`.
pub fn postgres_url() -> String {
    variable("EMPORION_TEST_DATABASE_URL")
        .unwrap_or_else(|| "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "tests are not configured by settings files")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A new database with `migrations` applied. `name` appears in the names of files and schemas.
///
/// # Panics
/// If it cannot be made; the message says why.
pub async fn database(name: &str, migrations: &[Migration], clock: Clock) -> TestDb {
    let test = match backend() {
        Engine::Sqlite => sqlite(name, clock, SqliteOptions::default()).await,
        Engine::Postgres => postgres(name, clock).await,
    };
    test.migrate(migrations).await.unwrap_or_else(|error| panic!("{}", base::Error::from(error).chain()));
    test
}

/// An empty SQLite database with these options, whatever the backend of the tests is.
///
/// # Panics
/// If it cannot be made.
pub async fn sqlite(name: &str, clock: Clock, options: SqliteOptions) -> TestDb {
    let files = tempfile::Builder::new().prefix("emporion-").tempdir().expect("a temporary directory");
    let path = files.path().join(format!("{name}.db"));
    let db = Db::sqlite(&path, clock, options).await.expect("a new file can be opened");
    TestDb { db, place: Place::File { path, _files: files } }
}

async fn postgres(name: &str, clock: Clock) -> TestDb {
    let prefix: String = name.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let name = format!("test_{}_{}", prefix.to_lowercase(), Id::<()>::new().uuid().simple());
    let db = open(&name, clock).await;
    TestDb { db, place: Place::Schema { url: postgres_url(), name } }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Place::Schema { url, name } = &self.place {
            // A drop cannot wait, so a thread with its own runtime does.
            let (url, name) = (url.clone(), name.clone());
            let thread = std::thread::spawn(move || drop_schema(&url, &name));
            let _left_behind = thread.join();
        }
    }
}

fn drop_schema(url: &str, name: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let dropped = crate::postgres::drop_schema(url, name);
        if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(5), dropped).await {
            tracing::warn!(%error, schema = name, "cannot drop the schema of a test");
        }
    });
}

/// Drops every schema of the PostgreSQL server at `url` whose name begins with `prefix`.
///
/// # Panics
/// If no runtime can be made for it.
pub fn drop_schemas(url: &str, prefix: &str) {
    let (url, prefix) = (url.to_owned(), prefix.to_owned());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let dropped = crate::postgres::drop_schemas(&url, &prefix);
            if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(10), dropped).await {
                tracing::warn!(%error, prefix, "cannot drop the schemas of a test");
            }
        });
    });
    let _left_behind = thread.join();
}
