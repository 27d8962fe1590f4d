//! The operator's side: talks to the running shop of this data folder, or, when none runs, to
//! services started for the length of the command.

use crate::args::{DlqWhat, OutboxWhat, TasksWhat};
use crate::operator::{self, Again, Choice, Dead, Handled, WaitingMessage, Work};
use crate::output::{Outcome, Result, line};
use crate::services;
use crate::settings::{Settings, make};
use axum::body::Body;
use base::Keys;
use base::{Error, Kind};
use http::header::AUTHORIZATION;
use peer::{Call, Peers, local, remote};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::Host;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Held by the one process that runs the services of a data folder.
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

/// Who has a data folder.
pub(crate) enum Holder {
    /// We do, as long as the lock lives.
    Us(Lock),
    /// A running shop, whose private listener is at this address.
    Shop(String),
}

/// Takes the data folder, or says who has it.
pub(crate) fn take(folder: &Path, ops_address: &str) -> base::Result<Holder> {
    let path = folder.join("lock");
    let unusable =
        |error: std::io::Error| Error::unavailable(format!("cannot use {}: {error}", path.display()));
    make(folder)?;
    let mut file =
        File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).and_then(|()| file.write_all(ops_address.as_bytes())).map_err(unusable)?;
            Ok(Holder::Us(Lock(file)))
        }
        Err(TryLockError::WouldBlock) => {
            let mut address = String::new();
            file.read_to_string(&mut address).map_err(unusable)?;
            Ok(Holder::Shop(address))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// A way to the services of a data folder.
pub(crate) struct Operator {
    peers: Peers,
    token: String,
    hosted: Option<Hosted>,
}

/// Services that run for the length of a command. Nothing happens in them by itself: what waits
/// can be looked at without being sent.
struct Hosted {
    host: Arc<Host>,
    _lock: Option<Lock>,
}

impl Operator {
    /// Connects to the running shop, or starts the services in this process.
    pub(crate) async fn connect(settings: &Settings) -> base::Result<Self> {
        match take(&settings.platform.data_dir, "")? {
            Holder::Us(lock) => Self::host(settings, Some(lock)).await,
            Holder::Shop(address) => {
                let authority = address.parse().map_err(|_| {
                    Error::unavailable(
                        "another emporion command is using this data folder; wait until it has ended",
                    )
                })?;
                let options = settings.host_options(false)?;
                let peers = Peers::new();
                peers.register("operator", remote(authority));
                Ok(Self { peers, token: operator::token(&options.keys), hosted: None })
            }
        }
    }

    /// Starts the services of a data folder that this process already has.
    pub(crate) async fn within(settings: &Settings) -> base::Result<Self> {
        Self::host(settings, None).await
    }

    async fn host(settings: &Settings, lock: Option<Lock>) -> base::Result<Self> {
        let options = settings.host_options(false)?;
        let keys = options.keys.clone();
        let host = Arc::new(Host::start(options, &services::all(), &[]).await?);
        Ok(Self { hosted: Some(Hosted { host: host.clone(), _lock: lock }), ..Self::of_host(&host, &keys) })
    }

    /// The way to services that already run in this process.
    pub(crate) fn of_host(host: &Arc<Host>, keys: &Keys) -> Self {
        let peers = Peers::new();
        peers.register("operator", local(operator::router(host.clone(), keys)));
        Self { peers, token: operator::token(keys), hosted: None }
    }

    fn prepared<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.header(AUTHORIZATION, &format!("Bearer {}", self.token)).timeout(operator::PATIENCE)
    }

    /// GETs `path` of the operators' routes.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> base::Result<T> {
        self.prepared(self.peers.of("operator").get(path)).send().await
    }

    /// POSTs `body` to `path` of the operators' routes.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> base::Result<T> {
        self.prepared(self.peers.of("operator").post(path).json(body)).send().await
    }

    /// POSTs a file to `path` of the operators' routes, reading it while it is sent.
    pub(crate) async fn post_file<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &'static str,
        file: impl Into<Body>,
    ) -> base::Result<T> {
        self.prepared(self.peers.of("operator").post(path).bytes(content_type, file)).send().await
    }

    /// GETs a file from `path` of the operators' routes, to be read piece by piece.
    pub(crate) async fn get_file(&self, path: &str) -> base::Result<Body> {
        self.prepared(self.peers.of("operator").get(path)).send_streaming().await
    }

    /// The services of this process, if the command started them.
    pub(crate) fn own_host(&self) -> Option<&Host> {
        self.hosted.as_ref().map(|hosted| &*hosted.host)
    }

    /// Lets everything published so far have its effects. A running shop does so by itself.
    ///
    /// # Errors
    /// 503 if it does not come to an end.
    pub(crate) async fn settle(&self) -> base::Result<()> {
        let Some(host) = self.own_host() else { return Ok(()) };
        for _ in 0..100 {
            let mut idle = true;
            for runtime in host.names().filter_map(|name| host.runtime(name)) {
                idle &= runtime.settle().await?.is_idle();
            }
            if idle {
                return Ok(());
            }
        }
        Err(Error::unavailable(
            "the services keep sending each other messages; start the shop and look at its log",
        ))
    }

    /// Ends services that were started for this command.
    pub(crate) async fn close(self) {
        let Self { peers, hosted, .. } = self;
        drop(peers);
        let Some(Hosted { host, _lock }) = hosted else { return };
        if let Ok(host) = Arc::try_unwrap(host) {
            host.stop().await;
        }
    }
}

