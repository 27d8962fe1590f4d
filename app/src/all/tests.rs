//! A running shop tells its numbers under the names of contracts P-04, and `docs/metrics.md` has them all.

use super::{Place, Shop};
use crate::args::Common;
use crate::settings::Settings;
use peer::{Peers, remote};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// What contracts P-04 asks of every shop.
const WANTED: [&str; 8] = [
    "http_requests_total{",
    "http_request_duration_seconds_bucket{",
    "events_published_total{",
    "events_consumed_total{",
    "outbound_calls_total{",
    "outbox_pending{",
    "outbox_oldest_seconds{",
    "dlq_messages{",
];

fn documented() -> BTreeSet<String> {
    let text = include_str!("../../../docs/metrics.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(name, _)| name.to_owned()).collect()
}

/// The names in a rendered text, as Prometheus stores them.
fn names(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_shop_shows_every_number_of_the_contract_and_none_that_is_not_documented() {
    let folder = tempfile::tempdir().unwrap();
    let any = || Some("127.0.0.1:0".to_owned());
    let data_dir = Some(folder.path().to_owned());
    let settings =
        Settings::load(&Common { config: None, data_dir, listen: any(), ops_listen: any() }).unwrap();
    let place = Place::take(&settings).await.unwrap();
    let private = Peers::new();
    private.register("private", remote(place.settings.platform.ops_listen.parse().unwrap()));
    let shop = Shop::open(place).await.unwrap();
    let body = json!({ "email": "ada@shop.example" });
    let _made: Value = shop.operator().post("/operator/peer/user/internal/users/admin", &body).await.unwrap();
    let _status: Value = shop.operator().get("/operator/peer/gateway/api/status").await.unwrap();
    let mut text = String::new();
    // The message about the new account travels by itself.
    for _ in 0..100 {
        let bytes = private.of("private").get("/metrics").send_bytes().await.unwrap();
        text = String::from_utf8(bytes.to_vec()).unwrap();
        if text.contains("events_consumed_total{") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for name in WANTED {
        assert!(text.contains(name), "{name}\n{text}");
    }
    let undocumented: Vec<String> = names(&text).difference(&documented()).cloned().collect();
    assert!(undocumented.is_empty(), "docs/metrics.md lacks {undocumented:?}");
    shop.stop().await;
}

/// The names of metrics in a source: what stands first where a number is noted.
fn noted(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (how, end) in [("count", "_total"), ("add", "_total"), ("raise", "_total"), ("time", ""), ("set", "")]
    {
        for (_, rest) in source.match_indices("metrics").map(|(at, word)| source[at..].split_at(word.len())) {
            let call = rest.trim_start().strip_prefix('.').and_then(|rest| rest.strip_prefix(how));
            let name =
                call.and_then(|rest| rest.strip_prefix('(')?.trim_start().strip_prefix('"')?.split_once('"'));
            names.extend(name.map(|(name, _)| format!("{name}{end}")));
        }
    }
    names
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_number_that_a_source_notes_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for folder in ["libs", "services"] {
        for package in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            sources(&package.path().join("src"), &mut texts);
        }
    }
    let noted: BTreeSet<String> = texts.iter().flat_map(|text| noted(text)).collect();
    assert!(noted.len() > 20, "{noted:?}");
    let undocumented: Vec<String> = noted.difference(&documented()).cloned().collect();
    assert!(undocumented.is_empty(), "docs/metrics.md lacks {undocumented:?}");
}
