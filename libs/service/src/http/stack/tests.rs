//! What a request leaves in the log.

use super::*;
use auth::token::AUDIENCE;
use axum::body::Body;
use axum::routing::{any, get};
use base::Clock;
use peer::{Peers, local};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use tower::ServiceExt as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Record};
use tracing::{Event, Metadata, Subscriber, span};

type Line = BTreeMap<String, String>;

/// Keeps the fields of every event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Line>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Line::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Fields(Line);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

fn stacked(router: Router, service: &'static str) -> Router {
    let keys = || async { Err(Error::unavailable("no keys here")) };
    let verifier = Verifier::new("http://shop.test", AUDIENCE, Clock::system(), Default::default(), keys);
    let outermost = service == "gateway";
    with_stack(
        router,
        Stack { service, verifier, metrics: Metrics::default(), db: None, refusals: None, outermost },
    )
}

/// The line of the gateway for a request of `uri` that `router` answers behind it as service `order`.
async fn line_of(uri: &'static str, router: Router) -> Line {
    let peers = Peers::new();
    peers.register("order", local(stacked(router, "order")));
    let pass = move |request: Request| async move {
        peers.of("order").forward(request, DEADLINE).await.map_err(Failure)
    };
    let gateway = stacked(Router::new().route("/{*path}", any(pass)), "gateway");
    let lines = Lines::default();
    let guard = tracing::subscriber::set_default(lines.clone());
    gateway.oneshot(Request::builder().uri(uri).body(Body::empty()).unwrap()).await.unwrap();
    drop(guard);
    let lines = lines.0.lock().unwrap().clone();
    let about = |line: &Line| line.get("service").is_some_and(|service| service == "gateway");
    lines.into_iter().find(about).expect("the gateway writes a line")
}

#[tokio::test]
async fn a_request_from_outside_leaves_its_path_without_the_query_and_who_answered_for_whom() {
    let user = UserId::new();
    let answer = move || async move {
        let mut response = "here".into_response();
        response.extensions_mut().insert(AnsweredTo(user));
        response
    };
    let router = Router::new().route("/api/orders/{id}", get(answer));
    let line = line_of("/api/orders/7?token=s3cret", router).await;
    for (name, value) in [
        ("message", "request"),
        ("method", "GET"),
        ("path", "/api/orders/7"),
        ("route", "/api/orders/{id}"),
        ("status", "200"),
        ("answered_by", "order"),
        ("user_id", &user.to_string()),
    ] {
        assert_eq!(line.get(name).map(String::as_str), Some(value), "{name} in {line:?}");
    }
    assert!(line["milliseconds"].parse::<f64>().unwrap() > 0.0, "{line:?}");
    assert!(!format!("{line:?}").contains("s3cret"), "{line:?}");
}

#[tokio::test]
async fn a_path_nobody_has_is_named_but_not_in_full_length() {
    let long: &'static str = Box::leak(format!("/{}", "x".repeat(5000)).into_boxed_str());
    let line = line_of(long, Router::new()).await;
    assert_eq!((line["status"].as_str(), line["route"].as_str()), ("404", "unmatched"));
    assert_eq!(line["path"].len(), 200);
}
