//! What a hosted service shows, and what is left of it when the host has stopped.

use super::*;
use crate::Routes;
use axum::body::Body;
use axum::extract::State;
use http::{Request, StatusCode};
use std::sync::{Mutex, Weak};
use tower::ServiceExt as _;

/// The states of the services that were built, by name.
static STATES: Mutex<Vec<(&str, Weak<Neighbours>)>> = Mutex::new(Vec::new());

/// A state as services have it: it holds the way to all others.
struct Neighbours(Peers);

async fn ask(State(state): State<Arc<Neighbours>>) -> Result<String, Failure> {
    Ok(state.0.of("second").get("/health/live").send_bytes().await.map(|bytes| format!("{bytes:?}"))?)
}

fn build(cx: &Context) -> Service {
    let state = Arc::new(Neighbours(cx.peers.clone()));
    STATES.lock().unwrap().push((cx.name, Arc::downgrade(&state)));
    let routes = Routes::new("test").with_state(());
    Service::new(routes).with_router(|router| router.route("/ask", get(ask).with_state(state)))
}

fn definition(name: &'static str) -> Definition {
    Definition {
        name,
        registry_name: name,
        port: 0,
        migrations: &[],
        document: || Routes::<()>::new("test").document(),
        build: |cx| Box::pin(std::future::ready(Ok(build(&cx)))),
    }
}

async fn host(definitions: &[Definition]) -> Host {
    let options = HostOptions {
        config: Config::load("", None, &BTreeMap::new()).unwrap(),
        clock: Clock::system(),
        keys: Keys::new([7; 32]),
        store: Store::Sqlite(PathBuf::new()),
        data_dir: PathBuf::new(),
        public_url: "http://shop.test".to_owned(),
        verifier: None,
        background: false,
    };
    Host::start(options, definitions, &[]).await.unwrap()
}

async fn status(host: &Host, service: &str, path: &str) -> StatusCode {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    host.router(service).unwrap().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_service_tells_its_neighbours_how_it_is_and_the_gateway_tells_nobody() {
    let host = host(&[definition("gateway"), definition("other")]).await;
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(status(&host, "gateway", path).await, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(status(&host, "other", path).await, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn nothing_of_a_stopped_service_stays_in_memory() {
    let host = host(&[definition("first"), definition("second")]).await;
    assert_eq!(status(&host, "first", "/ask").await, StatusCode::OK);
    let peers = host.peers().clone();
    host.stop().await;
    let mut states = STATES.lock().unwrap().clone();
    states.retain(|(name, _)| ["first", "second"].contains(name));
    assert_eq!(states.len(), 2);
    let left: Vec<&str> =
        states.iter().filter(|(_, s)| s.upgrade().is_some()).map(|(name, _)| *name).collect();
    assert!(left.is_empty(), "{left:?} are still there");
    let error = peers.of("second").get("/health/live").send_bytes().await.unwrap_err();
    assert_eq!(error.kind(), base::Kind::Unavailable);
}
