//! Several services in one process: built, connected as local peers, their events and tasks run.

use crate::audit::{Auditor, Refusals};
use crate::cache::Cache;
use crate::context::{Context, Definition, Service, Store};
use crate::http::{Failure, Stack, prune_idempotency, release_keys, with_stack};
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::revocation;
use auth::{ServiceIdentity, Verifier};
use axum::Router;
use axum::routing::get;
use base::{Clock, Config, Error, Keys, Result};
use bytes::Bytes;
use db::{Db, Engine};
use events::{LocalBroker, Runtime};
use futures::FutureExt as _;
use http::header::CONTENT_TYPE;
use peer::{Peers, Transport, local};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tower::BoxError;
use utoipa::openapi::OpenApi;

#[cfg(test)]
mod tests;

/// How a process hosts its services.
#[derive(Clone)]
pub struct HostOptions {
    /// All settings.
    pub config: Config,
    /// The present time.
    pub clock: Clock,
    /// Keys derived from the installation's secret.
    pub keys: Keys,
    /// Where stores are.
    pub store: Store,
    /// Folder for files.
    pub data_dir: PathBuf,
    /// Base of every link, without a slash at the end.
    pub public_url: String,
    /// Verifies access tokens; `None` asks the hosted user service for its keys.
    pub verifier: Option<Verifier>,
    /// Whether events and tasks run by themselves; tests settle them by hand instead.
    pub background: bool,
}

/// The services of this process.
pub struct Host {
    peers: Peers,
    metrics: Metrics,
    verifier: Verifier,
    broker: LocalBroker,
    running: BTreeMap<&'static str, Running>,
}

struct Running {
    router: Router,
    db: Option<Db>,
    auditor: Option<Auditor>,
    runtime: Option<Runtime>,
}

