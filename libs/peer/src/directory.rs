//! Which peers there are, and the layers around a call to one of them.

use crate::call::Call;
use auth::ServiceIdentity;
use axum::body::Body;
use base::context;
use base::{Error, Kind, Result};
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::BoxError;
use tracing::Instrument as _;

/// What carries a request to a peer: its router in this process, or a pool of connections. It is
/// called for many requests at once; whoever needs a service of its own for each clones it inside.
pub type Transport = Arc<dyn Fn(Request<Body>) -> Carried + Send + Sync>;

/// A request on its way.
pub type Carried = BoxFuture<'static, std::result::Result<Response<Body>, BoxError>>;

/// Told of every finished call: target, outcome (`ok`, `client-error`, `unavailable`, `timeout`), time taken.
pub type CallObserver = Arc<dyn Fn(&'static str, &'static str, Duration) + Send + Sync>;

/// Calls to one target that may run at once (bulkhead): a slow service cannot eat the process.
const BULKHEAD: usize = 256;

/// How long a call may take when neither the call nor the caller's deadline says less.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// The peers of this process, seen by one calling service.
#[derive(Clone)]
pub struct Peers {
    directory: Arc<Directory>,
    caller: Option<ServiceIdentity>,
}

struct Directory {
    targets: RwLock<HashMap<&'static str, Target>>,
    observer: RwLock<Option<CallObserver>>,
}

#[derive(Clone)]
struct Target {
    transport: Transport,
    bulkhead: Arc<Semaphore>,
}

impl Default for Peers {
    fn default() -> Self {
        Self::new()
    }
}

impl Peers {
    /// No peers yet, and calls without an identity of their own.
    pub fn new() -> Self {
        let directory = Directory { targets: RwLock::default(), observer: RwLock::default() };
        Self { directory: Arc::new(directory), caller: None }
    }

    /// The same peers, called as the service `identity` says.
    #[must_use]
    pub fn called_by(&self, identity: ServiceIdentity) -> Self {
        Self { directory: self.directory.clone(), caller: Some(identity) }
    }

    /// Makes `name` reachable through `transport`; a second time replaces the first.
    pub fn register(&self, name: &'static str, transport: Transport) {
        let target = Target { transport, bulkhead: Arc::new(Semaphore::new(BULKHEAD)) };
        self.directory.targets.write().expect("no panic while holding this lock").insert(name, target);
    }

    /// Tells `observer` of every finished call.
    pub fn observe(&self, observer: CallObserver) {
        *self.directory.observer.write().expect("no panic while holding this lock") = Some(observer);
    }

    /// The peer `name`. It is looked up at each call, so build order and cycles do not matter.
    pub fn of(&self, name: &'static str) -> Peer {
        Peer { name, peers: self.clone() }
    }
}

/// One other service.
#[derive(Clone)]
pub struct Peer {
    name: &'static str,
    peers: Peers,
}

impl Peer {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A GET of `path` (with query, already encoded).
    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, Method::GET, path.into())
    }

    /// A POST to `path`.
    pub fn post(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, Method::POST, path.into())
    }

    /// A PUT of `path`.
    pub fn put(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, Method::PUT, path.into())
    }

    /// A DELETE of `path`.
    pub fn delete(&self, path: impl Into<String>) -> Call<'_> {
        Call::new(self, Method::DELETE, path.into())
    }

    /// Passes a client's request on as it is, without an identity of our own: the peer verifies
    /// the client's token again. For the gateway.
    ///
    /// # Errors
    /// 503 `unavailable` without the peer or a free place, 504 `upstream-timeout` after `timeout`.
    pub async fn forward(&self, request: Request<Body>, timeout: Duration) -> Result<Response<Body>> {
        self.transmit(request, timeout).await
    }

    /// Sends `request` as the calling service.
    pub(crate) async fn send(&self, mut request: Request<Body>, timeout: Duration) -> Result<Response<Body>> {
        if let Some(identity) = &self.peers.caller {
            request.extensions_mut().insert(identity.clone());
        }
        self.transmit(request, timeout).await
    }

    // Outer to inner: identity (above), metrics around everything so that they show the final
    // outcome, deadline before the queue so that waiting counts, bulkhead, own task, transport.
    async fn transmit(&self, mut request: Request<Body>, timeout: Duration) -> Result<Response<Body>> {
        debug_assert!(!context::in_transaction(), "no peer may be called while a transaction is open");
        let started = Instant::now();
        let mut here = context::current();
        let timeout = here.remaining().map_or(timeout, |left| left.min(timeout));
        here.deadline = Some(started + timeout);
        replace_extensions(&mut request, here);
        let span = tracing::debug_span!("peer", target = self.name);
        let result = match tokio::time::timeout(timeout, self.carry(request)).instrument(span).await {
            Ok(result) => result,
            Err(_) => Err(Error::new(
                Kind::Timeout,
                "upstream-timeout",
                format!("{} took too long to answer", self.name),
            )),
        };
        self.observed(&result, started.elapsed());
        result
    }

    async fn carry(&self, request: Request<Body>) -> Result<Response<Body>> {
        let unavailable = || Error::unavailable(format!("{} cannot be reached now", self.name));
        let target = self
            .peers
            .directory
            .targets
            .read()
            .expect("no panic while holding this lock")
            .get(self.name)
            .cloned();
        let target = target.ok_or_else(unavailable)?;
        let place = target.bulkhead.acquire_owned().await.map_err(|_| unavailable())?;
        let answer = (target.transport)(request).await;
        drop(place);
        answer.map_err(|error| unavailable().caused_by(error))
    }

    fn observed(&self, result: &Result<Response<Body>>, took: Duration) {
        let observer =
            self.peers.directory.observer.read().expect("no panic while holding this lock").clone();
        let Some(observer) = observer else { return };
        let outcome = match result {
            Ok(response) if response.status().is_server_error() => "unavailable",
            Ok(response) if response.status().is_client_error() => "client-error",
            Ok(_) => "ok",
            Err(error) if error.kind() == Kind::Timeout => "timeout",
            Err(_) => "unavailable",
        };
        observer(self.name, outcome, took);
    }
}

