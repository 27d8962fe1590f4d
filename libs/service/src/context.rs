//! What a service gets to be built with, and what it gives back.

use crate::audit::Auditor;
use crate::cache::Cache;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::routes::BuiltRoutes;
use api::audit::Publisher;
use axum::Router;
use base::{Clock, Config, Keys, Result};
use db::{Db, Migration, PostgresOptions, SqliteOptions};
use events::{Consumers, Tasks};
use futures::future::BoxFuture;
use peer::Peers;
use std::path::PathBuf;
use utoipa::openapi::OpenApi;

/// Everything the rest of the platform needs to know of a service.
#[derive(Clone, Copy)]
pub struct Definition {
    /// Short name: crate, section of the settings, peer name, file or schema of the store.
    pub name: &'static str,
    /// Name in the registry, e.g. `order-service`.
    pub registry_name: &'static str,
    /// Port in split mode.
    pub port: u16,
    /// The service's own migrations (the libraries add theirs).
    pub migrations: &'static [Migration],
    /// Its OpenAPI document.
    pub document: fn() -> OpenApi,
    /// Builds it.
    pub build: fn(Context) -> BoxFuture<'static, Result<Service>>,
}

/// Where stores are.
#[derive(Clone, Debug)]
pub enum Store {
    /// One SQLite file per service in this folder.
    Sqlite(PathBuf),
    /// One schema per service in the database of this URL, each name with the prefix.
    Postgres {
        /// `postgres://…`, unless the service has a `database_url` of its own.
        url: String,
        /// Put before each schema's name; empty outside of tests.
        prefix: String,
    },
}

/// What a service is built with.
#[derive(Clone)]
pub struct Context {
    /// Its short name.
    pub name: &'static str,
    /// All settings; a service reads its own section.
    pub config: Config,
    /// The present time.
    pub clock: Clock,
    /// Keys derived from the installation's secret.
    pub keys: Keys,
    /// Other services, called in this service's name.
    pub peers: Peers,
    /// The shared cache.
    pub cache: Cache,
    /// The shared rate limits.
    pub limiter: Limiter,
    /// Business numbers.
    pub metrics: Metrics,
    /// Verifies access tokens.
    pub verifier: auth::Verifier,
    /// Base of every link, without a slash at the end.
    pub public_url: String,
    /// Folder for files of this installation (pictures, search index).
    pub data_dir: PathBuf,
    /// Where stores are.
    pub store: Store,
}

/// What a service's connections to PostgreSQL need of the section `[platform]`.
#[derive(serde::Deserialize)]
struct Pool {
    database_connections: u32,
}

impl Context {
    /// Opens the service's own store and brings it up to date: tables of the libraries
    /// (outbox, inbox, queues, tasks, idempotency), then `migrations`.
    ///
    /// # Errors
    /// 503 when the store cannot be opened, 500 when a migration fails.
    pub async fn database(&self, migrations: &[Migration]) -> Result<Db> {
        let db = self.open(self.name).await?;
        db.migrate(&all_migrations(migrations)).await?;
        Ok(db)
    }

    /// Opens a second store of the service, e.g. the payment simulator's books, with only these tables.
    ///
    /// # Errors
    /// As [`Context::database`].
    pub async fn side_database(&self, name: &str, migrations: &[Migration]) -> Result<Db> {
        let db = self.open(name).await?;
        db.migrate(migrations).await?;
        Ok(db)
    }

    /// Opens a store without touching its tables.
    ///
    /// # Errors
    /// 503 when it cannot be opened.
    pub async fn open(&self, name: &str) -> Result<Db> {
        match &self.store {
            Store::Sqlite(folder) => {
                let path = folder.join(format!("{name}.db"));
                Ok(Db::sqlite(&path, self.clock.clone(), SqliteOptions::default()).await?)
            }
            Store::Postgres { url, prefix } => {
                let url = self.config.database_url(self.name).unwrap_or(url);
                let schema = format!("{prefix}{name}");
                let Pool { database_connections } = self.config.section("platform")?;
                let options =
                    PostgresOptions { connections: database_connections, ..PostgresOptions::default() };
                Ok(Db::postgres(url, &schema, self.clock.clone(), options).await?)
            }
        }
    }
}

/// The migrations of the libraries and then those of the service, in the order they are applied.
pub fn all_migrations(own: &[Migration]) -> Vec<Migration> {
    let libraries = events::MIGRATIONS.iter().chain(crate::http::IDEMPOTENCY_MIGRATIONS);
    libraries.chain(own).copied().collect()
}

/// A service that was built: what it answers, consumes and does later.
pub struct Service {
    pub(crate) router: Router,
    pub(crate) document: OpenApi,
    pub(crate) db: Option<(Db, Auditor)>,
    pub(crate) consumers: Consumers,
    pub(crate) tasks: Tasks,
    pub(crate) outermost: Option<Wrap>,
}

/// Changes a router.
type Wrap = Box<dyn FnOnce(Router) -> Router + Send>;

impl Service {
    /// A service that answers `routes`.
    pub fn new(routes: BuiltRoutes) -> Self {
        Self {
            router: routes.router,
            document: routes.document,
            db: None,
            consumers: Consumers::new(),
            tasks: Tasks::new(),
            outermost: None,
        }
    }

    /// Its store, and the name `P` under which it publishes audit records; without a store it can
    /// neither publish nor consume nor schedule.
    #[must_use]
    pub fn database<P: Publisher>(self, db: Db) -> Self {
        Self { db: Some((db, Auditor::of::<P>())), ..self }
    }

    /// The messages it consumes.
    #[must_use]
    pub fn consumers(self, consumers: Consumers) -> Self {
        Self { consumers, ..self }
    }

    /// The durable work it does.
    #[must_use]
    pub fn tasks(self, tasks: Tasks) -> Self {
        Self { tasks, ..self }
    }

    /// Replaces its router, e.g. by one with a fallback of its own (the gateway).
    #[must_use]
    pub fn with_router(self, change: impl FnOnce(Router) -> Router) -> Self {
        Self { router: change(self.router), ..self }
    }

    /// Wraps the finished router, stack included; for what must come before everything (the gateway's door).
    #[must_use]
    pub fn outermost(self, wrap: impl FnOnce(Router) -> Router + Send + 'static) -> Self {
        Self { outermost: Some(Box::new(wrap)), ..self }
    }
}
