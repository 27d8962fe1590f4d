//! The private listener: liveness, readiness, metrics. Never reachable through the gateway.

use crate::host::Host;
use crate::http::Failure;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use events::{Count, EventStats, Gauges};
use http::header::CONTENT_TYPE;
use std::sync::Arc;

/// Routes of the private listener.
pub fn ops_router(host: Arc<Host>) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(host)
}

async fn ready(State(host): State<Arc<Host>>) -> Result<&'static str, Failure> {
    host.ready().await?;
    Ok("ready\n")
}

async fn metrics(State(host): State<Arc<Host>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], host.metrics().await).into_response()
}

/// Copies the numbers of stores, events and tasks into `metrics`.
pub(crate) async fn refresh(host: &Host, metrics: &Metrics) {
    for name in host.names() {
        let service = [("service", name)];
        if let Some(db) = host.db(name) {
            let stats = db.stats();
            metrics.raise("db_statements", "SQL statements.", &service, stats.statements);
            metrics.raise("db_commits", "Durable commits.", &service, stats.commits);
        }
        let Some(runtime) = host.runtime(name) else { continue };
        totals(metrics, name, runtime.stats());
        match runtime.gauges().await {
            Ok(gauges) => queues(metrics, name, &gauges),
            Err(error) => {
                tracing::warn!(service = name, error = error.chain(), "queues could not be counted");
            }
        }
    }
}

fn totals(metrics: &Metrics, name: &str, stats: &EventStats) {
    let service = [("service", name)];
    metrics.raise("events_published", "Messages confirmed by the broker.", &service, stats.published());
    let failures = stats.publish_failures();
    metrics.raise("events_publish_failures", "Messages to be sent again.", &service, failures);
    for Count { of: queue, outcome, count } in stats.consumed() {
        let labels = [("service", name), ("queue", queue.as_str()), ("result", outcome.label())];
        metrics.raise("events_consumed", "Deliveries that ended.", &labels, count);
    }
    for Count { of: kind, outcome, count } in stats.task_runs() {
        let labels = [("service", name), ("kind", kind.as_str()), ("result", outcome.label())];
        metrics.raise("task_runs", "Runs of tasks that ended.", &labels, count);
    }
}

fn queues(metrics: &Metrics, name: &str, gauges: &Gauges) {
    let service = [("service", name)];
    metrics.set("outbox_pending", "Messages not published yet.", &service, gauges.outbox_pending as f64);
    let oldest = gauges.outbox_oldest.as_secs_f64();
    metrics.set("outbox_oldest_seconds", "Age of the oldest of them.", &service, oldest);
    metrics.set("tasks_waiting", "Tasks that wait or run.", &service, gauges.tasks_waiting as f64);
    metrics.set("tasks_parked", "Tasks whose attempts are used up.", &service, gauges.tasks_parked as f64);
    for (queue, count) in &gauges.waiting {
        let labels = [("service", name), ("queue", queue.as_str())];
        metrics.set("queue_messages", "Messages that wait or are being handled.", &labels, *count as f64);
    }
    for (queue, count) in &gauges.dead_letters {
        let labels = [("service", name), ("queue", queue.as_str())];
        metrics.set("dlq_messages", "Dead letters.", &labels, *count as f64);
    }
}
