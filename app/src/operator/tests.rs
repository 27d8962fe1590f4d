//! What operators do to dead letters can be explained later.

use super::*;
use crate::args::Common;
use crate::operator_client::Operator;
use crate::services;
use crate::settings::Settings;
use api::inventory::InventoryAuditRecorded;
use events::broker::Publication;

/// The dead letters, once there are some.
async fn dead(operator: &Operator) -> Vec<Dead> {
    for _ in 0..100 {
        let found: Vec<Dead> = operator.get("/operator/dlq").await.unwrap();
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing is dead after ten seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn replaying_and_discarding_dead_letters_leaves_a_record_with_the_service_they_were_for() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = Some(folder.path().to_owned());
    let common = Common { config: None, data_dir, listen: None, ops_listen: None };
    let options = Settings::load(&common).unwrap().host_options(true).unwrap();
    let keys = options.keys.clone();
    let host = Arc::new(Host::start(options, &services::all(), &[]).await.unwrap());
    let operator = Operator::of_host(&host, &keys);
    let hostile = Publication::raw("product.events", "product.product.created.v1", b"{}".to_vec());
    for answer in host.broker().publish(vec![hostile]).await {
        answer.unwrap();
    }
    let queue = dead(&operator).await.remove(0).queue;
    let choice =
        |ids: Vec<Uuid>, reason: &str| Choice { queue: queue.clone(), ids, reason: reason.to_owned() };
    let _again: Handled = operator.post("/operator/dlq/replay", &choice(Vec::new(), "")).await.unwrap();
    let ids = dead(&operator).await.into_iter().map(|letter| letter.id).collect();
    let _gone: Handled = operator.post("/operator/dlq/discard", &choice(ids, "test data")).await.unwrap();
    let nothing: Handled = operator.post("/operator/dlq/replay", &choice(Vec::new(), "")).await.unwrap();
    assert_eq!(nothing.count, 0);
    let records = outbox::published::<InventoryAuditRecorded>(host.db("inventory").unwrap()).await.unwrap();
    let told: Vec<_> =
        records.iter().map(|record| (record.0.action.as_str(), record.0.reason.as_deref())).collect();
    assert_eq!(told, [("dlq.replay", None), ("dlq.discard", Some("test data"))], "in {queue}");
    assert_eq!(records[0].0.resource_id.as_deref(), Some(queue.as_str()));
    assert_eq!(records[0].0.actor.id.as_deref(), Some("operator"));
}
