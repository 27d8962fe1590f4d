//! Numbers for Prometheus: one registry per process, families made on first use.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

type Labels = Vec<(&'static str, String)>;
/// Labels as those who count have them.
type Told<'a> = &'a [(&'static str, &'a str)];
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;

/// The upper bounds of the duration buckets in seconds, those of OpenTelemetry's HTTP conventions.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The numbers of this process. Labels must be bounded: route templates, never raw paths.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    registry: Mutex<Registry>,
    counters: RwLock<HashMap<&'static str, Family<Labels, Counter>>>,
    histograms: RwLock<HashMap<&'static str, Histograms>>,
    known_counters: Known<Counter>,
    known_histograms: Known<Histogram>,
    gauges: RwLock<HashMap<&'static str, Gauges>>,
}

impl Metrics {
    /// Adds one to the counter `name` (without `_total`, which the text format appends).
    pub fn count(&self, name: &'static str, help: &str, labels: &[(&'static str, &str)]) {
        self.add(name, help, labels, 1);
    }

    /// Adds `by` to the counter `name`.
    pub fn add(&self, name: &'static str, help: &str, labels: &[(&'static str, &str)], by: u64) {
        let make = || self.counter(name, help).get_or_create_owned(&owned(labels));
        self.0.known_counters.find(name, labels, make, |counter| {
            counter.inc_by(by);
        });
    }

    /// Brings the counter `name` to a `total` that was counted elsewhere; it never falls.
    pub fn raise(&self, name: &'static str, help: &str, labels: &[(&'static str, &str)], total: u64) {
        self.counter(name, help).get_or_create(&owned(labels)).inner().fetch_max(total, Ordering::Relaxed);
    }

    /// Notes a duration in the histogram `name`, in seconds.
    pub fn time(&self, name: &'static str, help: &str, labels: &[(&'static str, &str)], took: Duration) {
        let families = || Histograms::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let make = || {
            let family =
                family(&self.0.histograms, name, families, |family| self.register(name, help, family));
            family.get_or_create_owned(&owned(labels))
        };
        self.0.known_histograms.find(name, labels, make, |histogram| histogram.observe(took.as_secs_f64()));
    }

    /// Sets the gauge `name`.
    pub fn set(&self, name: &'static str, help: &str, labels: &[(&'static str, &str)], value: f64) {
        let family =
            family(&self.0.gauges, name, Family::default, |family| self.register(name, help, family));
        family.get_or_create(&owned(labels)).set(value);
    }

    /// All numbers in Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let registry = self.0.registry.lock().expect("no panic while holding this lock");
        if let Err(error) = encode(&mut text, &registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        text
    }

    fn counter(&self, name: &'static str, help: &str) -> Family<Labels, Counter> {
        family(&self.0.counters, name, Family::default, |family| self.register(name, help, family))
    }

    fn register(&self, name: &str, help: &str, family: impl prometheus_client::registry::Metric) {
        self.0.registry.lock().expect("no panic while holding this lock").register(name, help, family);
    }
}

/// Numbers found by labels that are only borrowed: every request counts, so finding its number must
/// not copy texts. The families have the same numbers and are what is written out.
struct Known<N> {
    hasher: RandomState,
    numbers: RwLock<HashMap<u64, Vec<Number<N>>>>,
}

struct Number<N> {
    name: &'static str,
    labels: Labels,
    value: N,
}

impl<N> Default for Known<N> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), numbers: RwLock::default() }
    }
}

impl<N> Known<N> {
    /// Applies `change` to the number called `name` with these labels; `make` knows it if it is new.
    fn find(&self, name: &'static str, labels: Told<'_>, make: impl Fn() -> N, change: impl Fn(&N)) {
        let hash = self.hasher.hash_one((name, labels));
        let is_it = |known: &&Number<N>| {
            let own = known.labels.iter().map(|(name, value)| (*name, value.as_str()));
            known.name == name && own.eq(labels.iter().copied())
        };
        let numbers = self.numbers.read().expect("no panic while holding this lock");
        if let Some(known) = numbers.get(&hash).and_then(|some| some.iter().find(is_it)) {
            return change(&known.value);
        }
        drop(numbers);
        let number = make();
        change(&number);
        let mut numbers = self.numbers.write().expect("no panic while holding this lock");
        let some = numbers.entry(hash).or_default();
        if !some.iter().any(|known| is_it(&known)) {
            some.push(Number { name, labels: owned(labels), value: number });
        }
    }
}

fn family<F: Clone>(
    families: &RwLock<HashMap<&'static str, F>>,
    name: &'static str,
    make: impl Fn() -> F,
    register: impl Fn(F),
) -> F {
    if let Some(family) = families.read().expect("no panic while holding this lock").get(name) {
        return family.clone();
    }
    let mut families = families.write().expect("no panic while holding this lock");
    let entry = families.entry(name).or_insert_with(|| {
        let family = make();
        register(family.clone());
        family
    });
    entry.clone()
}

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_appear_under_the_names_of_the_contract() {
        let metrics = Metrics::default();
        metrics.count("http_requests", "Requests.", &[("route", "/api/products"), ("status", "200")]);
        metrics.count("http_requests", "Requests.", &[("route", "/api/products"), ("status", "200")]);
        metrics.time("http_request_duration_seconds", "Time.", &[("route", "/x")], Duration::from_millis(7));
        metrics.set("outbox_pending", "Rows.", &[("service", "order")], 3.0);
        let text = metrics.render();
        assert!(text.contains("http_requests_total{route=\"/api/products\",status=\"200\"} 2"), "{text}");
        assert!(text.contains("http_request_duration_seconds_bucket{le=\"0.01\",route=\"/x\"} 1"), "{text}");
        assert!(text.contains("outbox_pending{service=\"order\"} 3.0"), "{text}");
    }

    #[test]
    fn a_total_counted_elsewhere_is_a_counter_that_never_falls() {
        let metrics = Metrics::default();
        for total in [3, 5, 4] {
            metrics.raise("events_published", "Messages.", &[("service", "order")], total);
        }
        let text = metrics.render();
        assert!(text.contains("# TYPE events_published counter"), "{text}");
        assert!(text.contains("events_published_total{service=\"order\"} 5"), "{text}");
    }
}