impl Host {
    /// Builds `definitions`, connects them and starts their events and tasks. `stubs` are peers
    /// that are not hosted here (tests).
    ///
    /// # Errors
    /// The first service that cannot be built, with its name.
    pub async fn start(
        options: HostOptions,
        definitions: &[Definition],
        stubs: &[(&'static str, Router)],
    ) -> Result<Host> {
        let metrics = Metrics::default();
        let peers = observed_peers(&metrics);
        let verifier = options.verifier.clone().unwrap_or_else(|| verifier_of_user_service(&options, &peers));
        let mut host = Host {
            peers: peers.clone(),
            metrics,
            verifier,
            broker: LocalBroker::new(),
            running: BTreeMap::new(),
        };
        for (name, router) in stubs {
            peers.register(name, local(router.clone()));
        }
        let mut built = Vec::new();
        let shared = Shared { cache: Cache::default(), limiter: Limiter::new(options.clock.clone()) };
        for definition in definitions {
            let context = host.context(&options, definition, &shared);
            let service = (definition.build)(context).await.map_err(|error| named(definition.name, error))?;
            built.push((definition.name, service));
        }
        // One queue per process is enough: the verifier is the process's.
        let mut listener = built.iter().position(|(_, service)| service.db.is_some());
        for (index, (name, mut service)) in built.into_iter().enumerate() {
            if listener == Some(index) {
                service.consumers = revocation::listen(service.consumers, &host.verifier);
                listener = None;
            }
            let running = host.install(name, service, &shared.limiter);
            host.running.insert(name, running);
        }
        if options.background {
            for db in host.running.values().filter_map(|running| running.db.as_ref()) {
                // A file is used by one process alone: whoever held a key before is gone.
                if db.engine() == Engine::Sqlite {
                    release_keys(db).await?;
                }
            }
            host.running.values().filter_map(|running| running.runtime.as_ref()).for_each(Runtime::start);
        }
        Ok(host)
    }

    fn context(&self, options: &HostOptions, definition: &Definition, shared: &Shared) -> Context {
        Context {
            name: definition.name,
            config: options.config.clone(),
            clock: options.clock.clone(),
            keys: options.keys.clone(),
            peers: self.peers.called_by(ServiceIdentity::of_service(definition.registry_name)),
            cache: shared.cache.clone(),
            limiter: shared.limiter.clone(),
            metrics: self.metrics.clone(),
            verifier: self.verifier.clone(),
            public_url: options.public_url.clone(),
            data_dir: options.data_dir.clone(),
            store: options.store.clone(),
        }
    }

    fn install(&self, name: &'static str, service: Service, limiter: &Limiter) -> Running {
        let (db, auditor) = service.db.unzip();
        let refusals = db
            .clone()
            .zip(auditor)
            .map(|(db, auditor)| Refusals::start(name, db, auditor, limiter.clone(), self.metrics.clone()));
        let stack = Stack {
            service: name,
            verifier: self.verifier.clone(),
            metrics: self.metrics.clone(),
            db: db.clone(),
            refusals,
            outermost: name == GATEWAY,
        };
        let router = described(service.router, &service.document);
        // What comes from outside gets no answer here: contracts P-02.
        let router = if name == GATEWAY { router } else { with_health(router, db.as_ref()) };
        let router = with_stack(router, stack);
        let router = match service.outermost {
            Some(wrap) => wrap(router),
            None => router,
        };
        self.peers.register(name, local(router.clone()));
        let runtime = db.clone().map(|db| {
            let pruned = db.clone();
            let tasks = service.tasks.every("prune-idempotency", Duration::from_hours(1), move || {
                let db = pruned.clone();
                async move {
                    while prune_idempotency(&db, 1000).await? == 1000 {}
                    Ok(())
                }
            });
            Runtime::new(name, db, self.broker.clone(), service.consumers, tasks)
        });
        Running { router, db, auditor, runtime }
    }

    /// The services of this process as peers without an identity of their own.
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// The router of the hosted service `name`, with its whole middleware.
    pub fn router(&self, name: &str) -> Option<Router> {
        self.running.get(name).map(|running| running.router.clone())
    }

    /// The store of the hosted service `name`.
    pub fn db(&self, name: &str) -> Option<&Db> {
        self.running.get(name).and_then(|running| running.db.as_ref())
    }

    /// Writes audit records in the name of the hosted service `name`.
    pub fn auditor(&self, name: &str) -> Option<Auditor> {
        self.running.get(name).and_then(|running| running.auditor)
    }

    /// Events and tasks of the hosted service `name`.
    pub fn runtime(&self, name: &str) -> Option<&Runtime> {
        self.running.get(name).and_then(|running| running.runtime.as_ref())
    }

    /// The names of the hosted services.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.running.keys().copied()
    }

    /// The broker of this process.
    pub fn broker(&self) -> &LocalBroker {
        &self.broker
    }

    /// The numbers of this process, those of stores, events and tasks brought up to date.
    pub async fn metrics(&self) -> String {
        crate::ops::refresh(self, &self.metrics).await;
        self.metrics.render()
    }

    /// Whether every store answers.
    ///
    /// # Errors
    /// 503 that names the service whose store does not.
    pub async fn ready(&self) -> Result<()> {
        for (name, running) in &self.running {
            let Some(db) = &running.db else { continue };
            let ping = tokio::time::timeout(Duration::from_secs(2), db.ping()).await;
            let down = || Error::unavailable(format!("the store of {name} does not answer"));
            ping.map_err(|_| down())?.map_err(|error| down().caused_by(error))?;
        }
        Ok(())
    }

    /// Lets events and tasks in progress end, then closes the stores. Services hold their peers,
    /// and peers are services: the ring ends here, so that what they keep in memory goes away.
    pub async fn stop(self) {
        let runtimes = self.running.values().filter_map(|running| running.runtime.as_ref());
        futures::future::join_all(runtimes.map(Runtime::stop)).await;
        for name in self.running.keys() {
            self.peers.register(name, gone());
        }
        for running in self.running.into_values() {
            if let Some(db) = running.db {
                db.close().await;
            }
        }
    }
}

/// The service whose requests come from outside.
const GATEWAY: &str = "gateway";

/// What stands behind the name of a service that was stopped.
fn gone() -> Transport {
    Arc::new(|_| std::future::ready(Err(BoxError::from("it was stopped"))).boxed())
}

/// Adds the document that every service answers.
fn described(router: Router, document: &OpenApi) -> Router {
    let document = Bytes::from(serde_json::to_vec(document).unwrap_or_default());
    let json = "application/json; charset=utf-8";
    let answer = move || std::future::ready(([(CONTENT_TYPE, json)], document.clone()));
    router.route("/openapi.json", get(answer))
}

/// Adds whether the service lives and is ready, for its neighbours.
fn with_health(router: Router, db: Option<&Db>) -> Router {
    let db = db.cloned();
    let ready = move || {
        let db = db.clone();
        async move {
            match &db {
                Some(db) => db.ping().await.map(|()| "ready\n").map_err(Failure::from),
                None => Ok("ready\n"),
            }
        }
    };
    router.route("/health/live", get(|| std::future::ready("live\n"))).route("/health/ready", get(ready))
}

struct Shared {
    cache: Cache,
    limiter: Limiter,
}

fn named(name: &str, error: Error) -> Error {
    Error::new(error.kind(), error.code(), format!("{name} cannot start: {}", error.detail()))
        .caused_by(error)
}

fn observed_peers(metrics: &Metrics) -> Peers {
    let peers = Peers::new();
    let metrics = metrics.clone();
    peers.observe(Arc::new(move |target, result, _| {
        metrics.count("outbound_calls", "Calls to peers.", &[("target", target), ("result", result)]);
    }));
    peers
}

fn verifier_of_user_service(options: &HostOptions, peers: &Peers) -> Verifier {
    let user = peers.of("user");
    let source = move || {
        let user = user.clone();
        async move { user.get("/.well-known/jwks.json").send().await }
    };
    Verifier::new(
        &options.public_url,
        auth::token::AUDIENCE,
        options.clock.clone(),
        Default::default(),
        source,
    )
}
