//! What operators can ask of a running process, on the private listener only: calls to any hosted
//! service in the operator's name, dead letters, outbox, tasks. Every request carries a token
//! derived from the installation's secret.

#[cfg(test)]
mod tests;

use api::audit::Deed;
use api::repair::{RepairInvariants, Repairs};
use api::shared::Actor;
use auth::{Caller, Scope, ServiceIdentity};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use base::context::{self, RequestContext};
use base::keys::Keys;
use base::{Error, Kind};
use events::broker::{Broker as _, Which};
use events::{outbox, tasks};
use http::Uri;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::Host;
use service::http::{Failure, Json, Query, Result};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a call of an operator may take; an import of millions of rows takes its time.
pub(crate) const PATIENCE: Duration = Duration::from_hours(6);

/// The most rows one answer lists.
const MOST: u32 = 200;

/// What an operator may do at services, beside reading.
const SCOPES: [&str; 7] = [
    "invariants:read",
    "invariants:repair",
    "product:import",
    "inventory:import",
    "user:command",
    "simulator:read",
    "authz:bundle",
];

/// The token of the operators of this installation.
pub(crate) fn token(keys: &Keys) -> String {
    keys.seal("operator", b"operator")
}

/// The operators' routes for `host`.
pub(crate) fn router(host: Arc<Host>, keys: &Keys) -> Router {
    let guarded = Router::new()
        .route("/operator/peer/{service}/{*path}", any(ask_peer))
        .route("/operator/dlq", get(list_dead))
        .route("/operator/dlq/replay", post(replay))
        .route("/operator/dlq/discard", post(discard))
        .route("/operator/outbox", get(list_outbox))
        .route("/operator/tasks", get(list_tasks))
        .route("/operator/tasks/retry", post(retry_task))
        .route("/operator/repair", post(repair_work))
        .layer(from_fn_with_state(keys.clone(), only_operators));
    let open = Router::new().route("/internal/simulator/charges", get(simulator_charges));
    guarded.merge(open).with_state(host)
}

async fn only_operators(State(keys): State<Keys>, request: Request, next: Next) -> Response {
    let given =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if given.and_then(|token| keys.open("operator", token)).is_some() {
        return next.run(request).await;
    }
    Failure(Error::unauthenticated()).into_response()
}

fn identity() -> ServiceIdentity {
    ServiceIdentity::new("operator", SCOPES.map(Scope::new))
}

/// Sends the request to a hosted service, as the operator.
async fn ask_peer(State(host): State<Arc<Host>>, mut request: Request) -> Result<Response> {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let inner = path.strip_prefix("/operator/peer/").and_then(|rest| rest.split_once('/'));
    let (service, path) = inner.ok_or_else(|| Error::not_found("path"))?;
    let name = host.names().find(|name| *name == service).ok_or_else(|| Error::not_found("service"))?;
    *request.uri_mut() = format!("/{path}").parse::<Uri>().map_err(Error::internal)?;
    request.headers_mut().remove(AUTHORIZATION);
    request.extensions_mut().insert(identity());
    let peer = host.peers().of(name);
    Ok(context::scope(RequestContext::background(), peer.forward(request, PATIENCE)).await?)
}

/// The simulator's own books; they hold nothing personal.
async fn simulator_charges(State(host): State<Arc<Host>>) -> Result<Response> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static("/internal/simulator/charges");
    request.extensions_mut().insert(identity());
    Ok(host.peers().of("payment").forward(request, Duration::from_secs(10)).await?)
}

/// A dead letter as operators see it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Dead {
    pub(crate) queue: String,
    pub(crate) id: Uuid,
    pub(crate) message_id: Uuid,
    pub(crate) routing_key: String,
    pub(crate) attempts: u32,
    pub(crate) last_error: String,
    pub(crate) since: String,
}

#[derive(Debug, Deserialize)]
struct OfQueue {
    queue: Option<String>,
}

async fn list_dead(State(host): State<Arc<Host>>, Query(of): Query<OfQueue>) -> Result<Json<Vec<Dead>>> {
    let mut found = Vec::new();
    for queue in queues(&host, of.queue.as_deref())? {
        for letter in host.broker().dead_letters(&queue, MOST).await? {
            found.push(Dead {
                queue: queue.clone(),
                id: letter.id,
                message_id: letter.message_id,
                routing_key: letter.routing_key,
                attempts: letter.attempts,
                last_error: letter.last_error,
                since: letter.dead_at.to_string(),
            });
        }
    }
    Ok(Json(found))
}

fn queues(host: &Host, only: Option<&str>) -> base::Result<Vec<String>> {
    let all = host.names().filter_map(|name| host.runtime(name)).flat_map(events::Runtime::durable_queues);
    let queues: Vec<String> =
        all.filter(|queue| only.is_none_or(|only| only == *queue)).map(str::to_owned).collect();
    if queues.is_empty() { Err(Error::not_found("queue")) } else { Ok(queues) }
}

/// Which dead letters, and why they are thrown away.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) queue: String,
    #[serde(default)]
    pub(crate) ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) reason: String,
}

/// How many were handled.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Handled {
    pub(crate) count: u64,
}

async fn replay(State(host): State<Arc<Host>>, Json(choice): Json<Choice>) -> Result<Json<Handled>> {
    queues(&host, Some(&choice.queue))?;
    let which = if choice.ids.is_empty() { Which::All } else { Which::These(choice.ids) };
    let count = host.broker().replay(&choice.queue, which).await?;
    note(&host, &choice.queue, Deed::new("dlq.replay", "queue"), count).await?;
    Ok(Json(Handled { count }))
}