fn ids(texts: &[String]) -> base::Result<Vec<Uuid>> {
    let id = |text: &String| {
        text.parse().map_err(|_| Error::new(Kind::Malformed, "malformed", format!("{text:?} is not an id")))
    };
    texts.iter().map(id).collect()
}

/// `emporion dlq …`
pub(crate) async fn dlq(settings: &Settings, what: &DlqWhat) -> Result {
    let operator = Operator::connect(settings).await?;
    match what {
        DlqWhat::List { queue } => {
            let path =
                queue.as_ref().map_or("/operator/dlq".into(), |queue| format!("/operator/dlq?queue={queue}"));
            let dead: Vec<Dead> = operator.get(&path).await?;
            if dead.is_empty() {
                line("no dead messages");
            }
            for letter in dead {
                let Dead { queue, id, routing_key, attempts, last_error, since, .. } = letter;
                line(format!(
                    "{id}  {since}  {queue}  {routing_key}  after {attempts} deliveries: {last_error}"
                ));
            }
        }
        DlqWhat::Replay { queue, ids: named } => {
            let choice = Choice { queue: queue.clone(), ids: ids(named)?, reason: String::new() };
            let handled: Handled = operator.post("/operator/dlq/replay", &choice).await?;
            line(format!("{} messages are back in {queue}", handled.count));
        }
        DlqWhat::Discard { queue, reason, ids: named } => {
            let choice = Choice { queue: queue.clone(), ids: ids(named)?, reason: reason.clone() };
            let handled: Handled = operator.post("/operator/dlq/discard", &choice).await?;
            line(format!("{} messages of {queue} were thrown away", handled.count));
        }
    }
    operator.close().await;
    Ok(Outcome::Done)
}

/// `emporion outbox list`
pub(crate) async fn outbox(settings: &Settings, what: &OutboxWhat) -> Result {
    let OutboxWhat::List = what;
    let operator = Operator::connect(settings).await?;
    let waiting: Vec<WaitingMessage> = operator.get("/operator/outbox").await?;
    if waiting.is_empty() {
        line("no messages wait to be published");
    }
    for row in waiting {
        let WaitingMessage { service, message_id, message_type, attempts, last_error, created_at } = row;
        let error = last_error.map_or(String::new(), |error| format!(": {error}"));
        line(format!("{message_id}  {created_at}  {service}  {message_type}  {attempts} attempts{error}"));
    }
    operator.close().await;
    Ok(Outcome::Done)
}

/// `emporion tasks …`
pub(crate) async fn tasks(settings: &Settings, what: &TasksWhat) -> Result {
    let operator = Operator::connect(settings).await?;
    match what {
        TasksWhat::List => {
            let work: Vec<Work> = operator.get("/operator/tasks").await?;
            if work.is_empty() {
                line("no work waits");
            }
            for task in work {
                let Work { service, id, kind, key, state, run_at, attempts, last_error } = task;
                let error = last_error.map_or(String::new(), |error| format!(": {error}"));
                line(format!(
                    "{id}  {state}  {service}  {kind} {key}  at {run_at}, {attempts} attempts{error}"
                ));
            }
        }
        TasksWhat::Retry { id } => {
            let again = Again { id: ids(std::slice::from_ref(id))?[0] };
            let _handled: Handled = operator.post("/operator/tasks/retry", &again).await?;
            line("the task runs again now");
        }
    }
    operator.close().await;
    Ok(Outcome::Done)
}
