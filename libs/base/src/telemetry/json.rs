//! Log lines as contracts P-03 wants them: one JSON object each, names in camelCase, with the ids of
//! the request in progress.

use crate::context;
use crate::time::Clock;
use serde::Serialize;
use serde_json::{Map, Value};
use std::error::Error;
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The service of lines that belong to none.
const PLATFORM: &str = "emporion";

/// Writes a line for every event.
pub(super) struct JsonLines<W> {
    services: Vec<&'static str>,
    instance: String,
    clock: Clock,
    write: W,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    service: &'a str,
    instance: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    trace_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    span_id: &'a str,
    target: &'a str,
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
}

impl<W: Fn(&[u8])> JsonLines<W> {
    /// Gives every line to `write`; `services` are the crates whose name a line of theirs bears.
    pub(super) fn new(services: &[&'static str], write: W) -> Self {
        Self { services: services.to_vec(), instance: instance(), clock: Clock::system(), write }
    }

    fn service_of(&self, target: &str) -> &'static str {
        let root = target.split("::").next().unwrap_or_default();
        self.services.iter().copied().find(|service| *service == root).unwrap_or(PLATFORM)
    }
}

impl<S: Subscriber, W: Fn(&[u8]) + 'static> Layer<S> for JsonLines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let target = event.metadata().target();
        let here = context::current();
        let (trace_id, span_id) = here.traceparent.as_deref().and_then(trace).unwrap_or_default();
        let service = fields.take("service").unwrap_or_else(|| self.service_of(target).to_owned());
        let message = fields.take("message").unwrap_or_default();
        let correlation_id = fields.take("correlationId").unwrap_or_else(|| here.correlation_id.to_string());
        let request_id = fields.take("requestId").unwrap_or_else(|| here.request_id.to_string());
        fields.drop_reserved();
        let line = Line {
            timestamp: self.clock.now().to_string(),
            level: event.metadata().level().as_str(),
            service: &service,
            instance: &self.instance,
            message: &message,
            correlation_id: &correlation_id,
            request_id: &request_id,
            trace_id,
            span_id,
            target,
            fields: &fields.0,
        };
        if let Ok(mut bytes) = serde_json::to_vec(&line) {
            bytes.push(b'\n');
            (self.write)(&bytes);
        }
    }
}

/// Trace and span of a W3C traceparent.
fn trace(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.split('-').skip(1);
    Some((parts.next()?, parts.next()?))
}

/// This process among others: its host's name and its number.
fn instance() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "local" } else { host.trim() };
    format!("{host}-{}", std::process::id())
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(camel(field.name()), value.into());
    }

    fn take(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    /// No field may stand twice in a line.
    fn drop_reserved(&mut self) {
        for name in ["timestamp", "level", "instance", "traceId", "spanId", "target"] {
            self.0.remove(name);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }
}

/// `request_id` as `requestId`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::RequestContext;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    /// What is logged by `work`.
    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let write = move |line: &[u8]| {
            assert!(line.split_last().is_some_and(|(end, rest)| *end == b'\n' && !rest.contains(end)));
            kept.lock().unwrap().push(serde_json::from_slice(line).unwrap());
        };
        let layer = JsonLines::new(&["order"], write);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        lines.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn a_line_has_the_fields_of_the_contract() {
        let here = RequestContext {
            request_id: "r-1".into(),
            correlation_id: "c-1".into(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
            ..RequestContext::default()
        };
        let lines = context::scope(here, async {
            logged(|| tracing::info!(target: "order::ops", user_id = "u-1", attempt = 2_u64, "done\n\"so\""))
        });
        let line = lines.await.remove(0);
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(timestamp.ends_with('Z') && timestamp.len() == 24, "{timestamp}");
        for (name, value) in [
            ("level", "INFO"),
            ("service", "order"),
            ("message", "done\n\"so\""),
            ("correlationId", "c-1"),
            ("requestId", "r-1"),
            ("traceId", "4bf92f3577b34da6a3ce929d0e0e4736"),
            ("spanId", "00f067aa0ba902b7"),
            ("userId", "u-1"),
        ] {
            assert_eq!(line[name], value, "{name} in {line}");
        }
        assert_eq!(line["attempt"], 2);
        assert!(!line["instance"].as_str().unwrap().is_empty());
    }

    #[test]
    fn what_an_event_says_itself_goes_before_what_is_known_and_no_name_stands_twice() {
        let lines = logged(|| {
            tracing::warn!(target: "db", service = "cart", request_id = "mine", level = "x", "slow");
            tracing::warn!(target: "db", "slow");
        });
        assert_eq!((&lines[0]["service"], &lines[0]["requestId"]), (&"cart".into(), &"mine".into()));
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[1]["service"], PLATFORM);
        assert_eq!(lines[1].get("requestId"), None, "outside of a request there is none");
    }
}