async fn discard(State(host): State<Arc<Host>>, Json(choice): Json<Choice>) -> Result<Json<Handled>> {
    queues(&host, Some(&choice.queue))?;
    if choice.ids.is_empty() || choice.reason.trim().is_empty() {
        return Err(Error::new(Kind::Invalid, "validation", "name the messages and a reason").into());
    }
    let which = Which::These(choice.ids);
    let count = host.broker().discard(&choice.queue, which, &choice.reason).await?;
    let deed = Deed::new("dlq.discard", "queue").because(Some(&choice.reason));
    note(&host, &choice.queue, deed, count).await?;
    Ok(Json(Handled { count }))
}

fn actor() -> Actor {
    Actor::from(&Caller::Service(identity()))
}

/// Leaves the audit record of what was done to dead letters, with the service whose queue it is.
async fn note(host: &Host, queue: &str, deed: Deed, count: u64) -> base::Result<()> {
    let has =
        |name: &&str| host.runtime(name).is_some_and(|own| own.durable_queues().any(|own| own == queue));
    let owner = host.names().find(has);
    let owner = owner.and_then(|name| Some((host.db(name)?, host.auditor(name)?)));
    let Some((db, auditor)) = owner.filter(|_| count > 0) else { return Ok(()) };
    let deed = deed.to(queue).changed(None::<&Value>, Some(&json!({ "count": count })));
    let mut tx = db.begin().await?;
    auditor.write(&mut tx, actor(), deed).await?;
    Ok(tx.commit().await?)
}

/// A waiting message as operators see it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WaitingMessage {
    pub(crate) service: String,
    pub(crate) message_id: Uuid,
    pub(crate) message_type: String,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) created_at: String,
}

async fn list_outbox(State(host): State<Arc<Host>>) -> Result<Json<Vec<WaitingMessage>>> {
    let mut found = Vec::new();
    for name in host.names() {
        let Some(db) = host.db(name) else { continue };
        let mut conn = db.conn().await?;
        found.extend(outbox::list(&mut conn, MOST).await?.into_iter().map(|row| WaitingMessage {
            service: name.to_owned(),
            message_id: row.message_id,
            message_type: row.message_type,
            attempts: row.attempts,
            last_error: row.last_error,
            created_at: row.created_at.to_string(),
        }));
    }
    Ok(Json(found))
}

/// Durable work as operators see it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) service: String,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) state: String,
    pub(crate) run_at: String,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
}

async fn list_tasks(State(host): State<Arc<Host>>) -> Result<Json<Vec<Work>>> {
    let mut found = Vec::new();
    for name in host.names() {
        let Some(db) = host.db(name) else { continue };
        let mut conn = db.conn().await?;
        let mut rows = tasks::parked(&mut conn, MOST).await?;
        rows.extend(tasks::list(&mut conn, MOST).await?);
        found.extend(rows.into_iter().map(|row| Work {
            service: name.to_owned(),
            state: state_of(&row).to_owned(),
            id: row.id,
            kind: row.kind,
            key: row.key,
            run_at: row.run_at.to_string(),
            attempts: row.attempts,
            last_error: row.last_error,
        }));
    }
    Ok(Json(found))
}

fn state_of(task: &tasks::TaskInfo) -> &'static str {
    if task.parked_at.is_some() {
        "PARKED"
    } else if task.running_until.is_some() {
        "RUNNING"
    } else {
        "WAITING"
    }
}

/// Which task to try again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Again {
    pub(crate) id: Uuid,
}

async fn retry_task(State(host): State<Arc<Host>>, Json(again): Json<Again>) -> Result<Json<Handled>> {
    for name in host.names() {
        let Some(db) = host.db(name) else { continue };
        let mut tx = db.begin().await?;
        if tasks::retry(&mut tx, again.id).await? {
            if let Some(auditor) = host.auditor(name) {
                auditor.write(&mut tx, actor(), Deed::new("task.retry", "task").to(again.id)).await?;
            }
            tx.commit().await?;
            return Ok(Json(Handled { count: 1 }));
        }
    }
    Err(Error::not_found("parked task").into())
}

/// What is repaired of one service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OfService {
    pub(crate) service: String,
    pub(crate) repairs: Repairs,
}

/// Gives work that was given up, and messages that wait for their next try, another one now. Dead
/// messages stay: whoever replays them has mended the cause.
async fn repair_work(
    State(host): State<Arc<Host>>,
    Json(wish): Json<RepairInvariants>,
) -> Result<Json<Vec<OfService>>> {
    let mut found = Vec::new();
    for name in host.names() {
        let Some(db) = host.db(name) else { continue };
        let mut repairs = Repairs::default();
        let mut conn = db.conn().await?;
        let parked = tasks::parked(&mut conn, MOST).await?;
        let failing = outbox::list(&mut conn, MOST).await?.into_iter().filter(|row| row.attempts > 0);
        drop(conn);
        for row in failing {
            repairs.repaired(wish, "message-waits", row.message_id, "it is sent again now");
        }
        if !wish.dry_run {
            let mut tx = db.begin().await?;
            outbox::send_now(&mut tx).await?;
            for task in &parked {
                tracing::warn!(service = name, task = %task.id, kind = task.kind, "a parked task runs again");
                tasks::retry(&mut tx, task.id).await?;
            }
            tx.commit().await?;
        }
        for task in parked {
            repairs.repaired(wish, "task-parked", task.id, &format!("{} runs again now", task.kind));
        }
        for queue in host.runtime(name).into_iter().flat_map(events::Runtime::durable_queues) {
            for letter in host.broker().dead_letters(queue, MOST).await? {
                let what = format!("mend the cause, then emporion dlq replay --queue {queue} {}", letter.id);
                repairs.by_hand("message-dead", letter.message_id, &what);
            }
        }
        found.push(OfService { service: name.to_owned(), repairs });
    }
    Ok(Json(found))
}