/// Leaves of the extensions only what is meant for the callee: who calls, under which context. The
/// others are the caller's own; parameters of its path would be taken for those of the callee's.
fn replace_extensions(request: &mut Request<Body>, here: context::RequestContext) {
    let identity = request.extensions_mut().remove::<ServiceIdentity>();
    request.extensions_mut().clear();
    request.extensions_mut().insert(here);
    if let Some(identity) = identity {
        request.extensions_mut().insert(identity);
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Peer").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local;
    use axum::Router;
    use axum::routing::get;
    use base::context::RequestContext;
    use tower::ServiceExt as _;

    fn peers(router: Router) -> Peers {
        let peers = Peers::new();
        peers.register("other", local(router));
        peers
    }

    #[tokio::test]
    async fn a_missing_peer_is_unavailable_not_a_panic() {
        let error = Peers::new().of("other").get("/x").send::<String>().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.wait().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_callers_deadline_cuts_a_call_short() {
        let slow =
            Router::new().route("/x", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }));
        let peers = peers(slow);
        let started = Instant::now();
        let context = RequestContext {
            deadline: Some(started + Duration::from_millis(300)),
            ..RequestContext::background()
        };
        let error = context::scope(context, peers.of("other").get("/x").send::<String>()).await.unwrap_err();
        assert_eq!(error.code(), "upstream-timeout");
        assert_eq!(started.elapsed(), Duration::from_millis(300));
    }

    #[tokio::test]
    #[expect(clippy::disallowed_types, reason = "a bare router, without the services' extractors")]
    async fn parameters_of_the_callers_path_stay_with_the_caller() {
        use axum::extract::Path;
        let callee = Router::new().route("/things/{id}", get(|Path(id): Path<String>| async { id }));
        let peer = peers(callee).of("other");
        let forward = async move |request: Request<Body>| {
            peer.forward(request, Duration::from_secs(5)).await.map_err(|error| error.to_string())
        };
        let caller: Router = Router::new().route("/{*path}", get(forward));
        let request = Request::get("/things/7").body(Body::empty()).unwrap();
        assert_eq!(caller.oneshot(request).await.unwrap().status(), http::StatusCode::OK);
    }

    /// Whether a call that its caller gives up at once is worked on to its end.
    async fn ends_without_its_caller(method: Method) -> bool {
        let (begun, mut seen_begin) = tokio::sync::mpsc::channel(1);
        let (done, mut seen_done) = tokio::sync::mpsc::channel(1);
        let work = move || async move {
            begun.send(()).await.expect("the test waits");
            tokio::task::yield_now().await;
            done.send(()).await.expect("the test waits");
        };
        let peer = peers(Router::new().route("/x", get(work.clone()).post(work))).of("other");
        let call =
            base::spawn("caller", async move { Call::new(&peer, method, "/x".into()).send_empty().await });
        seen_begin.recv().await;
        call.abort();
        seen_done.recv().await == Some(())
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_stops_what_only_reads_and_nothing_else() {
        assert!(ends_without_its_caller(Method::POST).await);
        assert!(!ends_without_its_caller(Method::GET).await);
    }

    #[tokio::test]
    async fn problems_keep_their_kind_and_code_and_server_errors_become_unavailable() {
        let problem = || async {
            let body =
                serde_json::to_string(&Error::conflict("insufficient-stock", "x").to_problem()).unwrap();
            (http::StatusCode::CONFLICT, body)
        };
        let router = Router::new()
            .route("/conflict", get(problem))
            .route("/broken", get(|| async { (http::StatusCode::INTERNAL_SERVER_ERROR, "<html>") }))
            .route("/garbage", get(|| async { "not json" }));
        let peers = peers(router);
        let get = async |path: &str| peers.of("other").get(path).send::<Vec<u8>>().await.unwrap_err();
        assert_eq!(get("/conflict").await.code(), "insufficient-stock");
        assert_eq!(get("/broken").await.kind(), Kind::Unavailable);
        assert_eq!(get("/garbage").await.kind(), Kind::BadUpstream);
        assert_eq!(get("/nowhere").await.kind(), Kind::NotFound);
    }
}
