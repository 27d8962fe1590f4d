//! The databases of the services, looked at from outside: `migrate`, and what `doctor` asks of them.

use crate::operator_client::{Holder, take};
use crate::output::{Outcome, Result, line};
use crate::services;
use crate::settings::Settings;
use base::{Clock, Error};
use db::{Db, PostgresOptions, SqliteOptions};
use service::{Definition, Store, all_migrations};

/// `emporion migrate`
pub(crate) async fn migrate(settings: &Settings, check: bool) -> Result {
    let _lock = if check { None } else { Some(alone(settings)?) };
    let mut count = 0;
    for definition in with_stores() {
        let names =
            if check { pending(settings, &definition).await? } else { apply(settings, &definition).await? };
        count += names.len();
        for name in names {
            line(format!("{:<14} {name} {}", definition.name, if check { "is pending" } else { "applied" }));
        }
    }
    if count == 0 {
        line("all databases are up to date");
    }
    Ok(if check && count > 0 { Outcome::Failed } else { Outcome::Done })
}

/// A running shop must not find its tables changed.
fn alone(settings: &Settings) -> base::Result<Holder> {
    match take(&settings.platform.data_dir, "")? {
        Holder::Shop(_) => {
            let detail =
                "the shop is running; stop it first, or start its new version, which migrates by itself";
            Err(Error::conflict("data-folder-in-use", detail))
        }
        us @ Holder::Us(_) => Ok(us),
    }
}

/// The services that have a database.
pub(crate) fn with_stores() -> impl Iterator<Item = Definition> {
    services::all().into_iter().filter(|definition| !definition.migrations.is_empty())
}

/// The migrations a service still needs. A database that is not there yet is not made.
pub(crate) async fn pending(settings: &Settings, definition: &Definition) -> base::Result<Vec<&'static str>> {
    let migrations = all_migrations(definition.migrations);
    let store = settings.store_of(definition.name);
    if is_missing(&store, definition.name) {
        return Ok(migrations.iter().map(|migration| migration.name).collect());
    }
    let db = open(&store, definition.name).await?;
    let pending = db.pending(&migrations).await;
    db.close().await;
    Ok(pending?)
}

/// Whether the PostgreSQL server at `url` lets us in; if not, its own words.
pub(crate) async fn reach(url: &str) -> std::result::Result<(), String> {
    let ask = async {
        // A schema that is always there: nothing is made.
        let options = PostgresOptions::default();
        let db = Db::postgres(url, "information_schema", Clock::system(), options).await?;
        let answer = db.ping().await;
        db.close().await;
        answer
    };
    ask.await.map_err(|error| innermost(&error))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let words = cause.to_string();
    // The driver adds a line of the server's own sources.
    words.split_once(" at line ").map_or(words.as_str(), |(words, _)| words).to_owned()
}

async fn apply(settings: &Settings, definition: &Definition) -> base::Result<Vec<&'static str>> {
    let db = open(&settings.store_of(definition.name), definition.name).await?;
    let applied = db.migrate(&all_migrations(definition.migrations)).await;
    db.close().await;
    Ok(applied?)
}

fn is_missing(store: &Store, name: &str) -> bool {
    matches!(store, Store::Sqlite(folder) if !folder.join(format!("{name}.db")).exists())
}

async fn open(store: &Store, name: &str) -> base::Result<Db> {
    let clock = Clock::system();
    match store {
        Store::Sqlite(folder) => {
            Ok(Db::sqlite(&folder.join(format!("{name}.db")), clock, SqliteOptions::default()).await?)
        }
        Store::Postgres { url, prefix } => {
            let schema = format!("{prefix}{name}");
            Ok(Db::postgres(url, &schema, clock, PostgresOptions::default()).await?)
        }
    }
}
