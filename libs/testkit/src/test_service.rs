//! One service under test.

use crate::identity::{PUBLIC_URL, TestAuth};
use crate::request::TestRequest;
use axum::Router;
use base::config::Value;
use base::{Clock, Config, Id, Keys, Timestamp};
use db::{Db, Engine};
use events::{Message, StandardMessage};
use http::Method;
use service::{Definition, Host, HostOptions, Store};
use std::collections::BTreeMap;
use std::ops::Deref;
use tempfile::TempDir;

/// 2026-03-02T09:00:00Z, where the clock of every test starts.
const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

/// A service under test being put together.
#[must_use]
pub struct TestServiceBuilder {
    definition: Definition,
    stubs: Vec<(&'static str, Router)>,
    settings: Vec<(String, String, Value)>,
    own_tokens: bool,
}

impl TestServiceBuilder {
    /// Answers calls to the peer `name` with `router`.
    pub fn peer(mut self, name: &'static str, router: Router) -> Self {
        self.stubs.push((name, router));
        self
    }

    /// Changes a setting.
    pub fn setting(mut self, section: &str, key: &str, value: impl Into<Value>) -> Self {
        self.settings.push((section.to_owned(), key.to_owned(), value.into()));
        self
    }

    /// Accepts only tokens signed with the keys that the hosted user service publishes, as in
    /// production: for the user service itself. [`TestRequest::as_user`] works no more then.
    pub fn own_tokens(mut self) -> Self {
        self.own_tokens = true;
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// If it cannot start; the message says why.
    pub async fn start(self) -> TestService {
        let clock = Clock::manual(START);
        let auth = TestAuth::new(&clock);
        let files = tempfile::Builder::new().prefix("emporion-").tempdir().expect("a temporary directory");
        let store = Backend::of(db::testing::backend(), &files);
        let mut config = Config::load(DEFAULTS, None, &BTreeMap::new()).expect("the defaults are valid");
        for (section, key, value) in self.settings {
            config = config.with(&section, &key, value).unwrap_or_else(|error| panic!("{}", error.detail()));
        }
        let options = HostOptions {
            config,
            clock: clock.clone(),
            keys: Keys::new([7; 32]),
            store: store.0.clone(),
            data_dir: files.path().to_owned(),
            public_url: PUBLIC_URL.to_owned(),
            verifier: (!self.own_tokens).then(|| auth.verifier()),
            background: false,
        };
        let launch = Launch { options, definition: self.definition, stubs: self.stubs };
        let host = launch.host().await;
        let name = self.definition.name;
        TestService { name, host, auth, clock, keys: Keys::new([7; 32]), launch, _store: store, files }
    }
}

/// What a process of the service is started with.
struct Launch {
    options: HostOptions,
    definition: Definition,
    stubs: Vec<(&'static str, Router)>,
}

impl Launch {
    async fn host(&self) -> Host {
        let host = Host::start(self.options.clone(), &[self.definition], &self.stubs).await;
        host.unwrap_or_else(|error| panic!("{}", error.chain()))
    }
}

const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// One real service with a manual clock. Its events and tasks run when [`TestService::settle`] is called.
pub struct TestService {
    name: &'static str,
    host: Host,
    /// Signs tokens.
    pub auth: TestAuth,
    /// The clock of the service; it moves only when told.
    pub clock: Clock,
    /// The installation's keys.
    pub keys: Keys,
    launch: Launch,
    _store: Backend,
    files: TempDir,
}

impl TestService {
    /// Starts `definition` without stub peers.
    pub async fn new(definition: Definition) -> Self {
        Self::of(definition).start().await
    }

    /// Prepares `definition`.
    pub fn of(definition: Definition) -> TestServiceBuilder {
        TestServiceBuilder { definition, stubs: Vec::new(), settings: Vec::new(), own_tokens: false }
    }

    /// A request of any method.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        let router = self.host.router(self.name).expect("the service was started");
        TestRequest::new(router, self.auth.clone(), method, path)
    }

    /// A GET.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> TestRequest {
        self.request(Method::PUT, path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// The store, for questions no client can ask.
    pub fn db(&self) -> &Db {
        self.host.db(self.name).expect("the service has a store")
    }

    /// Where the service keeps its files.
    pub fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    /// Its numbers, as Prometheus reads them.
    pub async fn metrics(&self) -> String {
        self.host.metrics().await
    }

    /// Its events and tasks.
    pub fn runtime(&self) -> &events::Runtime {
        self.host.runtime(self.name).expect("the service has a store")
    }

    /// Runs its outbox, consumers and due tasks until nothing is due any more.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn settle(&self) {
        self.runtime().settle().await.unwrap_or_else(|error| panic!("{}", error.chain()));
    }

    /// Ends the process, however it was left, and starts another one on the same store. What the
    /// old one held leases of becomes free when they run out (15 s).
    ///
    /// # Panics
    /// If it cannot start.
    pub async fn restart(&mut self) {
        let old = std::mem::replace(&mut self.host, self.launch.host().await);
        old.stop().await;
    }

    /// Starts a second process on the same store.
    ///
    /// # Panics
    /// If it cannot start.
    pub async fn another_process(&self) -> Host {
        self.launch.host().await
    }

    /// Moves the clock and lets everything that became due happen.
    pub async fn after(&self, time: std::time::Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// Delivers `message` to the service, as its publisher would, and lets it happen; returns
    /// what was delivered, so that a test can deliver it again.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub async fn publish<M: Message>(&self, message: M) -> StandardMessage<M> {
        let envelope = StandardMessage::now(self.clock.now(), message);
        self.redeliver(&envelope).await;
        envelope
    }

    /// Delivers a message that was delivered before, with the same identity.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub async fn redeliver<M: Message>(&self, message: &StandardMessage<M>) {
        self.deliver(message).await;
        self.settle().await;
    }

    /// Delivers a message and leaves it in its queue.
    ///
    /// # Panics
    /// If the broker refuses it.
    pub async fn deliver<M: Message>(&self, message: &StandardMessage<M>) {
        let delivered = self.host.broker().deliver(message).await;
        delivered.unwrap_or_else(|error| panic!("{}", error.chain()));
    }

    /// The messages of type `M` the service has published, oldest first.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn published<M: Message>(&self) -> Vec<M> {
        let found = events::outbox::published::<M>(self.db()).await;
        found.unwrap_or_else(|error| panic!("{}", error.chain()))
    }
}

struct Backend(Store);

impl Backend {
    fn of(engine: Engine, files: &TempDir) -> Self {
        match engine {
            Engine::Sqlite => Self(Store::Sqlite(files.path().to_owned())),
            Engine::Postgres => {
                let prefix = format!("test_{}_", Id::<()>::new().uuid().simple());
                Self(Store::Postgres { url: db::testing::postgres_url(), prefix })
            }
        }
    }
}

impl Deref for Backend {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.0
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Store::Postgres { url, prefix } = &self.0 {
            db::testing::drop_schemas(url, prefix);
        }
    }
}
